#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "storage/lane_store.hpp"

namespace seatgrid {

struct rocks_store_options {
  std::uint64_t memtable_bytes = 32ULL << 20;     ///< of all column families together
  std::uint64_t block_cache_bytes = 32ULL << 20;  ///< for reads of rows and log
  std::uint32_t open_files_max = 256;
  /// What is committed is seen by every reader at once, and written after this, the last value by key, without a WAL: a killed
  /// process finds its lanes as they stood a while ago (`flush_every`, or 32 MB, or when it was closed), each with its fold. 0 =
  /// every commit is written at once, into the WAL.
  milliseconds gather{0};
  std::uint64_t gather_bytes_max = 4ULL << 20;  ///< that wait; whoever commits beyond it writes
};

/// Lanes in RocksDB in `directory`/db, under a LOCK and a FORMAT beside it. ADR 0004.
/// @error conflict     another process holds `directory`
/// @error unsupported  its data format is newer than this program
/// @error corrupt      a checksum fails anywhere but in the torn end of the last write, or a lane's end and its log disagree
/// @error unavailable  the directory cannot be made, read or written
result<std::unique_ptr<lane_store>> open_rocks_store(const std::string& directory, const rocks_store_options& options = {});

/// The data format that this program writes; it reads this one and older ones.
inline constexpr std::uint32_t journal_format = 1;

}  // namespace seatgrid
