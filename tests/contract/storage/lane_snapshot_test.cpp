#include "cluster/snapshot.hpp"
#include "tests/contract/storage/lane_fixture.hpp"

/// Snapshots of lanes, and a log whose beginning was removed.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

constexpr std::size_t row_bytes = 8'000;

step large_step(std::uint64_t n) {
  auto made = step_number(n);
  made.rows.push_back(
      {row_key(made.entity, "large" + std::to_string(n)), std::string(row_bytes, static_cast<char>('a' + n % 26))});
  made.outbox = {{"call.event", 0, "{}"}};
  return made;
}

/// The records of lane 1 of a topic.
std::vector<std::string> records_of(const std::shared_ptr<memory_brokers>& topic) {
  const auto log = make_memory_log(topic);
  const auto bounds = topic->bounds(1);
  std::mutex mutex;
  std::vector<std::string> found;
  const auto count = static_cast<std::size_t>(bounds.end - bounds.first);
  EXPECT_TRUE(log->tail(1, bounds.first, [&](const auto& came) {
    const std::lock_guard lock{mutex};
    for (const auto& one : came.value()) found.emplace_back(one.bytes);
  }));
  EXPECT_TRUE(wait_for([&] {
    const std::lock_guard lock{mutex};
    return found.size() >= count;
  }));
  log->untail(1);
  return found;
}

class LaneSnapshots : public ::testing::Test {
 protected:
  lane_process::log_maker on(const std::shared_ptr<memory_brokers>& topic) {
    return [topic] { return make_memory_log(topic); };
  }
  static cluster::lane_journal_options keeping(milliseconds keep = 24h) {
    cluster::lane_journal_options made;
    made.retention.keep = keep;
    made.retention.snapshot_rate = 1ULL << 40;
    return made;
  }
  void SetUp() override {
    ASSERT_TRUE(a_.open(keeping(0ms)));
    ASSERT_TRUE(b_.open(keeping(0ms)));
  }
  static void append(lane_process& to, lane_epoch at, std::uint64_t first, std::uint64_t last) {
    std::vector<appended> all(last - first + 1);
    for (auto n = first; n <= last; ++n) all[n - first].begin(*to, at, large_step(n));
    for (auto& one : all) ASSERT_TRUE(one.wait());
  }
  bool folded(lane_process& who) {
    return wait_for([&] {
      const auto lane = who.view(1);
      return lane.trouble.empty() && lane.to_fold == 0 && lane.next_offset == static_cast<std::uint64_t>(brokers_->bounds(1).end);
    });
  }
  /// Rows, ends, event numbers and fold of both are the same bytes: their snapshots are.
  void expect_same(lane_process& one, const std::shared_ptr<memory_brokers>& one_topic, lane_process& other,
                   const std::shared_ptr<memory_brokers>& other_topic) {
    ASSERT_TRUE(folded(one));
    ASSERT_TRUE(folded(other));
    EXPECT_EQ(all_rows(*one, 1), all_rows(*other, 1));
    EXPECT_EQ(one->end(1), other->end(1));
    const auto before = records_of(one_topic).size(), other_before = records_of(other_topic).size();
    ASSERT_TRUE(one->make_snapshot(1));
    const auto count = records_of(one_topic).size();
    const auto other_from = one_topic == other_topic ? count : other_before;
    ASSERT_TRUE(other->make_snapshot(1));
    const auto mine = records_of(one_topic), theirs = records_of(other_topic);
    EXPECT_EQ((std::vector<std::string>{mine.begin() + static_cast<long>(before), mine.begin() + static_cast<long>(count)}),
              (std::vector<std::string>{theirs.begin() + static_cast<long>(other_from), theirs.end()}));
  }

  std::shared_ptr<memory_brokers> brokers_ = make_memory_brokers(test_lanes);
  std::shared_ptr<memory_brokers> shelf_ = make_memory_brokers(test_lanes);
  lane_process a_{"a", on(brokers_), on(shelf_)};
  lane_process b_{"b", on(brokers_), on(shelf_)};
};

TEST_F(LaneSnapshots, OwnerAndFollowerWriteTheSameBytesAtOneOffset) {
  append(a_, a_.claimed(1), 1, 300);
  expect_same(a_, shelf_, b_, shelf_);
  EXPECT_GT(records_of(shelf_).size(), 8U) << "several chunks each";
  for (const auto& record : records_of(shelf_)) EXPECT_LT(record.size(), 520'000U);
}

TEST_F(LaneSnapshots, AStartFromASnapshotEqualsAStartFromTheWholeLog) {
  const auto epoch = a_.claimed(1);
  append(a_, epoch, 1, 200);
  ASSERT_TRUE(a_->make_snapshot(1));
  append(a_, epoch, 201, 250);
  lane_process c{"c", on(brokers_), on(shelf_)};
  ASSERT_TRUE(c.open(keeping()));
  const auto other_shelf = make_memory_brokers(test_lanes);
  lane_process d{"d", on(brokers_), on(other_shelf)};
  ASSERT_TRUE(d.open(keeping()));
  expect_same(c, shelf_, d, other_shelf);
  EXPECT_TRUE(c.said("begins with the snapshot"));
  EXPECT_FALSE(d.said("begins with the snapshot"));
  const auto steps = all_steps(*c, 1);
  EXPECT_EQ(steps, all_steps(*d, 1, 200)) << "the last step of the snapshot and what came after it";
  const auto next = append_now(*c, c.claimed(1), large_step(251));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->sequence, 251U);
  EXPECT_EQ(all_steps(*c, 1).back().step.outbox.front().sequence, 251U % 8 + 1) << "event numbers go on";
  c.restart(keeping());
  ASSERT_TRUE(folded(c));
  EXPECT_EQ(c->end(1).first.sequence, 251U) << "its store is one like any other";
}

TEST_F(LaneSnapshots, KeepsTheStepsThatAreStillNeeded) {
  auto options = keeping();
  options.retention.steps_from = [](lane_id, const auto& row) {
    return row(row_key(call_number(1), "n1")) ? std::uint64_t{40} : std::uint64_t{1};
  };
  a_.restart(options);
  append(a_, a_.claimed(1), 1, 60);
  ASSERT_TRUE(a_->make_snapshot(1));
  lane_process c{"c", on(brokers_), on(shelf_)};
  ASSERT_TRUE(c.open(keeping()));
  ASSERT_TRUE(folded(c));
  EXPECT_EQ(all_steps(*c, 1), all_steps(*a_, 1, 40));
  std::vector<std::uint64_t> of_call;
  ASSERT_TRUE(c->read_entity(call_number(1 + 41 / 8), [&](const recorded_step& one) {
    of_call.push_back(one.position.sequence);
    return true;
  }));
  EXPECT_EQ(of_call, (std::vector<std::uint64_t>{40, 41, 42, 43, 44, 45, 46, 47})) << "the index has them";
}

TEST_F(LaneSnapshots, OneThatIsTornAtAnyChunkIsNotUsed) {
  append(a_, a_.claimed(1), 1, 200);
  ASSERT_TRUE(a_->make_snapshot(1));
  const auto chunks = records_of(shelf_);
  ASSERT_GT(chunks.size(), 3U);
  for (std::size_t whole = 0; whole < chunks.size(); ++whole) {
    const auto torn = make_memory_brokers(test_lanes);
    {
      const auto log = make_memory_log(torn);
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        auto bytes = chunks[i];
        if (i == whole) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        if (i != whole || whole % 2 == 0) log->append(1, bytes, [](const auto&) {});  // damaged or absent
      }
      log->close(1s);
    }
    lane_process c{"c", on(brokers_), on(torn)};
    ASSERT_TRUE(c.open(keeping()));
    ASSERT_TRUE(folded(c));
    EXPECT_FALSE(c.said("begins with the snapshot")) << whole;
    EXPECT_EQ(all_steps(*c, 1).size(), 200U);
  }
}

TEST_F(LaneSnapshots, AReaderBehindTheTrimmedLogGoesOnFromASnapshot) {
  const auto epoch = a_.claimed(1);
  append(a_, epoch, 1, 50);
  ASSERT_TRUE(folded(b_));
  b_.kill();
  for (std::uint64_t round = 1; round <= 3; ++round) {
    append(a_, epoch, 50 * round + 1, 50 * round + 50);
    ASSERT_TRUE(a_->make_snapshot(1));
  }
  a_->look_after_retention();
  const auto lane = a_.view(1);
  EXPECT_GT(brokers_->bounds(1).first, 50 / 10) << "the log was trimmed";
  EXPECT_EQ(static_cast<std::uint64_t>(brokers_->bounds(1).first), lane.first_offset);
  EXPECT_LT(lane.first_offset, lane.snapshot_offset) << "to the older of two snapshots";
  EXPECT_GT(shelf_->bounds(1).first, 0) << "only two are kept";
  b_.restart(keeping());
  ASSERT_TRUE(folded(b_));
  EXPECT_TRUE(b_.said("begins with the snapshot"));
  expect_same(a_, shelf_, b_, shelf_);
  EXPECT_TRUE(append_now(*b_, b_.claimed(1), large_step(201)));
}

TEST_F(LaneSnapshots, RemovesNothingThatIsYoungerThanItIsToldToKeep) {
  a_.restart(keeping(1h));
  const auto epoch = a_.claimed(1);
  for (std::uint64_t round = 0; round < 3; ++round) {
    append(a_, epoch, 50 * round + 1, 50 * round + 50);
    ASSERT_TRUE(a_->make_snapshot(1));
  }
  a_->look_after_retention();
  EXPECT_EQ(brokers_->bounds(1).first, 0);
  EXPECT_GT(shelf_->bounds(1).first, 0);
}

TEST_F(LaneSnapshots, AnOwnerTrimsOnlyBySnapshotsOfItsOwnClaim) {
  const auto epoch = a_.claimed(1);
  append(a_, epoch, 1, 40);
  ASSERT_TRUE(a_->make_snapshot(1));
  append(a_, epoch, 41, 80);
  ASSERT_TRUE(a_->make_snapshot(1));
  a_.kill();  // between snapshot and trim
  const auto next = b_.claimed(1);
  b_->look_after_retention();
  EXPECT_EQ(brokers_->bounds(1).first, 0) << "another history may have made them";
  for (std::uint64_t round = 0; round < 2; ++round) {
    append(b_, next, 81 + 20 * round, 100 + 20 * round);
    ASSERT_TRUE(b_->make_snapshot(1));
  }
  b_->look_after_retention();
  EXPECT_GT(brokers_->bounds(1).first, 0);
  lane_process c{"c", on(brokers_), on(shelf_)};
  ASSERT_TRUE(c.open(keeping()));
  expect_same(b_, shelf_, c, shelf_);
}

TEST_F(LaneSnapshots, ALaneWithoutBeginningAndSnapshotWaitsForOneAndSaysSo) {
  const auto epoch = a_.claimed(1);
  append(a_, epoch, 1, 40);
  // An owner counts by report: its reader, too, must be past what is removed.
  const auto end = static_cast<std::uint64_t>(brokers_->bounds(1).end);
  ASSERT_TRUE(wait_for([&] { return a_.log().status().read == end && b_.log().status().read == end; }));
  ASSERT_TRUE(make_memory_log(brokers_)->trim(1, 3, 1s));
  lane_process c{"c", on(brokers_), on(shelf_)};
  ASSERT_TRUE(c.open(keeping()));
  ASSERT_TRUE(wait_for([&] { return c.said("its beginning was removed, and no whole snapshot stands behind it"); }));
  EXPECT_FALSE(c.view(1).trouble.empty());
  EXPECT_EQ(claim_and_wait(*c, 1, lane_patience).error().code, errc::unavailable);
  ASSERT_TRUE(a_->make_snapshot(1));
  EXPECT_TRUE(folded(c)) << "it looks again";
  expect_same(a_, shelf_, c, shelf_);
}

TEST_F(LaneSnapshots, OneBeyondTheLogsEndIsNotUsed) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(append_now(*a_, epoch, large_step(n)));
  ASSERT_TRUE(a_->make_snapshot(1));
  ASSERT_TRUE(folded(b_));
  a_.kill();
  b_.kill();
  brokers_->lose_end(1, 11);
  b_.restart(keeping());
  ASSERT_TRUE(wait_for([&] { return b_.said("folded anew") && b_.view(1).trouble.empty() && b_.view(1).sequence == 10; }));
  EXPECT_TRUE(b_.said("new incarnation of the journal")) << "an operator must know";
  EXPECT_FALSE(b_.said("begins with the snapshot"));
  EXPECT_EQ(all_steps(*b_, 1).size(), 10U);
}

TEST_F(LaneSnapshots, OneOfAHistoryThatWasLostIsRejectedWhenTheLogDoesNotGoOnFromIt) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(append_now(*a_, epoch, large_step(n)));
  ASSERT_TRUE(a_->make_snapshot(1));
  a_.kill();
  b_.kill();
  brokers_->lose_end(1, 11);
  b_.restart(keeping());
  const auto next = b_.claimed(1);
  for (std::uint64_t n = 30; n <= 60; ++n) ASSERT_TRUE(append_now(*b_, next, large_step(n)));
  lane_process c{"c", on(brokers_), on(shelf_)};
  ASSERT_TRUE(c.open(keeping()));
  ASSERT_TRUE(folded(c));
  EXPECT_TRUE(c.said("begins with the snapshot"));
  EXPECT_TRUE(c.said("folded anew"));
  EXPECT_EQ(all_steps(*c, 1), all_steps(*b_, 1));
}

TEST_F(LaneSnapshots, AreMadeByTheJournalItselfWhenTheyAreDue) {
  auto options = keeping();
  options.retention.snapshot_every = 200ms;
  options.retention.look_every = 20ms;
  b_.restart(options);
  append(a_, a_.claimed(1), 1, 40);
  ASSERT_TRUE(wait_for([&] { return b_.view(1).snapshot_offset == b_.view(1).next_offset && b_.view(1).snapshot_bytes > 0; }))
      << "a follower makes them";
  const auto records = records_of(shelf_).size();
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(records_of(shelf_).size(), records) << "nothing new, no other";
}

}  // namespace
}  // namespace seatgrid
