#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/contract/kafka/kafka_bed.hpp"
#include "tests/contract/storage/child_process.hpp"
#include "tests/contract/storage/lane_bed.hpp"

/// A cluster's journal on a real broker: processes that are killed and stopped, brokers that die and hang.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;
using testing::append_now;

constexpr lane_id lanes = 2;

class LaneJournalOnKafka : public ::testing::Test {
 protected:
  void SetUp() override {
    if (shared_broker::address().empty()) GTEST_SKIP() << "no Kafka broker: see the test kafka_up";
    static int topics = 0;
    options_.brokers = shared_broker::address();
    options_.topic = "lanes." + std::to_string(::getpid()) + "." + std::to_string(++topics);
    options_.lanes = lanes;
    options_.replicas = 1;
  }
  std::unique_ptr<lane_process> process(const std::string& node) {
    auto made = std::make_unique<lane_process>(
        node, [this] { return log(options_.topic); }, [this] { return log(options_.topic + ".snapshots"); });
    cluster::lane_journal_options options;
    options.retention.keep = milliseconds{0};
    options.retention.snapshot_rate = 1ULL << 40;
    const auto opened = made->open(std::move(options));
    EXPECT_TRUE(opened) << opened.error().what;
    return made;
  }
  std::unique_ptr<lane_log> log(const std::string& topic) {
    auto options = options_;
    options.topic = topic;
    auto opened = open_kafka_log(options);
    EXPECT_TRUE(opened) << opened.error().what;
    return opened ? std::move(*opened) : nullptr;
  }
  child_process child(const std::string& node, const std::string& directory) {
    return {LANE_CHILD, {node, directory, options_.brokers, options_.topic}};
  }
  /// Steps 1, 2, 3 ... as the children append them, at least `acknowledged`; rows are their fold.
  static void expect_whole(const journal& found, std::uint64_t acknowledged) {
    const auto steps = all_steps(found, 1);
    EXPECT_GE(steps.size(), acknowledged);
    std::map<std::string, std::string> folded;
    for (std::uint64_t n = 1; n <= steps.size(); ++n) {
      ASSERT_EQ(steps[n - 1].step, step_number(n));
      for (const auto& row : steps[n - 1].step.rows) folded[row.key] = *row.value;
    }
    const auto rows = all_rows(found, 1);
    EXPECT_TRUE(std::equal(rows.begin(), rows.end(), folded.begin(), folded.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; }));
  }
  kafka_options options_{};
};

TEST_F(LaneJournalOnKafka, HasEveryAcknowledgedStepAfterKillsOnEmptyAndOldDirectories) {
  const scratch_directory kept;
  std::minstd_rand random{std::random_device{}()};
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    const scratch_directory fresh;
    auto writer = child("n" + std::to_string(round % 3), round % 2 == 0 ? kept.path() : fresh.path());
    auto told = writer.told(1);
    ASSERT_EQ(told.size(), 1U) << "it claims within the old claim of the process that was killed";
    ASSERT_GT(told[0], acknowledged);
    writer.kill_after(std::chrono::milliseconds{random() % 200});
    for (const auto sequence : writer.told()) told.push_back(sequence);
    writer.wait();
    for (std::size_t i = 1; i < told.size(); ++i) ASSERT_EQ(told[i], told[i - 1] + 1) << "told in order";
    acknowledged = told.back();
  }
  const auto after = process("after");
  after->claimed(1);
  expect_whole(**after, acknowledged);
  EXPECT_GT(acknowledged, 100U) << "the children hardly ran";
}

TEST_F(LaneJournalOnKafka, AWriterStoppedPastItsClaimCountsNothingMore) {
  const scratch_directory directory;
  auto writer = child("stopped", directory.path());
  auto told = writer.told(200);
  writer.send(SIGSTOP);
  const auto taker = process("taker");
  const auto epoch = taker->claimed(1);
  const auto at_claim = (*taker)->end(1).first.sequence;
  EXPECT_GE(at_claim, told.back());
  EXPECT_EQ(append_now(**taker, epoch, step_number(at_claim + 1)), (step_position{1, at_claim + 1}));
  writer.send(SIGCONT);
  for (const auto sequence : writer.told()) told.push_back(sequence);
  const auto status = writer.wait();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 9) << "it hears that the lane is lost";
  EXPECT_LE(told.back(), at_claim) << "nothing counts for it behind the claim";
  EXPECT_EQ(append_now(**taker, epoch, step_number(at_claim + 2)), (step_position{1, at_claim + 2}));
  expect_whole(**taker, at_claim + 2);
}

TEST_F(LaneJournalOnKafka, TwoWritersAtOnceLoseNothingThatWasAcknowledged) {
  const auto a = process("a"), b = process("b");
  std::set<std::string> acknowledged;
  std::mutex mutex;
  const auto write = [&](lane_process& who, const std::string& name) {
    for (int round = 0; round < 15; ++round) {
      const auto epoch = claim_and_wait(*who, 1, lane_patience);
      for (int i = 0; epoch && i < 4; ++i) {
        auto made = step_number(static_cast<std::uint64_t>(round) + 1);
        made.command = name + std::to_string(round) + "." + std::to_string(i);
        if (!append_now(*who, *epoch, made)) break;
        const std::lock_guard lock{mutex};
        acknowledged.insert(made.command);
      }
    }
  };
  std::thread other{[&] { write(*b, "b"); }};
  write(*a, "a");
  other.join();
  ASSERT_TRUE(append_now(**a, a->claimed(1), step_number(1)));
  ASSERT_TRUE(wait_for([&] { return a->view(1).next_offset == b->view(1).next_offset; }));
  const auto counted = commands(**a, 1);
  EXPECT_EQ(counted, commands(**b, 1));
  EXPECT_GT(acknowledged.size(), 15U);
  for (const auto& one : acknowledged) EXPECT_EQ(std::count(counted.begin(), counted.end(), one), 1) << one;
}

TEST_F(LaneJournalOnKafka, ABrokerThatIsKilledAndStartsAgainOnlyTakesTime) {
  const auto a = process("a");
  const auto epoch = a->claimed(1);
  ASSERT_TRUE(append_now(**a, epoch, step_number(1)));
  ASSERT_TRUE(shared_broker::order("kill 1"));
  std::vector<appended> all(100);
  for (std::uint64_t n = 0; n < all.size(); ++n) all[n].begin(**a, epoch, step_number(n + 2));
  EXPECT_TRUE(wait_for([&] { return a->view(1).in_doubt > 500ms; }));
  ASSERT_TRUE(shared_broker::order("start 1"));
  for (std::uint64_t n = 0; n < all.size(); ++n) EXPECT_EQ(all[n].wait(), (step_position{1, n + 2}));
  EXPECT_EQ(a->view(1).epoch, epoch.epoch) << "a stall is no doubt";
  expect_whole(**a, all.size() + 1);
}

TEST_F(LaneJournalOnKafka, AFrameReportedFailedThatLandsLateIsAnsweredByTheTail) {
  options_.report_patience = 1'500ms;
  const auto a = process("a");
  const auto epoch = a->claimed(1);
  ASSERT_TRUE(append_now(**a, epoch, step_number(1)));
  appended doubted;
  {
    const hung_broker hung;
    doubted.begin(**a, epoch, step_number(2));
    EXPECT_TRUE(wait_for([&] { return a->view(1).mode == cluster::lane_mode::claiming; })) << "doubt: claim again";
    EXPECT_EQ(doubted.times(), 0) << "not answered before the tail has shown what became of it";
  }
  const auto outcome = doubted.wait();
  const auto next = a->claimed(1);
  EXPECT_GT(next.epoch, epoch.epoch);
  const auto found = commands(**a, 1);
  EXPECT_EQ(found.size(), outcome ? 2U : 1U) << "what it was told is what the log says";
  EXPECT_TRUE(append_now(**a, next, step_number(found.size() + 1)));
  expect_whole(**a, found.size() + 1);
}

TEST_F(LaneJournalOnKafka, AWriterThatIsReplacedInTheMiddleLeavesNoDoubtOpen) {
  const auto a = process("a");
  for (int round = 0; round < 3; ++round) {
    auto epoch = a->claimed(1);
    std::vector<appended> sent(20);
    for (auto& one : sent) one.begin(**a, epoch, step_number(1));
    dynamic_cast<kafka_log&>(a->log()).break_writer();
    for (auto& one : sent) {
      const auto outcome = one.wait();
      EXPECT_NE(outcome ? errc::ok : outcome.error().code, errc::timed_out);
    }
  }
  EXPECT_TRUE(append_now(**a, a->claimed(1), step_number(1)));
}

TEST_F(LaneJournalOnKafka, ALogShorterThanWhatTheStoreFoldedIsFoldedAnew) {
  const auto a = process("a");
  const auto epoch = a->claimed(1);
  for (std::uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(append_now(**a, epoch, step_number(n)));
  a->kill();
  options_.topic += ".restored";  // brokers that came back with an older copy
  const auto other = process("other");
  const auto before = other->claimed(1);
  for (std::uint64_t n = 1; n <= 7; ++n) ASSERT_TRUE(append_now(**other, before, step_number(n)));
  a->restart();
  EXPECT_GT(a->claimed(1).epoch, epoch.epoch) << "no epoch of the lost history comes again";
  EXPECT_TRUE(a->said("folded anew"));
  expect_whole(**a, 7);
  EXPECT_EQ((*a)->end(1).first.sequence, 7U);
}

TEST_F(LaneJournalOnKafka, ALogWithoutItsBeginningIsReadFromASnapshotAlsoByThoseBehindIt) {
  const auto a = process("a"), behind = process("behind");
  const auto epoch = a->claimed(1);
  std::uint64_t n = 0;
  const auto append_some = [&] {
    for (const auto last = n + 400; n < last;) {
      auto made = step_number(++n);
      made.rows.push_back({row_key(made.entity, "large" + std::to_string(n)), std::string(4'000, 'l')});
      ASSERT_TRUE(append_now(**a, epoch, std::move(made)));
    }
  };
  append_some();
  ASSERT_TRUE(wait_for([&] { return behind->view(1).sequence == n; }));
  behind->kill();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE((*a)->make_snapshot(1));
    append_some();
  }
  (*a)->look_after_retention();
  const auto removed_to = a->view(1).first_offset;
  EXPECT_GT(removed_to, 400U) << "the broker has removed what the snapshots stand for";
  EXPECT_EQ(a->log().bounds(1, patience)->first, static_cast<log_offset>(removed_to));

  behind->restart();
  const auto fresh = process("fresh");
  for (const auto& one : {behind.get(), fresh.get()}) {
    ASSERT_TRUE(wait_for([&] { return one->view(1).sequence == n && one->view(1).trouble.empty(); }));
    EXPECT_TRUE(one->said("begins with the snapshot"));
    EXPECT_EQ(all_rows(**one, 1), all_rows(**a, 1));
    EXPECT_EQ((*one)->end(1), (*a)->end(1));
    const auto steps = all_steps(**one, 1);
    ASSERT_FALSE(steps.empty());
    EXPECT_EQ(steps, all_steps(**a, 1, steps.front().position.sequence));
  }
  EXPECT_TRUE(append_now(**fresh, fresh->claimed(1), step_number(n + 1)));
}

}  // namespace
}  // namespace seatgrid
