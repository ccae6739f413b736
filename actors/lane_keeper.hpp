#pragma once

#include <caf/event_based_actor.hpp>
#include <memory>
#include <vector>

#include "actors/lane.hpp"

namespace seatgrid::actors {

/// What the journal says of a claim, or of the epoch that came of it.
struct claim_said {
  std::uint64_t number = 0;
  result<lane_claim> outcome{};
};
using claim_word = std::shared_ptr<const claim_said>;

/// The actor behind a lane: claims it, restores what lives in it, fires its waits, and claims again when it was lost.
class lane_keeper final : public caf::event_based_actor {
 public:
  lane_keeper(caf::actor_config& config, lane& kept);

 protected:
  caf::behavior make_behavior() override;

 private:
  void claim();
  void on_order(const on_order_done_ptr& told);
  void end_order(bool won);
  void rest(const rest_order_ptr& order);
  void look_whether_at_rest();
  void end_rest(bool rests);
  void on_claimed(const claim_word& word);
  void rebuild(const life_ptr& gone);
  void feed();
  void arm();
  void fire();

  lane& lane_;
  life_ptr life_{};
  std::uint64_t claims_ = 0;  ///< asked of the journal: what it says of an earlier one is late
  std::uint32_t tries_ = 0;
  std::vector<on_order_done_ptr> orders_{};  ///< to claim
  rest_order_ptr rest_{};
  timer_table::moment rest_until_{};
  bool was_quiet_ = false;
  std::vector<entity_ref> todo_{};
  std::size_t next_ = 0;
  std::size_t outstanding_ = 0;
  std::optional<timer_table::moment> armed_{};
};

}  // namespace seatgrid::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(seatgrid::actors::claim_word)
