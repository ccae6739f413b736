#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/journal.hpp"

/// Where public events go for other systems: partitions (one per lane) of keyed records with headers, appended in order.
namespace seatgrid {

struct topic_record {
  std::string key{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string value{};
};

/// One connection of one publisher. Gapless: when a record cannot be stored, none that was appended after it to the same
/// partition ever is, and the connection is over: every report from then on is an error. Open another and find out where the
/// topic ends.
class event_topic {
 public:
  virtual ~event_topic() = default;

  /// Puts the record behind what this connection appended to the partition before. Never blocks. `done` runs exactly once, in
  /// append order within the partition, on a thread of the topic: stored with all its copies; or
  /// @error unavailable it may be stored, or never, or late
  /// @error full        more wait than the connection takes; not stored
  /// @error invalid     no such partition, or larger than the topic takes; not stored
  virtual void append(lane_id partition, topic_record record, std::function<void(result<void>)> done) = 0;

  /// The records at the partition's end, oldest first, at most `most` of them, without their values. Blocks.
  /// @error unavailable no answer within `patience`
  virtual result<std::vector<topic_record>> end_of(lane_id partition, std::uint32_t most, milliseconds patience) = 0;
};

}  // namespace seatgrid
