#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/result.hpp"

/// What the rules need of an SDP body (RFC 8866): one audio stream. Other streams are remembered only so that an answer can
/// refuse them in their place (RFC 3264 section 6). `sip/` parses and prints; nothing else sees SDP bytes.
namespace seatgrid {

/// An address and a UDP port; `host` is a literal IPv4 or IPv6 address.
struct media_address {
  std::string host{};
  std::uint16_t port = 0;  ///< 0 = stream refused or not yet known
  bool operator==(const media_address&) const = default;
  static constexpr auto fields() {
    return members{field{1, "host", &media_address::host}, field{2, "port", &media_address::port}};
  }
};

enum class direction : std::uint8_t { sendrecv = 0, sendonly = 1, recvonly = 2, inactive = 3 };

/// One payload type of the stream.
struct codec {
  std::uint8_t payload_type = 0;
  std::string name{};  ///< upper case: "PCMA", "PCMU", "TELEPHONE-EVENT"
  std::uint32_t clock_hz = 8'000;
  std::uint8_t channels = 1;
  std::string fmtp{};
  bool operator==(const codec&) const = default;
  static constexpr auto fields() {
    return members{field{1, "payload_type", &codec::payload_type}, field{2, "name", &codec::name},
                   field{3, "clock_hz", &codec::clock_hz}, field{4, "channels", &codec::channels},
                   field{5, "fmtp", &codec::fmtp}};
  }
};

struct session_description {
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
  media_address audio{};
  std::vector<codec> codecs{};  ///< in order of preference, telephone-event included
  direction way = direction::sendrecv;
  std::uint16_t ptime_ms = 20;
  bool rtcp_mux = false;
  std::uint16_t rtcp_port = 0;             ///< a=rtcp (RFC 3605); 0 = RTP port + 1
  std::vector<std::string> other_media{};  ///< m= lines of refused streams, as "video 0 RTP/AVP 31", in their order
  std::uint8_t audio_at = 0;               ///< how many of other_media stand before the audio stream
  bool held_by_address = false;            ///< c=0.0.0.0 (RFC 2543 hold)
  bool operator==(const session_description&) const = default;
  static constexpr auto fields() {
    return members{field{1, "session_id", &session_description::session_id},
                   field{2, "version", &session_description::version},
                   field{3, "audio", &session_description::audio},
                   field{4, "codecs", &session_description::codecs},
                   field{5, "way", &session_description::way},
                   field{6, "ptime_ms", &session_description::ptime_ms},
                   field{7, "rtcp_mux", &session_description::rtcp_mux},
                   field{8, "rtcp_port", &session_description::rtcp_port},
                   field{9, "other_media", &session_description::other_media},
                   field{10, "audio_at", &session_description::audio_at},
                   field{11, "held_by_address", &session_description::held_by_address}};
  }
};

}  // namespace seatgrid
