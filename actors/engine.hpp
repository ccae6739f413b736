#pragma once

#include <atomic>
#include <caf/actor_system.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "actors/counters.hpp"
#include "actors/engine_hooks.hpp"
#include "actors/lane.hpp"
#include "actors/live_events.hpp"
#include "actors/node.hpp"
#include "actors/requests.hpp"
#include "base/overload.hpp"

namespace seatgrid::actors {

/// Lanes, routing and the way of effects to their ports: what `node` runs on threads and `sim/` on a virtual clock.
class engine {
 public:
  engine(caf::actor_system& system, node_options options, journal& log, const config_source& config, const clock& time,
         node_ports ports, core_factory cores, engine_hooks hooks = {});
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  void start();
  void stop();

  void on(leg_event event);
  void on(media_event event);
  void on(register_request request);
  void submit(control::command order, std::string tenant, gateway::answer done);
  /// The entity's state as JSON. @error not_found, timed_out, full
  void ask(entity_ref entity, std::string tenant, gateway::answer done);
  void tell(entity_ref entity, const config_changed& news);
  /// An input that another process handed on.
  void take(input_ptr in);

  lane& lane_of(entity_ref entity) { return *lanes_[entity.shard() % lanes_.size()]; }
  const std::vector<std::unique_ptr<lane>>& lanes() const { return lanes_; }
  bool ready() const;
  std::string why_not_ready() const;
  restore_progress restored() const;

  // --- for lanes and shells
  caf::actor_system& system() { return system_; }
  const node_options& options() const { return options_; }
  journal& log() { return log_; }
  const config_source& config() const { return config_; }
  const clock& time() const { return time_; }
  counters& count() { return counters_; }
  request_table& requests() { return requests_; }
  live_events& events() { return *events_; }
  std::unique_ptr<entity_core> core(entity_kind kind) const { return cores_(kind); }
  /// An effect that may leave now. `life` is of the entity it comes from.
  void release(effect& one, const promise& step_of, lane& from, const life_ptr& life);
  /// Everything that waited for a step that now counts.
  void release_counted(promise& step_of, const step_position& position, lane& from, const life_ptr& life);
  void refuse(const entity_input& in, const error& why);
  /// A new call gets 503 with Retry-After.
  void refuse_overload(const entity_input& in);
  /// Likewise; returns the cause that the caller hears.
  release_cause refuse_call(leg_id leg);
  /// In a cluster: see engine_hooks::forward.
  bool claims_by_order() const { return static_cast<bool>(hooks_.forward); }
  bool forward(lane_id lane, const entity_input& in);
  bool is_elsewhere(lane_id lane) const { return hooks_.is_elsewhere && hooks_.is_elsewhere(lane); }
  void say(const std::string& line) const;
  void fatal(const std::string& why) const;

  void drain() { draining_ = true; }
  bool is_draining() const { return draining_; }
  void set_calls_allowed(bool allowed) { calls_allowed_ = allowed; }

  const node_ports& ports() const { return ports_; }

 private:
  bool takes_new_call(lane& at) const;
  template <class What>
  void request(entity_ref to, What what, std::string tenant, gateway::answer done);
  bool is_in_time(leg_invite& order, const promise& step_of, lane& from);
  void send_entity(const to_entity& message, const std::string& tenant, lane& from, const life_ptr& life);

  caf::actor_system& system_;
  const node_options options_;
  journal& log_;
  const config_source& config_;
  const clock& time_;
  const node_ports ports_;
  const core_factory cores_;
  const engine_hooks hooks_;
  counters counters_{};
  request_table requests_;
  std::shared_ptr<live_events> events_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> calls_allowed_{true};
  std::vector<std::unique_ptr<lane>> lanes_{};
};

}  // namespace seatgrid::actors
