#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "sip/deadlines.hpp"

namespace seatgrid::sip {

/// Calls per second and calls at once, per trunk or access number. Keys are configured names, so the table is bounded by them.
class trunk_load {
 public:
  /// A token bucket of one second's depth; false = too fast.
  bool take_rate(const std::string& key, std::uint32_t per_second_max) {
    auto& t = at_[key];
    const auto now = deadlines::now_ms();
    const auto top = static_cast<double>(per_second_max);
    t.tokens = t.seen_ms == 0 ? top : std::min(top, t.tokens + static_cast<double>(now - t.seen_ms) * top / 1'000.0);
    t.seen_ms = now;
    if (t.tokens < 1.0) return false;
    t.tokens -= 1.0;
    return true;
  }
  std::uint32_t calls(const std::string& key) const {
    const auto it = at_.find(key);
    return it == at_.end() ? 0 : it->second.calls;
  }
  void begin(const std::string& key) {
    if (!key.empty()) ++at_[key].calls;
  }
  void end(const std::string& key) {
    if (const auto it = at_.find(key); !key.empty() && it != at_.end() && it->second.calls > 0) --it->second.calls;
  }

 private:
  struct use {
    double tokens = 0;
    std::int64_t seen_ms = 0;
    std::uint32_t calls = 0;
  };
  std::unordered_map<std::string, use> at_{};
};

}  // namespace seatgrid::sip
