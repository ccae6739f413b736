#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "actors/gateway.hpp"

namespace seatgrid::actors {

/// What the actors count; read without locks for /metrics.
struct counters {
  std::atomic<std::uint64_t> inputs{0};
  std::atomic<std::uint64_t> steps{0};
  std::atomic<std::uint64_t> steps_counted{0};
  std::atomic<std::uint64_t> steps_failed{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> rebuilt{0};
  std::atomic<std::uint64_t> unreadable{0};
  std::atomic<std::uint64_t> calls_taken{0};
  std::atomic<std::uint64_t> calls_refused{0};
  std::atomic<std::uint64_t> held_dropped{0};
  std::atomic<std::uint64_t> early_answers{0};
  std::atomic<std::uint64_t> invites_too_late{0};
  std::atomic<std::uint64_t> lanes_lost{0};
  std::atomic<std::uint64_t> timers_fired{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> actors{0};
  std::atomic<std::uint64_t> found{0};
  std::atomic<std::uint64_t> restored{0};
  std::atomic<std::uint64_t> swept{0};

  void write(std::vector<metric>& out) const;
};

}  // namespace seatgrid::actors
