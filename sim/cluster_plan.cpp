#include "sim/cluster_plan.hpp"

#include <array>
#include <utility>

namespace seatgrid::sim {
namespace {

/// A name whose shard lies in `lane`.
std::string tenant_in(lane_id lane, lane_id lanes) {
  for (unsigned n = 1;; ++n) {
    auto name = "sim" + std::to_string(lane) + "-" + std::to_string(n);
    if (lane_of_shard(shard_of_tenant(name), lanes) == lane) return name;
  }
}

}  // namespace

std::string_view name_of(scenario which) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(scenario::count)> names{
      "random",     "quiet",  "owner-killed", "edge-killed",   "both-killed", "planned-moves", "owner-without-log",
      "two-parted", "paused", "three-moves",  "empty-restart", "drained"};
  return names.at(static_cast<std::size_t>(which));
}

cluster_plan make_cluster_plan(const cluster_options& options, dice& chance) {
  cluster_plan plan;
  plan.what = options.what;
  plan.rules = options.rules;
  plan.nodes = options.run.nodes;
  plan.calls.calls_over = chance.wait(10'000, 40'000);
  plan.slow_log = options.what == scenario::random && chance.chance(300);
  static constexpr std::array<std::int64_t, 5> every{0, 12'000, 6'000, 3'000, 1'500};
  if (options.what == scenario::random) plan.trouble_every_ms = every[static_cast<std::size_t>(chance.between(0, 4))];
  plan.trouble_over = plan.calls.calls_over + milliseconds{15'000};
  const auto tenants = static_cast<std::uint32_t>(plan.lanes);
  std::uint32_t first = 1;
  for (std::uint32_t i = 0; i < tenants; ++i) {
    const auto count = std::max(1U, options.run.agents / tenants);
    plan.calls.tenants.push_back({tenant_in(static_cast<lane_id>(1 + i % plan.lanes), plan.lanes), first, count});
    plan.tenants.push_back(make_tenant(plan.calls.tenants.back(), chance));
    first += count;
  }
  plan.calls.versions = plan.tenants;
  return plan;
}

}  // namespace seatgrid::sim
