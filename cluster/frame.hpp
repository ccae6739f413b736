#pragma once

#include <cstdint>
#include <optional>
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
/// One step of a frame, and its bytes there: whoever keeps it need not encode it again.
struct frame_step {
  step what{};
  std::string bytes{};
};
/// @error corrupt      not a frame's body
/// @error unsupported  of a later version: this reader must not go on, it would fold other than others
result<std::vector<frame_step>> decode_frame(std::string_view bytes);

/// Gathers steps until a frame is full.
class frame_writer {
 public:
  explicit frame_writer(std::size_t bytes_max = frame_bytes_max) : bytes_max_(bytes_max) { clear(); }
  /// The step's bytes; none when it does not fit behind what is there, and then nothing is changed.
  std::optional<std::string> add(const step& next);
  bool empty() const { return steps_ == 0; }
  std::uint32_t steps() const { return steps_; }
  /// The body of all that was added; the writer is empty again.
  std::string take();

 private:
  void clear();
  std::size_t bytes_max_;
  std::uint32_t steps_ = 0;
  std::string body_{};
};

}  // namespace seatgrid::cluster
