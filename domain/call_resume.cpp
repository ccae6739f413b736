#include "domain/call_resume.hpp"

#include <algorithm>
#include <utility>

#include "domain/call_rules.hpp"
#include "domain/release_causes.hpp"

/// Alive again in a new process: the edge, the media engine and the lane's timers know nothing of this call.
namespace seatgrid {
namespace calls {
namespace {

template <class T>
void say_leg(effects& out, T command) {
  out.push_back({timing::when_durable, to_leg{std::move(command)}});
}
template <class T>
void say_media(effects& out, T command) {
  out.push_back({timing::when_durable, to_media{std::move(command)}});
}

/// An INVITE of ours that may ring: CANCEL, whether or not an earlier life sent one.
void cancel_again(const call_state& call, const call_leg& leg, effects& out) {
  say_leg(
      out,
      leg_restore{
          .leg = {call.id, leg.index}, .saved = leg.dialog, .confirmed = false, .presented = leg.presented, .called = leg.name});
}

/// The dialog stands on both sides: leg and handlers again. A 2xx without ACK is not there yet: the caller may never have got it.
void restore_dialog(const call_state& call, const call_leg& leg, effects& out) {
  const leg_id id{call.id, leg.index};
  switch (leg.state) {
    case leg_state::idle:
    case leg_state::opening:
    case leg_state::released: return;
    case leg_state::trying: return say_leg(out, leg_restore{.leg = id, .saved = leg.dialog, .confirmed = false});
    case leg_state::early:
      say_leg(out, leg_restore{.leg = id, .saved = leg.dialog, .confirmed = false});
      return say_leg(out, leg_ring{.leg = id, .status = 183, .media = leg.local});
    case leg_state::answered:
      say_leg(out, leg_restore{.leg = id, .saved = leg.dialog, .confirmed = false});
      return say_leg(out, leg_answer{.leg = id, .media = leg.local});
    case leg_state::inviting:
    case leg_state::alerting:
    case leg_state::cancelling: return cancel_again(call, leg, out);
    case leg_state::confirmed: return say_leg(out, leg_restore{.leg = id, .saved = leg.dialog, .confirmed = true});
  }
}

void restore_audio(const call_state& call, const call_leg& leg, effects& out) {
  const leg_id id{call.id, leg.index};
  const bool outgoing_attempt =
      leg.state == leg_state::opening || leg.state == leg_state::inviting || leg.state == leg_state::alerting;
  if (outgoing_attempt) return;
  if (leg.media == endpoint_state::opening || leg.media == endpoint_state::open)
    say_media(out, media_open{.leg = id, .tenant = call.tenant, .port = leg.endpoint.port});
  if (leg.media != endpoint_state::open) return;
  if (leg.path) say_media(out, connect_command(id, *leg.path));
  if (leg.play)
    say_media(out, media_play{.leg = id, .play_id = leg.play->play_id, .list = leg.play->list, .loop = leg.play->loop});
}

/// Else it is presumed dead at most: it may live, and hears our BYE.
bool they_said_so(const call_leg& leg) { return leg.ended_by_them && leg.cause.q850 != q850::recovery_on_timer; }

/// A leg that we ended: our BYE, CANCEL or refusal may not have left.
void end_again(const call_state& call, const call_leg& leg, time_point now, effects& out) {
  const leg_id id{call.id, leg.index};
  if (leg.media == endpoint_state::closing) say_media(out, media_close{id});
  if (leg.state == leg_state::cancelling) return cancel_again(call, leg, out);
  if (now - leg.ended_at > end_said_again) return;
  if (they_said_so(leg)) return say_leg(out, leg_forget{id});
  if (!owes_end(leg)) return;
  const bool confirmed = leg.answered_at != time_point{};
  say_leg(out, leg_restore{.leg = id, .saved = leg.dialog, .confirmed = confirmed});
  if (confirmed)
    say_leg(out, leg_release{.leg = id, .cause = leg.cause});
  else
    say_leg(out, leg_reject{.leg = id, .cause = leg.cause});
}

/// The call is over and its CDR written; only its phones may not know.
void resume_closed(const call_state& call, time_point now, effects& out) {
  for (std::uint32_t index = 1; index <= call.last_leg; ++index) {
    const auto* leg = call.leg(index);
    if (leg != nullptr && now - leg->ended_at <= end_said_again)
      end_again(call, *leg, now, out);
    else
      say_leg(out, leg_forget{{call.id, index}});
  }
}

void restart_timers(const call_state& call, time_point now, effects& out) {
  for (const auto& t : call.timers) {
    auto left = std::clamp(t.length - ms_between(now, t.began_at), milliseconds{0}, t.length);
    if (t.timer == call_timer::quiet) left = std::max(left, call_limits::adoption_listens);
    out.push_back({timing::at_once, start_timer{static_cast<std::uint32_t>(t.timer), t.generation, left}});
  }
}

void repeat_words(const call_state& call, time_point now, effects& out) {
  const auto& attempt = call.attempt;
  if (call.last_word.word == attempt_step::word_kind::failed || attempt.state == attempt_state::talking)
    seatgrid::say(call.last_word, call.id, now, out);
  if (call.wait) out.push_back({timing::when_durable, to_entity{ref(call.wait->queue), enqueue_word(call)}});
}

/// What was to be finished may have died unfinished: the file is completed and told all the same.
void stop_recordings_again(const call_state& call, effects& out) {
  for (const auto& r : call.recordings)
    if (r.state == recording_state::stopping) say_media(out, record_stop_command(call, r));
}

void resume_live(const call_state& call, time_point now, effects& out) {
  for (const auto& leg : call.legs) {
    if (!leg.is_live()) {
      end_again(call, leg, now, out);
      continue;
    }
    restore_dialog(call, leg, out);
    restore_audio(call, leg, out);
  }
  if (call.bridge_a != 0) say_media(out, media_bridge{{call.id, call.bridge_a}, {call.id, call.bridge_b}});
  stop_recordings_again(call, out);
}

void resume_releasing(const call_state& call, time_point now, effects& out) {
  stop_recordings_again(call, out);
  for (const auto& leg : call.legs) end_again(call, leg, now, out);
}

}  // namespace

bool owes_end(const call_leg& leg) {
  if (leg.state != leg_state::released || they_said_so(leg) || leg.dialog.sip_call_id.empty()) return false;
  return leg.answered_at != time_point{} || leg.role == leg_role::caller;  // else its final response is known
}

enqueue enqueue_word(const call_state& call) {
  const auto& wait = *call.wait;
  return {.call = call.id,
          .queue = wait.queue,
          .priority = wait.priority,
          .skills = wait.skills,
          .enqueued_at = wait.enqueued_at,
          .next_attempt = call.attempt.floor,
          .preferred = wait.preferred,
          .at_head = wait.at_head,
          .caller = call.caller.withheld ? std::string{} : call.caller.number};
}

media_record record_command(const call_state& call, const call_recording& r) {
  return {.recording = r.id,
          .path = r.path,
          .left = {call.id, r.left},
          .right = r.right == 0 ? leg_id{} : leg_id{call.id, r.right},
          .segment = r.segment,
          .max_length = r.max_length,
          .stop_after_silence = r.stop_after_silence};
}

media_record_stop record_stop_command(const call_state& call, const call_recording& r) {
  return {.recording = r.id, .call = call.id, .path = r.path, .segment = r.segment};
}

}  // namespace calls

void call_rules::resume(const state& now, turn at, effects& out) {
  using namespace calls;
  const bool goes_on = now.phase != call_phase::none && now.phase != call_phase::closed && now.phase != call_phase::forgotten;
  // First: the rules must give up a ringing attempt before the edge reports that its leg cannot be rebuilt.
  if (goes_on)
    out.push_back(
        {timing::at_once, start_timer{static_cast<std::uint32_t>(call_timer::recovered), now.recoveries + 1, milliseconds{0}}});
  switch (now.phase) {
    case call_phase::none:
    case call_phase::forgotten: return;
    case call_phase::opening:
    case call_phase::running: resume_live(now, at.at, out); break;
    case call_phase::releasing: resume_releasing(now, at.at, out); break;
    case call_phase::closed: resume_closed(now, at.at, out); break;
  }
  repeat_words(now, at.at, out);
  restart_timers(now, at.at, out);
}

}  // namespace seatgrid
