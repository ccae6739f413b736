#pragma once

#include <cstdint>
#include <string>

#include "sim/plan.hpp"

namespace seatgrid::sim {

/// What one seed came to.
struct run_result {
  std::string wrong{};  ///< empty = every invariant held
  std::uint64_t calls = 0;
  std::uint64_t talks = 0;
  std::uint64_t steps = 0;
  std::uint64_t kills = 0;
  std::int64_t virtual_ms = 0;
};

/// The production lanes and shells over a journal in memory whose durability moments the seed chooses, between phones that
/// dial, press, wait, answer, refuse, vanish and hang up. Never throws; bounded in virtual time (2 hours) and turns.
run_result run(const run_options& options);

}  // namespace seatgrid::sim
