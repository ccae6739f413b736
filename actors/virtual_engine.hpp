#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>

#include "actors/engine_hooks.hpp"
#include "actors/node.hpp"

/// The production lanes and shells on one thread in virtual time: the caller says which actor runs next and how late it is.
namespace seatgrid::actors {

class virtual_engine {
 public:
  /// All references must outlive it. `cores` empty = the production rules.
  static std::unique_ptr<virtual_engine> make(node_options options, journal& log, const config_source& config, const clock& time,
                                              node_ports ports, core_factory cores, engine_hooks hooks);
  virtual ~virtual_engine() = default;

  virtual void start() = 0;
  virtual void on(leg_event event) = 0;
  virtual void on(media_event event) = 0;
  virtual void on(register_request request) = 0;
  virtual void submit(control::command order, std::string tenant, gateway::answer done) = 0;
  virtual void tell(entity_ref entity, const config_changed& news) = 0;

  // In a cluster, as node.hpp has them.
  virtual void claim(lane_id lane, std::function<void(bool won)> done) = 0;
  virtual void bring_to_rest(lane_id lane, milliseconds patience, std::function<void(bool rests)> done) = 0;
  virtual void owners_changed() = 0;
  virtual void resume_calls_at(slot_number slot, const std::unordered_set<entity_ref>& others) = 0;
  virtual void take(input_ptr in) = 0;
  virtual void on_roster(std::uint64_t offset, const std::optional<cluster::roster_record>& what, time_point log) = 0;

  virtual bool has_job() const = 0;
  /// Runs one actor for its next messages; `choice` picks among those that can run.
  virtual void run_one(std::uint64_t choice) = 0;
  /// Virtual time until the next wait ends; nothing = no wait runs.
  virtual std::optional<std::chrono::microseconds> until_next_wait() = 0;
  virtual void advance(std::chrono::microseconds by) = 0;
  virtual bool ready() const = 0;
  virtual std::uint64_t actors_in_memory() const = 0;
  virtual std::vector<metric> metrics() const = 0;
};

}  // namespace seatgrid::actors
