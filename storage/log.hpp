#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/journal.hpp"

/// Shared logs of lanes: append to the end, read on from an offset, and nothing else. Several processes append to one lane; the
/// log puts their records into one order that every reader sees. What the records mean (claims, frames) is the lane machine's.
namespace seatgrid {

/// Where a record stands in its lane's log. Grows with every record; readers must bear gaps.
using log_offset = std::int64_t;

struct log_record {
  log_offset offset = 0;
  time_point at{};           ///< when the log took it, by the log's own clock
  std::string_view bytes{};  ///< lives until the reader returns
};

/// What became of an append: its offset; or none, when the record is in the log and the log does not say where; or
/// @error unavailable  it may be in the log, or come into it later. The log never sends it again; nor may the caller.
/// @error invalid      larger than the log takes; it never left
/// @error full         too many appends wait (the implementation names the bound); it never left
/// @error wrong_state  the log was closed; it never left
using on_reported = std::function<void(result<std::optional<log_offset>>)>;

/// Records of one lane in offset order, at least one; or why no more will come:
/// @error not_found    records from the wanted offset on were removed (retention)
/// @error corrupt      the log ends below the wanted offset: it lost records that this reader had seen
/// @error denied       this process may not read the lane
using on_records = std::function<void(result<std::span<const log_record>>)>;

/// The records that a lane's log holds: first <= offset < end.
struct log_bounds {
  log_offset first = 0;
  log_offset end = 0;
  auto operator<=>(const log_bounds&) const = default;
};

/// For metrics and for the heartbeats that tell a stuck node from a live one.
struct log_status {
  std::uint64_t waiting = 0;           ///< appends without a report
  milliseconds oldest_waiting{};       ///< age of the oldest of them
  std::uint64_t reported = 0;          ///< appends that are in the log, since the start
  std::uint64_t failed = 0;            ///< appends that may not be
  std::uint64_t read = 0;              ///< records given to readers
  std::uint64_t writers_replaced = 0;  ///< connections given up after an error that they could not outlive
  bool connected = false;              ///< the log answered lately
  std::string trouble{};               ///< the last trouble in the log's own words; empty = none yet
};

/// All callbacks of one log come from one thread of the log, never two at a time, and must be short: while one runs, no other
/// report or record of any lane arrives. They may call append(), tail() and untail().
class lane_log {
 public:
  virtual ~lane_log() = default;

  /// How many lanes the log has; fixed when it was made.
  virtual lane_id lanes() const = 0;

  /// Sends `record` to the end of the lane, behind what this process sent to it before. Never blocks; `done` runs exactly once.
  virtual void append(lane_id lane, std::string record, on_reported done) = 0;

  /// Reads the lane from `from` on, for ever: what is there and what comes. Ends a reader that the lane had before.
  /// @error invalid no such lane or a negative offset; @error wrong_state the log was closed
  virtual result<void> tail(lane_id lane, log_offset from, on_records reader) = 0;
  /// Ends the lane's reader; after this returns it is not called again.
  virtual void untail(lane_id lane) = 0;

  /// Asks the log; blocks. @error unavailable it did not answer within `patience`
  virtual result<log_bounds> bounds(lane_id lane, milliseconds patience) = 0;
  /// The first record that the log took at `at` or later, by its own clock; the end when there is none. Blocks. Errors of
  /// bounds().
  virtual result<log_offset> first_since(lane_id lane, time_point at, milliseconds patience) = 0;
  /// Removes the records below `before`; blocks. Never moves the first record down. Returns the new first offset.
  /// @error invalid `before` is beyond the end; @error unavailable outcome unknown after `patience`: repeat it
  virtual result<log_offset> trim(lane_id lane, log_offset before, milliseconds patience) = 0;

  virtual log_status status() const = 0;
  /// Takes no more appends, waits at most `patience` for reports, fails what is left as unavailable, ends all readers. Not from a
  /// callback.
  virtual void close(milliseconds patience) = 0;
};

}  // namespace seatgrid
