#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/log.hpp"

namespace seatgrid {

/// What an append meets instead of a plain report.
enum class log_fault : std::uint8_t {
  no_offset = 1,    ///< in the log; the report does not say where
  failed_kept = 2,  ///< in the log, yet reported as unavailable
  failed_late = 3,  ///< reported as unavailable; comes into the log with let_late_land()
  failed_lost = 4,  ///< reported as unavailable and never in the log
};

/// The brokers in memory: what the logs of several processes share, and the faults of brokers. Thread-safe.
class memory_brokers {
 public:
  virtual ~memory_brokers() = default;
  /// The `nth` append to `lane` from now (1 = next), whoever makes it, meets `fault`.
  virtual void inject(lane_id lane, log_fault fault, std::uint64_t nth = 1) = 0;
  /// What met failed_late lands behind everything else, in its order.
  virtual void let_late_land() = 0;
  /// While true nothing arrives: appends wait for their report, readers for records, bounds() fails. What waits arrives in order
  /// afterwards, also from processes that have died meanwhile.
  virtual void stall(bool away) = 0;
  /// As after a power cut of every broker: the records from `from` on are gone, the next append takes their place.
  virtual void lose_end(lane_id lane, log_offset from) = 0;
  virtual log_bounds bounds(lane_id lane) const = 0;
};
/// `now` is the brokers' clock; empty = the operating system's.
std::shared_ptr<memory_brokers> make_memory_brokers(lane_id lanes, std::function<time_point()> now = {});

/// One process's connection to memory_brokers: the shared log of tests and of the simulation.
class memory_log : public lane_log {
 public:
  /// With `by_pump`: gives out at most `most` reports and batches of records that are due; returns how many.
  virtual std::size_t pump(std::size_t most = SIZE_MAX) = 0;
  /// As SIGSTOP and SIGCONT: while true no report and no record comes out. What was appended goes on to the brokers.
  virtual void pause(bool stopped) = 0;
};
struct memory_log_options {
  bool by_pump = false;        ///< else a thread gives out what comes, at once
  bool records_first = false;  ///< a record that is due comes before its report
};
std::unique_ptr<memory_log> make_memory_log(std::shared_ptr<memory_brokers> brokers, memory_log_options options = {});

}  // namespace seatgrid
