#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "cluster/lane_desk_internal.hpp"
#include "cluster/retention.hpp"

/// Makes the lanes' snapshots and removes from the log what they stand for. Inside cluster/ only; of one thread at a time.
namespace seatgrid::cluster {

class retention_keeper {
 public:
  retention_keeper(desk_room& room, const std::vector<std::unique_ptr<lane_desk>>& desks, const std::atomic<bool>& ends);
  void look();
  result<void> make(lane_id lane);

 private:
  void look_at(lane_desk& desk);
  void trim(const lane_view& lane, log_bounds bounds, const std::vector<whole_snapshot>& whole);
  /// Forgets old steps of a lane that nobody here writes; those of an owned one are its actors' affair.
  void trim_steps(lane_id lane);
  std::uint64_t steps_from(lane_id lane, const std::function<result<std::string>(std::string_view)>& row) const;
  void complain(lane_id lane, const std::string& what);

  desk_room& room_;
  const std::vector<std::unique_ptr<lane_desk>>& desks_;
  const std::atomic<bool>& ends_;
  const time_point began_ = system_clock{}.now();
  std::map<lane_id, std::string> troubles_{};
};

}  // namespace seatgrid::cluster
