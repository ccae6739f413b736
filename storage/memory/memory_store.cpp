#include "storage/memory/memory_store.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace seatgrid {

namespace {

struct memory_lane {
  lane_state end{};
  std::optional<std::string> fold{};
  std::map<std::string, std::string, std::less<>> rows{};
  std::deque<stored_step> log{};
  std::uint64_t first = 1;  ///< the sequence of log[0]
};

struct entity_notes {
  std::vector<step_position> steps{};
  lane_id lane = 0;  ///< of its last step
  std::uint64_t outbox = 0;
};

class memory_image final : public lane_image {
 public:
  lane_state end() const override { return held.end; }
  result<std::string> fold() const override {
    return held.fold ? result<std::string>{*held.fold} : fail(errc::not_found, "no fold");
  }
  result<std::string> get(std::string_view key) const override {
    const auto it = held.rows.find(key);
    return it == held.rows.end() ? fail(errc::not_found, "no such row") : result<std::string>{it->second};
  }
  result<void> rows(const std::function<result<void>(std::string_view, std::string_view)>& each) const override {
    for (const auto& [key, value] : held.rows)
      if (auto more = each(key, value); !more) return more;
    return {};
  }
  result<void> numbers(const std::function<result<void>(entity_ref, std::uint64_t)>& each) const override {
    for (const auto& [entity, number] : last)
      if (auto more = each({entity.first, entity.second}, number); !more) return more;
    return {};
  }
  result<void> steps(std::uint64_t from, const std::function<result<void>(std::uint64_t, stored_step&&)>& each) const override {
    if (!held.log.empty() && from < held.first) return fail(errc::not_found, "step " + std::to_string(from) + " was removed");
    for (auto n = from; n < held.first + held.log.size(); ++n)
      if (auto more = each(n, stored_step{held.log[n - held.first]}); !more) return more;
    return {};
  }

  memory_lane held{};
  std::map<std::pair<entity_kind, std::uint64_t>, std::uint64_t> last{};
};

class memory_store final : public lane_store {
 public:
  std::unique_ptr<lane_batch> make_batch() override { return std::make_unique<batch>(*this); }

  std::map<lane_id, lane_state> lanes() const override {
    const std::lock_guard lock{mutex_};
    std::map<lane_id, lane_state> all;
    for (const auto& [id, lane] : lanes_) all.emplace(id, lane.end);
    return all;
  }
  lane_state end(lane_id lane) const override {
    const std::lock_guard lock{mutex_};
    const auto* found = find(lane);
    return found == nullptr ? lane_state{} : found->end;
  }
  result<std::string> fold(lane_id lane) const override {
    const std::lock_guard lock{mutex_};
    const auto* found = find(lane);
    if (found == nullptr || !found->fold) return fail(errc::not_found, "lane " + std::to_string(lane) + " has no fold");
    return *found->fold;
  }
  result<std::uint64_t> last_event(entity_ref entity) const override {
    const std::lock_guard lock{mutex_};
    const auto it = entities_.find(entity);
    return it == entities_.end() ? 0 : it->second.outbox;
  }

  result<std::string> get(lane_id lane, std::string_view key) const override {
    const std::lock_guard lock{mutex_};
    if (const auto* found = find(lane)) {
      const auto it = found->rows.find(key);
      if (it != found->rows.end()) return it->second;
    }
    return fail(errc::not_found, "no such row");
  }

  result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from,
                         const journal::row_reader& each) const override {
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

  result<std::unique_ptr<lane_image>> image(lane_id lane) const override {
    const std::lock_guard lock{mutex_};
    auto made = std::make_unique<memory_image>();
    if (const auto* found = find(lane)) made->held = *found;
    for (const auto& [entity, notes] : entities_)
      if (notes.lane == lane && notes.outbox != 0) made->last.emplace(std::pair{entity.kind, entity.id}, notes.outbox);
    return made;
  }
  result<void> backup(const std::string&) const override {
    return fail(errc::unsupported, "a journal in memory has nothing to back up");
  }

  result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence, std::uint64_t steps_max) override {
    const std::lock_guard lock{mutex_};
    const auto it = lanes_.find(lane);
    if (it == lanes_.end()) return std::uint64_t{0};
    auto& found = it->second;
    std::uint64_t removed = 0;
    while (found.first < std::min(sequence, found.end.sequence) && removed < steps_max) {
      std::erase(entities_[found.log.front().step.entity].steps, step_position{lane, found.first});
      found.log.pop_front();
      ++found.first;
      ++removed;
    }
    return removed;
  }

  result<void> drop(lane_id lane) override {
    const std::lock_guard lock{mutex_};
    lanes_.erase(lane);
    for (auto& [entity, notes] : entities_) {
      std::erase_if(notes.steps, [&](const auto& position) { return position.lane == lane; });
      if (notes.lane == lane) notes.outbox = 0;
    }
    std::erase_if(entities_, [](const auto& one) { return one.second.steps.empty() && one.second.outbox == 0; });
    return {};
  }

 private:
  class batch final : public lane_batch {
   public:
    explicit batch(memory_store& store) : store_(store) {}
    void put(step_position position, stored_step&& record) override {
      bytes_ += bytes_of(record.step);
      steps_.emplace_back(position, std::move(record));
    }
    void put(step_position position, std::uint64_t epoch, const step& what, std::string_view) override {
      put(position, stored_step{epoch, what});
    }
    void put_end(lane_id lane, const lane_state& end) override { ends_.emplace_back(lane, end); }
    void put_fold(lane_id lane, std::string_view fold) override { folds_.emplace_back(lane, fold); }
    void put_row(lane_id lane, std::string_view key, std::string_view value) override {
      bytes_ += key.size() + value.size();
      rows_.emplace_back(lane, row{std::string{key}, std::string{value}});
    }
    void put_number(lane_id lane, entity_ref entity, std::uint64_t last_event) override {
      numbers_.push_back({lane, entity, last_event});
    }
    void put_past(step_position position, stored_step&& record) override {
      bytes_ += bytes_of(record.step);
      past_.emplace_back(position, std::move(record));
    }
    std::size_t bytes() const override { return bytes_; }
    result<void> commit(bool) override {
      const std::lock_guard lock{store_.mutex_};
      for (auto& [lane, row] : rows_) store_.lanes_[lane].rows.insert_or_assign(row.key, std::move(*row.value));
      for (const auto& one : numbers_) {
        auto& notes = store_.entities_[one.entity];
        notes.lane = one.lane;
        notes.outbox = one.last;
      }
      for (auto& [position, record] : past_) store_.keep(position, std::move(record));
      for (auto& [position, record] : steps_) store_.take(position, std::move(record));
      for (const auto& [lane, end] : ends_) store_.lanes_[lane].end = end;
      for (auto& [lane, fold] : folds_) store_.lanes_[lane].fold = std::move(fold);
      steps_.clear(), ends_.clear(), folds_.clear(), rows_.clear(), numbers_.clear(), past_.clear();
      bytes_ = 0;
      return {};
    }

   private:
    struct entity_number {
      lane_id lane = 0;
      entity_ref entity{};
      std::uint64_t last = 0;
    };
    memory_store& store_;
    std::vector<std::pair<step_position, stored_step>> steps_{}, past_{};
    std::vector<std::pair<lane_id, row>> rows_{};
    std::vector<entity_number> numbers_{};
    std::vector<std::pair<lane_id, lane_state>> ends_{};
    std::vector<std::pair<lane_id, std::string>> folds_{};
    std::size_t bytes_ = 0;
  };

  const memory_lane* find(lane_id lane) const {
    const auto it = lanes_.find(lane);
    return it == lanes_.end() ? nullptr : &it->second;
  }

  /// The step `sequence`, or the oldest one left if that is newer.
  std::optional<recorded_step> at(lane_id lane, std::uint64_t sequence) const {
    const std::lock_guard lock{mutex_};
    const auto* found = find(lane);
    if (found == nullptr) return std::nullopt;
    const auto position = std::max(sequence, found->first);
    if (position >= found->first + found->log.size()) return std::nullopt;
    const auto& record = found->log[position - found->first];
    return recorded_step{{lane, position}, record.epoch, record.step};
  }

  void take(step_position position, stored_step&& record) {
    auto& lane = lanes_[position.lane];
    const auto& step = record.step;
    auto& notes = entities_[step.entity];
    notes.lane = position.lane;
    if (!step.outbox.empty()) notes.outbox = step.outbox.back().sequence;
    for (const auto& row : step.rows) {
      if (row.value)
        lane.rows.insert_or_assign(row.key, *row.value);
      else
        lane.rows.erase(row.key);
      if (forgets_outbox(step, row)) notes.outbox = 0;
    }
    keep(position, std::move(record));
  }
  void keep(step_position position, stored_step&& record) {
    auto& lane = lanes_[position.lane];
    entities_[record.step.entity].steps.push_back(position);
    if (lane.log.empty()) lane.first = position.sequence;
    lane.log.push_back(std::move(record));
  }

  mutable std::mutex mutex_{};
  std::map<lane_id, memory_lane> lanes_{};
  std::unordered_map<entity_ref, entity_notes> entities_{};
};

}  // namespace

std::unique_ptr<lane_store> make_memory_store() { return std::make_unique<memory_store>(); }

}  // namespace seatgrid
