#pragma once

#include "sim/cluster_plan.hpp"
#include "sim/simulation.hpp"

namespace seatgrid::sim {

/// What one seed of several nodes came to.
struct cluster_result {
  run_result run{};
  std::uint64_t troubles = 0;
  std::uint64_t claims = 0;         ///< that won: first ones, moves, takeovers
  std::uint64_t acknowledged = 0;   ///< steps of which an owner heard that they count
  std::uint64_t promises_kept = 0;  ///< calls that were known to an edge again after theirs had died
};

/// Two to four nodes as apps/cluster_seat wires them, over one shared log, roster and network in memory, between the phones of
/// several tenants. Never throws; bounded in virtual time and turns.
cluster_result run_cluster(const cluster_options& options);

}  // namespace seatgrid::sim
