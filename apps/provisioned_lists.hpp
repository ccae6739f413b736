#pragma once

#include <vector>

#include "api/answers.hpp"
#include "domain/tenant_config.hpp"
#include "sip/edge.hpp"

/// What is provisioned, as the API lists it: one object a line, in the order of tenants and names.
namespace seatgrid {

std::vector<answers::number_line> numbers_of(const std::vector<config_ptr>& tenants);
std::vector<answers::tenant_line> tenants_of(const std::vector<config_ptr>& tenants);
/// With what the edge knows of each now. Trunks that the edge does not know yet count as reachable.
std::vector<answers::trunk_line> trunks_of(const std::vector<config_ptr>& tenants, const std::vector<trunk_state>& states);

}  // namespace seatgrid
