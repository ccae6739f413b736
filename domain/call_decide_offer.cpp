#include <algorithm>

#include "domain/call_decision.hpp"

/// An agent is offered, rings, answers or not: the call's side of reserve-confirm-release with real legs under it.
namespace seatgrid::calls {
namespace {

bool of_attempt(const call_leg& leg, const call_attempt& attempt) {
  return leg.role == leg_role::agent && leg.attempt == attempt.attempt && leg.agent == attempt.agent;
}

std::vector<std::uint32_t> ringing_legs(const call_state& call) {
  std::vector<std::uint32_t> out;
  for (const auto& leg : call.legs)
    if (leg.is_live() && of_attempt(leg, call.attempt)) out.push_back(leg.index);
  return out;
}

void change_attempt(decision& d, const attempt_step& step, std::string name, const std::string& rule, const std::string& input) {
  if (step.word == attempt_step::word_kind::nothing && step.after == d.call.attempt) return;
  const bool news = step.after.state != d.call.attempt.state || step.after.attempt != d.call.attempt.attempt;
  d.emit(attempt_changed{.step = step, .agent_name = std::move(name), .news = news, .rule = rule, .input = input, .at = d.at()});
}

/// The most telling reason among the contacts of one agent.
attempt_failure failure_of_legs(const call_state& call) {
  auto worst = attempt_failure::unreachable;
  const auto rank = [](attempt_failure f) {
    if (f == attempt_failure::rejected) return 3;
    if (f == attempt_failure::busy) return 2;
    return f == attempt_failure::no_answer ? 1 : 0;
  };
  for (const auto& leg : call.legs) {
    if (!of_attempt(leg, call.attempt) || leg.is_live()) continue;
    if (const auto why = failure_of(leg.cause); rank(why) > rank(worst)) worst = why;
  }
  return worst;
}

void ring(decision& d, const offer& m) {
  auto contacts = m.contacts;
  if (contacts.size() > call_limits::contacts) contacts.resize(call_limits::contacts);
  if (contacts.empty() || d.call.last_leg >= call_limits::legs || d.call.hops_left == 0)
    return fail_attempt(d, attempt_failure::unreachable, "ring", contacts.empty() ? "no contact" : "too many legs");
  set_timer(d, call_timer::ring, m.ring_timeout);
  for (auto& contact : contacts) add_leg(d, leg_role::agent, m.agent_name, m.agent, std::move(contact));
}

void agent_answered(decision& d, std::uint32_t leg) {
  for (const auto other : ringing_legs(d.call))
    if (other != leg) drop_leg(d, other, cause_of(q850::non_selected, 0, "answered elsewhere"));
  clear_timer(d, call_timer::ring);
  const auto queue_name = d.call.wait ? d.call.wait->name : std::string{};
  answer_caller(d, "agent answered");
  change_attempt(d, on_answered(d.call.attempt), d.call.agent_name, "agent_answered", d.call.agent_name);
  end_wait(d, "connected", "agent_answered", d.call.agent_name, false);
  bridge(d, 1, leg);
  d.emit(talk_began{leg, d.at()});
  const auto* queue = d.config.queue(queue_name);
  if (queue != nullptr && queue->record == record_policy::on_agent) start_recording(d, recording_kind::talk, leg);
}

}  // namespace

void on_offer_made(decision& d, const offer& m) {
  const bool waits_here = d.call.stage == call_stage::queue && d.call.phase == call_phase::running && d.call.wait &&
                          d.call.wait->queue == m.queue && !d.call.wait->wait_over;
  if (m.attempt == 0 && waits_here) return;  // asked whether it still waits
  const bool idle = d.call.attempt.state == attempt_state::waiting;
  const auto step = idle && !waits_here ? refuse_offer(d.call.attempt, m) : seatgrid::on_offer(d.call.attempt, m);
  if (step.word != attempt_step::word_kind::ring) return change_attempt(d, step, d.call.agent_name, "offer", m.agent_name);
  if (!d.call.wait->joined) on_queue_word(d, queued{.call = d.call.id, .queue = m.queue, .position = 1});
  change_attempt(d, step, m.agent_name, "offer", m.agent_name);
  ring(d, m);
}

void on_agent_query(decision& d, const agent_query& m) {
  change_attempt(d, on_query(d.call.attempt, m), d.call.agent_name, "agent_query", std::to_string(m.attempt));
}

void on_agent_release(decision& d, const agent_release& m) {
  const auto& attempt = d.call.attempt;
  const bool mine = attempt.is_active() && attempt.attempt == m.attempt && attempt.agent == m.agent;
  if (!mine) return on_agent_query(d, {.call = m.call, .attempt = m.attempt, .agent = m.agent});
  if (attempt.state == attempt_state::ringing)
    return fail_attempt(d, attempt_failure::rejected, "agent_release", d.call.agent_name);
  if (d.call.stage == call_stage::talking) return release(d, call_side::agent, cause_of(q850::normal), "agent_released");
  end_attempt(d, attempt_failure::ended, "agent_release", d.call.agent_name);  // it transferred the caller: only its own leg ends
}

void send_invite(decision& d, std::uint32_t leg) {
  const auto* l = d.call.leg(leg);
  const auto& caller = d.call.caller_leg();
  auto offered =
      make_offer(l->endpoint, sdp_session_id(d.call, leg), caller.path ? caller.path->codec_name : std::string{"PCMA"});
  const auto* ring = d.call.timer(call_timer::ring);
  const auto left = ring == nullptr ? call_limits::transfer_ring : ring->length - ms_between(d.at(), ring->began_at);
  const auto* bridge = l->role == leg_role::phone ? d.config.flow_named(d.call.flow.flow) : nullptr;
  std::string wanted;
  if (bridge != nullptr && !d.call.transfer) {
    const auto at = bridge->nodes.find(d.call.flow.node);
    if (at != bridge->nodes.end())
      if (const auto* node = std::get_if<bridge_node>(&at->second)) wanted = node->presented;
  }
  d.emit(leg_invited{.leg = leg,
                     .presented = presented_caller(d, wanted),
                     .called = l->name,
                     .offer = std::move(offered),
                     .expires = std::max(left, milliseconds{1'000}),
                     .hops_left = d.call.hops_left == 0 ? 0 : d.call.hops_left - 1,
                     .early = names_of_invite(d, *l),
                     .at = d.at()});
}

void on_progress(decision& d, const leg_progress& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || (leg->state != leg_state::inviting && leg->state != leg_state::alerting)) return;
  const bool first = leg->state == leg_state::inviting;
  const bool news = first || !(leg->dialog == c.early);
  if (news) d.emit(leg_alerted{c.leg.index, c.status, c.early, d.at()});
  if (leg->role == leg_role::phone) on_phone_progress(d, c.leg.index, c);
}

void on_answer(decision& d, const leg_answered& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || (leg->state != leg_state::inviting && leg->state != leg_state::alerting)) {
    // A 2xx for a leg that we gave up: the dialog exists on their side and must be ended (I2). It rings no more.
    const bool gave_up = leg != nullptr && leg->state == leg_state::cancelling;
    if (gave_up) d.emit(leg_quieted{c.leg.index, leg_input::answer_received, d.at()});
    if (gave_up || leg == nullptr || leg->state == leg_state::released)
      d.emit(leg_dropped{.leg = c.leg.index,
                         .ending = leg_ending::release,
                         .cause = cause_of(q850::non_selected, 0, "answered elsewhere"),
                         .at = d.at()});
    return;
  }
  const auto role = leg->role;
  const auto path = c.media ? accept_answer(leg->local, *c.media) : fail(errc::invalid, "2xx without an answer");
  d.emit(leg_accepted{c.leg.index, c.confirmed, d.at()});
  if (!path) {
    drop_leg(d, c.leg.index, cause_of(q850::incompatible, 488, path.error().what));
    return role == leg_role::agent ? on_agent_leg_gone(d, c.leg.index) : on_phone_gone(d, c.leg.index);
  }
  d.emit(leg_path_set{.leg = c.leg.index, .path = *path, .remote = c.media});
  if (role == leg_role::phone) return on_phone_answer(d, c.leg.index);
  const bool rings = d.call.attempt.state == attempt_state::ringing && of_attempt(*d.call.leg(c.leg.index), d.call.attempt);
  if (rings && d.call.stage == call_stage::queue) return agent_answered(d, c.leg.index);
  drop_leg(d, c.leg.index, cause_of(q850::non_selected, 0, "answered elsewhere"));
}

void end_attempt(decision& d, attempt_failure why, const std::string& rule, const std::string& input) {
  for (const auto leg : ringing_legs(d.call)) {
    const bool up = d.call.leg(leg)->is_up();
    drop_leg(d, leg, why == attempt_failure::no_answer ? cause_of(q850::no_answer) : cause_of(q850::normal), up);
  }
  clear_timer(d, call_timer::ring);
  const auto phone = phone_of(d.call, d.call.attempt.attempt);
  change_attempt(d, on_attempt_over(d.call.attempt, why, phone, d.at()), d.call.agent_name, rule, input);
}

void fail_attempt(decision& d, attempt_failure why, const std::string& rule, const std::string& input) {
  end_attempt(d, why, rule, input);
  if (d.call.stage == call_stage::queue && d.call.wait && d.call.wait->wait_over) leave_for_timeout(d, "wait_max");
}

void on_agent_leg_gone(decision& d, std::uint32_t leg) {
  const auto* gone = d.call.leg(leg);
  if (gone == nullptr) return;
  const auto& attempt = d.call.attempt;
  if (!of_attempt(*gone, attempt)) return;
  if (attempt.state == attempt_state::ringing) {
    if (ringing_legs(d.call).empty())
      fail_attempt(d, failure_of_legs(d.call), "all_contacts_failed", std::to_string(gone->cause.sip));
    return;
  }
  if (attempt.state != attempt_state::talking) return;
  if (d.call.transfer && d.call.transfer->by == leg) return on_transferor_gone(d, leg);
  // 102: the far end does not know the call any more, does not answer, or nothing is heard of it.
  if (gone->cause.q850 == q850::recovery_on_timer && wait_again(d)) return;
  const auto cause = gone->cause;  // the leg itself changes while the call is released
  release(d, call_side::agent, cause, "agent_hung_up");
}

}  // namespace seatgrid::calls
