#include "domain/call_publish.hpp"
#include "domain/published_calls.hpp"
#include "domain/published_codec.hpp"
#include "domain/published_legs.hpp"

namespace seatgrid::calls {
namespace {

using published::told;

/// With the members that every event of a call has.
template <class T>
T about(const call_state& call, time_point at) {
  T made;
  made.call = call.id;
  made.tenant = call.tenant;
  made.number = call.number;
  made.at = at;
  return made;
}

template <class T>
T about(const call_state& call, const call_leg& leg, time_point at) {
  auto made = about<T>(call, at);
  made.leg = leg.index;
  made.role = leg.role;
  return made;
}

template <class T>
T about(const call_state& call, const attempt_changed& e) {
  auto made = about<T>(call, e.at);
  made.agent = e.step.agent;
  made.agent_name = e.agent_name;
  made.queue = e.step.queue;
  made.attempt = e.step.attempt;
  made.rule = e.rule;
  made.input = e.input;
  return made;
}

std::string shown_caller(const call_state& call) { return call.caller.withheld ? std::string{} : call.caller.number; }

template <class T>
publish hold(const call_state& call, const hold_changed& e) {
  auto made = about<T>(call, e.at);
  if (const auto* leg = call.leg(e.leg)) made.by = leg->role;
  made.leg = e.leg;
  return told(made);
}

template <class T>
publish recorded(const call_state& call, const recording_ended& e) {
  auto made = about<T>(call, e.at);
  made.recording = std::to_string(e.recording);
  made.path = e.path;
  made.bytes = e.bytes;
  made.length_ms = e.length_ms;
  made.sha256 = e.sha256;
  made.segments = e.segment;
  made.why = e.why;
  return told(made);
}

}  // namespace

publish told(const call_state& call, const call_started& e) {
  auto made = about<published::call_started>(call, e.at);
  made.caller = shown_caller(call);
  made.dialled = call.dialled;
  made.trunk = call.trunk;
  made.answer_policy = word_of(e.policy);
  made.config_version = e.config_version;
  return told(made);
}
publish told(const call_state& call, const caller_answered& e) {
  auto made = about<published::call_answered>(call, e.at);
  made.why = e.why;
  return told(made);
}
publish told(const call_state& call, const queue_joined& e) {
  auto made = about<published::call_queued>(call, e.at);
  if (call.wait) {
    made.queue = call.wait->name;
    made.enqueued_at = call.wait->enqueued_at;
  }
  made.position = e.position;
  made.caller = shown_caller(call);
  return told(made);
}
publish told(const call_state& call, const queue_left& e, const std::string& queue) {
  auto made = about<published::call_left_queue>(call, e.at);
  made.queue = queue;
  made.outcome = e.outcome;
  made.rule = e.rule;
  made.input = e.input;
  return told(made);
}
publish told_offered(const call_state& call, const attempt_changed& e) { return told(about<published::call_offered>(call, e)); }
publish told_connected(const call_state& call, const attempt_changed& e) {
  return told(about<published::call_connected>(call, e));
}
publish told_offer_ended(const call_state& call, const attempt_changed& e) {
  auto made = about<published::call_offer_ended>(call, e);
  made.why = e.step.why;
  return told(made);
}
publish told_connected(const call_state& call, const call_leg& phone, time_point at) {
  auto made = about<published::call_connected>(call, at);
  made.leg = phone.index;
  made.target = phone.name;
  made.trunk = phone.to.trunk;
  return told(made);
}
publish told(const call_state& call, const hold_changed& e) {
  return e.held ? hold<published::call_held>(call, e) : hold<published::call_retrieved>(call, e);
}
publish told(const call_state& call, const transfer_ended& e) {
  if (!e.done) {
    auto made = about<published::call_transfer_failed>(call, e.at);
    made.why = e.why;
    return told(made);
  }
  auto made = about<published::call_transferred>(call, e.at);
  made.why = e.why;
  return told(made);
}
publish told(const call_state& call, const recording_began& e) {
  auto made = about<published::recording_started>(call, e.recording.began_at);
  made.recording = std::to_string(e.recording.id);
  made.path = e.recording.path;
  made.segment = e.recording.segment;
  return told(made);
}
publish told(const call_state& call, const recording_ended& e) {
  return e.good ? recorded<published::recording_finished>(call, e) : recorded<published::recording_failed>(call, e);
}
publish told(const call_state& call, const recording_segment_ended& e) {
  auto made = about<published::recording_segment_ended>(call, e.at);
  made.recording = std::to_string(e.recording);
  made.path = e.segment.path;
  made.segment = e.segment.number;
  made.bytes = e.segment.bytes;
  made.length_ms = e.segment.length_ms;
  made.sha256 = e.segment.sha256;
  made.missing = e.segment.missing;
  return told(made);
}
publish told(const call_state& call, const voicemail_left& e) {
  auto made = about<published::voicemail_left>(call, e.at);
  made.mailbox = e.mailbox;
  made.caller = shown_caller(call);
  made.path = e.path;
  made.bytes = e.bytes;
  made.length_ms = e.length_ms;
  made.sha256 = e.sha256;
  return told(made);
}
publish told(const call_state& call, const call_recovered& e) {
  auto made = about<published::call_recovered>(call, e.at);
  made.recoveries = e.count;
  return told(made);
}
publish told(const call_state& call, const release_began& e) {
  auto made = about<published::call_ended>(call, e.at);
  made.by = e.by;
  made.cause = e.cause;
  made.why = e.why;
  made.answered = call.is_answered();
  return told(made);
}
publish told(const call_closed& e) { return told(e.cdr); }

publish told_started(const call_state& call, const call_leg& leg) {
  auto made = about<published::leg_started>(call, leg, leg.started_at);
  made.name = leg.index == 1 ? shown_caller(call) : leg.name;
  made.target = leg.to.target;
  made.trunk = leg.index == 1 ? call.trunk : leg.to.trunk;
  return told(made);
}
publish told_ringing(const call_state& call, const call_leg& leg, std::uint16_t status, time_point at) {
  auto made = about<published::leg_ringing>(call, leg, at);
  made.status = status;
  return told(made);
}
publish told_answered(const call_state& call, const call_leg& leg) {
  return told(about<published::leg_answered>(call, leg, leg.answered_at));
}
publish told_ended(const call_state& call, const call_leg& leg) {
  auto made = about<published::leg_ended>(call, leg, leg.ended_at);
  made.by_them = leg.ended_by_them;
  made.cause = leg.cause;
  return told(made);
}

}  // namespace seatgrid::calls
