#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "actors/gateway.hpp"
#include "base/result.hpp"
#include "domain/registrar_port.hpp"

namespace seatgrid {

/// Every binding that the registrations of `tenant` hold, by address of record: what an edge must know again after a restart, so
/// that phones outside the trunks' addresses are heard. Blocks for at most 10 s a page. @error timed_out, corrupt.
result<std::map<std::string, std::vector<binding>>> saved_bindings(const gateway& from, const std::string& tenant);

/// One page of a list of the gateway as JSON: {"items":[...],"next_cursor":"..."}. Blocks for at most 10 s.
/// @error timed_out, corrupt, and what the gateway says.
result<nlohmann::json> page_of(const gateway& from, collection what, const std::string& tenant, std::uint32_t limit,
                               const std::string& cursor);

}  // namespace seatgrid
