#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace seatgrid {

/// How often each of many sources may do something: `burst` at once, then `per_minute`. Memory is fixed: where a set of four
/// is taken, the source heard longest ago loses its memory (and has its burst again). One thread.
class token_buckets {
 public:
  struct limits {
    std::uint32_t per_minute = 60;
    std::uint32_t burst = 60;
    std::size_t sources_max = 65'536;
  };
  explicit token_buckets(limits given);
  /// True and one token less, or false. `source` is a hash that strangers cannot steer.
  bool take(std::uint64_t source, time_point now);

 private:
  static constexpr std::size_t ways = 4;
  static constexpr std::int64_t token = 60'000'000;  ///< one token, in (tokens a minute) x microseconds
  struct bucket {
    std::uint64_t source = 0;
    std::int64_t level = 0;
    time_point at{INT64_MIN};
  };
  limits limits_{};
  std::vector<std::array<bucket, ways>> sets_{};
};

}  // namespace seatgrid
