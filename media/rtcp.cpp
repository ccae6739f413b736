#include "media/rtcp.hpp"

#include <algorithm>

namespace seatgrid::media {
namespace {

constexpr std::uint8_t sender_report = 200;
constexpr std::uint8_t receiver_report = 201;
constexpr std::uint8_t source_description = 202;
constexpr std::uint8_t goodbye = 203;
constexpr std::size_t block_bytes = 24;
constexpr std::uint32_t round_trip_max = 10U << 16U;  // 10 s in 1/65,536 s: beyond it a clock or a liar is at work

void write_head(std::uint8_t* at, unsigned count, std::uint8_t type, std::size_t bytes) {
  at[0] = static_cast<std::uint8_t>(0x80U | count);
  at[1] = type;
  store_be16(at + 2, static_cast<std::uint16_t>(bytes / 4 - 1));
}

void write_block(std::uint8_t* at, const report_block& b) {
  store_be32(at, b.ssrc);
  store_be32(at + 4,
             static_cast<std::uint32_t>(b.fraction_lost) << 24 | (static_cast<std::uint32_t>(b.cumulative_lost) & 0xFFFFFF));
  store_be32(at + 8, b.highest_sequence);
  store_be32(at + 12, b.jitter);
  store_be32(at + 16, b.last_sender_report);
  store_be32(at + 20, b.delay_since);
}

report_block read_block(const std::uint8_t* at) {
  const auto word = load_be32(at + 4);
  const auto cumulative = static_cast<std::int32_t>(word << 8) >> 8;
  return {.ssrc = load_be32(at),
          .fraction_lost = static_cast<std::uint8_t>(word >> 24),
          .cumulative_lost = cumulative,
          .highest_sequence = load_be32(at + 8),
          .jitter = load_be32(at + 12),
          .last_sender_report = load_be32(at + 16),
          .delay_since = load_be32(at + 20)};
}

std::size_t write_description(std::uint8_t* at, std::uint32_t ssrc, std::string_view cname) {
  cname = cname.substr(0, 64);
  const std::size_t items = 4 + 2 + cname.size() + 1;
  const std::size_t bytes = 4 + (items + 3) / 4 * 4;
  std::fill(at, at + bytes, std::uint8_t{0});
  write_head(at, 1, source_description, bytes);
  store_be32(at + 4, ssrc);
  at[8] = 1;  // CNAME
  at[9] = static_cast<std::uint8_t>(cname.size());
  std::copy(cname.begin(), cname.end(), at + 10);
  return bytes;
}

}  // namespace

std::uint64_t ntp_of(std::int64_t utc_us) {
  constexpr std::uint64_t from_1900 = 2'208'988'800;
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(utc_us, 0));
  return ((us / 1'000'000 + from_1900) << 32) | ((us % 1'000'000) << 32) / 1'000'000;
}

std::size_t write_rtcp(std::array<std::uint8_t, rtcp_bytes_max>& out, const rtcp_outgoing& report) {
  const bool sends = report.packets != 0;
  const std::size_t head = sends ? 28 : 8;
  const std::size_t first = head + (report.block ? block_bytes : 0);
  write_head(out.data(), report.block ? 1 : 0, sends ? sender_report : receiver_report, first);
  store_be32(&out[4], report.ssrc);
  if (sends) {
    store_be32(&out[8], static_cast<std::uint32_t>(report.ntp >> 32));
    store_be32(&out[12], static_cast<std::uint32_t>(report.ntp));
    store_be32(&out[16], report.timestamp);
    store_be32(&out[20], report.packets);
    store_be32(&out[24], report.octets);
  }
  if (report.block) write_block(&out[head], *report.block);
  std::size_t length = first + write_description(&out[first], report.ssrc, report.cname);
  if (report.bye) {
    write_head(&out[length], 1, goodbye, 8);
    store_be32(&out[length + 4], report.ssrc);
    length += 8;
  }
  return length;
}

std::optional<rtcp_incoming> parse_rtcp(byte_view datagram, std::uint32_t our_ssrc) {
  if (datagram.size() < 8 || (datagram[1] != sender_report && datagram[1] != receiver_report)) return std::nullopt;
  rtcp_incoming heard;
  while (!datagram.empty()) {
    if (datagram.size() < 4 || datagram[0] >> 6 != 2) return std::nullopt;
    const std::size_t bytes = std::size_t{4} * (load_be16(&datagram[2]) + std::size_t{1});
    if (bytes > datagram.size()) return std::nullopt;
    const auto type = datagram[1];
    const std::size_t head = type == sender_report ? 28 : 8;
    if (type == sender_report || type == receiver_report) {
      const std::size_t count = datagram[0] & 31U;
      if (head + count * block_bytes > bytes) return std::nullopt;
      if (type == sender_report) heard.sender_ntp = std::uint64_t{load_be32(&datagram[8])} << 32 | load_be32(&datagram[12]);
      for (std::size_t i = 0; i < count; ++i) {
        const auto block = read_block(&datagram[head + i * block_bytes]);
        if (block.ssrc == our_ssrc) heard.about_us = block;
      }
    }
    if (type == goodbye) heard.bye = true;
    datagram = datagram.subspan(bytes);
  }
  return heard;
}

std::optional<std::uint32_t> round_trip_us(const report_block& block, std::uint64_t ntp_now) {
  if (block.last_sender_report == 0) return std::nullopt;
  const auto now = static_cast<std::uint32_t>(ntp_now >> 16);
  const std::uint32_t trip = now - block.last_sender_report - block.delay_since;
  if (trip > round_trip_max) return std::nullopt;
  return static_cast<std::uint32_t>(std::uint64_t{trip} * 1'000'000 >> 16);
}

}  // namespace seatgrid::media
