#pragma once

#include <optional>

#include "domain/media_port.hpp"
#include "domain/session_description.hpp"

/// Offers and answers of robot phones: A-law, mu-law and telephone-event.
namespace seatgrid {

session_description robot_offer(const media_address& local);
/// Our answer to `theirs` (none: our own offer); nothing when there is no codec in common.
std::optional<session_description> robot_answer(const media_address& local, const std::optional<session_description>& theirs);
/// What the engine must do to talk to them; nothing when there is no codec in common.
std::optional<media_connect> robot_connect(leg_id leg, const session_description& theirs);

}  // namespace seatgrid
