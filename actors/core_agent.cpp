#include "actors/adapters.hpp"
#include "actors/cores.hpp"
#include "domain/agent.hpp"

namespace seatgrid::actors {

template <>
struct input_adapter<agent_rules> {
  using made = std::optional<agent_command>;
  static made make(entity_input& in) {
    return command_of<agent_command>(in, [](const control::command& order, std::uint64_t request) {
      return std::visit(overload{[&](const control::agent_login&) -> made { return agent_login{.request = request}; },
                                 [&](const control::agent_ready&) -> made { return agent_ready{.request = request}; },
                                 [&](const control::agent_pause& c) -> made {
                                   return agent_pause{.request = request, .reason = c.reason, .length = c.length};
                                 },
                                 [&](const control::agent_logout&) -> made { return agent_logout{.request = request}; },
                                 [](const auto&) -> made { return std::nullopt; }},
                        order);
    });
  }
};

std::unique_ptr<entity_core> make_agent_core() { return std::make_unique<rules_core<agent_rules>>(); }

}  // namespace seatgrid::actors
