#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "actors/engine.hpp"

namespace seatgrid::actors {

/// Removes what is older than the options say, a bounded part at each call: steps of the log, CDRs of ended calls, tombstones.
/// Used by one thread.
class retention {
 public:
  explicit retention(engine& engine) : engine_(engine) {}
  /// Steps of a lane from `first(lane)` on are kept whatever their age: their events are not published yet.
  void keep_from(std::function<std::uint64_t(lane_id)> first) { keep_from_ = std::move(first); }
  /// True while there is more to do at once.
  bool sweep();

 private:
  bool trim_log(lane& of);
  bool remove_cdrs(lane& of);
  void wake_tombstones(lane& of);

  engine& engine_;
  std::function<std::uint64_t(lane_id)> keep_from_{};
  bool woken_ = false;
};

}  // namespace seatgrid::actors
