#pragma once

#include <memory>

#include "actors/entity_core.hpp"

namespace seatgrid::actors {

/// One per kind, each in its own file: rules are templates that cost compile time.
std::unique_ptr<entity_core> make_call_core();
std::unique_ptr<entity_core> make_queue_core();
std::unique_ptr<entity_core> make_agent_core();
std::unique_ptr<entity_core> make_registration_core();

}  // namespace seatgrid::actors
