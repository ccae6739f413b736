#include "actors/virtual_engine.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <utility>

#include "actors/engine.hpp"
#include "actors/node_events.hpp"

namespace seatgrid::actors {
namespace {

struct testing_config : caf::actor_system_config {
  testing_config() { set("scheduler.policy", caf::atom("testing")); }
};

class on_virtual_clock final : public virtual_engine {
 public:
  on_virtual_clock(node_options options, journal& log, const config_source& config, const clock& time, node_ports ports,
                   core_factory cores, engine_hooks hooks)
      : scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
        engine_((scheduler_.clock().current_time += std::chrono::hours(1), system_), std::move(options), log, config, time,
                std::move(ports), std::move(cores), std::move(hooks)) {}

  ~on_virtual_clock() override {
    engine_.stop();
    while (scheduler_.has_job()) scheduler_.run_once();
  }

  void start() override { engine_.start(); }
  void on(leg_event event) override { engine_.on(std::move(event)); }
  void on(media_event event) override { engine_.on(std::move(event)); }
  void on(register_request request) override { engine_.on(std::move(request)); }
  void submit(control::command order, std::string tenant, gateway::answer done) override {
    engine_.submit(std::move(order), std::move(tenant), std::move(done));
  }
  void tell(entity_ref entity, const config_changed& news) override { engine_.tell(entity, news); }

  void claim(lane_id lane, std::function<void(bool)> done) override { engine_.lanes()[lane - 1U]->claim(std::move(done)); }
  void bring_to_rest(lane_id lane, milliseconds patience, std::function<void(bool)> done) override {
    engine_.lanes()[lane - 1U]->bring_to_rest(patience, std::move(done));
  }
  void owners_changed() override {
    for (const auto& one : engine_.lanes()) one->owner_changed();
  }
  void resume_calls_at(slot_number slot, const std::unordered_set<entity_ref>& others) override {
    for (const auto& one : engine_.lanes()) one->resume_calls_at(slot, others);
  }
  void take(input_ptr in) override { engine_.take(std::move(in)); }
  void on_roster(std::uint64_t offset, const std::optional<cluster::roster_record>& what, time_point log) override {
    node_events_.on_record(offset, what, log);
  }

  bool has_job() const override { return scheduler_.has_job(); }
  void run_one(std::uint64_t choice) override {
    auto& jobs = scheduler_.jobs;
    if (jobs.empty()) return;
    const auto picked = jobs.begin() + static_cast<std::ptrdiff_t>(choice % jobs.size());
    std::rotate(jobs.begin(), picked, picked + 1);
    scheduler_.run_once();
  }

  std::optional<std::chrono::microseconds> until_next_wait() override {
    std::optional<timer_table::moment> next;
    for (const auto& one : engine_.lanes())
      if (const auto deadline = one->next_deadline(); deadline && (!next || *deadline < *next)) next = deadline;
    if (!next) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::microseconds>(*next - scheduler_.clock().now());
    return std::max(left, std::chrono::microseconds{0}) + std::chrono::microseconds{2};
  }
  void advance(std::chrono::microseconds by) override {
    scheduler_.advance_time(by);
    engine_.requests().expire(scheduler_.clock().now());
    for (const auto& one : engine_.lanes()) one->serve_stall();
    node_events_.tell();
  }
  bool ready() const override { return engine_.ready(); }
  std::uint64_t actors_in_memory() const override { return const_cast<engine&>(engine_).count().actors; }
  std::vector<metric> metrics() const override {
    std::vector<metric> out;
    const_cast<engine&>(engine_).count().write(out);
    return out;
  }

 private:
  testing_config config_{};
  caf::actor_system system_{config_};
  caf::scheduler::test_coordinator& scheduler_;
  engine engine_;
  node_events node_events_{engine_};
};

}  // namespace

std::unique_ptr<virtual_engine> virtual_engine::make(node_options options, journal& log, const config_source& config,
                                                     const clock& time, node_ports ports, core_factory cores,
                                                     engine_hooks hooks) {
  return std::make_unique<on_virtual_clock>(std::move(options), log, config, time, std::move(ports), std::move(cores),
                                            std::move(hooks));
}

}  // namespace seatgrid::actors
