#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cluster/lane_journal.hpp"
#include "storage/memory/memory_log.hpp"
#include "storage/rocks/rocks_store.hpp"
#include "tests/contract/storage/journal_bed.hpp"

/// Processes of a cluster in one test: each a lane_journal on the shared log, with a store that outlives it.
namespace seatgrid::testing {

inline constexpr std::chrono::seconds lane_patience{20};
inline constexpr lane_id test_lanes = 4;

inline bool wait_for(const std::function<bool()>& what) {
  const auto until = std::chrono::steady_clock::now() + lane_patience;
  while (!what()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

/// One process. Killed: what it had in flight goes its own way, its store stays.
class lane_process {
 public:
  using log_maker = std::function<std::unique_ptr<lane_log>()>;
  lane_process(std::string node, log_maker make_log, log_maker make_snapshots = {})
      : node_(std::move(node)), make_log_(std::move(make_log)), make_snapshots_(std::move(make_snapshots)) {}

  result<void> open(cluster::lane_journal_options options = {}) {
    auto store = open_rocks_store(directory_.path(), {.gather = milliseconds{20}});
    if (!store) return tl::unexpected(store.error());
    options.me = {node_, cluster::random_process_id()};
    options.rebuild_pause = milliseconds{20};
    options.say = [this](const std::string& line) {
      const std::lock_guard lock{said_mutex_};
      said_.push_back(line);
    };
    auto log = make_log_();
    log_ = log.get();
    auto opened = cluster::open_lane_journal(std::move(log), std::move(*store), std::move(options),
                                             make_snapshots_ ? make_snapshots_() : nullptr);
    if (!opened) return tl::unexpected(opened.error());
    journal_ = std::move(*opened);
    return {};
  }
  /// Ends it at once. Its done callbacks may still run, as failures.
  void kill() {
    log_->close(milliseconds{0});
    journal_.reset();
  }
  void restart(cluster::lane_journal_options options = {}) {
    if (journal_) kill();
    const auto opened = open(std::move(options));
    ASSERT_TRUE(opened) << opened.error().what;
  }
  cluster::lane_journal& operator*() { return *journal_; }
  cluster::lane_journal* operator->() { return journal_.get(); }
  lane_log& log() { return *log_; }
  cluster::lane_view view(lane_id lane) { return journal_->lanes().at(lane); }
  lane_epoch claimed(lane_id lane) {
    auto epoch = claim_and_wait(*journal_, lane, lane_patience);
    // Whoever has not read the last claim yet loses to it, and may ask again.
    for (int tries = 0; !epoch && epoch.error().code == errc::conflict && tries < 10; ++tries)
      epoch = claim_and_wait(*journal_, lane, lane_patience);
    EXPECT_TRUE(epoch) << epoch.error().what;
    return epoch.value_or(lane_epoch{});
  }
  bool said(const std::string& part) const {
    const std::lock_guard lock{said_mutex_};
    for (const auto& line : said_)
      if (line.find(part) != std::string::npos) return true;
    return false;
  }

 private:
  const std::string node_;
  const log_maker make_log_, make_snapshots_;
  scratch_directory directory_{};
  mutable std::mutex said_mutex_{};
  std::vector<std::string> said_{};
  lane_log* log_ = nullptr;
  std::unique_ptr<cluster::lane_journal> journal_{};
};

/// The outcome of one append, whenever it comes. Must outlive it.
class appended {
 public:
  appended() = default;
  appended(journal& to, lane_epoch at, step what) { begin(to, at, std::move(what)); }
  void begin(journal& to, lane_epoch at, step what) {
    to.append(at, std::move(what), [kept = kept_](result<step_position> came) {
      const std::lock_guard lock{kept->mutex};
      ++kept->times;
      kept->outcome = std::move(came);
      kept->changed.notify_all();
    });
  }
  /// @error timed_out  none yet
  result<step_position> wait(std::chrono::milliseconds longest = lane_patience) const {
    std::unique_lock lock{kept_->mutex};
    kept_->changed.wait_for(lock, longest, [this] { return kept_->times > 0; });
    return kept_->times > 0 ? kept_->outcome : fail(errc::timed_out, "no word");
  }
  int times() const {
    const std::lock_guard lock{kept_->mutex};
    return kept_->times;
  }

 private:
  struct state {
    mutable std::mutex mutex{};
    std::condition_variable changed{};
    int times = 0;
    result<step_position> outcome = fail(errc::timed_out, "no word");
  };
  std::shared_ptr<state> kept_ = std::make_shared<state>();
};

inline std::vector<std::string> commands(const journal& from, lane_id lane) {
  std::vector<std::string> all;
  for (const auto& one : all_steps(from, lane)) all.push_back(one.step.command);
  return all;
}

}  // namespace seatgrid::testing
