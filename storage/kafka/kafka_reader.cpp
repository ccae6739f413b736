#include "storage/kafka/kafka_reader.hpp"

#include <algorithm>
#include <map>

#include "storage/kafka/kafka_client_internal.hpp"
#include "storage/kafka/kafka_record_internal.hpp"

namespace seatgrid {
namespace {

using namespace kafka;
using clock_type = std::chrono::steady_clock;

constexpr milliseconds poll_every{100};

result<std::vector<partition_span>> spans_of(rd_kafka_t* by, rd_kafka_topic_t* of, const topic_reading& how) {
  const auto patience = static_cast<int>(how.kafka.start_patience.count());
  const auto doing = "asking brokers " + how.kafka.brokers + " for topic " + how.kafka.topic;
  const rd_kafka_metadata_t* raw = nullptr;
  const auto asked = rd_kafka_metadata(by, 0, of, &raw, patience);
  const metadata_ptr about{raw};
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(asked, doing));
  if (about->topic_cnt == 0 || about->topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
      about->topics[0].partition_cnt == 0)
    return fail(errc::not_found, "there is no topic " + how.kafka.topic + " at " + how.kafka.brokers);
  if (about->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(about->topics[0].err, doing));
  std::vector<partition_span> spans;
  for (lane_id number = 0; number < static_cast<lane_id>(about->topics[0].partition_cnt); ++number) {
    partition_span span{.partition = number};
    const auto said = rd_kafka_query_watermark_offsets(by, how.kafka.topic.c_str(), number, &span.first, &span.end, patience);
    if (said != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(said, doing));
    switch (how.from.at) {
      case read_from::place::beginning: span.begin = span.first; break;
      case read_from::place::end: span.begin = span.end; break;
      case read_from::place::offset: span.begin = std::clamp(how.from.offset, span.first, span.end); break;
    }
    spans.push_back(span);
  }
  return spans;
}

/// Hands records over until somebody says that it is enough.
result<void> run(rd_kafka_queue_t* from, const std::vector<partition_span>& spans, const topic_reading& how) {
  std::map<lane_id, std::int64_t> open;
  for (const auto& span : spans)
    if (span.begin < span.end) open.emplace(span.partition, span.end);
  const auto doing = "reading topic " + how.kafka.topic;
  auto heard_at = clock_type::now();
  while (!how.until_end || !open.empty()) {
    const message came{rd_kafka_consume_queue(from, static_cast<int>(poll_every.count()))};
    if (!came || came->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (how.idle && !how.idle()) return {};
      if (how.until_end && clock_type::now() - heard_at > how.kafka.start_patience)
        return fail(errc::unavailable, doing + ": nothing came for " + std::to_string(how.kafka.start_patience.count()) + " ms");
      continue;
    }
    if (came->err == RD_KAFKA_RESP_ERR__TRANSPORT || came->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) continue;
    if (came->err != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(came->err, doing));
    heard_at = clock_type::now();
    const auto partition = static_cast<lane_id>(came->partition);
    const auto wanted = open.find(partition);
    if (how.until_end && wanted == open.end()) continue;
    if (!how.record({partition, came->offset, record_of(*came, with_value::yes)})) return {};
    if (wanted != open.end() && came->offset + 1 >= wanted->second) open.erase(wanted);
  }
  return {};
}

}  // namespace

result<void> read_topic(const topic_reading& how) {
  auto made = make_consumer(how.kafka);
  if (!made) return tl::unexpected(made.error());
  const auto reads = std::move(*made);
  const topic of{rd_kafka_topic_new(reads.get(), how.kafka.topic.c_str(), nullptr)};
  if (!of) return fail(errc::invalid, "'" + how.kafka.topic + "' is no name of a topic");
  const auto spans = spans_of(reads.get(), of.get(), how);
  if (!spans) return tl::unexpected(spans.error());
  if (how.begins) how.begins(*spans);
  const queue came{rd_kafka_queue_new(reads.get())};
  std::vector<lane_id> started;
  result<void> outcome{};
  for (const auto& span : *spans) {
    if (rd_kafka_consume_start_queue(of.get(), span.partition, span.begin, came.get()) != 0) {
      outcome = tl::unexpected(error_of(rd_kafka_last_error(), "reading topic " + how.kafka.topic));
      break;
    }
    started.push_back(span.partition);
  }
  if (outcome) outcome = run(came.get(), *spans, how);
  for (const auto partition : started) rd_kafka_consume_stop(of.get(), partition);
  return outcome;
}

}  // namespace seatgrid
