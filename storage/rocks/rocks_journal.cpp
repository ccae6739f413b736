#include "storage/rocks/rocks_journal.hpp"

#include <rocksdb/perf_level.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include "base/bounded_queue.hpp"
#include "base/thread_name.hpp"
#include "storage/journal_over_store.hpp"
#include "storage/rocks/data_directory.hpp"
#include "storage/step_stager.hpp"

namespace seatgrid {

namespace {

constexpr int io_error_status = 74;                       // sysexits EX_IOERR
constexpr std::size_t reused_entries_max = 16'384;        // a burst's memory is given back
constexpr std::uint64_t written_between_looks = 1 << 20;  // bytes after which the disk is looked at again
constexpr std::chrono::milliseconds time_between_looks{200};
constexpr std::chrono::milliseconds idle_look{1'000};

/// What waits for the writer: a step, or a claim.
struct entry {
  lane_epoch at{};
  stored_step record{};
  on_counted done{};
  std::optional<error> refused{};
  on_claimed claimed{};  ///< it is a claim
  result<step_position> outcome{};
};

class rocks_journal final : public journal_over_store<journal> {
 public:
  rocks_journal(std::string directory, rocks_options options, std::unique_ptr<lane_store> store)
      : journal_over_store(std::move(store), options.journal.trim_steps_max),
        directory_(std::move(directory)),
        options_(std::move(options)),
        reserve_(directory_, {options_.journal.reserve_bytes, options_.journal.free_bytes_low, options_.journal.free_bytes_stop}),
        stager_(*store_, options_.journal),
        queue_("journal.waiting", 2 * std::size_t{options_.journal.waiting_max}) {
    look_at_disk();
    writer_ = std::thread{[this] { run(); }};
  }
  ~rocks_journal() override { rocks_journal::close(); }

  void claim(lane_id lane, on_claimed done, on_lost) override {
    entry item;
    item.at.lane = lane;
    item.claimed = std::move(done);
    // NOLINTNEXTLINE(bugprone-use-after-move): what is refused stays with the producer
    if (auto pushed = queue_.push(std::move(item)); !pushed) item.claimed(tl::unexpected(pushed.error()));
  }

  void append(lane_epoch at, step step, on_counted done) override {
    entry item;
    item.at = at;
    item.done = std::move(done);
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= options_.journal.waiting_max)
      item.refused = error{errc::full, "journal.waiting_max is " + std::to_string(options_.journal.waiting_max)};
    else
      item.record = {at.epoch, std::move(step)};
    if (auto pushed = queue_.push(std::move(item)); !pushed) {
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      item.done(tl::unexpected(pushed.error()));  // NOLINT(bugprone-use-after-move): as in claim()
    }
  }

  journal_status status() const override {
    return {.waiting = waiting_.load(std::memory_order_relaxed),
            .counted = counted_.load(std::memory_order_relaxed),
            .frames = frames_.load(std::memory_order_relaxed),
            .free_bytes = free_bytes_.load(std::memory_order_relaxed),
            .low_space = low_space_.load(std::memory_order_relaxed),
            .failed = failed_.load(std::memory_order_relaxed)};
  }

  void close() override {
    queue_.close();
    const std::lock_guard lock{close_mutex_};
    if (writer_.joinable() && std::this_thread::get_id() != writer_id_) writer_.join();
  }

 private:
  void run() {
    name_this_thread("journal");
    writer_id_ = std::this_thread::get_id();
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // it counts every key comparison otherwise
    std::vector<entry> taken;
    while (queue_.take_all_for(idle_look, taken)) {
      if (taken.empty()) look_at_disk();  // space that comes back must be seen although nothing is written: new calls wait for it
      const auto begun = std::chrono::steady_clock::now();
      for (std::size_t at = 0; at < taken.size();) at = write_frame(taken, at);
      if (taken.capacity() > reused_entries_max) taken = {};
      // One call's steps come in bursts: a sync and a wake-up for each of them would cost more than all the rest of the call.
      std::this_thread::sleep_until(begun + options_.journal.sync_spacing);
    }
  }

  /// Writes the steps from `first` on that fit into one frame, syncs once, tells everyone; returns where the next frame begins.
  std::size_t write_frame(std::vector<entry>& all, std::size_t first) {
    if (since_look_ >= written_between_looks || std::chrono::steady_clock::now() >= next_look_) look_at_disk();
    std::size_t last = first;
    std::uint32_t steps = 0;
    while (last < all.size() && steps < options_.journal.frame_steps_max &&
           (steps == 0 || stager_.bytes() < options_.journal.frame_bytes_max)) {
      auto& item = all[last++];
      if (item.claimed)
        item.at = stager_.claim(item.at.lane);
      else if (item.outcome = stage(item); item.outcome)
        ++steps;
      else
        stager_.end_epoch(item.at);
    }
    const auto why = commit();
    for (auto at = first; at < last; ++at) settle(all[at], why);
    return last;
  }

  result<step_position> stage(entry& item) {
    if (item.refused) return tl::unexpected(std::move(*item.refused));
    if (auto fine = stager_.admit(item.at, item.record.step); !fine) return tl::unexpected(fine.error());
    if (space_ == room::none) return fail(errc::full, "the disk of " + directory_ + " is full");
    return stager_.put(item.at, std::move(item.record));
  }

  /// Nothing when all that was staged is on the disk.
  std::optional<error> commit() {
    if (failed_.load(std::memory_order_relaxed)) return error{errc::unavailable, "the journal's disk has failed"};
    if (stager_.empty()) return std::nullopt;
    const auto bytes = stager_.bytes();
    if (const auto written = stager_.commit(true); !written) {
      const auto why = "journal in " + directory_ + ": " + written.error().what;
      options_.end_process(why);
      failed_.store(true, std::memory_order_relaxed);
      return error{errc::unavailable, why};
    }
    since_look_ += bytes;
    frames_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }

  void settle(entry& item, const std::optional<error>& failure) {
    if (item.claimed) {
      if (failure)
        item.claimed(tl::unexpected(*failure));
      else
        item.claimed(lane_claim{item.at, store_->end(item.at.lane).at});
      item.claimed = nullptr;
      return;
    }
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    if (item.outcome && failure) item.outcome = tl::unexpected(*failure);
    if (item.outcome) counted_.fetch_add(1, std::memory_order_relaxed);
    item.done(std::move(item.outcome));
    item.done = nullptr;
  }

  void look_at_disk() {
    since_look_ = 0;
    next_look_ = std::chrono::steady_clock::now() + time_between_looks;
    space_ = reserve_.look();
    free_bytes_.store(reserve_.free_bytes(), std::memory_order_relaxed);
    low_space_.store(space_ != room::enough, std::memory_order_relaxed);
  }

  const std::string directory_;
  const rocks_options options_;
  // The writer's own.
  disk_reserve reserve_;
  room space_ = room::enough;
  std::uint64_t since_look_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
  step_stager stager_;
  // Shared.
  bounded_queue<entry> queue_;
  std::atomic<std::uint64_t> waiting_{0}, counted_{0}, frames_{0}, free_bytes_{0};
  std::atomic<bool> low_space_{false}, failed_{false};
  std::atomic<std::thread::id> writer_id_{};
  std::mutex close_mutex_{};
  std::thread writer_{};
};

void print_and_exit(const std::string& why) {
  std::fprintf(stderr, "seatgrid ends: %s\n", why.c_str());
  ::_exit(io_error_status);
}

}  // namespace

result<std::unique_ptr<journal>> open_rocks_journal(const std::string& directory, rocks_options options) {
  auto store = open_rocks_store(directory, options.store);
  if (!store) return tl::unexpected(store.error());
  if (!options.end_process) options.end_process = print_and_exit;
  return std::make_unique<rocks_journal>(directory, std::move(options), std::move(*store));
}

}  // namespace seatgrid
