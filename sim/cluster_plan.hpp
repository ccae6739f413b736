#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/plan.hpp"
#include "storage/journal.hpp"

namespace seatgrid::sim {

/// What happens to a run of several nodes.
enum class scenario : std::uint8_t {
  random = 0,             ///< whatever the seed makes of it
  quiet = 1,              ///< nothing
  owner_killed = 2,       ///< the owner of the first tenant's lane; the edges of its calls live on
  edge_killed = 3,        ///< a node that owns no lane of calls that run at its slot
  both_killed = 4,        ///< two of the nodes at once
  planned_moves = 5,      ///< lanes are ordered elsewhere while phones ring
  owner_without_log = 6,  ///< an owner reaches its peers and not the log
  two_parted = 7,         ///< a node is parted from all others, both reach the log
  paused = 8,             ///< an owner is stopped for 5 s and goes on
  three_moves = 9,        ///< one lane loses its owner three times while calls talk
  empty_restart = 10,     ///< a node dies and comes back with an empty disk
  drained = 11,           ///< an owner may own no lanes for a while (drain, full disk, end of service), and another node dies
  count = 12,
};
std::string_view name_of(scenario which);

/// Rules that a test switches off, to see that the simulation notices.
struct cluster_rules {
  bool holds_inputs = true;       ///< else an input that no process owns just now is dropped
  bool makes_anew = true;         ///< else calls do not notice that their slot has another holder
  bool rests_before_move = true;  ///< else a lane is given away while its steps are under way
  bool speaks_by_lease = true;    ///< else a process speaks for a slot as long as it has it open
  bool keeps_messages = true;     ///< else one in ten of what a router sends to another is lost although both live
};

/// What one seed makes of a run of several nodes.
struct cluster_plan {
  run_plan calls{};
  std::uint32_t nodes = 3;
  lane_id lanes = 3;  ///< of entities
  bool slow_log = false;
  std::int64_t trouble_every_ms = 0;  ///< mean time between two troubles; 0 = none
  milliseconds trouble_over{0};       ///< no trouble begins after it
  std::vector<config_ptr> tenants{};
  scenario what = scenario::random;
  cluster_rules rules{};
};

struct cluster_options {
  run_options run{};
  scenario what = scenario::random;
  cluster_rules rules{};
};
cluster_plan make_cluster_plan(const cluster_options& options, dice& chance);

constexpr lane_id lane_of_shard(shard_id shard, lane_id lanes) { return static_cast<lane_id>(1 + shard % lanes); }

/// The tenants of a run, which do not change.
class tenant_book final : public config_source {
 public:
  explicit tenant_book(const std::vector<config_ptr>& all) : all_(all) {}
  const std::vector<config_ptr>& all() const { return all_; }
  config_ptr current(const std::string& tenant) const override {
    for (const auto& one : all_)
      if (one->tenant == tenant) return one;
    return nullptr;
  }
  config_ptr version(const std::string& tenant, std::uint64_t) const override { return current(tenant); }
  config_ptr by_shard_entity(entity_ref entity) const override {
    for (const auto& one : all_)
      if ((entity.kind == entity_kind::agent && one->agent(agent_id{entity.id}) != nullptr) ||
          (entity.kind == entity_kind::queue && one->queue(queue_id{entity.id}) != nullptr))
        return one;
    return nullptr;
  }

 private:
  const std::vector<config_ptr>& all_;
};

}  // namespace seatgrid::sim
