#include <utility>
#include <vector>

#include "actors/router.hpp"

/// New calls on their way to another process. A link delivers while both live; what a process that dies had not made durable is
/// gone, and of a call that nobody has begun nobody knows: the caller would hear nothing but our 100.
namespace seatgrid::actors {
namespace {

constexpr std::uint16_t q850_temporary_failure = 41;

}  // namespace

void router::keep_new_call(const entity_input& in, cluster::process_id sent_to) {
  const auto* event = std::get_if<leg_event>(&in.what);
  if (event == nullptr || in.hops != 0 || !std::holds_alternative<leg_incoming>(*event)) return;
  const std::lock_guard lock{unanswered_mutex_};
  if (unanswered_.size() >= options_.unanswered_max) return;
  unanswered_[leg_of(*event)] = {in, sent_to, now()};
  unanswered_count_ = unanswered_.size();
}

void router::first_word(leg_id leg) {
  const std::lock_guard lock{unanswered_mutex_};
  unanswered_.erase(leg);
  unanswered_count_ = unanswered_.size();
}

void router::forget_legs_of_lost_lanes() {
  const std::lock_guard lock{away_mutex_};
  std::erase_if(ended_, [&](const auto& one) { return !owns(lane_of(ref(one.call))); });
  std::erase_if(away_, [&](const auto& one) { return !owns(lane_of(ref(one.first.call))); });
  away_count_ = away_.size();
}

void router::forget_ended_legs(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock{away_mutex_};
  while (!ended_.empty() && ended_.front().until <= now) ended_.pop_front();
}

void router::repeat_new_calls() {
  forget_legs_of_lost_lanes();
  if (unanswered_count_ == 0) return;
  std::vector<input_ptr> again;
  {
    const std::lock_guard lock{unanswered_mutex_};
    std::erase_if(unanswered_, [&](auto& one) {
      const auto owner = world_.owner_of(lane_of(one.second.in.to));
      if (!owner || owner->process == one.second.sent_to) return false;
      again.push_back(std::make_shared<entity_input>(std::move(one.second.in)));
      return true;
    });
    unanswered_count_ = unanswered_.size();
  }
  counters_.calls_repeated.fetch_add(again.size(), std::memory_order_relaxed);
  for (auto& one : again) take_(std::move(one));
}

void router::refuse_old_calls() {
  if (unanswered_count_ == 0) return;
  std::vector<std::pair<leg_id, slot_number>> old;
  {
    const std::lock_guard lock{unanswered_mutex_};
    const auto at = now();
    std::erase_if(unanswered_, [&](const auto& one) {
      if (at - one.second.since < options_.unanswered_patience) return false;
      old.emplace_back(one.first, one.second.in.slot);
      return true;
    });
    unanswered_count_ = unanswered_.size();
  }
  for (const auto& [leg, slot] : old)
    carry({.slot = slot,
           .leg = leg_reject{.leg = leg, .cause = {q850_temporary_failure, 503, "nobody took the call"}, .retry_after_s = 0},
           .media = {},
           .registered = {},
           .removal = {}});
}

}  // namespace seatgrid::actors
