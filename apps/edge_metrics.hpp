#pragma once

#include <vector>

#include "actors/gateway.hpp"
#include "sip/edge.hpp"

namespace seatgrid {

/// What the SIP edge counts, for /metrics: requests, responses, refusals, datagrams by verdict, legs, trunks that are probed.
std::vector<metric> edge_metrics(const edge_status& status);

}  // namespace seatgrid
