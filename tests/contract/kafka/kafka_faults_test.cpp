#include <algorithm>
#include <thread>

#include "tests/contract/kafka/kafka_bed.hpp"

/// What brokers that die and hang do to a lane's log. Each append waits for the report of the one before it, as frames do.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

/// Appends r0, r1 ... to lane 0, one at a time, until stopped.
class stream {
 public:
  explicit stream(lane_log& to) : thread_([this, &to](const std::stop_token& stop) { run(to, stop); }) {}
  /// The records that were reported to be in the log, in their order.
  std::vector<std::string> stop() {
    thread_.request_stop();
    thread_.join();
    return reported_;
  }
  std::chrono::milliseconds longest_wait() const { return longest_; }
  int failed() const { return failed_; }

 private:
  void run(lane_log& to, const std::stop_token& stop) {
    for (int n = 0; !stop.stop_requested(); ++n) {
      const auto began = std::chrono::steady_clock::now();
      const auto record = "r" + std::to_string(n);
      if (append_now(to, 0, record))
        reported_.push_back(record);
      else
        ++failed_;
      longest_ = std::max(longest_, std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began));
      std::this_thread::sleep_for(1ms);
    }
  }
  std::vector<std::string> reported_{};
  std::chrono::milliseconds longest_{};
  int failed_ = 0;
  std::jthread thread_;
};

TEST_F(KafkaLog, LosesAndDoublesNothingWhenTheBrokerIsKilledAndStartsAgain) {
  const auto log = opened();
  ASSERT_TRUE(log);
  collector reader;
  ASSERT_TRUE(log->tail(0, 0, reader.reader()));
  stream writing{*log};
  ASSERT_GE(reader.wait_for(20).size(), 20U);
  ASSERT_TRUE(shared_broker::order("kill 1"));
  ASSERT_TRUE(shared_broker::order("start 1"));
  const auto before = reader.wait_for(0).size();
  EXPECT_GT(reader.wait_for(before + 20).size(), before) << "the same reader goes on";
  const auto reported = writing.stop();
  EXPECT_EQ(writing.failed(), 0) << "a restart is a stall, not doubt";
  EXPECT_EQ(reader.wait_for(reported.size()), reported);
  EXPECT_TRUE(log->status().connected);
}

TEST_F(KafkaLog, ReportsLateAndDoublesNothingWhenTheBrokerHangs) {
  const auto log = opened();
  ASSERT_TRUE(log);
  collector reader;
  ASSERT_TRUE(log->tail(0, 0, reader.reader()));
  stream writing{*log};
  ASSERT_GE(reader.wait_for(20).size(), 20U);
  {
    const hung_broker hung;
    std::this_thread::sleep_for(3s);
    EXPECT_GE(log->status().oldest_waiting, 1s) << "heartbeats see a stuck node by this";
  }
  const auto before = reader.wait_for(0).size();
  EXPECT_GE(reader.wait_for(before + 20).size(), before + 20);
  const auto reported = writing.stop();
  EXPECT_EQ(writing.failed(), 0);
  EXPECT_GE(writing.longest_wait(), 2s);
  EXPECT_EQ(reader.wait_for(reported.size()), reported);
}

TEST_F(KafkaLog, ShowsTheReaderARecordThatWasReportedFailedAndLandsLate) {
  options_.report_patience = 1'500ms;
  const auto log = opened();
  ASSERT_TRUE(log);
  collector reader;
  ASSERT_TRUE(log->tail(0, 0, reader.reader()));
  ASSERT_TRUE(append_now(*log, 0, "first"));
  {
    const hung_broker hung;
    const auto outcome = append_now(*log, 0, "late");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::unavailable);
  }
  EXPECT_EQ(reader.wait_for(2), (std::vector<std::string>{"first", "late"}));
  EXPECT_TRUE(append_now(*log, 0, "after")) << "one failure does not end the log";
  EXPECT_EQ(reader.wait_for(3).back(), "after");
}

TEST_F(KafkaLog, GoesOnWithTheSecondWriterAfterAnErrorThatEndsTheFirst) {
  const auto log = opened();
  ASSERT_TRUE(log);
  collector reader;
  ASSERT_TRUE(log->tail(0, 0, reader.reader()));
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(append_now(*log, 0, "fine"));
    log->break_writer();
    append_outcome outcome;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!(outcome = append_now(*log, 0, "again")) && std::chrono::steady_clock::now() < until)
      EXPECT_EQ(outcome.error().code, errc::unavailable) << outcome.error().what;
    EXPECT_TRUE(outcome);
    EXPECT_EQ(log->status().writers_replaced, static_cast<std::uint64_t>(round));
  }
  EXPECT_GE(reader.wait_for(6).size(), 6U);
}

TEST_F(KafkaLog, ReportsWhatWaitsWhenItIsClosedWhileTheBrokerHangs) {
  auto log = opened();
  ASSERT_TRUE(log);
  ASSERT_TRUE(append_now(*log, 0, "first"));
  const hung_broker hung;
  auto held = append(*log, 0, "held");
  std::this_thread::sleep_for(100ms);
  const auto began = std::chrono::steady_clock::now();
  log->close(300ms);
  ASSERT_EQ(held.wait_for(0s), std::future_status::ready) << "exactly once, before close() returns";
  EXPECT_EQ(held.get().error().code, errc::unavailable);
  log.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

}  // namespace
}  // namespace seatgrid
