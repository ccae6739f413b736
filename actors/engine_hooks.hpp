#pragma once

#include <functional>
#include <memory>

#include "actors/entity_core.hpp"
#include "storage/journal.hpp"

namespace seatgrid::actors {

/// A fresh state under the rules of this kind; null = no entities of this kind.
using core_factory = std::function<std::unique_ptr<entity_core>(entity_kind)>;
/// The production rules: call, queue, agent, registration.
std::unique_ptr<entity_core> make_core(entity_kind kind);

struct engine_hooks {
  /// What the simulation bends: an entity message on its way; the hook calls `arrive` never, once or twice, now or later.
  std::function<void(input_ptr in, std::function<void(input_ptr)> arrive)> entity_message{};
  /// In a cluster, where lanes are claimed by order only: gives the input to the process that owns its lane. False = not now: it
  /// is held here. Any thread.
  std::function<bool(lane_id lane, const entity_input& in)> forward{};
  /// With `forward`: whether another process that lives owns the lane; else a lane that was lost is claimed again.
  std::function<bool(lane_id lane)> is_elsewhere{};
};

}  // namespace seatgrid::actors
