#include <algorithm>

#include "domain/call_decision.hpp"

/// A caller's wait: asking for a place, music, announcements, keys, and every way out.
namespace seatgrid::calls {
namespace {

const std::vector<prompt_ref>& music_of(const queue_config& queue) {
  static const std::vector<prompt_ref> built_in{{.source = "music"}};
  return queue.music.empty() ? built_in : queue.music;
}

bool announces(const queue_config& queue) { return queue.announce_position && queue.announce_every > milliseconds{0}; }

/// How often the queue is asked for the place; 0 = never.
milliseconds place_period(const queue_config& queue) {
  if (announces(queue)) return queue.announce_every;
  return queue.wait_max_no_agent < queue.wait_max ? call_limits::place_poll : milliseconds{0};
}

bool waits_in(const decision& d, queue_id queue) {
  return d.call.stage == call_stage::queue && d.call.wait && d.call.wait->queue == queue;
}

bool rings(const decision& d) { return d.call.attempt.state == attempt_state::ringing; }

/// Where a caller goes who could not wait here: a node, or the end with this cause.
void go_or_end(decision& d, const std::string& node, const std::string& rule, const std::string& input,
               const release_cause& cause) {
  if (!node.empty()) return enter_node(d, node, rule, input);
  release(d, call_side::system, cause, rule);
}

std::vector<prompt_ref> place_prompts(std::uint32_t position) {
  if (position == 1) return {{.source = "position.next"}};
  return {{.source = "position.before"}, {.source = "number:" + std::to_string(position)}, {.source = "position.after"}};
}

void watch_empty(decision& d, const queue_config& queue, std::uint32_t agents) {
  if (agents > 0) return clear_timer(d, call_timer::empty);
  if (d.call.timer(call_timer::empty) == nullptr) set_timer(d, call_timer::empty, queue.wait_max_no_agent);
}

}  // namespace

void join_queue(decision& d, const queue_request& request, const std::string& rule, const std::string& input) {
  const auto* queue = d.config.queue(request.name);
  if (queue == nullptr)
    return go_or_end(d, request.on_full, "unknown_queue", request.name, cause_of(q850::temporary_failure, 480));
  if (d.call.policy == answer_policy::on_queue) answer_caller(d, "answer policy on_queue");
  queue_wait wait{.queue = d.config.queue_of(request.name),
                  .name = request.name,
                  .priority = request.priority,
                  .skills = request.skills,
                  .enqueued_at = request.enqueued_at == time_point{} ? d.at() : request.enqueued_at,
                  .entered_at = d.at(),
                  .preferred = request.preferred,
                  .at_head = request.at_head,
                  .repeat = call_limits::enqueue_first,
                  .music = music_of(*queue),
                  .on_timeout = request.on_timeout,
                  .on_full = request.on_full,
                  .on_key = request.on_key};
  d.emit(queue_asked{.wait = wait, .next_attempt = d.call.attempt.floor, .rule = rule, .input = input});
  set_timer(d, call_timer::enqueue, call_limits::enqueue_first);
  set_timer(d, call_timer::wait, queue->wait_max);
  play(d, 1, wait.music, true);
}

bool wait_again(decision& d) {
  if (d.call.visits.empty() || d.call.wait || d.call.transfer || !d.call.caller_leg().is_up()) return false;
  const auto& visit = d.call.visits.back();
  if (visit.outcome != "connected" || d.call.visits.size() >= call_limits::queue_visits) return false;
  auto request = request_of_flow(d);
  if (request.name != visit.queue) request = {.name = visit.queue, .on_timeout = request.on_timeout, .on_full = request.on_full};
  request.at_head = true;
  request.enqueued_at = visit.entered_at;
  if (d.config.queue(request.name) == nullptr) return false;
  const auto agent = d.call.agent_name;
  stop_recordings(d);
  end_attempt(d, attempt_failure::ended, "phone_lost", agent);
  join_queue(d, request, "phone_lost", agent);
  return true;
}

void end_wait(decision& d, const std::string& outcome, const std::string& rule, const std::string& input, bool say) {
  if (!d.call.wait) return;
  if (rings(d)) end_attempt(d, attempt_failure::gave_up, rule, input);
  for (const auto timer : {call_timer::enqueue, call_timer::wait, call_timer::announce, call_timer::empty}) clear_timer(d, timer);
  stop_play(d, 1);
  d.emit(queue_left{.queue = d.call.wait->queue, .outcome = outcome, .rule = rule, .input = input, .say = say, .at = d.at()});
}

void leave_for_timeout(decision& d, const std::string& rule) {
  const auto wait = *d.call.wait;
  end_wait(d, "timeout", rule, wait.name);
  go_or_end(d, wait.on_timeout, rule, wait.name, cause_of(q850::no_answer, 480));
}

void on_queue_word(decision& d, const queued& m) {
  if (!waits_in(d, m.queue) || d.call.wait->joined) return;
  clear_timer(d, call_timer::enqueue);
  d.emit(queue_joined{.position = m.position, .at = d.at()});
  const auto* queue = d.config.queue(d.call.wait->name);
  if (queue != nullptr && place_period(*queue) > milliseconds{0}) set_timer(d, call_timer::announce, place_period(*queue));
}

void on_queue_word(decision& d, const queue_refused& m) {
  if (!waits_in(d, m.queue)) return;
  const auto wait = *d.call.wait;
  if (m.why == "removed") {  // a supervisor took the caller out, place and all
    end_wait(d, "system", "queue_refused", m.why, false);
    return go_or_end(d, wait.on_timeout, "removed_from_queue", wait.name, cause_of(q850::normal, 480));
  }
  if (wait.joined) return;
  const bool late = m.why == "wait_too_long";
  end_wait(d, late ? "timeout" : "overflow", "queue_refused", m.why, false);
  if (late) return go_or_end(d, wait.on_timeout, "queue_refused", m.why, cause_of(q850::no_answer, 480));
  const bool full = m.why == "full";
  go_or_end(d, wait.on_full, full ? "queue_full" : "queue_refused", m.why,
            full ? cause_of(q850::user_busy, 486) : cause_of(q850::subscriber_absent, 480));
}

void on_queue_word(decision& d, const queue_place& m) {
  if (!waits_in(d, m.queue) || !d.call.wait->joined || rings(d)) return;
  const auto* queue = d.config.queue(d.call.wait->name);
  if (queue == nullptr) return;
  if (m.position == 0) {  // the queue does not know us: ask again, with the place in time that we had
    d.emit(enqueue_repeated{call_limits::enqueue_first});
    set_timer(d, call_timer::enqueue, call_limits::enqueue_first);
    return;
  }
  d.emit(place_heard{m.position, m.waiting, m.expected_wait, m.agents_logged_in});
  watch_empty(d, *queue, m.agents_logged_in);
  if (announces(*queue)) play(d, 1, place_prompts(m.position), false);
}

void on_queue_digit(decision& d, char digit) {
  const auto* queue = d.call.wait ? d.config.queue(d.call.wait->name) : nullptr;
  if (queue == nullptr) return;
  const auto at = queue->keys.find(digit);
  if (at == queue->keys.end()) return;
  const auto wait = *d.call.wait;
  const auto target = at->second;
  const std::string key(1, digit);
  end_wait(d, "key", "key", key);
  constexpr std::string_view to_mailbox = "voicemail:", to_queue = "queue:";
  if (target.starts_with(to_mailbox)) return start_voicemail(d, {.mailbox = target.substr(to_mailbox.size())}, {});
  if (target.starts_with(to_queue))
    return join_queue(d,
                      {.name = target.substr(to_queue.size()),
                       .priority = wait.priority,
                       .skills = wait.skills,
                       .on_timeout = wait.on_timeout,
                       .on_full = wait.on_full,
                       .on_key = wait.on_key,
                       .enqueued_at = wait.enqueued_at},
                      "key", key);
  go_or_end(d, target.empty() ? wait.on_key : target, "key", key, cause_of(q850::normal, 480));
}

void on_queue_timer(decision& d, call_timer timer) {
  if (d.call.stage != call_stage::queue || !d.call.wait) return;
  const auto* queue = d.config.queue(d.call.wait->name);
  if (timer == call_timer::enqueue) {
    const auto next = std::min(d.call.wait->repeat * 2, call_limits::enqueue_last);
    d.emit(enqueue_repeated{next});
    set_timer(d, call_timer::enqueue, next);
  } else if (timer == call_timer::wait) {
    if (rings(d)) return d.emit(wait_overdue{d.at()});
    leave_for_timeout(d, "wait_max");
  } else if (timer == call_timer::empty) {
    if (!rings(d)) leave_for_timeout(d, "no_agents");
  } else if (timer == call_timer::announce && queue != nullptr) {
    if (!rings(d)) d.emit(place_asked{d.at()});
    set_timer(d, call_timer::announce, place_period(*queue));
  }
}

}  // namespace seatgrid::calls
