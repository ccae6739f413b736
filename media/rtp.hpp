#pragma once

#include <cstdint>
#include <optional>

#include "media/bytes.hpp"

/// RTP packets and what they tell about a stream (RFC 3550).
namespace seatgrid::media {

inline constexpr std::size_t rtp_header_bytes = 12;
inline constexpr std::size_t datagram_bytes_max = 1'500;  ///< larger ones are dropped: nobody sends 8 kHz audio so

struct rtp_packet {
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  byte_view payload{};  ///< inside the parsed datagram, never empty
};

/// Checks version, CSRC list, extension and padding against the datagram's bounds (RFC 3550 5.1, A.1); nothing otherwise.
std::optional<rtp_packet> parse_rtp(byte_view datagram);

/// True when the second byte is an RTCP packet type of a stream with rtcp-mux (RFC 5761 section 4).
bool looks_like_rtcp(byte_view datagram);

/// Writes 12 bytes: no CSRC, extension or padding.
void write_rtp_header(std::uint8_t* at, const rtp_packet& header);

/// What `reception::accept` made of a packet.
enum class arrival : std::uint8_t {
  in_order = 0,
  late = 1,       ///< reordered or repeated
  restarted = 2,  ///< first packet, new SSRC, or two in a row after a jump: relays begin a new mapping
  rejected = 3,   ///< one packet far from all others
};

/// One direction's reception: sequence numbers (A.1), loss (A.3), jitter (A.8). Survives changes of the SSRC.
class reception {
 public:
  /// `arrived` is a clock of 8,000 Hz. Packets of telephone events do not count for jitter (their timestamp stands still).
  arrival accept(const rtp_packet& packet, std::uint32_t arrived, bool counts_for_jitter);

  std::uint64_t received() const { return received_before_ + received_; }
  std::uint64_t lost() const;
  std::uint32_t jitter_us() const { return (jitter_ >> 4) * 125; }
  std::uint32_t jitter_units() const { return jitter_ >> 4; }
  std::uint32_t ssrc() const { return ssrc_; }
  bool started() const { return started_; }
  std::uint32_t highest_sequence() const { return cycles_ + highest_; }

  /// Fraction (1/256) lost since the last call and the cumulative number, for a report block.
  struct loss_report {
    std::uint8_t fraction = 0;
    std::int32_t cumulative = 0;
  };
  loss_report report();

 private:
  void restart(const rtp_packet& packet);
  void measure(std::uint32_t timestamp, std::uint32_t arrived);
  std::int64_t lost_now() const;

  std::uint64_t received_ = 0;
  std::uint64_t received_before_ = 0;
  std::uint64_t lost_before_ = 0;
  std::uint32_t ssrc_ = 0;
  std::uint32_t cycles_ = 0;
  std::uint32_t base_ = 0;
  std::uint32_t jump_ = no_jump;
  std::uint32_t jitter_ = 0;  ///< sixteen times the value
  std::uint32_t transit_ = 0;
  std::uint32_t expected_reported_ = 0;
  std::uint32_t received_reported_ = 0;
  std::uint16_t highest_ = 0;
  bool started_ = false;
  bool has_transit_ = false;

  static constexpr std::uint32_t no_jump = 0x10000;
};

}  // namespace seatgrid::media
