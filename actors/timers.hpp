#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"

namespace seatgrid::actors {

/// The running waits of one lane: a heap by deadline with stale entries skipped. At most one wait per (entity, timer); starting
/// it again replaces it, and each start fires at most once. Thread-safe.
class timer_table {
 public:
  using moment = std::chrono::steady_clock::time_point;
  struct due {
    entity_ref entity{};
    std::uint32_t timer = 0;
    std::uint64_t generation = 0;
  };

  /// True when this deadline is now the earliest: whoever waits must wait shorter.
  bool start(entity_ref entity, std::uint32_t timer, std::uint64_t generation, moment deadline);
  void stop(entity_ref entity, std::uint32_t timer);
  void clear();
  /// Takes out up to `most` waits whose deadline is not after `now`, earliest first.
  std::vector<due> take_due(moment now, std::size_t most);
  std::optional<moment> next();
  std::size_t running() const;

 private:
  struct key {
    entity_ref entity{};
    std::uint32_t timer = 0;
    bool operator==(const key&) const = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept { return std::hash<entity_ref>{}(k.entity) * 31 + k.timer; }
  };
  struct wait {
    std::uint64_t generation = 0;
    std::uint64_t serial = 0;
  };
  struct entry {
    moment deadline{};
    std::uint64_t serial = 0;
    key what{};
  };
  static bool later(const entry& a, const entry& b) {
    return a.deadline != b.deadline ? a.deadline > b.deadline : a.serial > b.serial;
  }
  void drop_stale_top();
  void compact();

  mutable std::mutex mutex_;
  std::unordered_map<key, wait, key_hash> running_{};
  std::vector<entry> heap_{};
  std::uint64_t serial_ = 0;
};

}  // namespace seatgrid::actors
