#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "base/fields.hpp"

/// What the lane itself says to any entity. Every entity's command variant holds these; their tags stay clear of its own.
namespace seatgrid {

/// A wait began with `start_timer{timer, generation}` is over. Stale generations are ignored by the rules (I17).
struct timer_fired {
  static constexpr std::uint32_t tag = 100;
  static constexpr std::string_view type = "timer_fired";
  std::uint32_t timer = 0;
  std::uint64_t generation = 0;
  bool operator==(const timer_fired&) const = default;
  static constexpr auto fields() {
    return members{field{1, "timer", &timer_fired::timer}, field{2, "generation", &timer_fired::generation}};
  }
};

/// The tenant's current configuration is another one; `decide` gets it as its config. For queues and agents: calls keep theirs.
struct config_changed {
  static constexpr std::uint32_t tag = 101;
  static constexpr std::string_view type = "config_changed";
  std::uint64_t version = 0;
  bool operator==(const config_changed&) const = default;
  static constexpr auto fields() { return members{field{1, "version", &config_changed::version}}; }
};

}  // namespace seatgrid
