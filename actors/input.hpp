#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "actors/control.hpp"
#include "base/ids.hpp"
#include "domain/acd_messages.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"
#include "domain/registrar_port.hpp"
#include "domain/timer.hpp"

namespace seatgrid::actors {

/// After a start or a takeover: "derive again what may have been lost". Not a command, never recorded.
struct resume_entity {};

/// The holder of a slot changed: what of this entity stands there must be made anew. Waits until its steps count. Not a command,
/// never recorded.
struct resume_again {};

/// "Say what you know": answered as the request with the state's JSON. Not a command, never recorded.
struct show_entity {};

/// One message to an entity, from whatever side. `input_adapter<Rules>` makes it the command of the entity's own rules.
struct entity_input {
  entity_ref to{};
  std::string tenant{};       ///< of the sender, when known; entities without rows learn theirs from it
  std::uint64_t request = 0;  ///< of the gateway's or the edge's pending answer, 0 = nobody waits
  std::uint8_t hops = 0;      ///< processes that handed it on
  slot_number slot = 0;       ///< of the edge that tells it
  std::variant<leg_event, media_event, acd_message, register_request, timer_fired, config_changed, control::command,
               resume_entity, resume_again, show_entity>
      what{};
};
using input_ptr = std::shared_ptr<entity_input>;

/// Specialised beside each entity's rules:
///   static std::optional<Rules::command> make(entity_input&)   nothing = this entity has no ear for it
///   static bool resting(const Rules::state&)                   optional, see entity_core::resting
///   static constexpr bool resumes_on_load                      optional, see entity_core::resumes_on_load
template <class Rules>
struct input_adapter;

}  // namespace seatgrid::actors
