#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/journal.hpp"
#include "storage/rocks/rocks_store.hpp"

namespace seatgrid {

struct rocks_options {
  journal_options journal{};
  rocks_store_options store{};
  /// After a failed write or sync nothing is known of the disk: the default prints `why` to stderr and ends the process at once
  /// with status 74 (sysexits EX_IOERR). If a test's own function returns, all waiting and later steps fail as unavailable.
  std::function<void(const std::string& why)> end_process{};
};

/// The embedded production journal: RocksDB in `directory`/db, one writer thread, one WAL sync for all that came during the last
/// one. Lanes share the disk, so one frame may hold steps of several lanes. DESIGN section 2; ADR 0004.
/// The errors are those of open_rocks_store().
result<std::unique_ptr<journal>> open_rocks_journal(const std::string& directory, rocks_options options = {});

}  // namespace seatgrid
