#include "actors/adapters.hpp"
#include "actors/cores.hpp"
#include "domain/registration.hpp"

namespace seatgrid::actors {

template <>
struct input_adapter<registration_rules> {
  static std::optional<registration_command> make(entity_input& in) {
    return command_of<registration_command>(
        in, [](const control::command&, std::uint64_t) -> std::optional<registration_command> { return std::nullopt; });
  }
  // 100,000 phones need no actors: the wait for the expiry lives in the lane's timers, the bindings in the row.
  static bool resting(const registration_state&) { return true; }
  static constexpr bool resumes_on_load = true;
};

std::unique_ptr<entity_core> make_registration_core() { return std::make_unique<rules_core<registration_rules>>(); }

}  // namespace seatgrid::actors
