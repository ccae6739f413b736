#include "cluster/lane_journal.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <thread>
#include <utility>

#include "base/thread_name.hpp"
#include "cluster/lane_desk_internal.hpp"
#include "cluster/retention_internal.hpp"
#include "storage/journal_over_store.hpp"

namespace seatgrid::cluster {

namespace {

constexpr int io_error_status = 74;  // sysexits EX_IOERR
constexpr milliseconds tick_soon{10}, tick_idle{200};

void print_and_exit(const std::string& why) {
  std::fprintf(stderr, "seatgrid ends: %s\n", why.c_str());
  ::_exit(io_error_status);
}

node_time steady_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

class lane_journal_impl final : public journal_over_store<lane_journal> {
 public:
  lane_journal_impl(std::unique_ptr<lane_log> log, std::unique_ptr<lane_store> store, lane_journal_options options,
                    std::unique_ptr<lane_log> snapshots)
      : journal_over_store(std::move(store), options.journal.trim_steps_max),
        options_(std::move(options)),
        log_(std::move(log)),
        snapshots_(snapshots ? std::make_unique<snapshot_topic>(std::move(snapshots)) : nullptr),
        room_{.log = *log_, .store = *store_, .snapshots = snapshots_.get(), .options = options_, .calls = calls_} {
    options_.lane.lanes = log_->lanes();
    if (!options_.end_process) options_.end_process = print_and_exit;
    room_.now = options_.now ? options_.now : steady_now;
    room_.wake = [this] { wake_up(); };
  }
  ~lane_journal_impl() override { lane_journal_impl::close(); }

  result<void> open() {
    if (options_.me.node.empty() || options_.me.node.size() > node_name_bytes_max || !options_.me.process)
      return fail(errc::invalid, "a node of a cluster needs a name of 1 to " + std::to_string(node_name_bytes_max) + " bytes");
    for (lane_id id = 0; id < log_->lanes(); ++id) {
      auto applied = applied_of(id);
      if (!applied) return tl::unexpected(applied.error());
      desks_.push_back(std::make_unique<lane_desk>(id, room_, *applied));
    }
    for (lane_id id = 0; id < log_->lanes(); ++id) {
      const auto bounds = log_->bounds(id, options_.start_patience);
      if (!bounds) return tl::unexpected(bounds.error());
      if (auto started = desks_[id]->open(*bounds); !started) return started;
    }
    if (options_.by_hand) return {};
    ticker_ = std::thread{[this] { run(); }};
    retainer_ = std::thread{[this] { run_retention(); }};
    return {};
  }

  void claim(lane_id lane, on_claimed done, on_lost lost) override {
    if (auto* desk = desk_of(lane); desk != nullptr && !closed_) return desk->claim(std::move(done), std::move(lost));
    done(tl::unexpected(refusal(lane)));
  }
  void append(lane_epoch at, step step, on_counted done) override {
    if (auto* desk = desk_of(at.lane); desk != nullptr && !closed_) return desk->append(at, std::move(step), std::move(done));
    done(tl::unexpected(refusal(at.lane)));
  }

  journal_status status() const override {
    const auto views = lanes();
    return {.waiting = room_.waiting,
            .counted = room_.counted,
            .frames = room_.frames,
            .failed = std::any_of(views.begin(), views.end(), [](const auto& one) { return !one.trouble.empty(); })};
  }
  std::vector<lane_view> lanes() const override {
    std::vector<lane_view> all;
    for (const auto& desk : desks_) all.push_back(desk->view());
    return all;
  }
  void give_up(const std::string& why) override {
    for (auto& desk : desks_) desk->give_up({errc::unavailable, why});
  }

  void set_lanes(std::set<lane_id> folds) override {
    for (std::size_t id = 0; id < desks_.size(); ++id) desks_[id]->set_folds(folds.contains(static_cast<lane_id>(id)));
  }
  void look_after_retention() override {
    const std::lock_guard only_one{retention_mutex_};
    retention_.look();
  }
  result<void> make_snapshot(lane_id lane) override {
    const std::lock_guard only_one{retention_mutex_};
    return retention_.make(lane);
  }

  void tick() override {
    soon_ = false;
    for (auto& desk : desks_) soon_ = desk->tick() || soon_;
    calls_.run();
  }

  void close() override {
    const std::lock_guard only_one{close_mutex_};
    if (closed_.exchange(true)) return;
    const auto until = std::chrono::steady_clock::now() + options_.close_patience;
    const auto idle = [this] {
      return room_.waiting == 0 && std::all_of(desks_.begin(), desks_.end(), [](const auto& desk) { return desk->is_idle(); });
    };
    while (!options_.by_hand && !idle() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds{1});
    log_->close(milliseconds{0});
    {
      const std::lock_guard lock{wake_mutex_};
      ends_ = true;
    }
    wake_.notify_all();
    no_more_.notify_all();
    if (snapshots_) snapshots_->close();
    for (auto* each : {&ticker_, &retainer_})
      if (each->joinable()) each->join();
    const std::lock_guard no_snapshot{retention_mutex_};
    for (auto& desk : desks_) desk->fail_rest();
  }

 private:
  /// How far the store has folded the lane. An embedded journal has steps and no fold: its lanes are not the cluster's.
  result<std::optional<applied_fold>> applied_of(lane_id id) const {
    const auto bytes = store_->fold(id);
    if (bytes) return decode_fold(*bytes).map([](applied_fold found) { return std::optional{std::move(found)}; });
    if (bytes.error().code != errc::not_found) return tl::unexpected(bytes.error());
    if (store_->lanes().contains(id)) return fail(errc::invalid, "the directory holds an embedded journal, not a cluster's");
    return std::optional<applied_fold>{};
  }
  lane_desk* desk_of(lane_id lane) const { return lane < desks_.size() ? desks_[lane].get() : nullptr; }
  error refusal(lane_id lane) const {
    if (closed_) return {errc::wrong_state, "the journal is closed"};
    return {errc::wrong_state, "the cluster has no lane " + std::to_string(lane)};
  }

  void wake_up() {
    {
      const std::lock_guard lock{wake_mutex_};
      woken_ = true;
    }
    wake_.notify_all();
  }
  void run() {
    name_this_thread("lanes");
    std::unique_lock lock{wake_mutex_};
    while (!ends_) {
      wake_.wait_for(lock, soon_ ? tick_soon : tick_idle, [this] { return woken_ || ends_; });
      woken_ = false;
      lock.unlock();
      tick();
      lock.lock();
    }
  }

  void run_retention() {
    name_this_thread("retention");
    std::unique_lock lock{wake_mutex_};
    while (!no_more_.wait_for(lock, options_.retention.look_every, [this] { return ends_.load(); })) {
      lock.unlock();
      look_after_retention();
      lock.lock();
    }
  }

  lane_journal_options options_;
  callbacks calls_{};
  const std::unique_ptr<lane_log> log_;
  const std::unique_ptr<snapshot_topic> snapshots_;
  desk_room room_;
  std::vector<std::unique_ptr<lane_desk>> desks_{};
  std::atomic<bool> ends_{false};
  retention_keeper retention_{room_, desks_, ends_};
  std::mutex retention_mutex_{};
  std::atomic<bool> closed_{false};
  std::mutex close_mutex_{};
  std::mutex wake_mutex_{};
  std::condition_variable wake_{};
  std::condition_variable no_more_{};
  bool woken_ = false;
  bool soon_ = true;
  std::thread ticker_{}, retainer_{};
};

}  // namespace

result<std::unique_ptr<lane_journal>> open_lane_journal(std::unique_ptr<lane_log> log, std::unique_ptr<lane_store> store,
                                                        lane_journal_options options, std::unique_ptr<lane_log> snapshots) {
  auto made = std::make_unique<lane_journal_impl>(std::move(log), std::move(store), std::move(options), std::move(snapshots));
  if (auto opened = made->open(); !opened) return tl::unexpected(opened.error());
  return made;
}

}  // namespace seatgrid::cluster
