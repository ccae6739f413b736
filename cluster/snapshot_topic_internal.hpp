#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "cluster/snapshot.hpp"

/// The topic of snapshots as one process uses it. Inside cluster/ only. Every function blocks; any thread, one at a time.
namespace seatgrid::cluster {

class snapshot_topic {
 public:
  explicit snapshot_topic(std::unique_ptr<lane_log> log);

  /// What is whole now, oldest first; reads what came since the last look. @error unavailable, corrupt as lane_log::tail
  result<std::vector<whole_snapshot>> look(lane_id lane, milliseconds patience);
  /// Fills the empty lane. @error those of snapshot_loader; unavailable  no record came within `patience`
  result<applied_fold> load(const whole_snapshot& from, lane_store& to, milliseconds patience);
  /// Writes chunks one behind the other, at most `bytes_per_second`; returns when the topic has them all.
  /// @error wrong_state  `ends` became true
  result<snapshot_id> write(lane_id lane, const lane_image& image, std::uint64_t steps_from, std::uint64_t bytes_per_second,
                            const std::atomic<bool>& ends);
  /// Removes what lies before `before`.
  result<void> trim(lane_id lane, log_offset before, milliseconds patience);
  void close() { log_->close(milliseconds{0}); }

 private:
  struct seen {
    snapshot_catalog catalog{};
    log_offset next = 0;
  };
  result<void> read_range(lane_id lane, log_offset from, log_offset to, milliseconds patience,
                          const std::function<result<void>(const log_record&)>& each);

  std::mutex mutex_{};  ///< a lane has one reader
  const std::unique_ptr<lane_log> log_;
  std::vector<seen> seen_;
};

}  // namespace seatgrid::cluster
