#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/gateway.hpp"
#include "base/result.hpp"
#include "domain/registrar_port.hpp"

namespace seatgrid {

/// Every binding that the registrations of `tenant` hold, by address of record: what an edge must know again after a restart, so
/// that phones outside the trunks' addresses are heard. Blocks for at most 10 s a page. @error timed_out, corrupt.
result<std::map<std::string, std::vector<binding>>> saved_bindings(const gateway& from, const std::string& tenant);

}  // namespace seatgrid
