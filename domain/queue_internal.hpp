#pragma once

#include <algorithm>
#include <vector>

#include "domain/effect.hpp"
#include "domain/queue.hpp"

/// Shared by the parts of the queue's rules: decide and apply must agree on these.
namespace seatgrid {

/// How long a reservation waits before its `reserve` is said the (repeats + 1)th time again.
inline milliseconds reserve_wait(std::uint32_t repeats) {
  auto wait = queue_limits::reserve_repeat_first;
  for (; repeats > 0 && wait < queue_limits::reserve_repeat_max; --repeats) wait *= 2;
  return std::min(wait, queue_limits::reserve_repeat_max);
}

/// When a reservation is given up; one from before a takeover gets the whole time again.
inline time_point give_up_of(const queue_entry& entry, time_point now) {
  return entry.give_up_at.us != 0 ? entry.give_up_at : now + queue_limits::reservation_give_up;
}

/// When the next delay of a tried agent ends; zero = none runs.
inline time_point next_look(const std::vector<tried_agent>& tried, time_point now) {
  time_point next{};
  for (const auto& t : tried)
    if (t.until > now && (next.us == 0 || t.until < next)) next = t.until;
  return next;
}

/// The list after one more failure; bounded by `tried_max`, the oldest are forgotten first.
inline std::vector<tried_agent> with_tried(std::vector<tried_agent> tried, const attempt_failed& e) {
  std::erase_if(tried, [&](const tried_agent& t) { return t.agent == e.agent; });
  if (!e.agent || e.until.us == 0) return tried;
  if (tried.size() >= queue_limits::tried_max) tried.erase(tried.begin());
  tried.push_back({e.agent, e.until, e.why});
  return tried;
}

/// Some of those who wait, to be asked whether they still do; each look round goes on behind the last one, so that all have a
/// turn.
std::vector<call_id> next_to_ask(const queue_state& s);
/// The state behind stored rows: nothing known of agents, every entry due at once.
queue_state restored_queue(queue_id id, queue_totals totals, std::vector<queue_entry> entries);

/// The public event that follows from `e` (domain/published_acd.hpp). In queue_publish_codec.cpp.
publish told(const queue_state& s, const call_queued& e);
publish told(const queue_state& s, const enqueue_refused& e);
publish told(const queue_state& s, const call_offered& e);
publish told(const queue_state& s, const attempt_failed& e);
publish told(const queue_state& s, const call_moved& e);
publish told(const queue_state& s, const call_left& e);

}  // namespace seatgrid
