#include "sip/token_buckets.hpp"

#include <algorithm>

namespace seatgrid {

token_buckets::token_buckets(limits given) : limits_(given), sets_(std::max<std::size_t>(given.sources_max / ways, 1)) {}

bool token_buckets::take(std::uint64_t source, time_point now) {
  auto& set = sets_[source % sets_.size()];
  auto at = std::find_if(set.begin(), set.end(), [&](const bucket& b) { return b.source == source && b.at.us != INT64_MIN; });
  const auto full = limits_.burst * token;
  if (at == set.end()) {
    at = std::min_element(set.begin(), set.end(), [](const bucket& a, const bucket& b) { return a.at < b.at; });
    *at = {source, full, now};
  }
  const auto passed = std::clamp<std::int64_t>((now - at->at).count(), 0, 3'600'000'000);
  at->level = std::min(full, at->level + passed * limits_.per_minute);
  at->at = std::max(at->at, now);
  if (at->level < token) return false;
  at->level -= token;
  return true;
}

}  // namespace seatgrid
