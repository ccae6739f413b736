#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "actors/gateway.hpp"

namespace seatgrid::actors {

/// Answers that somebody waits for, by request id; each runs exactly once: with its answer, or timed_out. Thread-safe.
class request_table {
 public:
  using moment = std::chrono::steady_clock::time_point;

  explicit request_table(std::size_t most) : most_(most) {}
  /// The id to send along; `done` is taken only then. @error full
  result<std::uint64_t> add(gateway::answer& done, moment deadline);
  /// Runs the answer outside the lock. Unknown ids (timed out before, or of another process life) are ignored.
  void finish(std::uint64_t request, result<std::string> outcome);
  void expire(moment now);
  /// Everything that waits gets this error.
  void fail_all(const error& why);
  std::size_t waiting() const;

 private:
  struct waiting_answer {
    gateway::answer done{};
    moment deadline{};
  };
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, waiting_answer> table_{};
};

}  // namespace seatgrid::actors
