#pragma once

#include <cstdint>

#include "domain/entity.hpp"

namespace seatgrid::audit {

/// The state of an entity that has no rows yet.
template <class Rules>
typename Rules::state from_nothing(std::uint64_t id) {
  auto state = Rules::load(id, entity_rows{});
  return state ? std::move(*state) : typename Rules::state{};
}

}  // namespace seatgrid::audit
