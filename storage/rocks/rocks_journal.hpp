#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/journal.hpp"

namespace seatgrid {

struct rocks_options {
  journal_options journal{};
  std::uint64_t memtable_bytes = 64ULL << 20;     ///< of all column families together
  std::uint64_t block_cache_bytes = 32ULL << 20;  ///< for reads of rows and log
  std::uint32_t open_files_max = 256;
  /// After a failed write or sync nothing is known of the disk: the default prints `why` to stderr and ends the process at once
  /// with status 74 (sysexits EX_IOERR). If a test's own function returns, all waiting and later steps fail as unavailable.
  std::function<void(const std::string& why)> end_process{};
};

/// The embedded production journal: RocksDB in `directory`/db, one writer thread, one WAL sync for all that came during the last
/// one. Lanes share the disk, so one frame may hold steps of several lanes. DESIGN section 2; ADR 0004.
/// @error conflict     another process holds `directory`
/// @error unsupported  its data format is newer than this program
/// @error corrupt      a checksum fails anywhere but in the torn end of the last write
/// @error unavailable  the directory cannot be made, read or written
result<std::unique_ptr<journal>> open_rocks_journal(const std::string& directory, rocks_options options = {});

/// The data format that this program writes; it reads this one and older ones.
inline constexpr std::uint32_t journal_format = 1;

}  // namespace seatgrid
