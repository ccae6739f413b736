#include "domain/negotiation.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid {
namespace {

constexpr std::uint8_t our_dtmf_payload_type = 101;
constexpr std::uint32_t g711_clock_hz = 8'000;
constexpr auto dtmf_name = "TELEPHONE-EVENT";

bool is_voice(const codec& c) { return (c.name == "PCMA" || c.name == "PCMU") && c.clock_hz == g711_clock_hz && c.channels <= 1; }
bool is_dtmf(const codec& c) { return c.name == dtmf_name && c.clock_hz == g711_clock_hz; }

template <class Rule>
const codec* first(const session_description& in, Rule rule) {
  const auto at = std::find_if(in.codecs.begin(), in.codecs.end(), rule);
  return at == in.codecs.end() ? nullptr : &*at;
}

bool has_audio(const session_description& sdp) { return sdp.audio.port != 0; }

media_path path_to(const session_description& theirs, const codec& voice, const codec* dtmf, direction way) {
  return {.remote = theirs.audio,
          .payload_type = voice.payload_type,
          .codec_name = voice.name,
          .dtmf_payload_type = dtmf == nullptr ? std::uint8_t{0} : dtmf->payload_type,
          .ptime_ms = 20,
          .way = way,
          .rtcp_port = theirs.rtcp_port,
          .rtcp_mux = theirs.rtcp_mux};
}

direction mirrored(direction way) noexcept {
  switch (way) {
    case direction::sendrecv: return direction::sendrecv;
    case direction::sendonly: return direction::recvonly;
    case direction::recvonly: return direction::sendonly;
    case direction::inactive: return direction::inactive;
  }
  return direction::inactive;
}

bool sends(direction way) { return way == direction::sendrecv || way == direction::sendonly; }
bool receives(direction way) { return way == direction::sendrecv || way == direction::recvonly; }
direction way_of(bool send, bool receive) {
  if (send) return receive ? direction::sendrecv : direction::sendonly;
  return receive ? direction::recvonly : direction::inactive;
}

}  // namespace

session_description make_offer(const media_address& local, std::uint64_t session_id, const std::string& preferred) {
  const codec alaw{.payload_type = 8, .name = "PCMA"};
  const codec mulaw{.payload_type = 0, .name = "PCMU"};
  const codec dtmf{.payload_type = our_dtmf_payload_type, .name = dtmf_name, .fmtp = "0-15"};
  session_description out{.session_id = session_id, .version = 1, .audio = local};
  if (preferred == mulaw.name)
    out.codecs = {mulaw, alaw, dtmf};
  else
    out.codecs = {alaw, mulaw, dtmf};
  return out;
}

direction answer_way(direction theirs, direction wish) noexcept {
  const auto allowed = mirrored(theirs);
  return way_of(sends(allowed) && sends(wish), receives(allowed) && receives(wish));
}

bool is_hold(const session_description& offer) noexcept {
  return offer.held_by_address || offer.way == direction::sendonly || offer.way == direction::inactive;
}

result<negotiation> answer_offer(const session_description& offer, const media_address& local, std::uint64_t session_id,
                                 direction wish) {
  if (!has_audio(offer)) return fail(errc::unsupported, "the offer has no audio stream");
  const auto* voice = first(offer, is_voice);
  if (voice == nullptr) return fail(errc::unsupported, "the offer has neither PCMA nor PCMU");
  const auto* dtmf = first(offer, is_dtmf);
  // c=0.0.0.0 is the old way to say sendonly; there is no address to send to.
  const auto theirs = offer.held_by_address && offer.way == direction::sendrecv ? direction::sendonly : offer.way;
  const auto way = answer_way(theirs, wish);
  negotiation out{};
  out.answer = {.session_id = session_id,
                .version = 1,
                .audio = local,
                .codecs = {*voice},
                .way = way,
                .rtcp_mux = offer.rtcp_mux,
                .other_media = offer.other_media,
                .audio_at = offer.audio_at};
  out.answer.codecs.front().fmtp.clear();
  if (dtmf != nullptr) {
    out.answer.codecs.push_back(*dtmf);
    out.answer.codecs.back().fmtp = "0-15";
  }
  out.path = path_to(offer, *voice, dtmf, way);
  return out;
}

result<media_path> accept_answer(const session_description& offer, const session_description& answer) {
  if (!has_audio(answer)) return fail(errc::unsupported, "the answer refuses the audio stream");
  const auto offered = [&](const codec& c) {
    return is_voice(c) && std::any_of(offer.codecs.begin(), offer.codecs.end(), [&](const codec& o) { return o.name == c.name; });
  };
  const auto* voice = first(answer, offered);
  if (voice == nullptr) return fail(errc::unsupported, "the answer has no codec of the offer");
  const auto theirs = answer.held_by_address && answer.way == direction::sendrecv ? direction::sendonly : answer.way;
  auto path = path_to(answer, *voice, first(answer, is_dtmf), answer_way(theirs, offer.way));
  path.rtcp_mux = offer.rtcp_mux && answer.rtcp_mux;
  return path;
}

bool same_description(const session_description& a, const session_description& b) { return a == b; }

session_description following(const session_description& last, session_description next) {
  next.session_id = last.session_id;
  next.version = last.version;
  // The number of m= lines never shrinks (RFC 3264 section 8).
  if (next.other_media.size() < last.other_media.size()) {
    next.other_media = last.other_media;
    next.audio_at = last.audio_at;
  }
  if (!(next == last)) next.version = last.version + 1;
  return next;
}

media_connect connect_command(leg_id leg, const media_path& path) {
  return {.leg = leg,
          .remote = path.remote,
          .payload_type = path.payload_type,
          .codec_name = path.codec_name,
          .dtmf_payload_type = path.dtmf_payload_type,
          .ptime_ms = path.ptime_ms,
          .way = path.way,
          .rtcp_port = path.rtcp_port,
          .rtcp_mux = path.rtcp_mux};
}

}  // namespace seatgrid
