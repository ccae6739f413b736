#pragma once

#include <vector>

#include "cluster/lane_journal.hpp"
#include "cluster/snapshot.hpp"

/// When a lane's snapshot is made and how far its log may go. Pure. DESIGN section 3.
namespace seatgrid::cluster {

/// Whether this process makes a lane's next snapshot now. Pure. Whoever follows the lane is first, each a little later than the
/// other; its owner, who has calls to serve, only when nobody did. Two that do it at once write the same.
bool is_due(const log_retention_options& options, const lane_view& lane, const lane_owner& me, milliseconds age);
/// What lies below may be removed; 0 = nothing.
struct trim_limits {
  std::uint64_t log = 0;     ///< offset in the lane's log
  log_offset snapshots = 0;  ///< in the topic of snapshots
};
/// By snapshots that were taken of the owner's own claim, for another history may have made the others: up to the older of the
/// last two, so that one may be lost.
trim_limits limits_of(const std::vector<whole_snapshot>& whole, const lane_owner& me, std::uint64_t epoch);

}  // namespace seatgrid::cluster
