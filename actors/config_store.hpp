#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/tenant_config.hpp"
#include "storage/journal.hpp"

/// Provisioning as rows of lane 0 (domain/tenant_config_rows.hpp): each version's chunks in steps that nobody reads yet, then one
/// step that moves the pointers of all tenants concerned.
namespace seatgrid {

struct config_store_options {
  std::uint32_t versions_kept = 20;    ///< older ones go, but those that a call still pins
  std::uint32_t step_bytes = 400'000;  ///< chunk rows per step; below journal.step_bytes_max
  std::uint32_t tenants_max = 10'000;
  milliseconds append_wait{10'000};  ///< longest wait for a step to count
  milliseconds claim_wait{30'000};   ///< longest wait at the start for the claim of lane 0, or until it is folded
  /// One of many nodes: lane 0 is claimed by whom the cluster lets; the node says so with own() and lost(), and what others apply
  /// comes by on_folded(). Else the store claims it itself.
  bool follows = false;
  /// With `follows`: whether lane 0 is folded up to what the log held at the start. Until then nothing is read. Empty = it is.
  std::function<bool()> is_folded{};
  milliseconds look_again{50};  ///< while lane 0 is not folded, or could not be read
};

struct config_change {
  std::string tenant{};
  config_ptr before{};  ///< null = new
  config_ptr after{};   ///< null = removed
};

class config_store : public config_source {
 public:
  /// Claims lane 0, or with `follows` waits until it is folded, and reads every tenant's current version. The journal and the
  /// clock must outlive the store.
  /// @error corrupt, unavailable; timed_out  `claim_wait` passed
  static result<std::unique_ptr<config_store>> open(journal& log, const clock& time, config_store_options options = {});

  /// Stores the tenants given (each gets its next version) and removes those named, all in one step; returns what changed: a
  /// tenant given as it is changes nothing. Blocks until stored; one at a time.
  /// @error conflict two names share an id; full too large or too many; unavailable the journal did not take it: nothing changed
  /// @error wrong_state  another node owns lane 0, `what` names it: nothing changed, ask that one
  virtual result<std::vector<config_change>> apply(std::vector<config_ptr> tenants, std::vector<std::string> removed = {}) = 0;
  virtual std::vector<config_ptr> tenants() const = 0;
  /// `tell` runs once now with every tenant as new, then after each change: on the thread of apply(), or, for what other nodes
  /// applied, on the store's own, several changes of a tenant as one. Never two at a time. At most 16 listeners.
  virtual void on_change(std::function<void(const std::vector<config_change>&)> tell) = 0;

  // What a node of a cluster tells (cluster/lane_journal.hpp). Never block; any thread.
  /// Lane 0 is this process's: apply() works.
  virtual void own(lane_epoch at) = 0;
  virtual void lost() = 0;
  /// `node` claimed lane 0.
  virtual void on_owner(const std::string& node) = 0;
  /// A step that another process wrote, of any lane.
  virtual void on_folded(const recorded_step& came) = 0;
  /// This node's copy of `lane` was made anew.
  virtual void on_remade(lane_id lane) = 0;
};

}  // namespace seatgrid
