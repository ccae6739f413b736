#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "base/result.hpp"
#include "storage/kafka/kafka_options.hpp"

/// Owners of librdkafka's objects, and its settings and errors in our words. Inside storage/kafka only.
namespace seatgrid::kafka {

template <auto Destroy>
struct destroyed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Destroy(object);
  }
};
using client = std::unique_ptr<rd_kafka_t, destroyed_by<&rd_kafka_destroy>>;
using topic = std::unique_ptr<rd_kafka_topic_t, destroyed_by<&rd_kafka_topic_destroy>>;
using queue = std::unique_ptr<rd_kafka_queue_t, destroyed_by<&rd_kafka_queue_destroy>>;
using event = std::unique_ptr<rd_kafka_event_t, destroyed_by<&rd_kafka_event_destroy>>;
using topic_list = std::unique_ptr<rd_kafka_topic_partition_list_t, destroyed_by<&rd_kafka_topic_partition_list_destroy>>;
using metadata_ptr = std::unique_ptr<const rd_kafka_metadata_t, destroyed_by<&rd_kafka_metadata_destroy>>;

/// An idempotent producer that keeps a connection to every broker. Reports and errors come as events of its main queue.
/// @error invalid  a setting that librdkafka refuses; `what` names it
result<client> make_producer(const kafka_options& options);
/// A producer of which a partition holds an unbroken beginning of what it was given: the first failure is its last word.
result<client> make_gapless_producer(const kafka_options& options, milliseconds linger, const std::string& compression);
/// A consumer without a group: it reads the partitions that it is told and commits nothing.
result<client> make_consumer(const kafka_options& options);

std::string text_of(rd_kafka_resp_err_t code);
/// `code` while `doing`, in our words: unavailable unless it is known to be something better.
error error_of(rd_kafka_resp_err_t code, const std::string& doing);

}  // namespace seatgrid::kafka
