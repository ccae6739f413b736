#include "actors/adapters.hpp"
#include "actors/cores.hpp"
#include "domain/call_rules.hpp"

namespace seatgrid::actors {

template <>
struct input_adapter<call_rules> {
  using made = std::optional<call_command>;
  static made make(entity_input& in) {
    return command_of<call_command>(in, [](const control::command& order, std::uint64_t request) {
      return std::visit(
          overload{[&](const control::hangup& c) -> made { return call_hangup{.request = request, .cause = {.text = c.why}}; },
                   [&](const control::transfer& c) -> made { return call_transfer{.request = request, .target = c.target}; },
                   [](const auto&) -> made { return std::nullopt; }},
          order);
    });
  }
  // The tombstone answers from its row; its hour is a wait of the lane.
  static bool resting(const calls::call_state& s) {
    return s.phase == calls::call_phase::closed || s.phase == calls::call_phase::forgotten;
  }
};

std::unique_ptr<entity_core> make_call_core() { return std::make_unique<rules_core<call_rules>>(); }

}  // namespace seatgrid::actors
