#include <string_view>

#include "media/telephone_event.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;
using namespace seatgrid::media;

namespace {

constexpr std::string_view keys = "0123456789*#ABCD";

void check_key(const heard_key& heard) { must(keys.find(heard.key) != std::string_view::npos, "a key is a key"); }

/// Packets of five bytes: one for the time since the last, four of payload.
void check_receiver(input_reader in) {
  event_receiver receiver;
  std::uint32_t timestamp = 0;
  std::size_t packets = 0, told = 0;
  while (!in.empty()) {
    const auto step = in.byte();
    timestamp += step < 0x80 ? step * 160U : static_cast<std::uint32_t>(-160 * (step - 0x80));
    const auto payload = in.take(4);
    const auto event = parse_telephone_event({reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    must(event.has_value() == (payload.size() == 4), "four bytes are an event");
    if (!event) break;
    std::uint8_t written[telephone_event_bytes];
    write_telephone_event(written, *event);
    const auto again = parse_telephone_event(written);
    must(again->code == event->code && again->end == event->end && again->volume == event->volume &&
             again->duration == event->duration,
         "what was written says the same");
    ++packets;
    const auto heard = receiver.accept(timestamp, *event);
    for (std::size_t i = 0; i < heard.count; ++i) check_key(heard.keys[i]);
    told += heard.count;
    must(told <= packets, "no more keys than packets");
    must(receiver.accept(timestamp, *event).count == 0 || !event->end, "a repeated end is not told again");
  }
  if (const auto last = receiver.expire()) check_key(*last);
  must(!receiver.open() && !receiver.expire(), "what expired is closed");
}

void check_sender(input_reader in) {
  key_sender sender;
  std::size_t taken = 0;
  while (!in.empty()) {
    const auto key = static_cast<char>(in.byte());
    const milliseconds length{static_cast<std::int16_t>(in.word())};
    if (sender.push(key, length, (in.byte() & 1) != 0)) {
      ++taken;
      must(code_of(key).has_value(), "only keys are sent");
    }
  }
  must(taken <= key_sender::waiting_max, "waiting keys are bounded");
  std::size_t firsts = 0, steps = 0;
  for (; !sender.idle(); ++steps) {
    const auto step = sender.next();
    firsts += step.first ? 1 : 0;
    must(step.what != key_sender::kind::idle && key_of(step.event.code).has_value(), "a step is part of a key");
    must(steps < key_sender::waiting_max * 420, "keys end");  // 8 s and a pause each, in steps of 20 ms
  }
  must(firsts == taken, "every key is sent once");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_receiver({data, size});
  check_sender({data, size});
  return 0;
}
