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
  milliseconds claim_wait{30'000};   ///< longest wait for the claim of lane 0
};

struct config_change {
  std::string tenant{};
  config_ptr before{};  ///< null = new
  config_ptr after{};   ///< null = removed
};

class config_store : public config_source {
 public:
  /// Claims lane 0 and reads every tenant's current version. The journal and the clock must outlive the store.
  /// @error corrupt, unavailable.
  static result<std::unique_ptr<config_store>> open(journal& log, const clock& time, config_store_options options = {});

  /// Stores the tenants given (each gets its next version) and removes those named, all in one step; returns what changed: a
  /// tenant given as it is changes nothing. Blocks until stored; one at a time.
  /// @error conflict two names share an id; full too large or too many; unavailable the journal did not take it: nothing changed.
  virtual result<std::vector<config_change>> apply(std::vector<config_ptr> tenants, std::vector<std::string> removed = {}) = 0;
  virtual std::vector<config_ptr> tenants() const = 0;
  /// `tell` runs once now with every tenant as new, then after each change on the thread of apply(). At most 16 listeners.
  virtual void on_change(std::function<void(const std::vector<config_change>&)> tell) = 0;
};

}  // namespace seatgrid
