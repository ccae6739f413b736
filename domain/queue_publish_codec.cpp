#include "domain/published_acd.hpp"
#include "domain/published_codec.hpp"
#include "domain/queue_internal.hpp"

namespace seatgrid {
namespace {

using published::told;

template <class T, class E>
T about(const queue_state& s, const E& e) {
  T made;
  made.queue = s.name;
  made.call = e.call;
  made.at = e.at;
  return made;
}

}  // namespace

publish told(const queue_state& s, const call_queued& e) {
  auto made = about<published::queue_call_queued>(s, e);
  made.priority = e.priority;
  made.enqueued_at = e.enqueued_at;
  made.place = e.place;
  made.at_head = e.at_head;
  made.preferred = e.preferred;
  made.caller = e.caller;
  return told(made);
}
publish told(const queue_state& s, const enqueue_refused& e) {
  auto made = about<published::queue_call_refused>(s, e);
  made.why = e.why;
  return told(made);
}
publish told(const queue_state& s, const call_offered& e) {
  auto made = about<published::queue_call_offered>(s, e);
  made.attempt = e.attempt;
  made.agent = e.agent;
  made.agent_name = e.agent_name;
  return told(made);
}
publish told(const queue_state& s, const attempt_failed& e) {
  auto made = about<published::queue_attempt_failed>(s, e);
  made.attempt = e.attempt;
  made.agent = e.agent;
  made.why = e.why;
  made.until = e.until;
  return told(made);
}
publish told(const queue_state& s, const call_moved& e) {
  auto made = about<published::queue_call_moved>(s, e);
  made.priority = e.priority;
  made.at_head = e.at_head;
  return told(made);
}
publish told(const queue_state& s, const call_left& e) {
  auto made = about<published::queue_call_left>(s, e);
  made.cause = e.cause;
  made.agent = e.agent;
  made.attempt = e.attempt;
  made.wait = e.wait;
  made.within_level = e.within_level;
  return told(made);
}

}  // namespace seatgrid
