#include <algorithm>

#include "domain/call_decision.hpp"

/// The end of a call: every leg, wait, recording and endpoint, then the one CDR.
namespace seatgrid::calls {
namespace {

constexpr auto running_timers = {call_timer::length, call_timer::endpoint,  call_timer::digit,  call_timer::enqueue,
                                 call_timer::wait,   call_timer::announce,  call_timer::empty,  call_timer::ring,
                                 call_timer::prompt, call_timer::voicemail, call_timer::silence};

bool all_closed(const call_state& call) {
  const bool endpoints = std::all_of(call.legs.begin(), call.legs.end(), [](const call_leg& l) {
    return l.media == endpoint_state::none || l.media == endpoint_state::closed;
  });
  const bool files = std::none_of(call.recordings.begin(), call.recordings.end(), [](const auto& r) { return r.is_open(); });
  const bool quiet = std::none_of(call.legs.begin(), call.legs.end(), [](const call_leg& l) { return l.may_ring(); });
  return endpoints && files && quiet;
}

release_cause for_caller(const call_state& call, release_cause cause) {
  const bool unanswered = ending_of(call.caller_leg().state) == leg_ending::reject;
  if (!unanswered)
    cause.sip = 0;
  else if (cause.sip < 400)
    cause.sip = sip_of_q850(cause.q850);
  return cause;
}

void drop_all(decision& d, const release_cause& cause) {
  for (std::size_t i = 0; i < d.call.legs.size(); ++i) {
    const auto& leg = d.call.legs[i];
    if (!leg.is_live()) continue;
    if (leg.role == leg_role::caller) {
      drop_leg(d, leg.index, for_caller(d.call, cause));
    } else {
      auto plain = cause;
      plain.sip = 0;
      drop_leg(d, leg.index, std::move(plain));
    }
  }
}

void free_agent(decision& d, const std::string& why) {
  const auto step = on_gone(d.call.attempt, phone_of(d.call, d.call.attempt.attempt), d.at());
  if (step.word == attempt_step::word_kind::nothing && step.after == d.call.attempt) return;
  const bool news = d.call.attempt.is_active();
  d.emit(attempt_changed{
      .step = step, .agent_name = d.call.agent_name, .news = news, .rule = "release", .input = why, .at = d.at()});
}

}  // namespace

void release(decision& d, call_side by, const release_cause& cause, const std::string& why, std::uint64_t request) {
  if (d.call.phase != call_phase::opening && d.call.phase != call_phase::running) return;
  if (d.call.transfer) d.emit(transfer_ended{false, why, d.at()});
  d.emit(release_began{.by = by, .cause = cause, .why = why, .request = request, .at = d.at()});
  stop_recordings(d);
  if (d.call.wait) {
    const auto outcome = by == call_side::caller ? "abandoned" : "system";
    d.emit(
        queue_left{.queue = d.call.wait->queue, .outcome = outcome, .rule = "release", .input = why, .say = true, .at = d.at()});
  }
  unbridge(d);
  drop_all(d, cause);
  free_agent(d, why);
  for (const auto timer : running_timers) clear_timer(d, timer);
  set_timer(d, call_timer::closing, call_limits::closing_wait);
  try_close(d);
}

void try_close(decision& d) {
  if (d.call.phase != call_phase::releasing || !all_closed(d.call)) return;
  clear_timer(d, call_timer::closing);
  clear_timer(d, call_timer::recording);
  d.emit(call_closed{cdr_of(d.call)});
  set_timer(d, call_timer::tombstone, call_limits::tombstone);
}

void on_endpoint_closed(decision& d, const media_closed& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || leg->media != endpoint_state::closing) return;
  d.emit(leg_endpoint_closed{.leg = c.leg.index, .known = true, .statistics = c.statistics});
  try_close(d);
}

void on_closing_timer(decision& d) {
  for (std::size_t i = 0; i < d.call.legs.size(); ++i) {
    const auto& leg = d.call.legs[i];
    if (leg.media == endpoint_state::none || leg.media == endpoint_state::closed) continue;
    const auto index = leg.index;
    d.emit(leg_endpoint_closed{.leg = index, .known = false});
  }
  try_close(d);
}

void on_leg_gone(decision& d, leg_id leg, time_point at, bool cancelled, const release_cause& cause) {
  const auto* l = d.call.leg(leg.index);
  if (l != nullptr && l->state == leg_state::cancelling) return d.emit(leg_quieted{leg.index, leg_input::far_end_left, d.at()});
  if (l == nullptr || !l->is_live()) return d.emit(leg_cleared{leg.index});
  const auto role = l->role;
  const auto was_up = l->is_up();
  // A far end's clock is not ours: its end lies between the leg's beginning and now.
  const auto when = std::clamp(at == time_point{} ? d.at() : at, l->started_at, std::max(l->started_at, d.at()));
  if (d.call.bridge_a == leg.index || d.call.bridge_b == leg.index) unbridge(d);
  const auto full = completed(cause);
  d.emit(leg_lost{.leg = leg.index, .cancelled = cancelled, .cause = full, .at = when});
  if (d.call.phase == call_phase::releasing) return try_close(d);
  if (role == leg_role::agent) return on_agent_leg_gone(d, leg.index);
  if (role == leg_role::phone) return on_phone_gone(d, leg.index);
  release(d, call_side::caller, full, was_up ? "caller_hung_up" : cancelled ? "caller_cancelled" : "caller_gone");
}

void on_recovered(decision& d) {
  d.emit(call_recovered{d.call.recoveries + 1, d.at()});
  if (d.call.phase != call_phase::running) return;
  resume_recordings(d);
  if (d.call.attempt.state == attempt_state::ringing) fail_attempt(d, attempt_failure::gave_up, "takeover", d.call.agent_name);
  if (d.call.stage == call_stage::dialling && d.call.dial) redial(d);
}

}  // namespace seatgrid::calls
