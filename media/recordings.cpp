#include "media/recordings.hpp"

#include <filesystem>

#include "media/clips.hpp"
#include "media/wave_file.hpp"

namespace seatgrid {
namespace {

namespace fs = std::filesystem;

constexpr int depth_max = 8;
constexpr std::uint64_t files_max = 5'000'000;
constexpr const char* lost_and_found = "lost+found";

class settling {
 public:
  settling(fs::path directory, const std::function<recording_owner(const std::string&)>& owner)
      : directory_(std::move(directory)), owner_(owner) {}

  void look_at(const fs::path& file) {
    ++report.seen;
    const auto path = file.lexically_relative(directory_).string();
    switch (owner_(path)) {
      case recording_owner::unknown:
      case recording_owner::living: return;
      case recording_owner::over: return repair(file, path);
      case recording_owner::none: repair(file, path); return move_away(file, path);
    }
  }

  settle_report report{};

 private:
  void repair(const fs::path& file, const std::string& path) {
    auto done = media::repair_wave(file.string());
    if (!done && done.error().code == errc::corrupt)
      report.empty.push_back(path);
    else if (std::error_code ec; !done && fs::exists(file, ec))  // else retention was faster
      report.failed.push_back(path + ": " + done.error().what);
    else if (done && *done)
      report.repaired.push_back(path);
  }

  void move_away(const fs::path& file, const std::string& path) {
    const auto target = directory_ / lost_and_found / path;
    std::error_code ec;
    fs::create_directories(target.parent_path(), ec);
    fs::rename(file, target, ec);
    if (!ec) return report.stray.push_back(path);
    if (std::error_code gone; fs::exists(file, gone)) report.failed.push_back(path + ": " + ec.message());
  }

  const fs::path directory_;
  const std::function<recording_owner(const std::string&)>& owner_;
};

}  // namespace

settle_report settle_recordings(const std::string& data_directory,
                                const std::function<recording_owner(const std::string&)>& owner,
                                const std::function<bool()>& go_on) {
  settling work{data_directory, owner};
  for (const char* kind : {"recordings", "voicemail"}) {
    std::error_code failed;
    fs::recursive_directory_iterator at{fs::path{data_directory} / kind, failed};
    if (failed) continue;  // nothing was recorded yet
    for (const fs::recursive_directory_iterator end; at != end && work.report.seen < files_max && go_on(); at.increment(failed)) {
      if (failed) break;
      if (at.depth() >= depth_max) at.disable_recursion_pending();
      if (at->path().extension() == ".wav" && at->is_regular_file(failed)) work.look_at(at->path());
    }
  }
  return std::move(work.report);
}

void remove_recording(const std::string& data_directory, const std::string& path) {
  if (!media::is_below(path)) return;
  std::error_code ignored;  // what cannot be removed is tried again with its CDR
  fs::remove(fs::path{data_directory} / path, ignored);
}

bool has_recording(const std::string& data_directory, const std::string& path) {
  std::error_code ec;
  return media::is_below(path) && fs::is_regular_file(fs::path{data_directory} / path, ec);
}

}  // namespace seatgrid
