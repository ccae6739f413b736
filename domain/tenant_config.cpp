#include "domain/tenant_config.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid {

result<void> tenant_config::index() {
  queue_ids_.clear();
  agent_ids_.clear();
  for (const auto& [name, unused] : queues)
    if (!queue_ids_.emplace(queue_of(name), name).second)
      return fail(errc::conflict, "queue '" + name + "' and '" + queue_ids_[queue_of(name)] + "' share an id: rename one");
  for (const auto& [name, unused] : agents)
    if (!agent_ids_.emplace(agent_of(name), name).second)
      return fail(errc::conflict, "agent '" + name + "' and '" + agent_ids_[agent_of(name)] + "' share an id: rename one");
  return {};
}

std::vector<config_ptr> with_trunks_above(std::vector<config_ptr> given, const std::vector<config_ptr>& existing) {
  std::map<std::string, config_ptr> all;
  for (const auto& one : existing) all.insert_or_assign(one->tenant, one);
  for (const auto& one : given) all.insert_or_assign(one->tenant, one);
  const auto above = [&](const tenant_config& of) {
    std::map<std::string, trunk_config> trunks;
    std::size_t steps = 0;  // parents that go round are refused by provisioning; this only ends
    for (auto at = all.find(of.parent); at != all.end() && steps++ < all.size(); at = all.find(at->second->parent))
      for (const auto& [name, trunk] : at->second->trunks)
        if (!trunk.outbound.empty()) trunks.try_emplace(name, trunk);
    return trunks;
  };
  std::vector<config_ptr> out;
  for (const auto& [name, config] : all) {
    const bool is_given = std::find(given.begin(), given.end(), config) != given.end();
    auto trunks = above(*config);
    if (trunks == config->trunks_above) {
      if (is_given) out.push_back(config);
      continue;
    }
    auto changed = std::make_shared<tenant_config>(*config);
    changed->trunks_above = std::move(trunks);
    out.push_back(std::move(changed));
  }
  return out;
}

}  // namespace seatgrid
