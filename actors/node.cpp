#include "actors/node.hpp"

#include <algorithm>
#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "actors/engine.hpp"
#include "actors/event_publisher.hpp"
#include "actors/live_events.hpp"
#include "actors/node_events.hpp"
#include "actors/node_gateway.hpp"
#include "actors/recording_audit.hpp"
#include "actors/retention.hpp"
#include "base/thread_name.hpp"

namespace seatgrid {
namespace {

constexpr milliseconds chores_every{50};
constexpr seconds first_sweep_after{30};           // a start has more urgent work
constexpr std::size_t told_at_once = 2'000;        // configuration news per chore
constexpr std::uint64_t tell_backlog_max = 4'000;  // calls go before news
constexpr milliseconds stop_wait{5'000};

struct threads_config : caf::actor_system_config {
  explicit threads_config(std::uint16_t threads) {
    // One queue for all workers: no polling, so an idle node sleeps and a first message wakes a thread at once.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", static_cast<std::size_t>(std::max<std::uint16_t>(threads, 1)));
  }
};

template <class Id, class Config>
void differences(const tenant_config* before, const tenant_config* after, std::map<std::string, Config> tenant_config::*all,
                 std::deque<std::pair<entity_ref, std::uint64_t>>& out) {
  static const std::map<std::string, Config> none;
  const auto& old = before ? before->*all : none;
  const auto& now = after ? after->*all : none;
  const auto& tenant = (after ? after : before)->tenant;
  const auto version = after ? after->version : 0;
  for (const auto& [name, config] : now) {
    const auto it = old.find(name);
    if (it == old.end() || !(it->second == config)) out.emplace_back(ref(Id::named(tenant, name)), version);
  }
  for (const auto& [name, unused] : old)
    if (!now.contains(name)) out.emplace_back(ref(Id::named(tenant, name)), version);
}

class threaded_node final : public node {
 public:
  threaded_node(node_options options, journal& log, config_store& config, const clock& time, const node_ports& ports)
      : caf_config_(options.threads),
        system_(caf_config_),
        recordings_allowed_(ports.recordings_allowed),
        engine_(system_, std::move(options), log, config, time, ports, actors::make_core,
                {.entity_message = {}, .forward = ports.forward, .is_elsewhere = ports.is_elsewhere}),
        gateway_(engine_, config),
        retention_(engine_),
        recordings_audit_(engine_),
        node_events_(engine_),
        config_(config),
        news_(std::make_shared<news>()) {}

  ~threaded_node() override { stop(); }

  void start() {
    engine_.start();
    config_.on_change([kept = std::weak_ptr<news>{news_}](const std::vector<config_change>& changes) {
      const auto mine = kept.lock();
      if (!mine) return;
      const std::lock_guard lock{mine->mutex};
      for (const auto& change : changes) {
        const auto* before = change.before.get();
        const auto* after = change.after.get();
        differences<queue_id>(before, after, &tenant_config::queues, mine->to_tell);
        differences<agent_id>(before, after, &tenant_config::agents, mine->to_tell);
      }
    });
    if (engine_.options().publisher.open) {
      publisher_ = std::make_unique<actors::event_publisher>(engine_, engine_.options().publisher);
      retention_.keep_from([this](lane_id lane) { return publisher_->done_before(lane); });
      gateway_.add_metrics([this](std::vector<metric>& out) { publisher_->write(out); });
    }
    chores_ = std::jthread{[this](const std::stop_token& stop) { run_chores(stop); }};
    if (engine_.ports().settle_recordings) settling_ = std::jthread{[this](const std::stop_token& stop) { settle_files(stop); }};
  }

  void on(leg_event event) override { engine_.on(std::move(event)); }
  void on(media_event event) override { engine_.on(std::move(event)); }
  void on(register_request request) override { engine_.on(std::move(request)); }
  gateway& api() override { return gateway_; }
  restore_progress restored() const override { return engine_.restored(); }
  bool ready() const override { return engine_.ready(); }
  bool wait_ready(milliseconds longest) const override {
    const auto until = std::chrono::steady_clock::now() + longest;
    while (!engine_.ready()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(milliseconds{1});
    }
    return true;
  }
  void drain() override { engine_.drain(); }

  void claim(lane_id lane, std::function<void(bool)> done) override {
    lane_at(lane).claim([this, lane, done = std::move(done)](bool won) {
      if (won) tell_all_of(lane);
      done(won);
    });
  }
  void bring_to_rest(lane_id lane, milliseconds patience, std::function<void(bool)> done) override {
    lane_at(lane).bring_to_rest(patience, std::move(done));
  }
  void owners_changed() override {
    for (const auto& one : engine_.lanes()) one->owner_changed();
  }
  void resume_calls_at(slot_number slot, const std::unordered_set<entity_ref>& others) override {
    for (const auto& one : engine_.lanes()) one->resume_calls_at(slot, others);
  }
  void take(std::shared_ptr<actors::entity_input> in) override { engine_.take(std::move(in)); }
  void on_foreign_step(const recorded_step& counted) override {
    if (auto events = actors::events_of(counted); !events.empty()) engine_.events().push(std::move(events));
  }
  void on_roster(std::uint64_t offset, const std::optional<cluster::roster_record>& what, time_point log) override {
    node_events_.on_record(offset, what, log);
  }

  void stop() override {
    if (stopped_.exchange(true)) return;
    for (auto* thread : {&chores_, &settling_}) {
      thread->request_stop();
      if (thread->joinable()) thread->join();
    }
    if (publisher_) publisher_->stop();
    engine_.stop();
    // The journal's callbacks know this engine: wait until none is left, and until the last actor has gone.
    const auto until = std::chrono::steady_clock::now() + stop_wait;
    const auto busy = [&] {
      for (const auto& one : engine_.lanes())
        if (one->unsynced() != 0) return true;
      return engine_.count().actors.load() != 0;
    };
    while (busy() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds{1});
  }

 private:
  struct news {
    std::mutex mutex{};
    std::deque<std::pair<entity_ref, std::uint64_t>> to_tell{};
  };

  actors::lane& lane_at(lane_id lane) { return *engine_.lanes()[lane - 1U]; }

  /// Its former owner may have died before it told its queues and agents.
  void tell_all_of(lane_id lane) {
    const std::lock_guard lock{news_->mutex};
    for (const auto& tenant : config_.tenants()) {
      const entity_ref any{entity_kind::tenant, std::uint64_t{shard_of_tenant(tenant->tenant)} << (64 - shard_bits)};
      if (engine_.lane_of(any).id() != lane) continue;
      differences<queue_id>(nullptr, tenant.get(), &tenant_config::queues, news_->to_tell);
      differences<agent_id>(nullptr, tenant.get(), &tenant_config::agents, news_->to_tell);
    }
  }

  void run_chores(const std::stop_token& stop) {
    name_this_thread("chores");
    auto sweep_at = std::chrono::steady_clock::now() + std::min(first_sweep_after, engine_.options().retention.every);
    auto disk_at = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
      const auto now = std::chrono::steady_clock::now();
      engine_.requests().expire(now);
      for (const auto& one : engine_.lanes()) one->serve_stall();
      tell_news();
      if (now >= disk_at) {
        watch_disk();
        disk_at = now + engine_.options().disk.every;
      }
      recordings_audit_.explain_missing();
      node_events_.tell();
      if (now >= sweep_at) sweep_at = retention_.sweep() ? now + seconds{1} : now + engine_.options().retention.every;
      std::this_thread::sleep_for(chores_every);
    }
  }

  void settle_files(const std::stop_token& stop) {
    name_this_thread("settle files");
    while (!engine_.ready() && !stop.stop_requested()) std::this_thread::sleep_for(chores_every);
    engine_.ports().settle_recordings([this](const std::string& path) { return recordings_audit_.owner_of(path); },
                                      [&] { return !stop.stop_requested(); });
  }

  /// News go out in parts, so that 100,000 of them do not stand before a call.
  void tell_news() {
    if (!engine_.ready()) return;
    std::vector<std::pair<entity_ref, std::uint64_t>> part;
    {
      const std::lock_guard lock{news_->mutex};
      for (const auto& one : engine_.lanes())
        if (one->backlog() > tell_backlog_max) return;
      const auto many = std::min(told_at_once, news_->to_tell.size());
      part.assign(news_->to_tell.begin(), news_->to_tell.begin() + static_cast<std::ptrdiff_t>(many));
      news_->to_tell.erase(news_->to_tell.begin(), news_->to_tell.begin() + static_cast<std::ptrdiff_t>(many));
    }
    for (const auto& [entity, version] : part)
      if (engine_.lane_of(entity).is_wanted()) engine_.tell(entity, config_changed{version});  // else its owner tells it
  }

  void watch_disk() {
    const auto& disk = engine_.options().disk;
    if (!disk.free_percent) return;
    const auto free = disk.free_percent();
    const bool journal_low = engine_.log().status().low_space;  // it may lie on another disk
    const bool recordings = free >= disk.recordings_stop_below && !journal_low;
    const bool calls = free >= disk.calls_stop_below && !journal_low;
    if (recordings != recordings_ && recordings_allowed_) recordings_allowed_(recordings);
    if (recordings != recordings_ || calls != calls_)
      engine_.say("disk: " + std::to_string(free) + " % free" + (journal_low ? ", the journal is short of space" : "") +
                  "; recordings " + (recordings ? "on" : "off") + ", new calls " + (calls ? "on" : "off"));
    recordings_ = recordings;
    calls_ = calls;
    engine_.set_calls_allowed(calls);
  }

  threads_config caf_config_;
  caf::actor_system system_;
  const std::function<void(bool)> recordings_allowed_;
  actors::engine engine_;
  actors::node_gateway gateway_;
  actors::retention retention_;
  actors::recording_audit recordings_audit_;
  actors::node_events node_events_;
  std::unique_ptr<actors::event_publisher> publisher_{};
  config_store& config_;
  std::shared_ptr<news> news_;
  std::atomic<bool> stopped_{false};
  bool recordings_ = true;
  bool calls_ = true;
  std::jthread chores_{};
  std::jthread settling_{};
};

}  // namespace

result<std::unique_ptr<node>> node::start(node_options options, journal& log, config_store& config, const clock& time,
                                          const node_ports& ports) {
  if (options.lanes == 0) return fail(errc::invalid, "node.lanes: at least 1");
  if (!ports.to_leg || !ports.to_media || !ports.register_reply) return fail(errc::invalid, "a node needs all of its ports");
  auto made = std::make_unique<threaded_node>(std::move(options), log, config, time, ports);
  made->start();
  return std::unique_ptr<node>{std::move(made)};
}

}  // namespace seatgrid
