#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "cluster/record.hpp"
#include "storage/journal.hpp"

/// The body of a frame: steps that count together (docs/format/frame.md).
namespace seatgrid::cluster {

/// A later one may only be written when every node of the cluster reads it.
inline constexpr std::uint32_t frame_version = 1;

struct frame_body {
  std::uint32_t version = frame_version;
  std::vector<step> steps{};
  bool operator==(const frame_body&) const = default;
  static constexpr auto fields() {
    return members{field{1, "version", &frame_body::version}, field{2, "steps", &frame_body::steps}};
  }
};
/// @error corrupt      not a frame's body
/// @error unsupported  of a later version: this reader must not go on, it would fold other than others
result<frame_body> decode_frame(std::string_view bytes);

/// Gathers steps until a frame is full.
class frame_writer {
 public:
  explicit frame_writer(std::size_t bytes_max = frame_bytes_max) : bytes_max_(bytes_max) { clear(); }
  /// False when the step does not fit behind what is there; then nothing is changed.
  bool add(const step& next);
  bool empty() const { return steps_ == 0; }
  std::uint32_t steps() const { return steps_; }
  /// The body of all that was added; the writer is empty again.
  std::string take();
  /// Whether the step fits into a frame of its own.
  static bool fits(const step& one, std::size_t bytes_max = frame_bytes_max);

 private:
  void clear();
  std::size_t bytes_max_;
  std::uint32_t steps_ = 0;
  std::string body_{};
};

}  // namespace seatgrid::cluster
