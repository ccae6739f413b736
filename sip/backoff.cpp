#include "sip/backoff.hpp"

#include <algorithm>

namespace seatgrid {

milliseconds backoff_table::delay(const entry& e) const {
  if (e.failures <= options_.free_failures) return milliseconds{0};
  const auto doublings = std::min(e.failures - options_.free_failures - 1, 30U);
  return std::min(options_.first_delay * (std::int64_t{1} << doublings), options_.delay_max);
}

milliseconds backoff_table::wait(std::string_view key, time_point now) const {
  const auto at = at_.find(key);
  if (at == at_.end()) return milliseconds{0};
  return std::max(delay(*at->second) - ms_between(now, at->second->last), milliseconds{0});
}

void backoff_table::failed(std::string_view key, time_point now) {
  if (options_.entries_max == 0) return;
  const auto at = at_.find(key);
  if (at != at_.end()) {
    auto& e = *at->second;
    if (now - e.last > options_.forget_after) e.failures = 0;
    ++e.failures;
    e.last = now;
    entries_.splice(entries_.begin(), entries_, at->second);
    return;
  }
  if (entries_.size() == options_.entries_max) {
    at_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({std::string{key}, 1, now});
  at_.emplace(entries_.front().key, entries_.begin());
}

void backoff_table::succeeded(std::string_view key) {
  const auto at = at_.find(key);
  if (at == at_.end()) return;
  const auto gone = at->second;
  at_.erase(at);
  entries_.erase(gone);
}

}  // namespace seatgrid
