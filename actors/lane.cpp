#include "actors/lane.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <utility>

#include "actors/engine.hpp"
#include "actors/entity_shell.hpp"
#include "actors/lane_keeper.hpp"
#include "actors/shell_row.hpp"
#include "domain/call_resume.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

bool is_new_call(const entity_input& in) {
  const auto* event = std::get_if<leg_event>(&in.what);
  return event != nullptr && std::holds_alternative<leg_incoming>(*event);
}

}  // namespace

lane::lane(engine& owner, lane_id id, std::uint64_t seed) : owner_(owner), id_(id), seed_(mix(seed + id)) {}
lane::~lane() = default;

void lane::start() {
  keeper_ = owner_.system().spawn<lane_keeper>(std::ref(*this));
  if (owner_.claims_by_order()) return;
  wanted_ = true;
  caf::anon_send(keeper_, claim_atom::value);
}

void lane::claim(on_order_done done) {
  wanted_ = true;
  if (keeper_) caf::anon_send(keeper_, claim_atom::value, std::make_shared<const on_order_done>(std::move(done)));
}

void lane::bring_to_rest(milliseconds patience, on_order_done done) {
  if (keeper_) caf::anon_send(keeper_, std::make_shared<const rest_order>(rest_order{patience, std::move(done)}));
}

void lane::stop() {
  stopped_ = true;
  if (keeper_) caf::anon_send_exit(keeper_, caf::exit_reason::user_shutdown);
  keeper_ = nullptr;
  for (auto& one : end_life()) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  timers_.clear();
  const std::lock_guard lock{held_mutex_};
  held_.clear();
  held_calls_.clear();
}

void lane::post(part& in_part, input_ptr in) {
  auto& place = in_part.entities[in->to];
  if (!place.first) {
    place.second = std::make_shared<entity_slot>();
    place.first = owner_.system().spawn<entity_shell, caf::lazy_init>(std::ref(*this), in_part.life, place.second, in->to);
    place.second->me = place.first.address();
    owner_.count().actors.fetch_add(1, std::memory_order_relaxed);
  }
  place.second->pending.fetch_add(1);
  backlog_.fetch_add(1, std::memory_order_relaxed);
  caf::anon_send(place.first, std::move(in));
}

void lane::deliver(input_ptr in) {
  auto& in_part = part_of(in->to);
  {
    const std::lock_guard lock{in_part.mutex};
    if (in_part.life && !in_part.life->over && !resting_) {
      post(in_part, std::move(in));
      return;
    }
  }
  hold(std::move(in));
}

void lane::deliver(input_ptr in, const life_ptr& from) {
  auto& in_part = part_of(in->to);
  const std::lock_guard lock{in_part.mutex};
  if (in_part.life == from && !from->over) post(in_part, std::move(in));
}

void lane::hold(input_ptr in) {
  if (stopped_) return;
  {
    const std::lock_guard lock{held_mutex_};
    if (held_.size() >= owner_.options().held_max) {
      owner_.count().held_dropped.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    if (is_new_call(*in)) held_calls_.insert(in->to);
    held_.push_back({std::move(in), owner_.system().clock().now()});
    has_held_ = true;
    if (!is_open() && !owner_.claims_by_order()) return;
  }
  release_held();  // the lane came back between the look at it and here, or it is another process's
}

bool lane::holds(entity_ref entity) const {
  if (!has_held_) return false;
  const std::lock_guard lock{held_mutex_};
  return held_calls_.contains(entity);
}

bool lane::is_slow() const { return stalled_for() >= owner_.options().reinvite_wait; }
bool lane::is_open() const { return current_ && !current_->over && current_->resumed && !is_slow() && !resting_; }

/// In the order in which it came, although more may come meanwhile.
void lane::release_held() {
  std::unique_lock lock{held_mutex_};
  if (std::exchange(releases_, true)) return;
  while (!held_.empty()) {
    const bool open = is_open();
    if (!open && (current_ || !owner_.claims_by_order())) break;
    auto batch = std::exchange(held_, {});
    lock.unlock();
    if (open)
      for (const auto& one : std::exchange(batch, {})) deliver(one.in);
    else
      give_away(batch);
    lock.lock();
    if (batch.empty()) continue;
    held_.insert(held_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    break;
  }
  releases_ = false;
  held_calls_.clear();
  for (const auto& one : held_)
    if (is_new_call(*one.in)) held_calls_.insert(one.in->to);
  has_held_ = !held_.empty();
}

/// To the process that owns the lane, in order; what it cannot have now stays in `batch`.
void lane::give_away(std::deque<held_input>& batch) {
  while (!batch.empty() && owner_.forward(id_, *batch.front().in)) batch.pop_front();
}

void lane::serve_stall() {
  release_early();
  refuse_begun();
  if (!has_held_) return;
  refuse_held();
  release_held();
}

/// As those that are held: the rules know this one already, and hear that the caller is gone.
void lane::refuse_begun() {
  const auto now = owner_.system().clock().now();
  std::vector<std::shared_ptr<begun_call>> late;
  {
    const std::lock_guard lock{late_mutex_};
    for (; !begun_.empty() && begun_.front().due <= now; begun_.pop_front())
      if (auto call = begun_.front().call.lock(); call && !call->is_settled.exchange(true)) late.push_back(std::move(call));
  }
  for (const auto& call : late) {
    auto gone = std::make_shared<entity_input>();
    gone->to = ref(call->leg.call);
    gone->what =
        leg_event{leg_ended{.leg = call->leg, .at = this->now(), .cancelled = true, .cause = owner_.refuse_call(call->leg)}};
    deliver(std::move(gone));
  }
}

/// A re-INVITE has waited long enough: its answer leaves without its step.
void lane::release_early() {
  const auto now = owner_.system().clock().now();
  std::deque<late_answer> due;
  {
    const std::lock_guard lock{late_mutex_};
    while (!late_.empty() && late_.front().due <= now) {
      due.push_back(std::move(late_.front()));
      late_.pop_front();
    }
  }
  for (auto& one : due) {
    const auto of = one.of.lock();
    if (!of || one.life->over || of->early->left.exchange(true)) continue;
    owner_.count().early_answers.fetch_add(1, std::memory_order_relaxed);
    for (auto& answer : of->early->what) owner_.release(answer, *of, *this, one.life);
  }
}

/// New calls wait with 100 as long as the journal may stall, and not longer.
void lane::refuse_held() {
  const auto limit = owner_.options().stall_limit;
  const auto now = owner_.system().clock().now();
  const bool all = stalled_for() >= limit;
  std::vector<input_ptr> refused;
  {
    const std::lock_guard lock{held_mutex_};
    if (held_calls_.empty()) return;
    std::erase_if(held_, [&](held_input& one) {
      if (!is_new_call(*one.in) || (!all && now - one.since < limit)) return false;
      held_calls_.erase(one.in->to);
      refused.push_back(std::move(one.in));
      return true;
    });
  }
  for (const auto& one : refused) owner_.refuse_overload(*one);
}

bool lane::retire(entity_ref entity, const slot_ptr& slot) {
  auto& in_part = part_of(entity);
  const std::lock_guard lock{in_part.mutex};
  if (slot->pending.load() != 0) return false;
  const auto it = in_part.entities.find(entity);
  if (it != in_part.entities.end() && it->second.second == slot) in_part.entities.erase(it);
  return true;
}

void lane::handled(const slot_ptr& slot) {
  slot->pending.fetch_sub(1);
  backlog_.fetch_sub(1, std::memory_order_relaxed);
}

time_point lane::now() {
  auto last = last_us_.load(std::memory_order_relaxed);
  const auto clock_us = owner_.time().now().us;
  while (last < clock_us && !last_us_.compare_exchange_weak(last, clock_us, std::memory_order_relaxed)) {}
  return {std::max(last, clock_us)};
}

turn lane::next_turn() { return {now(), mix(seed_ ^ turns_.fetch_add(1, std::memory_order_relaxed))}; }

void lane::append(const life_ptr& life, const slot_ptr& slot, step done, std::shared_ptr<promise> left) {
  slot->unsynced.fetch_add(1);
  if (unsynced_.fetch_add(1) == 0)
    waiting_since_us_ =
        std::chrono::duration_cast<std::chrono::microseconds>(owner_.system().clock().now().time_since_epoch()).count();
  owner_.count().steps.fetch_add(1, std::memory_order_relaxed);
  if (left->begins) {
    const std::lock_guard lock{late_mutex_};
    begun_.push_back({left->begins, owner_.system().clock().now() + owner_.options().stall_limit});
  }
  if (left->early) {
    const std::lock_guard lock{late_mutex_};
    late_.push_back({left, life, owner_.system().clock().now() + owner_.options().reinvite_wait});
  }
  owner_.log().append(life->at, std::move(done), [this, life, slot, left = std::move(left)](result<step_position> counted) {
    waiting_since_us_ =
        std::chrono::duration_cast<std::chrono::microseconds>(owner_.system().clock().now().time_since_epoch()).count();
    unsynced_.fetch_sub(1);
    if (counted) {
      owner_.count().steps_counted.fetch_add(1, std::memory_order_relaxed);
      owner_.release_counted(*left, *counted, *this, life);
    } else {
      owner_.count().steps_failed.fetch_add(1, std::memory_order_relaxed);
      lost(life, counted.error().code);
    }
    if (has_held_ && !is_slow()) release_held();
    if (slot->unsynced.fetch_sub(1) == 1 && slot->wants_idle.exchange(false))
      if (auto me = caf::actor_cast<caf::actor>(slot->me)) caf::anon_send(me, idle_atom::value);
  });
}

bool lane::append_own(step done, const std::optional<lane_epoch>& under) {
  life_ptr life;
  {
    const std::lock_guard lock{held_mutex_};
    life = current_;
  }
  if (!life || life->over || (under && life->at != *under)) return false;
  auto told = std::make_shared<promise>();
  told->from = done.entity;
  told->at = done.at;
  told->published = done.outbox;
  append(life, std::make_shared<entity_slot>(), std::move(done), std::move(told));
  return true;
}

void lane::start_timer(entity_ref entity, const seatgrid::start_timer& wait) {
  if (timers_.start(entity, wait.timer, wait.generation, owner_.system().clock().now() + wait.after) && keeper_)
    caf::anon_send(keeper_, arm_atom::value);
}

void lane::stop_timer(entity_ref entity, const seatgrid::stop_timer& wait) { timers_.stop(entity, wait.timer); }

void lane::resumed_one() {
  if (keeper_) caf::anon_send(keeper_, resumed_atom::value);
}

void lane::lost(const life_ptr& life, errc why) {
  if (life->over.exchange(true) || stopped_) return;
  owner_.count().lanes_lost.fetch_add(1, std::memory_order_relaxed);
  owner_.say("lane " + std::to_string(id_) + " lost (" + std::string{to_string(why)} + ")" +
             (owner_.is_elsewhere(id_)                           ? ": another process has it"
              : owner_.claims_by_order() && owner_.is_draining() ? ": this node leaves"
                                                                 : ": claiming it again"));
  if (keeper_) caf::anon_send(keeper_, lost_atom::value, life);
}

std::vector<caf::actor> lane::end_life() {
  {
    const std::lock_guard lock{held_mutex_};
    if (current_) current_->over = true;
    current_.reset();
  }
  std::vector<caf::actor> ended;
  for (auto& one : parts_) {
    const std::lock_guard lock{one.mutex};
    if (one.life) one.life->over = true;
    one.life.reset();
    for (auto& [unused, place] : one.entities) ended.push_back(std::move(place.first));
    one.entities.clear();
  }
  return ended;
}

void lane::begin_life(const life_ptr& life) {
  {
    const std::lock_guard lock{held_mutex_};
    current_ = life;
  }
  auto last = last_us_.load();
  while (last < life->recorded.us && !last_us_.compare_exchange_weak(last, life->recorded.us)) {}
  for (auto& one : parts_) {
    const std::lock_guard lock{one.mutex};
    one.life = life;
  }
}

bool lane::ready() const {
  const std::lock_guard lock{held_mutex_};
  return current_ && !current_->over && current_->resumed;
}

std::optional<lane_epoch> lane::epoch() const {
  const std::lock_guard lock{held_mutex_};
  return current_ ? std::optional{current_->at} : std::nullopt;
}

std::chrono::microseconds lane::stalled_for() const {
  if (unsynced_ == 0) return {};
  const auto now_us =
      std::chrono::duration_cast<std::chrono::microseconds>(owner_.system().clock().now().time_since_epoch()).count();
  return std::chrono::microseconds{std::max<std::int64_t>(0, now_us - waiting_since_us_)};
}

std::vector<entity_ref> lane::live_entities() const {
  std::vector<entity_ref> all;
  for (unsigned s = 0; s < shard_count; ++s) {
    const auto shard = static_cast<shard_id>(s);
    if (&owner_.lane_of({entity_kind::none, std::uint64_t{shard} << (64 - shard_bits)}) != this) continue;
    static_cast<void>(owner_.log().scan(id_, live_prefix(shard), [&](std::string_view key, std::string_view) {
      if (const auto found = entity_of_live_key(key); found.kind != entity_kind::none) all.push_back(found);
      return true;
    }));
    for (const auto kind : {entity_kind::queue, entity_kind::agent, entity_kind::registration})
      static_cast<void>(owner_.log().scan(id_, kind_prefix(shard, kind), [&](std::string_view key, std::string_view) {
        const auto found = entity_of(key);
        if (found && (all.empty() || all.back() != *found)) all.push_back(*found);
        return true;
      }));
  }
  // Agents first: queues that resume can then ask them; calls last, because they speak to both.
  std::stable_sort(all.begin(), all.end(), [](entity_ref a, entity_ref b) { return a.kind > b.kind; });
  return all;
}

std::vector<entity_ref> lane::ended_calls(time_point since) const {
  std::vector<entity_ref> all;
  for (unsigned s = 0; s < shard_count && all.size() < ended_calls_max; ++s) {
    const auto shard = static_cast<shard_id>(s);
    if (&owner_.lane_of({entity_kind::none, std::uint64_t{shard} << (64 - shard_bits)}) != this) continue;
    static_cast<void>(owner_.log().scan(id_, cdr_prefix(shard), [&](std::string_view key, std::string_view) {
      const auto place = place_of_cdr_key(key);
      if (!place) return true;
      if (place->at < since) return false;
      all.push_back(place->call);
      return all.size() < ended_calls_max;
    }));
  }
  return all;
}

void lane::resume_calls_at(slot_number slot, const std::unordered_set<entity_ref>& others) {
  if (!ready()) return;  // whoever restores the lane finds the slot as it is then
  auto all = live_entities();
  const auto ended = ended_calls(now() - calls::end_said_again);
  all.insert(all.end(), ended.begin(), ended.end());
  for (const auto entity : all) {
    if (entity.kind != entity_kind::call) continue;
    if (home_of(call_id{entity.id}) != slot && !others.contains(entity)) continue;
    auto in = std::make_shared<entity_input>();
    in->to = entity;
    in->what = resume_again{};
    deliver(std::move(in));
  }
}

}  // namespace seatgrid::actors
