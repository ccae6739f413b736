#include <utility>

#include "cluster/frame.hpp"
#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

/// A frame whose steps are encoded: its bytes are those of frame_body, and those of several without version, one behind the
/// other, are a frame's too.
struct encoded_frame {
  std::uint32_t version = 0;
  std::vector<std::string> steps{};
  static constexpr auto fields() {
    return members{field{1, "version", &encoded_frame::version}, field{2, "steps", &encoded_frame::steps}};
  }
};

const std::string& head() {
  static const std::string bytes = wire::encode(frame_body{});
  return bytes;
}

}  // namespace

result<std::vector<frame_step>> decode_frame(std::string_view bytes) {
  auto body = wire::decode<encoded_frame>(bytes);
  if (!body) return tl::unexpected(body.error());
  if (body->version != frame_version)
    return fail(errc::unsupported, "a frame's body of version " + std::to_string(body->version) + ": another program wrote it");
  std::vector<frame_step> all;
  all.reserve(body->steps.size());
  for (auto& one : body->steps) {
    auto what = wire::decode<step>(one);
    if (!what) return tl::unexpected(what.error());
    all.push_back({std::move(*what), std::move(one)});
  }
  return all;
}

void frame_writer::clear() {
  steps_ = 0;
  body_ = head();
}

std::optional<std::string> frame_writer::add(const step& next) {
  encoded_frame part{.steps = {wire::encode(next)}};
  const auto before = body_.size();
  wire::encode_into(body_, part);
  if (body_.size() > bytes_max_) {
    body_.resize(before);
    return std::nullopt;
  }
  ++steps_;
  return std::move(part.steps.front());
}

std::string frame_writer::take() {
  auto body = std::exchange(body_, {});
  clear();
  return body;
}

}  // namespace seatgrid::cluster
