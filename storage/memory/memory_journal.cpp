#include "storage/memory/memory_journal.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "storage/step_codec.hpp"

namespace seatgrid {

namespace {

struct waiting_step {
  lane_epoch at{};
  stored_step record{};
  on_counted done{};
  std::optional<error> refused{};
};

struct memory_lane {
  lane_state state{};
  std::map<std::string, std::string, std::less<>> rows{};
  std::deque<stored_step> log{};
  std::uint64_t first = 1;                         ///< the sequence of log[0]
  std::map<std::uint64_t, memory_fault> faults{};  ///< by how many steps are left before it
};

struct entity_notes {
  std::vector<step_position> steps{};
  std::uint64_t outbox = 0;
};

class memory_journal_impl final : public memory_journal {
 public:
  explicit memory_journal_impl(memory_options options) : options_(std::move(options)) {}

  result<lane_epoch> claim(lane_id lane) override {
    {
      const std::lock_guard lock{mutex_};
      if (closed_) return fail(errc::wrong_state, "the journal is closed");
      if (refuse_claims_) return fail(errc::unavailable, "claims are refused");
      if (draining_ && drainer_ == std::this_thread::get_id())
        return fail(errc::wrong_state, "claim() within on_counted would wait for itself");
    }
    pump(SIZE_MAX);
    std::unique_lock lock{mutex_};
    while (draining_ || !waiting_.empty()) {  // another thread counts
      idle_.wait(lock, [this] { return !draining_; });
      lock.unlock();
      pump(SIZE_MAX);
      lock.lock();
    }
    auto& state = lanes_[lane].state;
    ++state.epoch;
    state.over = false;
    return lane_epoch{lane, state.epoch};
  }

  void append(lane_epoch at, step step, on_counted done) override {
    std::optional<error> refused;
    {
      const std::lock_guard lock{mutex_};
      const auto limit = std::size_t{options_.journal.waiting_max};
      if (closed_) {
        refused = error{errc::wrong_state, "the journal is closed"};
      } else if (waiting_.size() >= 2 * limit) {
        refused = error{errc::full, "twice journal.waiting_max steps wait"};
      } else {
        auto& item = waiting_.emplace_back();
        item.at = at;
        item.done = std::move(done);
        if (waiting_.size() > limit)
          item.refused = error{errc::full, "journal.waiting_max is " + std::to_string(limit)};
        else
          item.record = {at.epoch, std::move(step)};
      }
    }
    if (refused) return done(tl::unexpected(std::move(*refused)));
    if (!options_.by_pump) pump(SIZE_MAX);
  }

  std::size_t pump(std::size_t steps_max) override {
    std::unique_lock lock{mutex_};
    if (draining_) return 0;  // the thread that counts now, or a caller further up this stack, takes what waits
    draining_ = true;
    drainer_ = std::this_thread::get_id();
    std::size_t count = 0;
    while (count < steps_max && !waiting_.empty()) {
      auto item = std::move(waiting_.front());
      waiting_.pop_front();
      ++count;
      const auto outcome = settle(item);
      lock.unlock();
      item.done(outcome);
      lock.lock();
    }
    draining_ = false;
    idle_.notify_all();
    return count;
  }

  void crash() override {
    const std::lock_guard lock{mutex_};
    waiting_.clear();
    closed_ = false;
    for (auto& [id, lane] : lanes_) lane.state.over = true, lane.faults.clear();
  }
  void inject(lane_id lane, memory_fault fault, std::uint64_t nth) override {
    const std::lock_guard lock{mutex_};
    lanes_[lane].faults[lanes_[lane].state.sequence + nth] = fault;
  }
  void refuse_claims(bool refuse) override {
    const std::lock_guard lock{mutex_};
    refuse_claims_ = refuse;
  }

  result<std::string> get(lane_id lane, std::string_view key) const override {
    const std::lock_guard lock{mutex_};
    if (const auto* found = find(lane)) {
      const auto it = found->rows.find(key);
      if (it != found->rows.end()) return it->second;
    }
    return fail(errc::not_found, "no such row");
  }

  result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from, const row_reader& each) const override {
    std::vector<std::pair<std::string, std::string>> view;  // `each` may call the journal
    {
      const std::lock_guard lock{mutex_};
      if (const auto* found = find(lane))
        for (auto it = found->rows.lower_bound(std::max(from, prefix)); it != found->rows.end() && it->first.starts_with(prefix);
             ++it)
          view.emplace_back(*it);
    }
    for (const auto& [key, value] : view)
      if (!each(key, value)) break;
    return {};
  }

  result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const override {
    for (auto next = from;;) {
      auto step = at(lane, next);
      if (!step) return {};
      next = step->position.sequence + 1;
      if (!each(*step)) return {};
    }
  }

  result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const override {
    std::vector<step_position> positions;
    {
      const std::lock_guard lock{mutex_};
      if (const auto it = entities_.find(entity); it != entities_.end()) positions = it->second.steps;
    }
    for (const auto& position : positions) {
      const auto step = at(position.lane, position.sequence);
      if (step && step->position == position && !each(*step)) break;
    }
    return {};
  }

  std::pair<step_position, time_point> end(lane_id lane) const override {
    const std::lock_guard lock{mutex_};
    const auto* found = find(lane);
    if (found == nullptr) return {{lane, 0}, {}};
    return {{lane, found->state.sequence}, found->state.at};
  }

  result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence) override {
    const std::lock_guard lock{mutex_};
    auto* found = find(lane);
    if (found == nullptr) return std::uint64_t{0};
    std::uint64_t removed = 0;
    const auto& state = found->state;
    while (found->first < std::min(sequence, state.sequence) && removed < options_.journal.trim_steps_max) {
      auto& notes = entities_[found->log.front().step.entity];
      std::erase(notes.steps, step_position{lane, found->first});
      found->log.pop_front();
      ++found->first;
      ++removed;
    }
    return removed;
  }

  result<void> backup(const std::string&) const override {
    return fail(errc::unsupported, "a journal in memory has nothing to back up");
  }
  journal_status status() const override {
    const std::lock_guard lock{mutex_};
    return {.waiting = waiting_.size(), .counted = counted_, .frames = counted_};
  }
  void close() override {
    pump(SIZE_MAX);
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }

 private:
  const memory_lane* find(lane_id lane) const {
    const auto it = lanes_.find(lane);
    return it == lanes_.end() ? nullptr : &it->second;
  }
  memory_lane* find(lane_id lane) {
    const auto it = lanes_.find(lane);
    return it == lanes_.end() ? nullptr : &it->second;
  }
  /// The step `sequence`, or the oldest one left if that is newer.
  std::optional<recorded_step> at(lane_id lane, std::uint64_t sequence) const {
    const std::lock_guard lock{mutex_};
    const auto* found = find(lane);
    if (found == nullptr) return std::nullopt;
    const auto position = std::max(sequence, found->first);
    if (position > found->state.sequence) return std::nullopt;
    const auto& record = found->log[position - found->first];
    return recorded_step{{lane, position}, record.epoch, record.step};
  }

  result<step_position> settle(waiting_step& item) {
    auto& lane = lanes_[item.at.lane];
    if (item.refused) return end_epoch(lane, item.at, std::move(*item.refused));
    auto& step = item.record.step;
    if (auto fine = admit(lane.state, item.at, step, options_.journal); !fine) return end_epoch(lane, item.at, fine.error());
    if (auto fine = number(step); !fine) return end_epoch(lane, item.at, fine.error());
    std::optional<memory_fault> fault;
    if (const auto it = lane.faults.find(lane.state.sequence + 1); it != lane.faults.end()) {
      fault = it->second;
      lane.faults.erase(it);
    }
    if (fault == memory_fault::full) return end_epoch(lane, item.at, {errc::full, "the disk is full"});
    if (fault == memory_fault::unavailable_lost) return end_epoch(lane, item.at, {errc::unavailable, "outcome unknown"});
    const auto position = fold(lane, item.at.lane, std::move(item.record));
    if (fault) return end_epoch(lane, item.at, {errc::unavailable, "outcome unknown"});
    return position;
  }

  static tl::unexpected<error> end_epoch(memory_lane& lane, lane_epoch at, error why) {
    if (at.epoch == lane.state.epoch) lane.state.over = true;
    return tl::unexpected<error>(std::move(why));
  }

  result<void> number(step& step) {
    if (step.outbox.empty()) return {};
    const auto it = entities_.find(step.entity);
    if (auto last = number_outbox(step, it == entities_.end() ? 0 : it->second.outbox); !last)
      return tl::unexpected(last.error());
    return {};
  }

  step_position fold(memory_lane& lane, lane_id id, stored_step record) {
    const step_position position{id, ++lane.state.sequence};
    lane.state.at = std::max(lane.state.at, record.step.at);
    const auto& step = record.step;
    auto& notes = entities_[step.entity];
    notes.steps.push_back(position);
    if (!step.outbox.empty()) notes.outbox = step.outbox.back().sequence;
    for (const auto& row : step.rows) {
      if (row.value)
        lane.rows.insert_or_assign(row.key, *row.value);
      else
        lane.rows.erase(row.key);
      if (forgets_outbox(step, row)) notes.outbox = 0;
    }
    lane.log.push_back(std::move(record));
    ++counted_;
    return position;
  }

  const memory_options options_;
  mutable std::mutex mutex_{};
  std::condition_variable idle_{};
  std::map<lane_id, memory_lane> lanes_{};
  std::unordered_map<entity_ref, entity_notes> entities_{};
  std::deque<waiting_step> waiting_{};
  std::uint64_t counted_ = 0;
  std::thread::id drainer_{};
  bool draining_ = false;
  bool closed_ = false;
  bool refuse_claims_ = false;
};

}  // namespace

std::unique_ptr<memory_journal> make_memory_journal(memory_options options) {
  return std::make_unique<memory_journal_impl>(std::move(options));
}

}  // namespace seatgrid
