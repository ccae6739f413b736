#include "storage/memory/memory_journal.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "storage/journal_over_store.hpp"
#include "storage/memory/memory_store.hpp"
#include "storage/step_stager.hpp"

namespace seatgrid {

namespace {

struct waiting_step {
  lane_epoch at{};
  stored_step record{};
  on_counted done{};
  std::optional<error> refused{};
  on_claimed claimed{};  ///< it is a claim
  on_lost lost{};        ///< of it
};

class memory_journal_impl final : public journal_over_store<memory_journal> {
 public:
  explicit memory_journal_impl(const memory_options& options)
      : journal_over_store(make_memory_store(), options.journal.trim_steps_max), options_(options) {}

  void claim(lane_id lane, on_claimed done, on_lost lost) override {
    std::optional<error> refused;
    {
      const std::lock_guard lock{mutex_};
      if (closed_) {
        refused = error{errc::wrong_state, "the journal is closed"};
      } else if (refuse_claims_) {
        refused = error{errc::unavailable, "claims are refused"};
      } else {
        auto& item = waiting_.emplace_back();
        item.at.lane = lane;
        item.claimed = std::move(done);
        item.lost = std::move(lost);
      }
    }
    // NOLINTNEXTLINE(bugprone-use-after-move): moved only when nothing refused it
    if (refused) return done(tl::unexpected(std::move(*refused)));
    pump(SIZE_MAX);
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
    // NOLINTNEXTLINE(bugprone-use-after-move): moved only when nothing refused it
    if (refused) return done(tl::unexpected(std::move(*refused)));
    if (!options_.by_pump) pump(SIZE_MAX);
  }

  std::size_t pump(std::size_t steps_max) override {
    std::unique_lock lock{mutex_};
    if (draining_) return 0;  // the thread that counts now, or a caller further up this stack, takes what waits
    draining_ = true;
    std::size_t count = 0;
    while (count < steps_max && !waiting_.empty()) {
      auto item = std::move(waiting_.front());
      waiting_.pop_front();
      ++count;
      if (item.claimed) {
        const auto outcome = settle_claim(item);
        const auto loser = outcome ? hand_over(outcome->at, std::move(item.lost)) : on_lost{};
        lock.unlock();
        if (loser) loser({errc::conflict, "the lane was claimed again"});
        item.claimed(outcome);
      } else {
        const auto outcome = settle(item);
        lock.unlock();
        item.done(outcome);
      }
      lock.lock();
    }
    draining_ = false;
    return count;
  }

  void crash() override {
    const std::lock_guard lock{mutex_};
    waiting_.clear();
    lost_.clear();
    closed_ = false;
    faults_.clear();
    stager_.emplace(*store_, options_.journal);
  }
  void inject(lane_id lane, memory_fault fault, std::uint64_t nth) override {
    const std::lock_guard lock{mutex_};
    faults_[{lane, stager_->sequence(lane) + nth}] = fault;
  }
  void refuse_claims(bool refuse) override {
    const std::lock_guard lock{mutex_};
    refuse_claims_ = refuse;
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
  result<lane_claim> settle_claim(const waiting_step& item) {
    const auto at = stager_->claim(item.at.lane);
    if (auto kept = stager_->commit(false); !kept) return tl::unexpected(kept.error());
    return lane_claim{at, store_->end(at.lane).at};
  }

  /// What the owner before is told with.
  on_lost hand_over(lane_epoch at, on_lost of_the_new) {
    return std::exchange(lost_[at.lane], {at.epoch, std::move(of_the_new)}).second;
  }

  result<step_position> settle(waiting_step& item) {
    if (item.refused) return end_epoch(item.at, std::move(*item.refused));
    if (auto fine = stager_->admit(item.at, item.record.step); !fine) return end_epoch(item.at, fine.error());
    const auto fault = take_fault({item.at.lane, stager_->sequence(item.at.lane) + 1});
    if (fault == memory_fault::full) return end_epoch(item.at, {errc::full, "the disk is full"});
    if (fault == memory_fault::unavailable_lost) return end_epoch(item.at, {errc::unavailable, "outcome unknown"});
    const auto position = stager_->put(item.at, std::move(item.record));
    if (auto kept = stager_->commit(false); !kept) return end_epoch(item.at, kept.error());
    ++counted_;
    if (fault) return end_epoch(item.at, {errc::unavailable, "outcome unknown"});
    return position;
  }

  std::optional<memory_fault> take_fault(step_position at) {
    const auto it = faults_.find(at);
    if (it == faults_.end()) return std::nullopt;
    const auto fault = it->second;
    faults_.erase(it);
    return fault;
  }

  tl::unexpected<error> end_epoch(lane_epoch at, error why) {
    stager_->end_epoch(at);
    // Whoever wrote the step hears it with the step.
    if (const auto found = lost_.find(at.lane); found != lost_.end() && found->second.first == at.epoch) lost_.erase(found);
    return tl::unexpected<error>(std::move(why));
  }

  const memory_options options_;
  mutable std::mutex mutex_{};
  std::optional<step_stager> stager_{std::in_place, *store_, options_.journal};
  std::map<step_position, memory_fault> faults_{};  ///< by the place that the step would have
  std::deque<waiting_step> waiting_{};
  std::map<lane_id, std::pair<std::uint64_t, on_lost>> lost_{};  ///< of the epochs that run
  std::uint64_t counted_ = 0;
  bool draining_ = false;
  bool closed_ = false;
  bool refuse_claims_ = false;
};

}  // namespace

std::unique_ptr<memory_journal> make_memory_journal(memory_options options) {
  return std::make_unique<memory_journal_impl>(options);
}

}  // namespace seatgrid
