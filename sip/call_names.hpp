#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace seatgrid::sip {

/// Ids of new calls at one slot: milliseconds since 2026 and a counter, so that they grow with time and never come twice, also
/// when another process takes the slot over: it begins `head_start` later than its clock says, and clocks of a cluster differ by
/// less than half of that (`cluster.skew_max`). 40 bits of milliseconds last until 2060; 16 calls in each are the rate, beyond it
/// ids run ahead of the clock.
class call_names {
 public:
  call_names(slot_number slot, const clock& time) : slot_(slot), time_(time), last_(now() + (head_start << counter_bits)) {}
  call_id next(const std::string& tenant) {
    last_ = std::max(last_ + 1, now());
    return call_at(shard_of_tenant(tenant), slot_, last_);
  }

 private:
  static constexpr std::uint64_t head_start = 1'000;  // milliseconds
  static constexpr unsigned counter_bits = 4;
  static constexpr std::int64_t year_2026_us = 1'767'225'600'000'000;
  std::uint64_t now() const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time_.now().us - year_2026_us, 0) / 1'000) << counter_bits;
  }

  const slot_number slot_;
  const clock& time_;
  std::uint64_t last_;
};

}  // namespace seatgrid::sip
