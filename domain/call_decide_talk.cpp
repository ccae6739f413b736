#include <algorithm>

#include "domain/call_decision.hpp"

/// While two parties talk: offers of either side, hold, keys, silence.
namespace seatgrid::calls {
namespace {

std::uint32_t other_side(const call_state& call, std::uint32_t leg) {
  if (call.talk_leg == 0) return 0;
  if (leg == call.talk_leg) return 1;
  return leg == 1 ? call.talk_leg : 0;
}

std::vector<prompt_ref> hold_music(const decision& d) {
  const auto* queue = d.call.visits.empty() ? nullptr : d.config.queue(d.call.visits.back().queue);
  if (queue != nullptr && !queue->music.empty()) return queue->music;
  return {{.source = "music"}};
}

void answer_with_our_offer(decision& d, const leg_offered& c) {
  const auto* leg = d.call.leg(c.leg.index);
  // UPDATE without a body only refreshes the session (RFC 4028); a re-INVITE without one asks for our offer (RFC 3264 section 5).
  auto media = leg->local;
  if (!c.is_update) {
    auto full = make_offer(leg->endpoint, leg->local.session_id, leg->path ? leg->path->codec_name : std::string{"PCMA"});
    media = following(leg->local, std::move(full));
  }
  d.emit(offer_answered{
      .leg = c.leg.index, .offer_id = c.offer_id, .media = std::move(media), .now = c.now, .ours_is_offer = !c.is_update});
}

void change_hold(decision& d, std::uint32_t leg, bool held) {
  if (d.call.leg(leg)->holding == held) return;
  d.emit(hold_changed{leg, held, d.at()});
}

void end_by_silence(decision& d, std::uint32_t leg, const release_cause& cause) {
  const auto* l = d.call.leg(leg);
  const auto last_heard = l->silent_since == time_point{} ? d.at() : l->silent_since;
  on_leg_gone(d, {d.call.id, leg}, last_heard, false, cause);
}

}  // namespace

void refresh_audio(decision& d) {
  if (d.call.stage != call_stage::talking || d.call.talk_leg == 0) return;
  const auto peer = d.call.talk_leg;
  if (!d.call.leg(1)->is_up() || d.call.leg(peer) == nullptr || !d.call.leg(peer)->is_up()) return;
  const bool caller_holds = d.call.leg(1)->holding;
  const bool peer_holds = d.call.leg(peer)->holding;
  if (!caller_holds && !peer_holds) return bridge(d, 1, peer);
  unbridge(d);
  const auto music = [&](std::uint32_t leg, bool wanted) {
    if (!wanted) return stop_play(d, leg);
    if (!d.call.leg(leg)->play) play(d, leg, hold_music(d), true);
  };
  music(1, peer_holds && !caller_holds);
  music(peer, caller_holds && !peer_holds);
}

void on_their_offer(decision& d, const leg_offered& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_live()) return;
  if (leg->local.audio.port == 0) {
    d.emit(offer_refused{c.leg.index, c.offer_id, 500, "nothing was offered or answered on this leg yet", c.now});
    return;
  }
  if (!c.offer) return answer_with_our_offer(d, c);
  auto agreed = answer_offer(*c.offer, leg->endpoint, leg->local.session_id);
  if (!agreed) {
    d.emit(offer_refused{c.leg.index, c.offer_id, 488, agreed.error().what, c.now});
    return;
  }
  const bool new_path = !leg->path || !(*leg->path == agreed->path);
  auto answer = following(leg->local, std::move(agreed->answer));
  d.emit(offer_answered{.leg = c.leg.index, .offer_id = c.offer_id, .media = std::move(answer), .now = c.now});
  d.emit(leg_path_set{.leg = c.leg.index, .path = agreed->path, .remote = c.offer, .changed = new_path});
  change_hold(d, c.leg.index, is_hold(*c.offer));
  refresh_audio(d);
}

void on_our_offer_done(decision& d, const leg_offer_done& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_live()) return;
  if (c.status == 481 || c.status == 408)
    return on_leg_gone(d, c.leg, d.at(), false, cause_of(q850::recovery_on_timer, c.status, "dialog is gone"));
  if (!(leg->dialog == c.now)) d.emit(dialog_kept{c.leg.index, c.now});
  if (c.status / 100 != 2 || !c.answer) return;
  leg = d.call.leg(c.leg.index);
  if (const auto path = accept_answer(leg->local, *c.answer))
    d.emit(leg_path_set{.leg = c.leg.index, .path = *path, .remote = c.answer});
}

void on_digit(decision& d, leg_id leg, char digit, bool by_info, std::uint16_t length_ms) {
  constexpr std::string_view keys = "0123456789*#ABCD";
  const auto* from = d.call.leg(leg.index);
  if (from == nullptr || !from->is_live() || keys.find(digit) == std::string_view::npos) return;
  if (d.call.stage == call_stage::talking) {
    const auto to = other_side(d.call, leg.index);
    // RFC 4733 events pass through the bridge by themselves; INFO ends here and is played again.
    if (by_info && to != 0) d.emit(digit_relayed{.leg = to, .length_ms = length_ms, .digit = digit});
    return;
  }
  if (from->role != leg_role::caller) return;
  if (d.call.stage == call_stage::menu || d.call.stage == call_stage::collect) return on_flow_digit(d, digit);
  if (d.call.stage == call_stage::queue) return on_queue_digit(d, digit);
  if (d.call.stage == call_stage::voicemail) return on_voicemail_digit(d, digit);
}

void on_silence(decision& d, const media_silent& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_up() || leg->holding || leg->probing) return;
  const auto since = c.last_packet_at == time_point{} ? leg->answered_at : c.last_packet_at;
  // Told twice about the same last packet with an answered probe between: the phone answers OPTIONS, but nobody speaks there.
  if (leg->silent_since == since) return end_by_silence(d, c.leg.index, cause_of(q850::recovery_on_timer, 0, "no RTP"));
  d.emit(probe_sent{c.leg.index, since});
  set_timer(d, call_timer::silence, call_limits::silence_again);
}

void on_silence_timer(decision& d) {
  std::vector<std::uint32_t> unanswered;
  for (const auto& leg : d.call.legs)
    if (leg.is_up() && leg.probing) unanswered.push_back(leg.index);
  // A probe that got no word at all within a minute is as good as 408.
  for (const auto leg : unanswered) end_by_silence(d, leg, cause_of(q850::recovery_on_timer, 408, "no answer to a probe"));
}

void on_probed(decision& d, const leg_probed& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_live()) return;
  if (c.status == 481 || c.status == 408 || c.status == 404 || c.status == 410) {
    const auto cause = cause_of(q850::recovery_on_timer, c.status, "far end does not know the call any more");
    return end_by_silence(d, c.leg.index, cause);
  }
  if (!leg->probing) return;
  const auto path = leg->path;
  d.emit(probe_answered{c.leg.index});
  const auto probing = [](const call_leg& l) { return l.probing; };
  if (std::none_of(d.call.legs.begin(), d.call.legs.end(), probing)) clear_timer(d, call_timer::silence);
  // Connecting again makes media watch for silence anew.
  if (path) d.emit(leg_path_set{.leg = c.leg.index, .path = *path});
}

}  // namespace seatgrid::calls
