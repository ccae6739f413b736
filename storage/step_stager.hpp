#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>

#include "storage/lane_store.hpp"

namespace seatgrid {

/// What the next step of each lane builds on, for the one writer of an embedded journal: epochs, sequences and event numbers that
/// are staged and not yet on the disk.
class step_stager {
 public:
  /// Every lane's epoch is over until it is claimed. `store` must outlive the stager.
  step_stager(lane_store& store, const journal_options& options);

  lane_epoch claim(lane_id lane);
  /// Whether the step may stand next, and the numbers of its public events. The errors of journal::append for one step.
  result<void> admit(lane_epoch at, step& step);
  /// Stages an admitted step.
  step_position put(lane_epoch at, stored_step&& record);
  /// A step of this epoch failed: none of it counts until the next claim.
  void end_epoch(lane_epoch at);

  bool empty() const { return touched_.empty(); }
  std::size_t bytes() const { return batch_->bytes(); }
  std::uint64_t sequence(lane_id lane) const;
  result<void> commit(bool synced);

 private:
  result<void> number(step& step);

  lane_store& store_;
  const journal_options& options_;
  std::unique_ptr<lane_batch> batch_;
  std::map<lane_id, lane_state> lanes_;
  std::map<lane_id, lane_state> touched_{};
  std::unordered_map<entity_ref, std::uint64_t> numbers_{};  ///< last public event of entities seen lately
};

}  // namespace seatgrid
