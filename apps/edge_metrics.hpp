#pragma once

#include <optional>
#include <vector>

#include "actors/gateway.hpp"
#include "sip/edge.hpp"

namespace seatgrid {

/// What the SIP edge counts, for /metrics: requests, responses, refusals, datagrams by verdict, legs, trunks that are probed.
/// A cluster's metrics bear the label slot: a node may hold several.
std::vector<metric> edge_metrics(const edge_status& status, std::optional<slot_number> slot = {});

}  // namespace seatgrid
