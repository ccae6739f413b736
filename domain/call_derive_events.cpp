#include <utility>

#include "domain/call_derive.hpp"
#include "domain/call_publish.hpp"
#include "domain/call_resume.hpp"

namespace seatgrid::calls {
namespace {

void announce(effects& out, publish what) { out.push_back({timing::when_durable, std::move(what)}); }
void to_queue(effects& out, queue_id queue, acd_message message) {
  out.push_back({timing::when_durable, to_entity{ref(queue), std::move(message)}});
}

/// A queue offers a call that does not wait there: our leave_queue died with the process before its step. Without this the entry
/// would go back to its place, and take an agent for a moment, again and again until the call ends.
void leave_again(const call_state& call, queue_id queue, effects& out) {
  if (!queue || (call.wait && call.wait->queue == queue)) return;
  std::string outcome;
  for (const auto& visit : call.visits)
    if (queue_id::named(call.tenant, visit.queue) == queue) outcome = visit.outcome;
  to_queue(out, queue, leave_queue{.call = call.id, .queue = queue, .why = outcome});
}

}  // namespace

void call_following::operator()(const call_started& e) const {
  announce(out, told(call, e));
  if (const auto* leg = call.leg(1)) announce(out, told_started(call, *leg));
}
void call_following::operator()(const call_running&) const {}
void call_following::operator()(const ringback_began&) const {}
void call_following::operator()(const node_entered&) const {}
void call_following::operator()(const input_failed&) const {}
void call_following::operator()(const digit_heard&) const {}
void call_following::operator()(const variable_set&) const {}
void call_following::operator()(const queue_asked& e) const { to_queue(out, e.wait.queue, enqueue_word(call)); }
void call_following::operator()(const enqueue_repeated&) const {
  if (call.wait) to_queue(out, call.wait->queue, enqueue_word(call));
}
void call_following::operator()(const queue_joined& e) const { announce(out, told(call, e)); }
void call_following::operator()(const queue_left& e) const {
  const auto name = call.visits.empty() ? std::string{} : call.visits.back().queue;
  if (e.say && e.queue) to_queue(out, e.queue, leave_queue{.call = call.id, .queue = e.queue, .why = e.outcome});
  announce(out, told(call, e, name));
}
void call_following::operator()(const place_asked&) const {
  if (call.wait) to_queue(out, call.wait->queue, ask_place{.call = call.id, .queue = call.wait->queue});
}
void call_following::operator()(const place_heard&) const {}
void call_following::operator()(const wait_overdue&) const {}
void call_following::operator()(const attempt_changed& e) const {
  say(e.step, call.id, e.at, out);
  switch (e.step.word) {
    case attempt_step::word_kind::nothing: return;
    case attempt_step::word_kind::ring: return announce(out, told_offered(call, e));
    case attempt_step::word_kind::connected:
      // Said again to an agent that asks: no news for the world.
      if (e.news) announce(out, told_connected(call, e));
      return;
    case attempt_step::word_kind::failed:
      if (e.step.why == attempt_failure::not_waiting) leave_again(call, e.step.queue, out);
      if (e.news) announce(out, told_offer_ended(call, e));
      return;
  }
}
void call_following::operator()(const talk_began& e) const {
  const auto* leg = call.leg(e.leg);
  if (leg != nullptr && leg->role == leg_role::phone) announce(out, told_connected(call, *leg, e.at));
}
void call_following::operator()(const dial_began&) const {}
void call_following::operator()(const dial_ended&) const {}
void call_following::operator()(const transfer_began&) const {}
void call_following::operator()(const transfer_ended& e) const { announce(out, told(call, e)); }
void call_following::operator()(const voicemail_began&) const {}
void call_following::operator()(const farewell_began&) const {}
void call_following::operator()(const recording_began& e) const {
  out.push_back({timing::when_durable, to_media{record_command(call, e.recording)}});
  announce(out, told(call, e));
}
void call_following::operator()(const recording_stopping& e) const {
  if (const auto* r = call.recording(e.recording)) out.push_back({timing::when_durable, to_media{record_stop_command(call, *r)}});
}
void call_following::operator()(const recording_ended& e) const { announce(out, told(call, e)); }
void call_following::operator()(const recording_segment_ended& e) const { announce(out, told(call, e)); }
void call_following::operator()(const voicemail_left& e) const { announce(out, told(call, e)); }
void call_following::operator()(const release_began& e) const {
  announce(out, told(call, e));
  if (e.request != 0) out.push_back({timing::when_durable, reply{.request = e.request}});
}
void call_following::operator()(const call_closed& e) const {
  announce(out, told(e));
  for (std::uint32_t leg = 1; leg <= call.last_leg; ++leg)
    out.push_back({timing::when_durable, to_leg{leg_forget{{call.id, leg}}}});
}
void call_following::operator()(const call_recovered& e) const { announce(out, told(call, e)); }
void call_following::operator()(const call_forgotten&) const {}
void call_following::operator()(const timer_set& e) const {
  out.push_back({timing::at_once, start_timer{static_cast<std::uint32_t>(e.timer), e.generation, e.length}});
}
void call_following::operator()(const timer_cleared& e) const {
  out.push_back({timing::at_once, stop_timer{static_cast<std::uint32_t>(e.timer)}});
}
void call_following::operator()(const request_done& e) const {
  out.push_back({timing::when_durable, reply{.request = e.request}});
}
void call_following::operator()(const call_unknown&) const {}

}  // namespace seatgrid::calls
