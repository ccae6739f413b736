#include <deque>
#include <vector>

#include "cluster/link_frame.hpp"
#include "cluster/link_messages.hpp"
#include "cluster/link_window.hpp"
#include "tests/fuzz/fuzz.hpp"

/// What a stranger or a peer says over a link: frames, hellos, numbers, and the bodies of envelopes.
using namespace seatgrid::cluster;

namespace {

/// What a frame says, in bytes of its own.
std::string written(const link_frame& frame) {
  std::string bytes;
  const auto kind = static_cast<link_kind>(frame.kind);
  switch (frame.type) {
    case link_frame_type::part: write_part(bytes, frame.seq, kind, frame.more, frame.bytes); break;
    case link_frame_type::beat: write_beat(bytes, kind, frame.bytes); break;
    case link_frame_type::acknowledged: write_acknowledged(bytes, frame.seq); break;
    case link_frame_type::ping: write_ping(bytes); break;
    case link_frame_type::refused: write_refused(bytes, frame.bytes); break;
    case link_frame_type::hello:
      if (const auto hello = read_hello(frame.bytes)) {
        must(hello->who().process && hello->first > 0 && hello->stream != 0, "a hello says who speaks");
        write_hello(bytes, *hello);
        link_frame_reader again;
        again.add(bytes);
        const auto frame_again = again.next();
        must(frame_again && *frame_again && read_hello((*frame_again)->bytes) == hello, "a hello comes out as it went in");
      }
      break;
  }
  return bytes;
}

struct outcome {
  std::vector<std::string> frames{};
  bool broken = false;
  bool operator==(const outcome&) const = default;
};

/// The frames of `bytes`, which come in pieces of `torn`.
outcome read_all(std::string_view bytes, std::size_t torn, bool greeted) {
  link_frame_reader reader;
  if (greeted) reader.greeted();
  outcome all;
  for (std::size_t at = 0; at < bytes.size() && !all.broken; at += torn) {
    reader.add(std::string{bytes.substr(at, torn)});
    while (true) {
      const auto frame = reader.next();
      all.broken = !frame;
      if (!frame || !*frame) break;
      must((*frame)->bytes.size() <= (greeted ? link_frame_bytes_max : link_hello_bytes_max), "a frame is bounded");
      all.frames.push_back(written(**frame));
    }
  }
  return all;
}

/// A peer's parts and acknowledgements against the rules of one link.
void check_numbers(std::string_view bytes, std::size_t message_max) {
  link_frame_reader reader;
  reader.greeted();
  reader.add(std::string{bytes});
  link_inbox inbox{message_max};
  inbox.begin(1, 1);
  link_window window{4'096};
  std::string out;
  for (int i = 0; i < 5; ++i) must(window.push({link_kind::asked, "x"}).has_value(), "five small messages fit");
  while (window.write_next(out)) continue;
  std::uint64_t arrived = 0;
  while (true) {
    const auto frame = reader.next();
    if (!frame || !*frame) return;
    if ((*frame)->type == link_frame_type::acknowledged) {
      const auto before = window.first();
      const bool good = window.acknowledged((*frame)->seq).has_value();
      must(good == ((*frame)->seq <= 5) && window.first() >= before && window.first() <= 6,
           "only what was written is acknowledged");
    }
    if ((*frame)->type != link_frame_type::part) continue;
    const auto message = inbox.take(**frame);
    if (!message) return;
    if (*message)
      must(++arrived == inbox.arrived() && (*message)->bytes.size() <= message_max, "messages arrive in order and bounded");
  }
}

void check_bodies(std::string_view bytes) {
  if (const auto said = decode_heartbeat(bytes))
    must(decode_heartbeat(encode(*said)).has_value(), "a heartbeat can be said again");
  if (const auto said = decode_opinion_asked(bytes))
    must(decode_opinion_asked(encode(*said)) == said, "a question comes out as it went in");
  if (const auto said = decode_opinion(bytes)) must(decode_opinion(encode(*said)) == said, "an opinion comes out as it went in");
  if (const auto said = decode_lane_wanted(bytes))
    must(decode_lane_wanted(encode(*said)) == said, "a wish comes out as it went in");
  if (const auto said = decode_lane_rests(bytes))
    must(decode_lane_rests(encode(*said)) == said, "a rest comes out as it went in");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of(data, size);
  for (const bool greeted : {false, true}) {
    const auto whole = read_all(bytes, bytes.size() + 1, greeted);
    must(whole == read_all(bytes, 1 + (size > 0 ? data[0] % 16U : 0U), greeted), "frames are the same however they are torn");
  }
  check_numbers(bytes, size > 0 ? data[size - 1] : 0U);
  check_bodies(bytes);
  return 0;
}
