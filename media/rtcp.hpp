#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "media/bytes.hpp"

/// Sender and receiver reports (RFC 3550 section 6), enough for loss, jitter and round trip of a two-party stream.
namespace seatgrid::media {

/// NTP time (seconds since 1900 in the upper half) of a UTC time in microseconds.
std::uint64_t ntp_of(std::int64_t utc_us);

struct report_block {
  std::uint32_t ssrc = 0;  ///< whose packets it speaks of
  std::uint8_t fraction_lost = 0;
  std::int32_t cumulative_lost = 0;
  std::uint32_t highest_sequence = 0;
  std::uint32_t jitter = 0;              ///< timestamp units
  std::uint32_t last_sender_report = 0;  ///< middle 32 bits of its NTP time; 0 = none yet
  std::uint32_t delay_since = 0;         ///< 1/65,536 s
};

/// What we put into a compound packet; `packets` 0 makes it a receiver report.
struct rtcp_outgoing {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  std::optional<report_block> block{};
  std::string_view cname{};  ///< at most 64 bytes are sent
  bool bye = false;
};
inline constexpr std::size_t rtcp_bytes_max = 160;
/// Returns the length of the compound packet (SR or RR, SDES, BYE) in `out`.
std::size_t write_rtcp(std::array<std::uint8_t, rtcp_bytes_max>& out, const rtcp_outgoing& report);

/// What a compound packet said that concerns `our_ssrc`.
struct rtcp_incoming {
  std::optional<std::uint64_t> sender_ntp{};  ///< of a sender report
  std::optional<report_block> about_us{};
  bool bye = false;
};
/// Nothing when lengths, version or the first packet's type are wrong (RFC 3550 A.2).
std::optional<rtcp_incoming> parse_rtcp(byte_view datagram, std::uint32_t our_ssrc);

/// Round trip in microseconds by LSR and DLSR (RFC 3550 6.4.1); nothing without LSR or when the figures cannot be true.
std::optional<std::uint32_t> round_trip_us(const report_block& block, std::uint64_t ntp_now);

}  // namespace seatgrid::media
