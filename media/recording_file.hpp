#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/media_port.hpp"
#include "media/wave_file.hpp"

namespace seatgrid::media {

/// The disk's side of one recording. All functions but `failed` run on the writer's thread.
class recording_file {
 public:
  struct surroundings {
    std::string data_directory{};
    const std::atomic<bool>& allowed;  ///< false while the disk has no room for recordings
    std::function<void(media_event)> sink{};
  };
  recording_file(media_record order, wave_layout layout, surroundings around)
      : order_(std::move(order)), layout_(layout), around_(std::move(around)) {}

  /// Makes the file. The segment before it, and any file that stands in its place, is completed and told as one of a recording
  /// that goes on.
  void open();
  void append(byte_view frames);
  /// Tells media_recorded, or nothing when the failure was told already.
  void finish();
  void fail_with(const std::string& why);
  bool failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t segments_max = 1'000;

  void settle_segment(std::uint32_t segment);
  bool has_space();  ///< fails the recording when there is none

  const media_record order_;
  const wave_layout layout_;
  const surroundings around_;
  std::optional<wave_file> file_{};
  std::string path_{};
  std::uint32_t segment_ = 1;
  std::atomic<bool> failed_{false};
};

/// Completes the file of a recording that no longer runs and tells what there is. On the writer's thread.
void settle_stopped(const media_record_stop& order, const std::string& data_directory,
                    const std::function<void(media_event)>& sink);

}  // namespace seatgrid::media
