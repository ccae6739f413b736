#include "storage/kafka/kafka_events.hpp"

#include <gtest/gtest.h>

#include "tests/contract/kafka/kafka_bed.hpp"

namespace seatgrid::testing {
namespace {

class KafkaEvents : public KafkaLog {
 protected:
  std::unique_ptr<event_topic> opened_topic() {
    auto made = open_kafka_events(options_, {});
    EXPECT_TRUE(made) << made.error().what;
    return made ? std::move(*made) : nullptr;
  }
  static std::future<result<void>> give(event_topic& to, lane_id partition, topic_record record) {
    auto outcome = std::make_shared<std::promise<result<void>>>();
    to.append(partition, std::move(record), [outcome](result<void> came) { outcome->set_value(std::move(came)); });
    return outcome->get_future();
  }
  static topic_record event(int number) {
    return {.key = "call/" + std::to_string(number % 3),
            .headers = {{"ce_id", std::to_string(number)}, {"ce_source", "/here"}},
            .value = R"({"n":)" + std::to_string(number) + "}"};
  }
};

TEST_F(KafkaEvents, KeepsOrderKeysAndHeadersOfEachPartition) {
  const auto topic = opened_topic();
  ASSERT_TRUE(topic);
  std::vector<std::future<result<void>>> reports;
  for (int i = 0; i < 500; ++i) reports.push_back(give(*topic, static_cast<lane_id>(i % 2), event(i)));
  for (auto& one : reports) ASSERT_TRUE(one.get());
  const auto end = topic->end_of(1, 10, patience);
  ASSERT_TRUE(end) << end.error().what;
  ASSERT_EQ(end->size(), 10U);
  EXPECT_EQ(end->back().headers, event(499).headers);
  EXPECT_EQ(end->back().key, event(499).key);
  EXPECT_EQ(end->front().headers, event(481).headers);
  EXPECT_EQ(topic->end_of(0, 10'000, patience)->size(), 250U);
  EXPECT_TRUE(topic->end_of(2, 10, patience)->empty());
}

TEST_F(KafkaEvents, StoresNothingBehindARecordThatItCouldNotStore) {
  const auto topic = opened_topic();
  ASSERT_TRUE(topic);
  ASSERT_TRUE(give(*topic, 0, event(1)).get());
  auto large = event(2);
  large.value.assign(options_.record_bytes_max + 1, 'x');
  EXPECT_EQ(give(*topic, 0, std::move(large)).get().error().code, errc::invalid);
  EXPECT_EQ(give(*topic, 0, event(3)).get().error().code, errc::unavailable);
  const auto again = opened_topic();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->end_of(0, 10, patience)->size(), 1U);
  EXPECT_TRUE(give(*again, 0, event(2)).get());
}

TEST_F(KafkaEvents, WaitsForABrokerThatHangsAndLosesNothing) {
  const auto topic = opened_topic();
  ASSERT_TRUE(topic);
  ASSERT_TRUE(give(*topic, 0, event(0)).get());
  std::vector<std::future<result<void>>> reports;
  {
    const hung_broker hung;
    for (int i = 1; i <= 50; ++i) reports.push_back(give(*topic, 0, event(i)));
    EXPECT_EQ(reports.back().wait_for(std::chrono::seconds{2}), std::future_status::timeout);
  }
  for (auto& one : reports) ASSERT_TRUE(one.get());
  const auto end = topic->end_of(0, 100, patience);
  ASSERT_EQ(end->size(), 51U) << "neither lost nor doubled";
  for (std::size_t i = 0; i < end->size(); ++i) EXPECT_EQ((*end)[i].headers, event(static_cast<int>(i)).headers);
}

TEST_F(KafkaEvents, RefusesATopicWithFewerPartitionsThanLanes) {
  ASSERT_TRUE(opened_topic());
  options_.lanes = 5;
  const auto refused = open_kafka_events(options_, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
}

}  // namespace
}  // namespace seatgrid::testing
