#pragma once

#include <caf/event_based_actor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/entity_core.hpp"
#include "actors/lane.hpp"
#include "actors/shell_row.hpp"

namespace seatgrid::actors {

/// The actor of one entity: turns, steps, promises, waits, and no rules. It loads its rows at its first input and leaves memory
/// when it is finished, all its steps count and nobody speaks to it.
class entity_shell final : public caf::event_based_actor {
 public:
  entity_shell(caf::actor_config& config, lane& home, life_ptr life, slot_ptr slot, entity_ref self_ref);
  ~entity_shell() override;

 protected:
  caf::behavior make_behavior() override;

 private:
  void on(const input_ptr& in);
  void on_idle();
  void handle(const input_ptr& in);
  bool load();
  /// Of this entity, with nothing in it yet.
  promise empty_promise(time_point at) const;
  void begin_life();
  void resume_again_when_durable();
  void decide(const input_ptr& in);
  void commit(const input_ptr& in, outcome& came, const turn& now, std::uint64_t config_version);
  std::vector<row> rows_of(time_point at, entity_rows& changed, std::vector<outbox_event>& published, effects& all);
  void add_reply_if_none(const entity_input& in, effects& all) const;
  config_ptr config_for(const entity_input& in);
  void broken(const entity_input& in, const std::string& why);
  bool may_leave() const;
  void leave_if_done();

  lane& lane_;
  const life_ptr life_;
  const slot_ptr slot_;
  const entity_ref entity_;
  std::unique_ptr<entity_core> core_{};
  shell_row kept_{};
  config_ptr pinned_{};
  bool stored_ = false;         ///< has rows, or a step on its way
  bool resumed_ = false;        ///< in this life
  bool resumes_again_ = false;  ///< when all steps count
  bool rebuilding_ = false;     ///< our code broke a promise: wait until all steps count, then read the rows again
  std::vector<input_ptr> stash_{};
};

}  // namespace seatgrid::actors
