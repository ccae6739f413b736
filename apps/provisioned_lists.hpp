#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "domain/tenant_config.hpp"
#include "sip/edge.hpp"

/// What is provisioned, as the API lists it: one object a line, in the order of tenants and names.
namespace seatgrid {

nlohmann::json numbers_of(const std::vector<config_ptr>& tenants);
nlohmann::json tenants_of(const std::vector<config_ptr>& tenants);
/// With what the edge knows of each now. Trunks that the edge does not know yet count as reachable.
nlohmann::json trunks_of(const std::vector<config_ptr>& tenants, const std::vector<trunk_state>& states);

}  // namespace seatgrid
