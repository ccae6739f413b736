#include "actors/adapters.hpp"
#include "actors/cores.hpp"
#include "domain/queue.hpp"

namespace seatgrid::actors {

template <>
struct input_adapter<queue_rules> {
  using made = std::optional<queue_command>;
  static made make(entity_input& in) {
    return command_of<queue_command>(in, [](const control::command& order, std::uint64_t request) {
      return std::visit(overload{[&](const control::queue_remove& c) -> made {
                                   return queue_remove{request, c.call};
                                 },
                                 [&](const control::queue_prioritise& c) -> made {
                                   return queue_prioritise{request, c.call, c.priority, c.at_head};
                                 },
                                 [&](const control::queue_pull& c) -> made {
                                   return queue_pull{request, c.call, c.agent};
                                 },
                                 [](const auto&) -> made { return std::nullopt; }},
                        order);
    });
  }
};

std::unique_ptr<entity_core> make_queue_core() { return std::make_unique<rules_core<queue_rules>>(); }

}  // namespace seatgrid::actors
