#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace seatgrid {

/// A complete recording on the disk.
struct recording_summary {
  std::string path{};  ///< as given to the function
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};  ///< hexadecimal, of the whole file
};

/// What a crash left below a directory.
struct repair_report {
  std::vector<recording_summary> repaired{};
  std::vector<std::string> empty{};   ///< less than a header was written: left as they are
  std::vector<std::string> failed{};  ///< "path: why"
};

/// Gives every unfinished recording below `directory` (to 8 levels, at most 1,000,000 files) its length, syncs it. Run it before
/// the engine starts. Complete recordings and other files are not touched.
/// @error not_found  there is no such directory.
result<repair_report> repair_recordings(const std::string& directory);

/// Removes the files of a recording below `data_directory`. `path`, relative to it, is that of the last of `segments`. Files that
/// are not there are no error; a path that leaves the directory removes nothing.
void remove_recording(const std::string& data_directory, const std::string& path, std::uint32_t segments);

}  // namespace seatgrid
