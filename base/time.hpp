#pragma once

#include <chrono>
#include <cstdint>

namespace seatgrid {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A point in time of a lane or a node: UTC, microseconds since 1970. Rules see only times that came in with a command.
struct time_point {
  std::int64_t us = 0;
  auto operator<=>(const time_point&) const = default;
};

constexpr time_point operator+(time_point t, std::chrono::microseconds d) { return {t.us + d.count()}; }
constexpr time_point operator-(time_point t, std::chrono::microseconds d) { return {t.us - d.count()}; }
constexpr std::chrono::microseconds operator-(time_point a, time_point b) { return std::chrono::microseconds{a.us - b.us}; }
/// Whole milliseconds from `b` to `a`, rounded down.
constexpr milliseconds ms_between(time_point a, time_point b) { return std::chrono::floor<milliseconds>(a - b); }

/// What chance and the clock contribute to one decision; recorded with the command so that a replay decides the same.
struct turn {
  time_point at{};           ///< max(last time of the lane, node clock)
  std::uint64_t chance = 0;  ///< 64 random bits of this turn
};

/// Where time comes from: the node's clock in production, a number in the simulation.
class clock {
 public:
  virtual ~clock() = default;
  virtual time_point now() const = 0;
};

/// The operating system's UTC clock.
class system_clock final : public clock {
 public:
  time_point now() const override {
    using namespace std::chrono;
    return {duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
  }
};

}  // namespace seatgrid
