#include "media/recording_file.hpp"

#include <algorithm>
#include <filesystem>

#include "domain/recording_path.hpp"

namespace seatgrid::media {

void recording_file::fail_with(const std::string& why) {
  if (failed_.exchange(true)) return;
  around_.sink(media_record_failed{.call = order_.left.call, .recording = order_.recording, .why = why});
}

namespace {

media_recorded told_of(call_id call, std::uint64_t recording, const recording_summary& file, std::uint32_t segment,
                       std::string path) {
  return {.call = call,
          .recording = recording,
          .path = std::move(path),
          .bytes = file.bytes,
          .length_ms = file.length_ms,
          .sha256 = file.sha256,
          .segment = segment};
}

}  // namespace

void settle_stopped(const media_record_stop& order, const std::string& data_directory,
                    const std::function<void(media_event)>& sink) {
  auto path = segment_path(order.path, order.segment);
  const auto file = settle_wave(data_directory + "/" + path);
  if (file) return sink(told_of(order.call, order.recording, *file, order.segment, std::move(path)));
  sink(media_record_failed{.call = order.call, .recording = order.recording, .why = file.error().what});
}

void recording_file::settle_segment(std::uint32_t segment) {
  auto path = segment_path(order_.path, segment);
  const auto file = settle_wave(around_.data_directory + "/" + path);
  if (!file)
    return around_.sink(media_record_failed{
        .call = order_.left.call, .recording = order_.recording, .why = file.error().what, .segment = segment});
  auto told = told_of(order_.left.call, order_.recording, *file, segment, std::move(path));
  told.goes_on = true;
  around_.sink(std::move(told));
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
  if (segment_ > 1) settle_segment(segment_ - 1);  // it ended with its process
  for (std::uint32_t tried = 0; tried < segments_max; ++tried, ++segment_) {
    path_ = segment_path(order_.path, segment_);
    const auto full = around_.data_directory + "/" + path_;
    auto made = wave_file::create(full, layout_);
    if (made) {
      file_ = std::move(*made);
      return;
    }
    if (made.error().code != errc::conflict) return fail_with(made.error().what);
    settle_segment(segment_);
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
  around_.sink(told_of(order_.left.call, order_.recording, *summary, segment_, path_));
}

}  // namespace seatgrid::media
