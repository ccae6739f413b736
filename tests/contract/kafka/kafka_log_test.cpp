#include <algorithm>
#include <set>

#include "tests/contract/kafka/kafka_bed.hpp"

/// What a lane's log on a real broker promises while all is well.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;

std::vector<std::string> numbered(const std::string& word, int count) {
  std::vector<std::string> made;
  for (int n = 0; n < count; ++n) made.push_back(word + std::to_string(n));
  return made;
}

TEST_F(KafkaLog, GivesEveryReaderTheRecordsOfALaneInTheirOrder) {
  const auto log = opened();
  ASSERT_TRUE(log);
  collector early, late;
  ASSERT_TRUE(log->tail(1, 0, early.reader()));
  const auto records = numbered("r", 500);
  std::vector<std::future<append_outcome>> reports;
  for (const auto& record : records) reports.push_back(append(*log, 1, record));
  for (std::size_t n = 0; n < reports.size(); ++n) {
    const auto outcome = reports[n].get();
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_EQ(*outcome, std::optional<log_offset>{static_cast<log_offset>(n)});
  }
  EXPECT_EQ(early.wait_for(records.size()), records);
  ASSERT_TRUE(log->tail(1, 0, late.reader())) << "a second reader ends the first";
  EXPECT_EQ(late.wait_for(records.size()), records);
  EXPECT_EQ(early.wait_for(records.size()).size(), records.size()) << "the first was given nothing more";
  const auto times = late.times();
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_GT(times.front().us, 1'700'000'000'000'000) << "the broker's clock";
  EXPECT_EQ(log->status().waiting, 0U);
  EXPECT_EQ(log->status().reported, records.size());
}

TEST_F(KafkaLog, KeepsLanesApartAndReadsOnFromAnOffset) {
  const auto log = opened();
  ASSERT_TRUE(log);
  for (int n = 0; n < 10; ++n) {
    ASSERT_TRUE(append_now(*log, 0, "a" + std::to_string(n)));
    ASSERT_TRUE(append_now(*log, 2, "c" + std::to_string(n)));
  }
  EXPECT_EQ(*log->bounds(0, patience), (log_bounds{0, 10}));
  EXPECT_EQ(*log->bounds(1, patience), (log_bounds{0, 0}));
  collector zero, two;
  ASSERT_TRUE(log->tail(0, 7, zero.reader()));
  ASSERT_TRUE(log->tail(2, 10, two.reader()));
  EXPECT_EQ(zero.wait_for(3), (std::vector<std::string>{"a7", "a8", "a9"}));
  ASSERT_TRUE(append_now(*log, 2, "new"));
  EXPECT_EQ(two.wait_for(1), std::vector<std::string>{"new"}) << "from the end on, only what comes";
  log->untail(0);
  ASSERT_TRUE(append_now(*log, 0, "a10"));
  ASSERT_TRUE(append_now(*log, 2, "newer"));
  EXPECT_EQ(two.wait_for(2).size(), 2U);
  EXPECT_EQ(zero.wait_for(3).size(), 3U) << "an ended reader is given nothing";
}

TEST_F(KafkaLog, ReaderMayBeginAgainFromWithinItsOwnCall) {
  const auto log = opened();
  ASSERT_TRUE(log);
  const auto records = numbered("r", 50);
  for (const auto& record : records) ASSERT_TRUE(append_now(*log, 0, record));
  collector again;
  ASSERT_TRUE(log->tail(0, 20, [&](const auto&) { EXPECT_TRUE(log->tail(0, 0, again.reader())); }));
  EXPECT_EQ(again.wait_for(records.size()), records) << "nothing of what was fetched for the reader before it";
}

TEST_F(KafkaLog, PutsRecordsOfTwoWritersIntoOneOrderThatBothRead) {
  const auto mine = opened(), twin = opened();
  ASSERT_TRUE(mine && twin);
  collector here, there;
  ASSERT_TRUE(mine->tail(0, 0, here.reader()));
  ASSERT_TRUE(twin->tail(0, 0, there.reader()));
  std::vector<std::future<append_outcome>> reports;
  for (int n = 0; n < 100; ++n) {
    reports.push_back(append(*mine, 0, "m" + std::to_string(n)));
    reports.push_back(append(*twin, 0, "t" + std::to_string(n)));
  }
  std::set<log_offset> offsets;
  for (auto& report : reports) offsets.insert(report.get().value().value());
  EXPECT_EQ(offsets.size(), reports.size()) << "each has an offset of its own";
  const auto order = here.wait_for(200);
  EXPECT_EQ(order, there.wait_for(200));
  for (const auto* who : {"m", "t"}) {
    std::vector<std::string> own;
    std::copy_if(order.begin(), order.end(), std::back_inserter(own), [&](const auto& r) { return r.starts_with(who); });
    EXPECT_EQ(own, numbered(who, 100)) << "each writer's records keep their order";
  }
}

TEST_F(KafkaLog, RemovesOldRecordsAndTellsAReaderThatWantsThem) {
  const auto log = opened();
  ASSERT_TRUE(log);
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(append_now(*log, 0, "r" + std::to_string(n)));
  EXPECT_EQ(log->trim(0, 12, patience), 12);
  EXPECT_EQ(log->trim(0, 5, patience), 12) << "the first record never moves down";
  EXPECT_EQ(*log->bounds(0, patience), (log_bounds{12, 20}));
  EXPECT_EQ(log->trim(0, 21, patience).error().code, errc::invalid);
  collector fine, late;
  ASSERT_TRUE(log->tail(0, 12, fine.reader()));
  EXPECT_EQ(fine.wait_for(8).size(), 8U);
  ASSERT_TRUE(log->tail(0, 11, late.reader()));
  const auto why = late.wait_for_end();
  EXPECT_EQ(why.code, errc::not_found);
  EXPECT_NE(why.what.find("has no offset 11: it holds 12 to 19"), std::string::npos) << why.what;
}

TEST_F(KafkaLog, TellsAReaderThatTheLogEndsBelowWhatItHadSeen) {
  const auto log = opened();
  ASSERT_TRUE(log);
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(append_now(*log, 0, "r"));
  collector ahead;
  ASSERT_TRUE(log->tail(0, 6, ahead.reader()));
  EXPECT_EQ(ahead.wait_for_end().code, errc::corrupt);
}

TEST_F(KafkaLog, RefusesWhatItCannotTakeAndGoesOn) {
  options_.record_bytes_max = 10'000;
  options_.appends_max = 3;
  const auto log = opened();
  ASSERT_TRUE(log);
  EXPECT_EQ(append_now(*log, 0, std::string(20'000, 'x')).error().code, errc::invalid);
  EXPECT_EQ(append_now(*log, 3, "x").error().code, errc::invalid) << "there are lanes 0 to 2";
  EXPECT_EQ(log->tail(3, 0, [](const auto&) {}).error().code, errc::invalid);
  EXPECT_EQ(log->tail(0, -1, [](const auto&) {}).error().code, errc::invalid);
  std::vector<std::future<append_outcome>> held;
  {
    const hung_broker hung;
    for (int n = 0; n < 3; ++n) held.push_back(append(*log, 0, "held"));
    EXPECT_EQ(append_now(*log, 0, "one too many").error().code, errc::full);
    EXPECT_GE(log->status().waiting, 3U);
  }
  for (auto& one : held) EXPECT_TRUE(one.get()) << "the broker goes on";
  EXPECT_TRUE(append_now(*log, 1, "fine"));
}

TEST_F(KafkaLog, RefusesATopicWithOtherLanesOrWithSettingsThatDoNotFit) {
  ASSERT_TRUE(opened());
  auto other = options_;
  other.lanes = 4;
  const auto lanes = open_kafka_log(other);
  ASSERT_FALSE(lanes);
  EXPECT_EQ(lanes.error().code, errc::conflict);
  EXPECT_NE(lanes.error().what.find("has 3 lanes, this start asks for 4"), std::string::npos) << lanes.error().what;
  other = options_;
  other.record_bytes_max *= 4;
  const auto smaller = open_kafka_log(other);
  ASSERT_FALSE(smaller);
  EXPECT_EQ(smaller.error().code, errc::conflict);
  EXPECT_NE(smaller.error().what.find("max.message.bytes is 1048576 instead of 4194304"), std::string::npos)
      << smaller.error().what;
  EXPECT_TRUE(opened()) << "the same start again is fine";
}

TEST_F(KafkaLog, SaysWhatIsMissingWhenATopicCannotBeMade) {
  options_.replicas = 3;
  const auto made = open_kafka_log(options_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::invalid);
  EXPECT_NE(made.error().what.find("with 3 replicas: there are fewer brokers"), std::string::npos) << made.error().what;
  options_.replicas = 1;
  options_.topic = "no spaces";
  EXPECT_EQ(open_kafka_log(options_).error().code, errc::invalid);
}

TEST_F(KafkaLog, GivesUpOnBrokersThatDoNotAnswer) {
  options_.brokers = "127.0.0.1:9";
  options_.start_patience = std::chrono::milliseconds{500};
  const auto made = open_kafka_log(options_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::unavailable);
}

TEST_F(KafkaLog, RefusesEverythingOnceClosed) {
  const auto log = opened();
  ASSERT_TRUE(log);
  ASSERT_TRUE(append_now(*log, 0, "r"));
  log->close(patience);
  EXPECT_EQ(log->tail(0, 0, [](const auto&) {}).error().code, errc::wrong_state);
}

}  // namespace
}  // namespace seatgrid
