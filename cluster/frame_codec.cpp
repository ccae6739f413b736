#include <utility>

#include "cluster/frame.hpp"
#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

/// A frame of one step, without its version: the bytes of a frame are those of its parts, one behind the other.
struct one_step {
  std::vector<std::string> steps{};
  static constexpr auto fields() { return members{field{2, "steps", &one_step::steps}}; }
};

std::string part_of(const step& one) { return wire::encode(one_step{{wire::encode(one)}}); }

const std::string& head() {
  static const std::string bytes = wire::encode(frame_body{});
  return bytes;
}

}  // namespace

result<frame_body> decode_frame(std::string_view bytes) {
  auto body = wire::decode<frame_body>(bytes);
  if (!body) return tl::unexpected(body.error());
  if (body->version != frame_version)
    return fail(errc::unsupported, "a frame's body of version " + std::to_string(body->version) + ": another program wrote it");
  return body;
}

void frame_writer::clear() {
  steps_ = 0;
  body_ = head();
}

bool frame_writer::add(const step& next) {
  const auto part = part_of(next);
  if (body_.size() + part.size() > bytes_max_) return false;
  body_ += part;
  ++steps_;
  return true;
}

std::string frame_writer::take() {
  auto body = std::exchange(body_, {});
  clear();
  return body;
}

bool frame_writer::fits(const step& one, std::size_t bytes_max) { return head().size() + part_of(one).size() <= bytes_max; }

}  // namespace seatgrid::cluster
