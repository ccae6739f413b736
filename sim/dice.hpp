#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace seatgrid::sim {

/// All chance of a run; splitmix64, so that a seed means the same on every machine.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t x = (state_ += 0x9e3779b97f4a7c15ULL);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  milliseconds wait(std::int64_t low_ms, std::int64_t high_ms) { return milliseconds{between(low_ms, high_ms)}; }
  /// True in `per_mille` of 1,000 throws.
  bool chance(std::int64_t per_mille) { return between(1, 1'000) <= per_mille; }

 private:
  std::uint64_t state_;
};

}  // namespace seatgrid::sim
