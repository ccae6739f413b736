#include "domain/leg.hpp"

namespace seatgrid::calls {

std::string_view to_string(leg_state state) noexcept {
  switch (state) {
    case leg_state::idle: return "idle";
    case leg_state::trying: return "trying";
    case leg_state::early: return "early";
    case leg_state::answered: return "answered";
    case leg_state::opening: return "opening";
    case leg_state::inviting: return "inviting";
    case leg_state::alerting: return "alerting";
    case leg_state::confirmed: return "confirmed";
    case leg_state::released: return "released";
    case leg_state::cancelling: return "cancelling";
  }
  return "unknown";
}

}  // namespace seatgrid::calls
