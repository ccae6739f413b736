#pragma once

#include <cstdint>
#include <string>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "domain/media_port.hpp"
#include "domain/session_description.hpp"

/// Offer and answer (RFC 3264) for one audio stream: G.711 A-law and mu-law (RFC 3551) and telephone-event (RFC 4733). Pure: the
/// edge prints and parses, media opens ports; this decides what stands in an answer and how the two sides send.
namespace seatgrid {

/// What one leg's endpoint sends and accepts, as media_connect wants it; part of the leg's row so that it can be made again.
struct media_path {
  media_address remote{};
  std::uint8_t payload_type = 8;
  std::string codec_name{"PCMA"};
  std::uint8_t dtmf_payload_type = 0;  ///< 0 = none
  std::uint16_t ptime_ms = 20;
  direction way = direction::sendrecv;  ///< ours
  std::uint16_t rtcp_port = 0;
  bool rtcp_mux = false;
  bool operator==(const media_path&) const = default;
  static constexpr auto fields() {
    return std::tuple{
        field{1, "remote", &media_path::remote},         field{2, "payload_type", &media_path::payload_type},
        field{3, "codec_name", &media_path::codec_name}, field{4, "dtmf_payload_type", &media_path::dtmf_payload_type},
        field{5, "ptime_ms", &media_path::ptime_ms},     field{6, "way", &media_path::way},
        field{7, "rtcp_port", &media_path::rtcp_port},   field{8, "rtcp_mux", &media_path::rtcp_mux}};
  }
};

struct negotiation {
  session_description answer{};
  media_path path{};
};

/// Our offer: PCMA, PCMU (the `preferred` one first), telephone-event 101, on `local`.
session_description make_offer(const media_address& local, std::uint64_t session_id, const std::string& preferred = "PCMA");
/// Our answer to `offer`, and the path that follows. Refused streams keep their place with port 0 (RFC 3264 section 6).
/// @error unsupported no audio stream with a port, or no codec of ours: 488.
result<negotiation> answer_offer(const session_description& offer, const media_address& local, std::uint64_t session_id,
                                 direction wish = direction::sendrecv);
/// The path that follows from their answer to our offer. @error unsupported they refused the stream or every codec.
result<media_path> accept_answer(const session_description& offer, const session_description& answer);

/// The direction an answer may state when `theirs` was offered and we would like `wish` (RFC 3264 section 6.1).
direction answer_way(direction theirs, direction wish) noexcept;
/// They ask for hold: sendonly, inactive, or the old c=0.0.0.0 (RFC 3264 section 8.4).
bool is_hold(const session_description& offer) noexcept;
/// Same o= version and same content: a session refresh that changes nothing (RFC 4028 section 7.4).
bool same_description(const session_description& a, const session_description& b);
/// `next` as the following description of this session: o= of `last`, version + 1 if anything differs (RFC 3264 section 8), and
/// as many m= lines as before.
session_description following(const session_description& last, session_description next);

media_connect connect_command(leg_id leg, const media_path& path);

}  // namespace seatgrid
