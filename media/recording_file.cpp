#include "media/recording_file.hpp"

#include <algorithm>
#include <filesystem>

namespace seatgrid::media {

void recording_file::fail_with(const std::string& why) {
  if (failed_.exchange(true)) return;
  around_.sink(media_record_failed{.call = order_.left.call, .recording = order_.recording, .why = why});
}

void recording_file::tell(const recording_summary& summary, std::uint32_t segment, const std::string& path) {
  around_.sink(media_recorded{.call = order_.left.call,
                              .recording = order_.recording,
                              .path = path,
                              .bytes = summary.bytes,
                              .length_ms = summary.length_ms,
                              .sha256 = summary.sha256,
                              .segment = segment});
}

bool recording_file::has_space() {
  if (around_.allowed.load(std::memory_order_relaxed)) return true;
  fail_with("the disk is nearly full");
  return false;
}

void recording_file::open() {
  std::error_code ignored;  // shows when the file is made
  std::filesystem::create_directories(around_.data_directory, ignored);
  if (!has_space()) return;
  segment_ = std::max<std::uint32_t>(order_.segment, 1);
  // The one before ended with its process: its header is made true. Its call knows of it, so nobody is told.
  if (segment_ > 1) static_cast<void>(repair_wave(around_.data_directory + "/" + segment_path(order_.path, segment_ - 1)));
  for (std::uint32_t tried = 0; tried < segments_max; ++tried, ++segment_) {
    path_ = segment_path(order_.path, segment_);
    const auto full = around_.data_directory + "/" + path_;
    auto made = wave_file::create(full, layout_);
    if (made) {
      file_ = std::move(*made);
      return;
    }
    if (made.error().code != errc::conflict) return fail_with(made.error().what);
    if (auto repaired = repair_wave(full); repaired && *repaired) tell(**repaired, segment_, path_);
  }
  fail_with(order_.path + ": " + std::to_string(segments_max) + " segments exist");
}

void recording_file::append(byte_view frames) {
  if (!file_ || failed() || !has_space()) return;
  if (auto done = file_->append(frames); !done) fail_with(done.error().what);
}

void recording_file::finish() {
  if (!file_) return;
  auto summary = file_->finish();
  file_.reset();
  if (failed()) return;
  if (!summary) return fail_with(summary.error().what);
  tell(*summary, segment_, path_);
}

}  // namespace seatgrid::media
