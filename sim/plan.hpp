#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "domain/tenant_config.hpp"
#include "sim/dice.hpp"

namespace seatgrid::sim {

struct run_options {
  std::uint64_t seed = 1;
  std::uint32_t calls = 30;
  std::uint32_t agents = 8;
  std::function<void(const std::string&)> trace{};
};

/// What one seed makes of a run: how many kills, whether messages between entities are lost, and the tenant.
struct run_plan {
  bool loses_messages = false;     ///< 2 % lost, 3 % doubled, 5 % late
  bool slow_disk = false;          ///< a sync takes up to 300 ms instead of 3
  std::int64_t kill_per_100k = 0;  ///< chance of a kill at each turn of an actor
  milliseconds calls_over{60'000};
  config_ptr config{};
};

inline constexpr const char* tenant_name = "sim";
inline constexpr const char* access_number_called = "4001234567";

run_plan make_plan(const run_options& options, dice& chance);

/// The one tenant of a run.
class one_config final : public config_source {
 public:
  explicit one_config(config_ptr config) : config_(std::move(config)) {}
  config_ptr current(const std::string& tenant) const override { return tenant == tenant_name ? config_ : nullptr; }
  config_ptr version(const std::string& tenant, std::uint64_t) const override { return current(tenant); }
  config_ptr by_shard_entity(entity_ref entity) const override {
    const bool known = (entity.kind == entity_kind::agent && config_->agent(agent_id{entity.id}) != nullptr) ||
                       (entity.kind == entity_kind::queue && config_->queue(queue_id{entity.id}) != nullptr);
    return known ? config_ : nullptr;
  }

 private:
  config_ptr config_;
};

}  // namespace seatgrid::sim
