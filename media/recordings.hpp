#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/recording_path.hpp"

namespace seatgrid {

/// A complete recording on the disk.
struct recording_summary {
  std::string path{};  ///< as given to the function
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};  ///< hexadecimal, of the whole file
};

/// What `settle_recordings` did; paths are below the data directory.
struct settle_report {
  std::uint64_t seen = 0;
  std::vector<std::string> repaired{};  ///< a death had left them unfinished: the header says now how long they are
  std::vector<std::string> stray{};     ///< no row names them: repaired if need be, and moved to lost+found/
  std::vector<std::string> empty{};     ///< less than a header was written: left as they are
  std::vector<std::string> failed{};    ///< "path: why"
};

/// Looks at every .wav below `recordings/` and `voicemail/` of `data_directory` (to 8 levels, at most 5,000,000 files): one whose
/// call is over gets its header repaired, one that no row names goes to `lost+found/` under its own path. Calls may begin and end
/// meanwhile. Ends early when `go_on` says false. Blocks on the disk.
settle_report settle_recordings(const std::string& data_directory,
                                const std::function<recording_owner(const std::string&)>& owner,
                                const std::function<bool()>& go_on);

/// Removes one file of a recording. `path` is relative to `data_directory`. A file that is not there is no error; a path that
/// leaves the directory removes nothing.
void remove_recording(const std::string& data_directory, const std::string& path);

/// Whether there is such a file below `data_directory`.
bool has_recording(const std::string& data_directory, const std::string& path);

}  // namespace seatgrid
