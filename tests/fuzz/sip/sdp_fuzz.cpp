#include <string>

#include "domain/negotiation.hpp"
#include "sip/sdp.hpp"
#include "sip/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

void check_refusal(const error& why) {
  must(why.code == errc::invalid || why.code == errc::full || why.code == errc::unsupported, "a refusal is one of three");
  must(why.what.starts_with("sdp "), "a refusal says where");
  for (const char c : why.what) must(!text::is_control(c), "a refusal is one line");
}

void check_bounds(const session_description& sdp) {
  must(sdp.codecs.size() <= sdp_codecs_max && sdp.other_media.size() <= sdp_streams_max, "lists are bounded");
  must(sdp.audio_at <= sdp.other_media.size(), "audio stands between the other streams");
  for (const auto& c : sdp.codecs)
    must(c.payload_type < 128 && !c.name.empty() && c.clock_hz != 0 && c.channels != 0, "a codec is whole");
  must(sdp.audio.port == 0 || !sdp.audio.host.empty(), "a port has an address");
  must(sdp.ptime_ms != 0, "a packet has a length");
}

/// Whatever they offer, what we say back can be read and answers each of their streams in its place.
void check_answer(const session_description& offer) {
  const auto made = answer_offer(offer, {.host = "192.0.2.1", .port = 20'000}, 1);
  if (!made) return must(made.error().code == errc::unsupported, "an offer is answered or not acceptable");
  must(made->answer.other_media.size() == offer.other_media.size(), "every stream is answered");
  const auto read = parse_sdp(print_sdp(made->answer, "192.0.2.1"));
  must(read.has_value(), "our answer is SDP");
  must(read->codecs == made->answer.codecs && read->audio == made->answer.audio, "our answer says what we decided");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body{text_of(data, size)};
  const auto read = parse_sdp(body);
  if (!read) {
    check_refusal(read.error());
    return 0;
  }
  check_bounds(*read);
  const auto printed = print_sdp(*read, "2001:db8::1");
  const auto again = parse_sdp(printed);
  must(again.has_value(), "what was printed can be read");
  must(*again == *read, "what was printed says the same");
  must(print_sdp(*again, "2001:db8::1") == printed, "printing is canonical");
  check_answer(*read);
  accept_answer(make_offer({.host = "192.0.2.1", .port = 20'000}, 1), *read);
  must(is_hold(*read) == is_hold(*again) && same_description(*read, *again), "hold is read again");
  return 0;
}
