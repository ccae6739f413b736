#pragma once

#include <caf/event_based_actor.hpp>
#include <vector>

#include "actors/lane.hpp"

namespace seatgrid::actors {

/// The actor behind a lane: claims it, restores what lives in it, fires its waits, and claims again when it was lost.
class lane_keeper final : public caf::event_based_actor {
 public:
  lane_keeper(caf::actor_config& config, lane& kept);

 protected:
  caf::behavior make_behavior() override;

 private:
  void claim();
  void rebuild(const life_ptr& gone);
  void feed();
  void arm();
  void fire();

  lane& lane_;
  life_ptr life_{};
  std::uint32_t tries_ = 0;
  std::vector<entity_ref> todo_{};
  std::size_t next_ = 0;
  std::size_t outstanding_ = 0;
  std::optional<timer_table::moment> armed_{};
};

}  // namespace seatgrid::actors
