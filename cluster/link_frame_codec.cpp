#include <algorithm>

#include "cluster/link_frame.hpp"
#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

constexpr std::string_view mark = "seatgrid";
constexpr std::size_t length_bytes = 4;

void write_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xffU));
}

std::uint64_t take_number(std::string_view& from, std::size_t bytes) {
  std::uint64_t value = 0;
  for (const char c : from.substr(0, bytes)) value = value << 8U | static_cast<unsigned char>(c);
  from.remove_prefix(bytes);
  return value;
}

void write_head(std::string& out, link_frame_type type, std::size_t body_bytes) {
  write_number(out, body_bytes + 1, length_bytes);
  out.push_back(static_cast<char>(type));
}

std::size_t fixed_bytes(link_frame_type type) {
  switch (type) {
    case link_frame_type::part: return 10;
    case link_frame_type::beat: return 1;
    case link_frame_type::acknowledged: return 8;
    case link_frame_type::hello:
    case link_frame_type::refused:
    case link_frame_type::ping: return 0;
  }
  return 0;
}

result<std::optional<link_frame>> read_frame(std::string_view body) {
  link_frame frame;
  const auto type = take_number(body, 1);
  if (type < 1 || type > 6) return fail(errc::corrupt, "a frame of unknown type " + std::to_string(type));
  frame.type = static_cast<link_frame_type>(type);
  if (body.size() < fixed_bytes(frame.type)) return fail(errc::corrupt, "a frame that is too short for its type");
  if (frame.type == link_frame_type::part || frame.type == link_frame_type::acknowledged) frame.seq = take_number(body, 8);
  if (frame.type == link_frame_type::part || frame.type == link_frame_type::beat)
    frame.kind = static_cast<std::uint8_t>(take_number(body, 1));
  if (frame.type == link_frame_type::part) frame.more = take_number(body, 1) != 0;
  frame.bytes = body;
  return frame;
}

}  // namespace

std::string_view to_string(link_kind kind) noexcept {
  switch (kind) {
    case link_kind::heartbeat: return "heartbeat";
    case link_kind::opinion_asked: return "opinion_asked";
    case link_kind::opinion: return "opinion";
    case link_kind::lane_wanted: return "lane_wanted";
    case link_kind::lane_rests: return "lane_rests";
    case link_kind::to_entity: return "to_entity";
    case link_kind::to_slot: return "to_slot";
    case link_kind::asked: return "asked";
    case link_kind::answered: return "answered";
  }
  return "unknown";
}

bool is_known(std::uint8_t kind) noexcept { return to_string(static_cast<link_kind>(kind)) != "unknown"; }

void write_hello(std::string& out, const link_hello& hello) {
  const auto body = wire::encode(hello);
  write_head(out, link_frame_type::hello, mark.size() + body.size());
  out += mark;
  out += body;
}

result<link_hello> read_hello(std::string_view body) {
  if (!body.starts_with(mark)) return fail(errc::corrupt, "the first word is not a hello");
  auto hello = wire::decode<link_hello>(body.substr(mark.size()));
  if (!hello) return fail(errc::corrupt, "a hello that cannot be read: " + hello.error().what);
  if (hello->version != link_version)
    return fail(errc::unsupported, "it speaks version " + std::to_string(hello->version) + " of links, this program " +
                                       std::to_string(link_version));
  if (!hello->who().process || hello->node.empty() || hello->node.size() > node_name_bytes_max || hello->stream == 0 ||
      hello->first == 0)
    return fail(errc::corrupt, "a hello that does not say who speaks");
  return hello;
}

void write_refused(std::string& out, std::string_view reason) {
  reason = reason.substr(0, link_reason_bytes_max);
  write_head(out, link_frame_type::refused, reason.size());
  out += reason;
}

void write_part(std::string& out, std::uint64_t seq, link_kind kind, bool more, std::string_view bytes) {
  write_head(out, link_frame_type::part, 10 + bytes.size());
  write_number(out, seq, 8);
  out.push_back(static_cast<char>(kind));
  out.push_back(more ? '\1' : '\0');
  out += bytes;
}

void write_beat(std::string& out, link_kind kind, std::string_view bytes) {
  write_head(out, link_frame_type::beat, 1 + bytes.size());
  out.push_back(static_cast<char>(kind));
  out += bytes;
}

void write_acknowledged(std::string& out, std::uint64_t seq) {
  write_head(out, link_frame_type::acknowledged, 8);
  write_number(out, seq, 8);
}

void write_ping(std::string& out) { write_head(out, link_frame_type::ping, 0); }

void link_frame_reader::add(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += bytes;
}

result<std::optional<link_frame>> link_frame_reader::next() {
  auto left = std::string_view{buffer_}.substr(at_);
  if (left.size() < length_bytes) return std::nullopt;
  const auto length = take_number(left, length_bytes);
  if (length == 0 || length > frame_max_)
    return fail(errc::corrupt, "a frame of " + std::to_string(length) + " bytes where at most " + std::to_string(frame_max_) +
                                   " are allowed: not a link");
  if (left.size() < length) return std::nullopt;
  at_ += length_bytes + length;
  return read_frame(left.substr(0, length));
}

}  // namespace seatgrid::cluster
