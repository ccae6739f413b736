#pragma once

#include <functional>
#include <string>
#include <vector>

#include "storage/event_topic.hpp"
#include "storage/kafka/kafka_options.hpp"

namespace seatgrid {

/// Where reading of each partition begins.
struct read_from {
  enum class place : std::uint8_t { beginning, end, offset };
  place at = place::beginning;
  std::int64_t offset = 0;  ///< with `offset`: in each partition, at least its first and at most its end
};

struct read_record {
  lane_id partition = 0;
  std::int64_t offset = 0;
  topic_record what{};
};

struct partition_span {
  lane_id partition = 0;
  std::int64_t first = 0;  ///< the oldest record that is kept
  std::int64_t begin = 0;  ///< where reading begins
  std::int64_t end = 0;    ///< behind the newest at the start
};

/// Reads a topic of keyed records with headers as any consumer would: without a group, in the order of each partition; between
/// partitions there is no order.
struct topic_reading {
  kafka_options kafka{};  ///< brokers, topic, access; `lanes` is not looked at
  read_from from{};
  bool until_end = false;  ///< up to the ends as they are at the start; else for ever
  std::function<void(const std::vector<partition_span>&)> begins{};
  /// False ends the reading.
  std::function<bool(read_record)> record{};
  /// When nothing came for 100 ms. False ends the reading.
  std::function<bool()> idle{};
};

/// Blocks.
/// @error not_found   no such topic
/// @error unavailable no broker answered within `kafka.start_patience`, or nothing came for so long before the end
/// @error denied, invalid  as open_kafka_events; what was removed while we read it is `unavailable` too
result<void> read_topic(const topic_reading& how);

}  // namespace seatgrid
