#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "storage/journal.hpp"

/// A copy of a whole data directory: the journal as of one moment, recordings and voicemails, and BACKUP, a list of every file
/// with its size and CRC-32C. BACKUP is written last, so that a copy without it is known to be unfinished.
/// docs/runbook/backup.md.
namespace seatgrid {

struct backup_size {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Copies the data directory `data`, whose journal is `from`, into `to`, an absolute path, while the node runs. Blocks on the
/// disk.
/// @error invalid  `to` lies within `data`.  @error conflict  `to` is not empty.  @error unavailable  I/O
result<backup_size> back_up(const journal& from, const std::string& data, const std::string& to);

/// Makes the data directory `data` from a backup: everything is read and compared with its checksum before anything is written.
/// @error not_found  no backup there.  @error corrupt  a file is missing, has another size or checksum; `what` names it.
/// @error unsupported  made by a newer program.  @error conflict  `data` is not empty.  @error unavailable  I/O
result<backup_size> restore_backup(const std::string& from, const std::string& data);

/// Whether `directory` is a backup's own or its journal: to look into one, restore it, because opening a journal changes its
/// files.
bool is_backup(const std::string& directory);

}  // namespace seatgrid
