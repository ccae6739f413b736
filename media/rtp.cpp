#include "media/rtp.hpp"

#include <algorithm>

namespace seatgrid::media {
namespace {
constexpr std::uint16_t dropout_max = 3'000;  // RFC 3550 A.1
constexpr std::uint16_t misorder_max = 100;
constexpr std::uint32_t transit_jump_max = 16'000;  // 2 s: a new timestamp base, not jitter
}  // namespace

std::optional<rtp_packet> parse_rtp(byte_view datagram) {
  if (datagram.size() < rtp_header_bytes || datagram.size() > datagram_bytes_max || datagram[0] >> 6 != 2) return std::nullopt;
  std::size_t begin = rtp_header_bytes + std::size_t{4} * (datagram[0] & 15U);
  std::size_t end = datagram.size();
  if ((datagram[0] & 0x10) != 0) {
    if (begin + 4 > end) return std::nullopt;
    begin += 4 + std::size_t{4} * load_be16(&datagram[begin + 2]);
  }
  if ((datagram[0] & 0x20) != 0) {
    const std::size_t padding = datagram[end - 1];
    if (padding == 0 || padding > end) return std::nullopt;
    end -= padding;
  }
  if (begin >= end) return std::nullopt;
  return rtp_packet{.payload_type = static_cast<std::uint8_t>(datagram[1] & 0x7F),
                    .marker = (datagram[1] & 0x80) != 0,
                    .sequence = load_be16(&datagram[2]),
                    .timestamp = load_be32(&datagram[4]),
                    .ssrc = load_be32(&datagram[8]),
                    .payload = datagram.subspan(begin, end - begin)};
}

bool looks_like_rtcp(byte_view datagram) {
  return datagram.size() >= 8 && datagram[0] >> 6 == 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

void write_rtp_header(std::uint8_t* at, const rtp_packet& header) {
  at[0] = 0x80;
  at[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type);
  store_be16(at + 2, header.sequence);
  store_be32(at + 4, header.timestamp);
  store_be32(at + 8, header.ssrc);
}

arrival reception::accept(const rtp_packet& packet, std::uint32_t arrived, bool counts_for_jitter) {
  auto how = arrival::in_order;
  const auto ahead = static_cast<std::uint16_t>(packet.sequence - highest_);
  if (!started_ || packet.ssrc != ssrc_) {
    restart(packet);
    how = arrival::restarted;
  } else if (ahead != 0 && ahead < dropout_max) {
    if (packet.sequence < highest_) cycles_ += 0x10000;
    highest_ = packet.sequence;
  } else if (ahead != 0 && ahead <= 0x10000 - misorder_max) {
    if (packet.sequence != jump_) {
      jump_ = static_cast<std::uint16_t>(packet.sequence + 1);
      return arrival::rejected;
    }
    restart(packet);
    how = arrival::restarted;
  } else {
    how = arrival::late;
  }
  ++received_;
  if (counts_for_jitter) measure(packet.timestamp, arrived);
  return how;
}

void reception::restart(const rtp_packet& packet) {
  lost_before_ = lost();
  received_before_ += received_;
  received_ = 0;
  ssrc_ = packet.ssrc;
  base_ = highest_ = packet.sequence;
  cycles_ = 0;
  jump_ = no_jump;
  expected_reported_ = received_reported_ = 0;
  started_ = true;
  has_transit_ = false;
}

void reception::measure(std::uint32_t timestamp, std::uint32_t arrived) {
  const std::uint32_t transit = arrived - timestamp;
  const auto difference = static_cast<std::int32_t>(transit - transit_);
  const auto distance = static_cast<std::uint32_t>(difference < 0 ? -static_cast<std::int64_t>(difference) : difference);
  transit_ = transit;
  if (has_transit_ && distance < transit_jump_max) jitter_ += distance - ((jitter_ + 8) >> 4);
  has_transit_ = true;
}

std::int64_t reception::lost_now() const {
  if (!started_) return 0;
  return static_cast<std::int64_t>(cycles_ + highest_ - base_ + 1) - static_cast<std::int64_t>(received_);
}

std::uint64_t reception::lost() const { return lost_before_ + static_cast<std::uint64_t>(std::max<std::int64_t>(lost_now(), 0)); }

reception::loss_report reception::report() {
  const std::uint32_t expected = started_ ? cycles_ + highest_ - base_ + 1 : 0;
  const std::uint32_t expected_interval = expected - expected_reported_;
  const auto received = static_cast<std::uint32_t>(received_);
  const auto lost_interval = static_cast<std::int64_t>(expected_interval) - (received - received_reported_);
  expected_reported_ = expected;
  received_reported_ = received;
  const bool nothing = expected_interval == 0 || lost_interval <= 0;
  return {
      .fraction = static_cast<std::uint8_t>(nothing ? 0 : std::min<std::int64_t>(lost_interval * 256 / expected_interval, 255)),
      .cumulative = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost_now(), -0x800000, 0x7FFFFF))};
}

}  // namespace seatgrid::media
