#pragma once

#include <chrono>
#include <memory>

#include "storage/event_topic.hpp"
#include "storage/kafka/kafka_options.hpp"

namespace seatgrid {

/// How public events reach the topic `options.topic` of `kafka_options`.
struct kafka_events_options {
  std::chrono::hours keep{24 * 7};  ///< retention of a topic that we make; one that is there keeps its own
  milliseconds linger{5};           ///< an event waits so long for others: fewer and better compressed batches
  std::string compression{"lz4"};   ///< none, lz4, zstd, gzip, snappy
};

/// The events' topic on Kafka: an idempotent producer that stores nothing behind a record that it could not store. Makes the
/// topic with `options.lanes` partitions when there is none; one with fewer partitions or with compaction is refused. Blocks.
/// @error conflict, invalid, denied, unavailable as open_kafka_log
result<std::unique_ptr<event_topic>> open_kafka_events(kafka_options options, const kafka_events_options& events);

}  // namespace seatgrid
