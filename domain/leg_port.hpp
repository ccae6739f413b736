#pragma once

#include <variant>

#include "domain/leg_commands.hpp"
#include "domain/leg_events.hpp"

/// The leg port: what the rules say to a SIP edge and hear from it, as plain types. `sip/` implements it, `sim/` plays it.
/// Reflexes (100, ACK, retransmissions, 200 to BYE and CANCEL, 481, 4xx for what is malformed) are the edge's own.
namespace seatgrid {

inline leg_id leg_of(const leg_event& e) {
  return std::visit([](const auto& x) { return x.leg; }, e);
}
inline leg_id leg_of(const leg_command& c) {
  return std::visit([](const auto& x) { return x.leg; }, c);
}

}  // namespace seatgrid
