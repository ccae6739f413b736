#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/tenant_config.hpp"
#include "sim/dice.hpp"

namespace seatgrid::sim {

struct run_options {
  std::uint64_t seed = 1;
  std::uint32_t calls = 30;
  std::uint32_t agents = 8;
  std::uint32_t nodes = 1;
  std::function<void(const std::string&)> trace{};
};

/// A tenant as phones know it. Its agents are a<first> .. a<first + count - 1>.
struct tenant_place {
  std::string name{};
  std::uint32_t first_agent = 1;
  std::uint32_t agents = 0;
};

/// What one seed makes of a run: how many kills, whether messages between entities are lost, and the tenant.
struct run_plan {
  bool loses_messages = false;     ///< in storms: 2 % lost, 3 % doubled, 5 % late
  bool slow_disk = false;          ///< a sync takes up to 300 ms instead of 3
  std::int64_t kill_per_100k = 0;  ///< chance of a kill at each turn of an actor
  milliseconds calls_over{60'000};
  std::vector<tenant_place> tenants{};
  std::vector<config_ptr> versions{};  ///< the tenant, and what provisioning makes of it during the run
  const tenant_config& first() const { return *versions.front(); }
};
/// Of a run that loses messages: what was lost in a storm must be made good in the calm after it.
inline constexpr seconds storm{20}, calm{70};

inline constexpr const char* tenant_name = "sim";
inline constexpr const char* access_number_called = "4001234567";

run_plan make_plan(const run_options& options, dice& chance);
/// Two queues, a menu, a mailbox, a trunk, and as many agents as `place` says.
config_ptr make_tenant(const tenant_place& place, dice& chance);

/// The one tenant of a run, in the version of the moment; calls keep theirs.
class tenant_versions final : public config_source {
 public:
  explicit tenant_versions(std::vector<config_ptr> all) : all_(std::move(all)) {}
  bool is_last() const { return at_ + 1 == all_.size(); }
  void move_on() { ++at_; }
  const tenant_config& now() const { return *all_[at_]; }

  config_ptr current(const std::string& tenant) const override { return tenant == tenant_name ? all_[at_] : nullptr; }
  config_ptr version(const std::string& tenant, std::uint64_t version) const override {
    for (const auto& one : all_)
      if (tenant == tenant_name && one->version == version) return one;
    return current(tenant);
  }
  config_ptr by_shard_entity(entity_ref entity) const override {
    const bool known = (entity.kind == entity_kind::agent && now().agent(agent_id{entity.id}) != nullptr) ||
                       (entity.kind == entity_kind::queue && now().queue(queue_id{entity.id}) != nullptr);
    return known ? all_[at_] : nullptr;
  }

 private:
  std::vector<config_ptr> all_;
  std::size_t at_ = 0;
};

}  // namespace seatgrid::sim
