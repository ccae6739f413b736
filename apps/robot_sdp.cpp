#include "apps/robot_sdp.hpp"

#include <algorithm>

namespace seatgrid {
namespace {

bool is_audio(const codec& c) { return (c.name == "PCMA" || c.name == "PCMU") && c.clock_hz == 8'000; }
bool is_dtmf(const codec& c) { return c.name == "TELEPHONE-EVENT" && c.clock_hz == 8'000; }

direction mirrored(direction theirs) {
  switch (theirs) {
    case direction::sendrecv: return direction::sendrecv;
    case direction::sendonly: return direction::recvonly;
    case direction::recvonly: return direction::sendonly;
    case direction::inactive: return direction::inactive;
  }
  return direction::inactive;
}

}  // namespace

session_description robot_offer(const media_address& local) {
  session_description out;
  out.audio = local;
  out.codecs = {{8, "PCMA"}, {0, "PCMU"}, {101, "TELEPHONE-EVENT", 8'000, 1, "0-15"}};
  return out;
}

std::optional<session_description> robot_answer(const media_address& local, const std::optional<session_description>& theirs) {
  if (!theirs) return robot_offer(local);
  auto out = robot_offer(local);
  out.codecs.clear();
  const auto audio = std::find_if(theirs->codecs.begin(), theirs->codecs.end(), is_audio);
  const auto dtmf = std::find_if(theirs->codecs.begin(), theirs->codecs.end(), is_dtmf);
  if (audio == theirs->codecs.end()) return std::nullopt;
  out.codecs.push_back(*audio);
  if (dtmf != theirs->codecs.end()) out.codecs.push_back(*dtmf);
  out.way = mirrored(theirs->way);
  out.other_media = theirs->other_media;
  out.audio_at = theirs->audio_at;
  return out;
}

std::optional<media_connect> robot_connect(leg_id leg, const session_description& theirs) {
  const auto audio = std::find_if(theirs.codecs.begin(), theirs.codecs.end(), is_audio);
  if (audio == theirs.codecs.end()) return std::nullopt;
  const auto dtmf = std::find_if(theirs.codecs.begin(), theirs.codecs.end(), is_dtmf);
  return media_connect{.leg = leg,
                       .remote = theirs.audio,
                       .payload_type = audio->payload_type,
                       .codec_name = audio->name,
                       .dtmf_payload_type = dtmf == theirs.codecs.end() ? std::uint8_t{0} : dtmf->payload_type,
                       .ptime_ms = theirs.ptime_ms,
                       .way = mirrored(theirs.way),
                       .rtcp_port = theirs.rtcp_port,
                       .rtcp_mux = theirs.rtcp_mux};
}

}  // namespace seatgrid
