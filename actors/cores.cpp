#include "actors/cores.hpp"

#include "actors/engine_hooks.hpp"

namespace seatgrid::actors {

std::unique_ptr<entity_core> make_core(entity_kind kind) {
  switch (kind) {
    case entity_kind::call: return make_call_core();
    case entity_kind::queue: return make_queue_core();
    case entity_kind::agent: return make_agent_core();
    case entity_kind::registration: return make_registration_core();
    case entity_kind::none:
    case entity_kind::tenant:
    case entity_kind::lane:
    case entity_kind::node:
    case entity_kind::number: return nullptr;
  }
  return nullptr;
}

}  // namespace seatgrid::actors
