#include "domain/call_publish.hpp"
#include "proto/json.hpp"

namespace seatgrid::calls {
namespace {

/// Members in the order in which they are added.
class json_object {
 public:
  json_object(const call_state& call, time_point at) {
    add("call", call.id).add("tenant", call.tenant).add("number", call.number).add("at", at);
  }
  template <class T>
  json_object& add(std::string_view name, const T& value) {
    text_ += text_.empty() ? '{' : ',';
    json::write_text(text_, name);
    text_ += ':';
    json::write(text_, value);
    return *this;
  }
  std::string done() { return std::move(text_) + "}"; }

 private:
  std::string text_{};
};

std::string shown_caller(const call_state& call) { return call.caller.withheld ? std::string{} : call.caller.number; }

}  // namespace

std::string public_data(const call_state& call, const call_started& e) {
  return json_object{call, e.at}
      .add("caller", shown_caller(call))
      .add("dialled", call.dialled)
      .add("trunk", call.trunk)
      .add("answer_policy", word_of(e.policy))
      .add("config_version", e.config_version)
      .done();
}
std::string public_data(const call_state& call, const caller_answered& e) {
  return json_object{call, e.at}.add("why", e.why).done();
}
std::string public_data(const call_state& call, const queue_joined& e) {
  return json_object{call, e.at}
      .add("queue", call.wait ? call.wait->name : std::string{})
      .add("position", e.position)
      .add("enqueued_at", call.wait ? call.wait->enqueued_at : time_point{})
      .add("caller", shown_caller(call))
      .done();
}
std::string public_data(const call_state& call, const queue_left& e, const std::string& queue) {
  return json_object{call, e.at}.add("queue", queue).add("outcome", e.outcome).add("rule", e.rule).add("input", e.input).done();
}
std::string public_data(const call_state& call, const attempt_changed& e) {
  return json_object{call, e.at}
      .add("agent", e.step.agent)
      .add("agent_name", e.agent_name)
      .add("queue", e.step.queue)
      .add("attempt", e.step.attempt)
      .add("why", e.step.why)
      .add("rule", e.rule)
      .add("input", e.input)
      .done();
}
std::string public_data(const call_state& call, const talk_began& e) {
  const auto* leg = call.leg(e.leg);
  return json_object{call, e.at}
      .add("leg", e.leg)
      .add("target", leg == nullptr ? std::string{} : leg->name)
      .add("trunk", leg == nullptr ? std::string{} : leg->to.trunk)
      .done();
}
std::string public_data(const call_state& call, const hold_changed& e) {
  const auto* leg = call.leg(e.leg);
  return json_object{call, e.at}.add("by", leg == nullptr ? leg_role::none : leg->role).add("leg", e.leg).done();
}
std::string public_data(const call_state& call, const transfer_ended& e) {
  return json_object{call, e.at}.add("done", e.done).add("why", e.why).done();
}
std::string public_data(const call_state& call, const recording_began& e) {
  return json_object{call, e.recording.began_at}
      .add("recording", std::to_string(e.recording.id))
      .add("path", e.recording.path)
      .add("segment", e.recording.segment)
      .done();
}
std::string public_data(const call_state& call, const recording_ended& e) {
  return json_object{call, e.at}
      .add("recording", std::to_string(e.recording))
      .add("path", e.path)
      .add("bytes", e.bytes)
      .add("length_ms", e.length_ms)
      .add("sha256", e.sha256)
      .add("segments", e.segment)
      .add("why", e.why)
      .done();
}
std::string public_data(const call_state& call, const voicemail_left& e) {
  return json_object{call, e.at}
      .add("mailbox", e.mailbox)
      .add("caller", shown_caller(call))
      .add("path", e.path)
      .add("bytes", e.bytes)
      .add("length_ms", e.length_ms)
      .add("sha256", e.sha256)
      .done();
}
std::string public_data(const call_state& call, const release_began& e) {
  return json_object{call, e.at}
      .add("by", e.by)
      .add("cause", e.cause)
      .add("why", e.why)
      .add("answered", call.is_answered())
      .done();
}
std::string public_data(const call_state&, const call_closed& e) { return json::text(e.cdr); }

}  // namespace seatgrid::calls
