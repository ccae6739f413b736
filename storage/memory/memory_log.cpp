#include "storage/memory/memory_log.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/thread_name.hpp"

namespace seatgrid {

namespace {

using clock_type = std::chrono::steady_clock;
using outcome = result<std::optional<log_offset>>;

constexpr std::size_t batch_max = 1'024;

struct kept_record {
  log_offset offset = 0;
  time_point at{};
  std::string bytes{};
};

/// What a process waits for: the report of one append.
struct report {
  on_reported done{};
  outcome came{};
  clock_type::time_point since = clock_type::now();
  bool is_due = false;
};
using report_ptr = std::shared_ptr<report>;

class brokers_impl final : public memory_brokers {
 public:
  brokers_impl(lane_id lanes, std::function<time_point()> now) : lanes_(lanes), now_(std::move(now)) {}

  void inject(lane_id lane, log_fault fault, std::uint64_t nth) override {
    const std::lock_guard lock{mutex};
    auto& at = lanes_.at(lane);
    at.faults[at.appends + nth] = fault;
  }
  void let_late_land() override {
    const std::lock_guard lock{mutex};
    for (auto& [lane, bytes] : std::exchange(late_, {})) store(lanes_.at(lane), std::move(bytes));
    changed.notify_all();
  }
  void stall(bool away) override {
    const std::lock_guard lock{mutex};
    away_ = away;
    if (away) return;
    for (auto& one : std::exchange(waiting_, {})) arrive(one.lane, std::move(one.bytes), one.told);
    changed.notify_all();
  }
  void lose_end(lane_id lane, log_offset from) override {
    const std::lock_guard lock{mutex};
    auto& at = lanes_.at(lane);
    while (!at.records.empty() && at.records.back().offset >= from) at.records.pop_back();
    at.end = std::min(at.end, from);
    changed.notify_all();
  }
  log_bounds bounds(lane_id lane) const override {
    const std::lock_guard lock{mutex};
    return {lanes_.at(lane).first, lanes_.at(lane).end};
  }

  // For connections, under `mutex`.
  lane_id lanes() const { return static_cast<lane_id>(lanes_.size()); }
  bool is_away() const { return away_; }
  void append(lane_id lane, std::string bytes, const report_ptr& told) {
    if (away_)
      waiting_.push_back({lane, std::move(bytes), told});
    else
      arrive(lane, std::move(bytes), told);
    changed.notify_all();
  }
  /// At most `batch_max` records from `from` on, copied.
  std::vector<kept_record> read(lane_id lane, log_offset from) const {
    const auto& all = lanes_.at(lane).records;
    const auto begin = std::lower_bound(all.begin(), all.end(), from, [](const auto& r, log_offset o) { return r.offset < o; });
    const auto count = std::min<std::size_t>(batch_max, static_cast<std::size_t>(all.end() - begin));
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }
  log_bounds held(lane_id lane) const { return {lanes_.at(lane).first, lanes_.at(lane).end}; }
  log_offset first_since(lane_id lane, time_point at) const {
    const auto& all = lanes_.at(lane).records;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.at >= at; });
    return found == all.end() ? lanes_.at(lane).end : found->offset;
  }
  void trim(lane_id lane, log_offset before) {
    auto& at = lanes_.at(lane);
    while (!at.records.empty() && at.records.front().offset < before) at.records.pop_front();
    at.first = std::max(at.first, before);
    changed.notify_all();
  }

  mutable std::mutex mutex{};
  std::condition_variable changed{};

 private:
  struct lane_data {
    std::deque<kept_record> records{};
    log_offset first = 0;
    log_offset end = 0;
    std::uint64_t appends = 0;
    std::map<std::uint64_t, log_fault> faults{};
  };
  struct sent {
    lane_id lane = 0;
    std::string bytes{};
    report_ptr told{};
  };

  void store(lane_data& at, std::string bytes) {
    const auto clock = now_ ? now_() : system_clock{}.now();
    const auto last = at.records.empty() ? time_point{} : at.records.back().at;
    at.records.push_back({at.end++, std::max(last, clock), std::move(bytes)});
  }

  void arrive(lane_id lane, std::string bytes, const report_ptr& told) {
    auto& at = lanes_.at(lane);
    const auto found = at.faults.find(++at.appends);
    const auto fault = found == at.faults.end() ? std::optional<log_fault>{} : found->second;
    if (fault) at.faults.erase(found);
    const bool failed = fault && *fault != log_fault::no_offset;
    if (failed)
      told->came = fail(errc::unavailable, "append to lane " + std::to_string(lane) + " was made to fail");
    else if (!fault)
      told->came = std::optional{at.end};
    told->is_due = true;
    if (fault == log_fault::failed_lost) return;
    if (fault == log_fault::failed_late)
      late_.emplace_back(lane, std::move(bytes));
    else
      store(at, std::move(bytes));
  }

  std::vector<lane_data> lanes_;
  const std::function<time_point()> now_;
  std::vector<std::pair<lane_id, std::string>> late_{};
  std::deque<sent> waiting_{};
  bool away_ = false;
};

class memory_log_impl final : public memory_log {
 public:
  memory_log_impl(std::shared_ptr<brokers_impl> brokers, memory_log_options options)
      : brokers_(std::move(brokers)), options_(options) {
    if (!options_.by_pump) thread_ = std::thread{[this] { run(); }};
  }
  ~memory_log_impl() override { memory_log_impl::close(milliseconds{0}); }

  lane_id lanes() const override { return brokers_->lanes(); }

  void append(lane_id lane, std::string record, on_reported done) override {
    const std::lock_guard lock{brokers_->mutex};
    auto& told = reports_.emplace_back(std::make_shared<report>());
    told->done = std::move(done);
    if (closed_ || lane >= brokers_->lanes()) {
      told->came = closed_ ? fail(errc::wrong_state, "the log was closed") : fail(errc::invalid, "there is no such lane");
      told->is_due = true;
      brokers_->changed.notify_all();
    } else {
      brokers_->append(lane, std::move(record), told);
    }
  }

  result<void> tail(lane_id lane, log_offset from, on_records give) override {
    const std::lock_guard calls{calls_};
    const std::lock_guard lock{brokers_->mutex};
    if (closed_) return fail(errc::wrong_state, "the log was closed");
    if (lane >= brokers_->lanes() || from < 0) return fail(errc::invalid, "there is no such lane or offset");
    readers_[lane] = {std::make_shared<on_records>(std::move(give)), from};
    brokers_->changed.notify_all();
    return {};
  }
  void untail(lane_id lane) override {
    const std::lock_guard calls{calls_};
    const std::lock_guard lock{brokers_->mutex};
    readers_.erase(lane);
  }

  result<log_bounds> bounds(lane_id lane, milliseconds patience) override {
    std::unique_lock lock{brokers_->mutex};
    if (lane >= brokers_->lanes()) return fail(errc::invalid, "there is no lane " + std::to_string(lane));
    const auto answers = [this] { return !brokers_->is_away(); };
    if (options_.by_pump ? !answers() : !brokers_->changed.wait_for(lock, patience, answers))
      return fail(errc::unavailable, "the brokers are away");
    return brokers_->held(lane);
  }
  result<log_offset> first_since(lane_id lane, time_point at, milliseconds patience) override {
    const auto held = bounds(lane, patience);
    if (!held) return tl::unexpected(held.error());
    const std::lock_guard lock{brokers_->mutex};
    return brokers_->first_since(lane, at);
  }
  result<log_offset> trim(lane_id lane, log_offset before, milliseconds patience) override {
    const auto held = bounds(lane, patience);
    if (!held) return tl::unexpected(held.error());
    if (before > held->end) return fail(errc::invalid, "beyond the end");
    const std::lock_guard lock{brokers_->mutex};
    brokers_->trim(lane, before);
    return brokers_->held(lane).first;
  }

  log_status status() const override {
    const std::lock_guard lock{brokers_->mutex};
    auto made = counts_;
    made.waiting = reports_.size();
    if (!reports_.empty()) made.oldest_waiting = std::chrono::floor<milliseconds>(clock_type::now() - reports_.front()->since);
    made.connected = !brokers_->is_away();
    return made;
  }

  std::size_t pump(std::size_t most) override {
    std::size_t count = 0;
    while (count < most && give_one()) ++count;
    return count;
  }
  void pause(bool stopped) override {
    const std::lock_guard calls{calls_};  // what runs now ends first
    const std::lock_guard lock{brokers_->mutex};
    paused_ = stopped;
    brokers_->changed.notify_all();
  }

  void close(milliseconds patience) override {
    {
      std::unique_lock lock{brokers_->mutex};
      if (std::exchange(closed_, true)) return;
      if (!options_.by_pump) brokers_->changed.wait_for(lock, patience, [this] { return reports_.empty(); });
      ends_ = true;
      brokers_->changed.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    const std::lock_guard calls{calls_};
    std::deque<report_ptr> left;
    {
      const std::lock_guard lock{brokers_->mutex};
      readers_.clear();
      left.swap(reports_);
    }
    for (auto& one : left) one->done(fail(errc::unavailable, "the log was closed before the brokers reported"));
  }

 private:
  struct reader {
    std::shared_ptr<on_records> give{};
    log_offset next = 0;
  };

  void run() {
    name_this_thread("memory log");
    for (;;) {
      while (give_one()) {}
      std::unique_lock lock{brokers_->mutex};
      brokers_->changed.wait(lock, [this] { return ends_ || is_due(); });
      if (ends_) return;
    }
  }

  bool is_due() const { return !paused_ && (has_report() || due_reader() != readers_.end()); }
  bool has_report() const { return !reports_.empty() && reports_.front()->is_due; }
  std::map<lane_id, reader>::const_iterator due_reader() const {
    if (brokers_->is_away()) return readers_.end();
    return std::find_if(readers_.begin(), readers_.end(), [this](const auto& one) {
      const auto held = brokers_->held(one.first);
      return one.second.next < held.first || one.second.next != held.end;
    });
  }

  /// Runs one callback that is due. False when none is.
  bool give_one() {
    const std::lock_guard calls{calls_};
    std::unique_lock lock{brokers_->mutex};
    if (paused_ || ends_) return false;
    const auto from = due_reader();
    const bool has_records = from != readers_.end();
    if (has_report() && !(options_.records_first && has_records)) {
      const auto told = reports_.front();
      reports_.pop_front();
      ++(told->came ? counts_.reported : counts_.failed);
      lock.unlock();
      told->done(told->came);
      brokers_->changed.notify_all();
      return true;
    }
    if (!has_records) return false;
    give_records(from->first, lock);
    return true;
  }

  void give_records(lane_id lane, std::unique_lock<std::mutex>& lock) {
    auto& to = readers_.at(lane);
    const auto give = to.give;
    const auto held = brokers_->held(lane);
    if (to.next < held.first || to.next > held.end) {
      const auto wanted = "lane " + std::to_string(lane) + " has no offset " + std::to_string(to.next);
      const auto code = to.next < held.first ? errc::not_found : errc::corrupt;
      readers_.erase(lane);
      lock.unlock();
      return (*give)(fail(code, wanted));
    }
    const auto kept = brokers_->read(lane, to.next);
    to.next = kept.back().offset + 1;
    counts_.read += kept.size();
    lock.unlock();
    std::vector<log_record> records;
    records.reserve(kept.size());
    for (const auto& one : kept) records.push_back({one.offset, one.at, one.bytes});
    (*give)(std::span<const log_record>{records});
  }

  const std::shared_ptr<brokers_impl> brokers_;
  const memory_log_options options_;
  std::recursive_mutex calls_{};  ///< held while a callback runs
  // Under the brokers' mutex.
  std::deque<report_ptr> reports_{};
  std::map<lane_id, reader> readers_{};
  log_status counts_{};
  bool paused_ = false;
  bool closed_ = false;
  bool ends_ = false;
  std::thread thread_{};
};

}  // namespace

std::shared_ptr<memory_brokers> make_memory_brokers(lane_id lanes, std::function<time_point()> now) {
  return std::make_shared<brokers_impl>(lanes, std::move(now));
}

std::unique_ptr<memory_log> make_memory_log(std::shared_ptr<memory_brokers> brokers, memory_log_options options) {
  return std::make_unique<memory_log_impl>(std::static_pointer_cast<brokers_impl>(std::move(brokers)), options);
}

}  // namespace seatgrid
