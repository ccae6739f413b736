#include "domain/call_state.hpp"

#include <algorithm>

namespace seatgrid::calls {
namespace {

template <class In, class Rule>
auto* found(In& in, Rule rule) {
  const auto at = std::find_if(in.begin(), in.end(), rule);
  return at == in.end() ? nullptr : &*at;
}

}  // namespace

std::string_view word_of(answer_policy policy) noexcept {
  switch (policy) {
    case answer_policy::on_agent: return "on_agent";
    case answer_policy::at_once: return "at_once";
    case answer_policy::on_queue: return "on_queue";
  }
  return "unknown";
}

std::string_view to_string(call_phase phase) noexcept {
  switch (phase) {
    case call_phase::none: return "none";
    case call_phase::opening: return "opening";
    case call_phase::running: return "running";
    case call_phase::releasing: return "releasing";
    case call_phase::closed: return "closed";
    case call_phase::forgotten: return "forgotten";
  }
  return "unknown";
}

std::string_view to_string(call_stage stage) noexcept {
  switch (stage) {
    case call_stage::none: return "none";
    case call_stage::ringback: return "ringback";
    case call_stage::prompt: return "prompt";
    case call_stage::menu: return "menu";
    case call_stage::collect: return "collect";
    case call_stage::queue: return "queue";
    case call_stage::dialling: return "dialling";
    case call_stage::talking: return "talking";
    case call_stage::voicemail: return "voicemail";
    case call_stage::farewell: return "farewell";
  }
  return "unknown";
}

std::string_view to_string(leg_role role) noexcept {
  switch (role) {
    case leg_role::none: return "none";
    case leg_role::caller: return "caller";
    case leg_role::agent: return "agent";
    case leg_role::phone: return "phone";
  }
  return "unknown";
}

std::string_view to_string(call_side side) noexcept {
  switch (side) {
    case call_side::none: return "none";
    case call_side::caller: return "caller";
    case call_side::agent: return "agent";
    case call_side::phone: return "phone";
    case call_side::system: return "system";
  }
  return "unknown";
}

std::string_view to_string(call_timer timer) noexcept {
  switch (timer) {
    case call_timer::length: return "length";
    case call_timer::endpoint: return "endpoint";
    case call_timer::digit: return "digit";
    case call_timer::enqueue: return "enqueue";
    case call_timer::wait: return "wait";
    case call_timer::announce: return "announce";
    case call_timer::empty: return "empty";
    case call_timer::ring: return "ring";
    case call_timer::prompt: return "prompt";
    case call_timer::voicemail: return "voicemail";
    case call_timer::silence: return "silence";
    case call_timer::closing: return "closing";
    case call_timer::recording: return "recording";
    case call_timer::tombstone: return "tombstone";
    case call_timer::recovered: return "recovered";
    case call_timer::quiet: return "quiet";
  }
  return "unknown";
}

const call_leg* call_state::leg(std::uint32_t index) const {
  return found(legs, [&](const call_leg& l) { return l.index == index; });
}
call_leg* call_state::leg(std::uint32_t index) {
  return found(legs, [&](const call_leg& l) { return l.index == index; });
}
const running_timer* call_state::timer(call_timer which) const {
  return found(timers, [&](const running_timer& t) { return t.timer == which; });
}
const call_recording* call_state::recording(std::uint64_t which) const {
  return found(recordings, [&](const call_recording& r) { return r.id == which; });
}
call_recording* call_state::recording(std::uint64_t which) {
  return found(recordings, [&](const call_recording& r) { return r.id == which; });
}

}  // namespace seatgrid::calls
