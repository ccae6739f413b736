#pragma once

#include "domain/effect.hpp"
#include "proto/json.hpp"

namespace seatgrid::published {

/// The effect that tells `e` (a struct of domain/published.hpp) to the world.
template <class T>
publish told(const T& e) {
  return {std::string{T::type}, json::text(e)};
}

}  // namespace seatgrid::published
