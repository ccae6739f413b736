#pragma once

#include <cstdint>
#include <string>

#include "actors/engine.hpp"

namespace seatgrid::actors {

/// Removes what is older than the options say, a bounded part at each call: steps of the log, CDRs of ended calls, tombstones.
/// Used by one thread.
class retention {
 public:
  explicit retention(engine& engine) : engine_(engine) {}
  /// True while there is more to do at once.
  bool sweep();

 private:
  bool trim_log(lane& of);
  bool remove_cdrs(lane& of);
  void wake_tombstones(lane& of);

  engine& engine_;
  bool woken_ = false;
};

}  // namespace seatgrid::actors
