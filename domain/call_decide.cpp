#include "base/overload.hpp"
#include "domain/call_decision.hpp"

/// One command, one decision: who handles what, and the timers.
namespace seatgrid {
namespace calls {
namespace {

void on_prompt_over(decision& d) {
  if (d.call.stage == call_stage::ringback) return start_flow(d);
  if (d.call.stage == call_stage::farewell) {
    const auto cause = d.call.farewell;  // the call itself changes while it is released
    return release(d, call_side::system, cause, "flow_hangup");
  }
  if (d.call.stage == call_stage::voicemail) return on_voicemail_played(d);
  if (d.call.stage == call_stage::queue && d.call.wait) {
    play(d, 1, d.call.wait->music, true);
    return;
  }
  on_flow_played(d);
}

void on_played(decision& d, const media_played& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->play || leg->play->play_id != c.play_id) return;
  const bool loop = leg->play->loop;
  if (c.leg.index == 1) clear_timer(d, call_timer::prompt);
  d.emit(play_ended{.leg = c.leg.index, .play_id = c.play_id, .missing = c.missing});
  if (c.leg.index == 1 && !loop) on_prompt_over(d);
}

void on_prompt_timer(decision& d) {
  const auto& caller = d.call.caller_leg();
  if (!caller.play || caller.play->loop) return;
  stop_play(d, 1);
  on_prompt_over(d);
}

void on_running_timer(decision& d, call_timer timer) {
  switch (timer) {
    case call_timer::length: return release(d, call_side::system, cause_of(q850::recovery_on_timer), "call_length_max");
    case call_timer::endpoint:
      if (d.call.phase == call_phase::opening && !d.call.is_answered())
        release(d, call_side::system, cause_of(q850::resource_unavailable, 503), "no_rtp_port");
      return;
    case call_timer::digit: return on_flow_digit_timeout(d);
    case call_timer::enqueue:
    case call_timer::wait:
    case call_timer::announce:
    case call_timer::empty: return on_queue_timer(d, timer);
    case call_timer::ring:
      if (d.call.attempt.state == attempt_state::ringing)
        return fail_attempt(d, attempt_failure::no_answer, "ring_timeout", d.call.agent_name);
      if (d.call.stage == call_stage::dialling) on_dial_timeout(d);
      return;
    case call_timer::prompt: return on_prompt_timer(d);
    case call_timer::voicemail: return on_voicemail_timer(d);
    case call_timer::silence: return on_silence_timer(d);
    case call_timer::recording: return on_recording_timer(d);
    case call_timer::closing:
    case call_timer::tombstone:
    case call_timer::recovered:
    case call_timer::quiet: return;
  }
}

void on_timer(decision& d, const timer_fired& c) {
  const auto which = static_cast<call_timer>(c.timer);
  if (which == call_timer::recovered) {
    if (c.generation == d.call.recoveries + 1) on_recovered(d);
    return;
  }
  const auto* running = d.call.timer(which);
  if (running == nullptr || running->generation != c.generation) return;
  d.emit(timer_cleared{which});
  if (which == call_timer::closing) return on_closing_timer(d);
  if (which == call_timer::quiet) return on_rings_expired(d);
  if (which == call_timer::tombstone) return d.emit(call_forgotten{d.at()});
  on_running_timer(d, which);
}

void hang_up(decision& d, const call_hangup& c) {
  const auto cause = c.cause.text.empty() ? cause_of(c.cause.q850 == 0 ? q850::normal : c.cause.q850) : c.cause;
  release(d, call_side::system, cause, "hangup_ordered", c.request);
}

call_id call_of_command(const call_command& order) {
  return std::visit(
      [](const auto& c) -> call_id {
        if constexpr (requires { c.leg; })
          return c.leg.call;
        else if constexpr (requires { c.call; })
          return c.call;
        else
          return {};
      },
      order);
}

/// Makes a tombstone for a call that this lane never had, so that whoever waits for its word gets one.
void entomb(decision& d, const call_command& order) {
  const auto call = call_of_command(order);
  if (!call) return;
  d.emit(call_unknown{call, d.at()});
  set_timer(d, call_timer::tombstone, call_limits::tombstone);
}

bool wants_a_word(const call_command& order) {
  return std::holds_alternative<offer>(order) || std::holds_alternative<agent_query>(order) ||
         std::holds_alternative<agent_release>(order) || std::holds_alternative<leg_ended>(order) ||
         std::holds_alternative<leg_failed>(order) || std::holds_alternative<leg_answered>(order);
}

/// What a call hears while it opens or runs.
auto running_handlers(decision& d) {
  return overload{
      [&](const leg_progress& c) { on_progress(d, c); },
      [&](const leg_confirmed& c) { on_acknowledged(d, c); },
      [&](const leg_offered& c) { on_their_offer(d, c); },
      [&](const leg_offer_done& c) { on_our_offer_done(d, c); },
      [&](const leg_refer& c) { on_refer(d, c); },
      [&](const leg_digit& c) { on_digit(d, c.leg, c.digit, true, c.duration_ms); },
      [&](const leg_probed& c) { on_probed(d, c); },
      [&](const leg_dialog_changed& c) {
        const auto* leg = d.call.leg(c.leg.index);
        if (leg != nullptr && leg->is_live() && !(leg->dialog == c.now)) d.emit(dialog_kept{c.leg.index, c.now});
      },
      [&](const media_opened& c) { on_endpoint_open(d, c); },
      [&](const media_open_failed& c) { on_endpoint_failed(d, c); },
      [&](const media_played& c) { on_played(d, c); },
      [&](const media_digit& c) { on_digit(d, c.leg, c.digit, false, c.duration_ms); },
      [&](const media_silent& c) { on_silence(d, c); },
      [&](const queued& m) { on_queue_word(d, m); },
      [&](const queue_refused& m) { on_queue_word(d, m); },
      [&](const queue_place& m) { on_queue_word(d, m); },
  };
}

void handle(decision& d, const call_command& order) {
  const bool alive = d.call.phase == call_phase::opening || d.call.phase == call_phase::running;
  // What must be answered in every phase, because somebody repeats it until it is.
  const auto always = overload{
      [&](const leg_incoming& c) { return on_incoming(d, c), true; },
      [&](const leg_answered& c) { return on_answer(d, c), true; },
      [&](const leg_failed& c) { return on_leg_gone(d, c.leg, d.at(), false, c.cause), true; },
      [&](const leg_ended& c) { return on_leg_gone(d, c.leg, c.at, c.cancelled, c.cause), true; },
      [&](const media_recorded& c) { return on_recorded(d, c), true; },
      [&](const media_record_failed& c) { return on_record_failed(d, c), true; },
      [&](const media_closed& c) { return on_endpoint_closed(d, c), true; },
      [&](const offer& m) { return on_offer_made(d, m), true; },
      [&](const agent_query& m) { return on_agent_query(d, m), true; },
      [&](const agent_release& m) { return on_agent_release(d, m), true; },
      [&](const timer_fired& c) { return on_timer(d, c), true; },
      [&](const call_hangup& c) { return hang_up(d, c), true; },
      [](const auto&) { return false; },
  };
  if (std::visit(always, order) || !alive) return;
  std::visit(
      [&](const auto& c) {
        auto handlers = running_handlers(d);
        if constexpr (requires { handlers(c); }) handlers(c);
      },
      order);
}

}  // namespace
}  // namespace calls

result<std::vector<calls::call_event>> call_rules::decide(const state& before, const command& order, turn now,
                                                          const tenant_config& config) {
  using namespace calls;
  decision d{.call = before, .now = now, .config = config};
  const bool alive = before.phase == call_phase::opening || before.phase == call_phase::running;
  if (std::holds_alternative<call_hangup>(order) && !alive) return fail(errc::wrong_state, "the call has ended");
  if (const auto* c = std::get_if<call_transfer>(&order)) {
    if (auto done = transfer(d, before.talk_leg, c->target, 0, false); !done) return fail(done.error().code, done.error().what);
    d.emit(request_done{c->request});
    settle_phones(d);
    return std::move(d.events);
  }
  if (before.phase == call_phase::none && wants_a_word(order)) entomb(d, order);
  if (before.phase == call_phase::forgotten && wants_a_word(order)) entomb(d, order);
  handle(d, order);
  settle_phones(d);
  return std::move(d.events);
}

bool call_rules::finished(const state& now) { return now.phase == calls::call_phase::forgotten; }

}  // namespace seatgrid
