#pragma once

#include <memory>

#include "storage/kafka/kafka_options.hpp"
#include "storage/log.hpp"

namespace seatgrid {

/// Lanes' logs on Apache Kafka: lane n is partition n of `options.topic`. One idempotent producer without transactions carries
/// all lanes; a second waits, connected, for an error that the first cannot outlive. Readers are assigned, never in a group.
/// DESIGN section 3; ADR 0010.
class kafka_log : public lane_log {
 public:
  /// For tests: the producer meets an error that it cannot outlive, as brokers seldom cause one.
  virtual void break_writer() = 0;
};

/// Connects, makes the topic or checks it. Blocks for at most about `options.start_patience`.
/// @error invalid      options that Kafka refuses, or more replicas than brokers
/// @error conflict     the topic is there with another number of lanes or with settings that lose records; `what` lists them
/// @error denied       the brokers' access rules
/// @error unavailable  no broker answered
result<std::unique_ptr<kafka_log>> open_kafka_log(kafka_options options);

}  // namespace seatgrid
