#include "domain/call_attempt.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid {
namespace {

using word_kind = attempt_step::word_kind;

attempt_step about_current(const call_attempt& before, word_kind word) {
  return {.after = before, .word = word, .attempt = before.attempt, .agent = before.agent, .queue = before.queue};
}

auto place_of(const call_attempt& in, attempt_no attempt) {
  return std::find_if(in.fading.begin(), in.fading.end(), [&](const fading_attempt& f) { return f.attempt == attempt; });
}

/// Without attempt from here on; what rang and cannot be said to be quiet fades.
attempt_step closed(const call_attempt& before, attempt_state state, attempt_failure why, phone_is phone, time_point at) {
  if (!before.is_active()) {
    attempt_step step{.after = before};
    step.after.state = state;
    return step;
  }
  auto step = about_current(before, word_kind::failed);
  step.why = why;
  step.after = {.state = state, .floor = std::max(before.floor, before.attempt + 1), .fading = before.fading};
  if (phone == phone_is::quiet) return step;
  step.agent_waits = true;
  step.after.fading.push_back({.attempt = before.attempt, .agent = before.agent, .why = why, .at = at});
  return step;
}

call_attempt floor_above(call_attempt before, attempt_no attempt) {
  if (before.state != attempt_state::gone) before.floor = std::max(before.floor, attempt + 1);
  return before;
}

attempt_failure why_refused(const call_attempt& before) {
  return before.state == attempt_state::gone ? attempt_failure::ended : attempt_failure::not_waiting;
}

}  // namespace

std::string_view to_string(attempt_state state) noexcept {
  switch (state) {
    case attempt_state::waiting: return "waiting";
    case attempt_state::ringing: return "ringing";
    case attempt_state::talking: return "talking";
    case attempt_state::gone: return "gone";
  }
  return "unknown";
}

std::string_view to_string(attempt_failure why) noexcept {
  switch (why) {
    case attempt_failure::none: return "none";
    case attempt_failure::no_answer: return "no_answer";
    case attempt_failure::busy: return "busy";
    case attempt_failure::rejected: return "rejected";
    case attempt_failure::unreachable: return "unreachable";
    case attempt_failure::caller_gone: return "caller_gone";
    case attempt_failure::answered_elsewhere: return "answered_elsewhere";
    case attempt_failure::gave_up: return "gave_up";
    case attempt_failure::not_waiting: return "not_waiting";
    case attempt_failure::agent_hung_up: return "agent_hung_up";
    case attempt_failure::ended: return "ended";
    case attempt_failure::unknown_call: return "unknown_call";
  }
  return "unknown";
}

bool call_attempt::is_fading(attempt_no which, agent_id whose) const {
  const auto at = place_of(*this, which);
  return at != fading.end() && at->agent == whose;
}

attempt_step on_offer(const call_attempt& before, const offer& message) {
  if (before.is_on(message.attempt, message.agent) && before.queue == message.queue)
    return about_current(before, before.state == attempt_state::talking ? word_kind::connected : word_kind::nothing);
  if (before.state != attempt_state::waiting || message.attempt < before.floor) return refuse_offer(before, message);
  auto after = before;
  after.state = attempt_state::ringing;
  after.attempt = message.attempt;
  after.agent = message.agent;
  after.queue = message.queue;
  return about_current(after, word_kind::ring);
}

attempt_step refuse_offer(const call_attempt& before, const offer& message) {
  // The floor rises here too: the agent may act on this `failed`, so an offer of the attempt that is still under way must not
  // ring.
  return {.after = floor_above(before, message.attempt),
          .word = word_kind::failed,
          .attempt = message.attempt,
          .agent = message.agent,
          .queue = message.queue,
          .why = why_refused(before),
          .agent_waits = before.is_on(message.attempt, message.agent) || before.is_fading(message.attempt, message.agent)};
}

attempt_step on_answered(const call_attempt& before) {
  if (before.state != attempt_state::ringing) return {.after = before};
  auto after = before;
  after.state = attempt_state::talking;
  return about_current(after, word_kind::connected);
}

attempt_step on_attempt_over(const call_attempt& before, attempt_failure why, phone_is phone, time_point at) {
  if (!before.is_active()) return {.after = before};
  return closed(before, attempt_state::waiting, why, phone, at);
}

attempt_step on_gone(const call_attempt& before, phone_is phone, time_point at, attempt_failure why) {
  const bool never_talked = before.state == attempt_state::ringing;
  const auto told = never_talked && why == attempt_failure::ended ? attempt_failure::caller_gone : why;
  return closed(before, attempt_state::gone, told, phone, at);
}

attempt_step on_quiet(const call_attempt& before, attempt_no attempt) {
  const auto faded = place_of(before, attempt);
  if (faded == before.fading.end()) return {.after = before};
  attempt_step step{
      .after = before, .word = word_kind::failed, .attempt = faded->attempt, .agent = faded->agent, .why = faded->why};
  std::erase_if(step.after.fading, [&](const fading_attempt& f) { return f.attempt == attempt; });
  return step;
}

attempt_step on_query(const call_attempt& before, const agent_query& message) {
  if (before.is_on(message.attempt, message.agent))
    return about_current(before, before.state == attempt_state::talking ? word_kind::connected : word_kind::nothing);
  // Not yet: its phone may ring. That ends, at the latest when the INVITE expires, and the agent asks again.
  if (before.is_fading(message.attempt, message.agent)) return {.after = before};
  auto after = before;
  after.floor = std::max(after.floor, message.attempt + 1);
  return {
      .after = after, .word = word_kind::failed, .attempt = message.attempt, .agent = message.agent, .why = why_refused(before)};
}

call_attempt unknown_call_attempt() { return {.state = attempt_state::gone}; }

void say(const attempt_step& step, call_id call, time_point at, effects& out) {
  const auto tell_both = [&](const auto& message) {
    if (step.agent && !step.agent_waits) out.push_back({timing::when_durable, to_entity{ref(step.agent), message}});
    if (step.queue) out.push_back({timing::when_durable, to_entity{ref(step.queue), message}});
  };
  switch (step.word) {
    case word_kind::nothing:
    case word_kind::ring: return;
    case word_kind::connected:
      return tell_both(connected{.call = call, .attempt = step.attempt, .agent = step.agent, .queue = step.queue, .at = at});
    case word_kind::failed:
      return tell_both(
          failed{.call = call, .attempt = step.attempt, .agent = step.agent, .queue = step.queue, .why = step.why, .at = at});
  }
}

}  // namespace seatgrid
