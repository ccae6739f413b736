#include "apps/provisioned_lists.hpp"

#include <algorithm>
#include <array>

namespace seatgrid {

std::vector<answers::number_line> numbers_of(const std::vector<config_ptr>& tenants) {
  static constexpr std::array<std::string_view, 3> policies{"on_agent", "at_once", "on_queue"};
  std::vector<answers::number_line> rows;
  for (const auto& tenant : tenants)
    for (const auto& [number, access] : tenant->numbers)
      rows.push_back({.number = number,
                      .tenant = tenant->tenant,
                      .flow = access.flow,
                      .answer = std::string{policies.at(static_cast<std::size_t>(access.answer))},
                      .calls_max = access.calls_max});
  return rows;
}

std::vector<answers::tenant_line> tenants_of(const std::vector<config_ptr>& tenants) {
  std::vector<answers::tenant_line> rows;
  rows.reserve(tenants.size());
  for (const auto& t : tenants)
    rows.push_back({.tenant = t->tenant,
                    .version = t->version,
                    .domain = t->domain,
                    .numbers = t->numbers.size(),
                    .queues = t->queues.size(),
                    .agents = t->agents.size()});
  return rows;
}

std::vector<answers::trunk_line> trunks_of(const std::vector<config_ptr>& tenants, const std::vector<trunk_state>& states) {
  static constexpr std::array<std::string_view, 4> dialled{"request_uri", "to", "p_called_party_id", "diversion"};
  static constexpr std::array<std::string_view, 2> callers{"p_asserted_identity", "from"};
  std::vector<answers::trunk_line> rows;
  for (const auto& tenant : tenants)
    for (const auto& [name, trunk] : tenant->trunks) {
      const auto known = std::find_if(states.begin(), states.end(), [&, who = name](const trunk_state& s) {
        return s.tenant == tenant->tenant && s.trunk == who;
      });
      rows.push_back({.trunk = name,
                      .tenant = tenant->tenant,
                      .addresses = trunk.addresses,
                      .outbound = trunk.outbound,
                      .dialled = std::string{dialled.at(static_cast<std::size_t>(trunk.dialled))},
                      .caller = std::string{callers.at(static_cast<std::size_t>(trunk.caller))},
                      .calls_max = trunk.calls_max,
                      .calls_per_second_max = trunk.calls_per_second_max,
                      .probed = known != states.end() && known->probed,
                      .reachable = known == states.end() || known->reachable,
                      .misses = known == states.end() ? 0U : known->misses});
    }
  return rows;
}

}  // namespace seatgrid
