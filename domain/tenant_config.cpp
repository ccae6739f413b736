#include "domain/tenant_config.hpp"

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

}  // namespace seatgrid
