#include "domain/call_apply.hpp"

#include <algorithm>
#include <type_traits>

#include "domain/call_resume.hpp"
#include "domain/call_rules.hpp"

namespace seatgrid::calls {
namespace {

/// What became of a segment, beside when it began.
void put_segment(call_recording& r, recording_segment known) {
  const auto it = std::find_if(r.segments.begin(), r.segments.end(), [&](const auto& s) { return s.number == known.number; });
  if (it == r.segments.end()) return static_cast<void>(r.segments.push_back(std::move(known)));
  known.began_at = it->began_at;
  *it = std::move(known);
}

}  // namespace

void call_folding::operator()(const call_started& e) const {
  call.id = e.call;
  call.phase = call_phase::opening;
  call.tenant = e.tenant;
  call.config_version = e.config_version;
  call.trunk = e.trunk;
  call.number = e.number;
  call.dialled = e.dialled;
  call.caller = e.caller;
  call.policy = e.policy;
  call.language = e.language;
  call.hops_left = e.hops_left;
  call.flow.flow = e.flow;
  call.started_at = e.at;
  call_leg leg{.index = 1, .role = leg_role::caller, .state = leg_state::trying, .name = e.caller.number};
  leg.dialog = e.early;
  leg.remote = e.offer;
  leg.started_at = e.at;
  call.legs.push_back(std::move(leg));
  call.last_leg = 1;
}
void call_folding::operator()(const call_running&) const { call.phase = call_phase::running; }
void call_folding::operator()(const ringback_began&) const { call.stage = call_stage::ringback; }
void call_folding::operator()(const node_entered& e) const {
  call.stage = e.stage;
  call.flow.node = e.node;
  call.flow.tries = 1;
  call.collects_secret = e.secret;
  call.flow.digits.clear();
  call.secret_digits.clear();
  call.voicemail.reset();
  call.dial.reset();
  ++call.nodes_entered;
  if (call.path.size() < call_limits::nodes_in_path) call.path.push_back(e.node);
}
void call_folding::operator()(const input_failed& e) const {
  call.flow.tries = e.tries;
  call.flow.digits.clear();
  call.secret_digits.clear();
}
void call_folding::operator()(const digit_heard& e) const {
  if (e.sensitive)
    call.secret_digits += e.digit;
  else
    call.flow.digits += e.shown;
}
void call_folding::operator()(const variable_set& e) const {
  if (e.sensitive) {
    call.secrets[e.name] = e.secret;
    call.variables.erase(e.name);
  } else {
    call.variables[e.name] = e.value;
    call.secrets.erase(e.name);
  }
}
void call_folding::operator()(const queue_asked& e) const {
  call.stage = call_stage::queue;
  call.talk_leg = 0;
  call.wait = e.wait;
  call.voicemail.reset();
  call.dial.reset();
  if (call.visits.size() < call_limits::queue_visits)
    call.visits.push_back({.queue = e.wait.name, .entered_at = e.wait.entered_at});
}
void call_folding::operator()(const enqueue_repeated& e) const {
  if (!call.wait) return;
  call.wait->repeat = e.repeat;
  call.wait->joined = false;
}
void call_folding::operator()(const queue_joined& e) const {
  if (!call.wait) return;
  call.wait->joined = true;
  call.wait->position = e.position;
}
void call_folding::operator()(const queue_left& e) const {
  if (!call.visits.empty() && call.visits.back().left_at == time_point{}) {
    auto& visit = call.visits.back();
    visit.left_at = e.at;
    visit.outcome = e.outcome;
    if (e.outcome == "connected") visit.agent = call.agent_name;
  }
  call.wait.reset();
  if (call.stage == call_stage::queue) call.stage = call_stage::none;
}
void call_folding::operator()(const place_asked&) const {}
void call_folding::operator()(const place_heard& e) const {
  if (call.wait) call.wait->position = e.position;
}
void call_folding::operator()(const wait_overdue&) const {
  if (call.wait) call.wait->wait_over = true;
}
void call_folding::operator()(const attempt_changed& e) const {
  const bool connects = call.attempt.state == attempt_state::ringing && e.step.after.state == attempt_state::talking;
  if (connects) {
    ++call.answered_agents;
    call.talked_agent = e.agent_name;
  }
  call.attempt = e.step.after;
  // A `failed` about an attempt that is over must not hide the `connected` of the one that is on.
  if (e.step.word != attempt_step::word_kind::failed || !call.attempt.is_active()) call.last_word = e.step;
  if (e.step.word == attempt_step::word_kind::ring) call.agent_name = e.agent_name;
}
void call_folding::operator()(const talk_began& e) const {
  call.stage = call_stage::talking;
  call.talk_leg = e.leg;
}
void call_folding::operator()(const dial_began& e) const {
  call.stage = call_stage::dialling;
  call.dial = e.plan;
}
void call_folding::operator()(const dial_ended&) const {
  call.dial.reset();
  call.talk_leg = 0;
  call.stage = call_stage::none;
}
void call_folding::operator()(const transfer_began& e) const {
  call.transfer = e.plan;
  call.talk_leg = 0;
  call.stage = call_stage::none;
}
void call_folding::operator()(const transfer_ended&) const { call.transfer.reset(); }
void call_folding::operator()(const voicemail_began& e) const {
  call.stage = call_stage::voicemail;
  call.voicemail = e.plan;
}
void call_folding::operator()(const farewell_began& e) const {
  call.stage = call_stage::farewell;
  call.farewell = e.cause;
}
void call_folding::operator()(const recording_began& e) const {
  if (auto* known = call.recording(e.recording.id)) {
    *known = e.recording;
    return;
  }
  call.recordings.push_back(e.recording);
  ++call.last_recording;
  if (e.recording.kind == recording_kind::voicemail && call.voicemail) call.voicemail->recording = e.recording.id;
}
void call_folding::operator()(const recording_stopping& e) const {
  if (auto* r = call.recording(e.recording)) r->state = recording_state::stopping;
}
void call_folding::operator()(const recording_ended& e) const {
  auto* r = call.recording(e.recording);
  if (r == nullptr) return;
  r->state = e.good ? recording_state::finished : recording_state::failed;
  r->why = e.why;
  put_segment(*r, {.number = e.segment,
                   .path = e.path,
                   .bytes = e.bytes,
                   .length_ms = e.length_ms,
                   .sha256 = e.sha256,
                   .missing = e.good ? std::string{} : e.why});
  if (!e.good) return;
  if (!e.path.empty()) r->path = e.path;
  r->bytes = e.bytes;
  r->length_ms = e.length_ms;
  r->sha256 = e.sha256;
  r->segment = std::max(r->segment, e.segment);
}
void call_folding::operator()(const recording_segment_ended& e) const {
  if (auto* r = call.recording(e.recording)) put_segment(*r, e.segment);
}
void call_folding::operator()(const voicemail_left&) const {}
void call_folding::operator()(const release_began& e) const {
  call.phase = call_phase::releasing;
  call.stage = call_stage::none;
  call.released_by = e.by;
  call.cause = e.cause;
  call.why = e.why;
  call.ended_at = e.at;
}
void call_folding::operator()(const call_closed&) const {
  call.phase = call_phase::closed;
  std::erase_if(call.legs, [](const call_leg& leg) { return !owes_end(leg); });
  call.legs.shrink_to_fit();
  call.variables.clear();
  call.secrets.clear();
  call.secret_digits.clear();
  call.path.clear();
  call.visits.clear();
  call.dial.reset();
  call.transfer.reset();
  call.voicemail.reset();
  call.talk_leg = 0;
}
void call_folding::operator()(const call_recovered& e) const {
  call.recoveries = e.count;
  for (auto& leg : call.legs)
    if (leg.may_ring()) leg.rings_until = std::max(leg.rings_until, e.at + call_limits::adoption_listens);
}
void call_folding::operator()(const call_forgotten&) const { call.phase = call_phase::forgotten; }
void call_folding::operator()(const timer_set& e) const {
  call.timer_generation = e.generation;
  std::erase_if(call.timers, [&](const running_timer& t) { return t.timer == e.timer; });
  call.timers.push_back({e.timer, e.generation, e.began_at, e.length});
}
void call_folding::operator()(const timer_cleared& e) const {
  std::erase_if(call.timers, [&](const running_timer& t) { return t.timer == e.timer; });
}
void call_folding::operator()(const request_done&) const {}
void call_folding::operator()(const call_unknown& e) const {
  call.id = e.call;
  call.phase = call_phase::closed;
  call.attempt = unknown_call_attempt();
}

}  // namespace seatgrid::calls

namespace seatgrid {

void call_rules::apply(state& call, const event& happened) {
  std::visit(
      [&](const auto& e) {
        if constexpr (std::is_invocable_v<calls::leg_folding, decltype(e)>)
          calls::leg_folding{call}(e);
        else
          calls::call_folding{call}(e);
      },
      happened);
}

}  // namespace seatgrid
