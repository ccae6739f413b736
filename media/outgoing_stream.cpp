#include "media/outgoing_stream.hpp"

#include <algorithm>

namespace seatgrid::media {
namespace {
constexpr std::int64_t ns_per_sample = 125'000;
constexpr std::int64_t pause_ns_min = 30'000'000;   // a packet and a half late is a pause, not jitter
constexpr std::int32_t forward_units_max = 80'000;  // 10 s: the source's clock jumped
constexpr std::int32_t backward_units_max = 8'000;
constexpr std::uint16_t straggler_packets = 200;
constexpr std::uint32_t frame_units = 160;
}  // namespace

bool outgoing_stream::catch_up(std::int64_t now_ns) {
  if (due_ns_ == 0) return true;
  const auto behind = now_ns - due_ns_;
  if (behind < pause_ns_min) return false;
  timestamp_ += static_cast<std::uint32_t>(behind / ns_per_sample);
  due_ns_ = now_ns;
  return true;
}

void outgoing_stream::passed(std::uint32_t samples, std::int64_t now_ns) {
  timestamp_ += samples;
  due_ns_ = (due_ns_ == 0 ? now_ns : due_ns_) + samples * ns_per_sample;
}

rtp_packet outgoing_stream::own(std::uint8_t payload_type, std::uint32_t samples, std::int64_t now_ns) {
  const bool pause = catch_up(now_ns);
  mapped_ = false;
  const rtp_packet header{
      .payload_type = payload_type, .marker = pause, .sequence = sequence_++, .timestamp = timestamp_, .ssrc = ssrc_};
  passed(samples, now_ns);
  return header;
}

rtp_packet outgoing_stream::key(std::uint8_t payload_type, bool first, std::uint32_t samples, std::int64_t now_ns) {
  catch_up(now_ns);
  mapped_ = false;
  if (first) key_timestamp_ = timestamp_;
  passed(samples, now_ns);
  return {.payload_type = payload_type, .marker = first, .sequence = sequence_++, .timestamp = key_timestamp_, .ssrc = ssrc_};
}

void outgoing_stream::skip(std::uint32_t samples, std::int64_t now_ns) {
  catch_up(now_ns);
  mapped_ = false;
  passed(samples, now_ns);
}

std::optional<rtp_packet> outgoing_stream::relayed(const rtp_packet& in, bool restarted, std::uint32_t samples,
                                                   std::int64_t now_ns) {
  const auto jump = static_cast<std::int32_t>(in.timestamp + timestamp_shift_ - timestamp_);
  const bool remap = !mapped_ || restarted || in.ssrc != source_ssrc_ || jump > forward_units_max || jump < -backward_units_max;
  bool pause = false;
  if (remap) {
    pause = catch_up(now_ns);
    mapped_ = true;
    source_ssrc_ = in.ssrc;
    first_source_sequence_ = in.sequence;
    since_mapped_ = 0;
    sequence_shift_ = static_cast<std::uint16_t>(sequence_ - in.sequence);
    timestamp_shift_ = timestamp_ - in.timestamp;
  } else if (since_mapped_ < straggler_packets) {
    ++since_mapped_;
    if (static_cast<std::int16_t>(in.sequence - first_source_sequence_) < 0) return std::nullopt;
  }
  const rtp_packet header{.payload_type = in.payload_type,
                          .marker = in.marker || pause,
                          .sequence = static_cast<std::uint16_t>(in.sequence + sequence_shift_),
                          .timestamp = in.timestamp + timestamp_shift_,
                          .ssrc = ssrc_};
  if (static_cast<std::int16_t>(header.sequence - sequence_) >= 0) sequence_ = static_cast<std::uint16_t>(header.sequence + 1);
  const std::uint32_t next = header.timestamp + samples;
  if (static_cast<std::int32_t>(next - timestamp_) > 0) timestamp_ = next;
  due_ns_ = now_ns + std::min(samples, frame_units) * ns_per_sample;  // a key's length lies behind it, not ahead
  return header;
}

void outgoing_stream::count(std::size_t payload_bytes) {
  ++packets_;
  octets_ += static_cast<std::uint32_t>(payload_bytes);
}

std::uint32_t outgoing_stream::timestamp_at(std::int64_t now_ns) const {
  if (due_ns_ == 0) return timestamp_;
  return timestamp_ + static_cast<std::uint32_t>((now_ns - due_ns_) / ns_per_sample);
}

}  // namespace seatgrid::media
