#include <algorithm>
#include <random>
#include <set>

#include "cluster/frame.hpp"
#include "tests/contract/storage/lane_fixture.hpp"

/// What a cluster's journal makes of everything that can go wrong between a process and its log.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

TEST_F(LaneJournal, EveryProcessFoldsWhatTheOwnerCounted) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 100; ++n) ASSERT_TRUE(append_now(*a_, epoch, step_number(n)));
  expect_same_lane(1);
  EXPECT_EQ(b_.view(1).owner, "a");
  EXPECT_EQ(b_->end(1), a_->end(1));
}

TEST_F(LaneJournal, StepsThatComeWhileAFrameIsInFlightShareTheNext) {
  const auto epoch = a_.claimed(1);
  brokers_->stall(true);
  std::vector<appended> all(300);
  for (std::uint64_t n = 0; n < all.size(); ++n) all[n].begin(*a_, epoch, step_number(n + 1));
  EXPECT_TRUE(wait_for([&] { return a_.view(1).in_doubt > 20ms; })) << "heartbeats tell a stuck node by it";
  brokers_->stall(false);
  for (std::uint64_t n = 0; n < all.size(); ++n) EXPECT_EQ(all[n].wait(), (step_position{1, n + 1}));
  EXPECT_EQ(a_->status().frames, 2U);
  EXPECT_EQ(a_->status().waiting, 0U);
}

TEST_F(LaneJournal, OneOfTwoWritersAtOnceOwnsTheLaneAndNothingAcknowledgedIsLost) {
  std::vector<std::string> acknowledged;
  std::mutex mutex;
  const auto write = [&](lane_process& who, std::uint64_t first) {
    for (std::uint64_t n = 0; n < 40; ++n) {
      auto epoch = claim_and_wait(*who, 1, lane_patience);
      for (int i = 0; epoch && i < 5; ++i) {
        auto made = step_number(first + n);
        made.command = std::to_string(first) + "." + std::to_string(n) + "." + std::to_string(i);
        const auto counted = append_now(*who, *epoch, made);
        if (!counted) break;
        const std::lock_guard lock{mutex};
        acknowledged.push_back(made.command);
      }
    }
  };
  std::thread other{[&] { write(b_, 2'000); }};
  write(a_, 1'000);
  other.join();
  expect_same_lane(1);
  const auto counted = commands(*a_, 1);
  EXPECT_GT(acknowledged.size(), 40U);
  const std::set<std::string> unique{counted.begin(), counted.end()};
  EXPECT_EQ(unique.size(), counted.size()) << "a step counted twice";
  for (const auto& one : acknowledged) EXPECT_TRUE(unique.contains(one)) << one << " was acknowledged and is gone";
}

TEST_F(LaneJournal, AWriterPausedPastItsClaimCountsNothingMoreAndHearsIt) {
  std::promise<lane_epoch> claimed;
  std::atomic<errc> lost{errc::ok};
  a_->claim(
      1, [&](auto made) { claimed.set_value(made.value().at); }, [&](const error& why) { lost = why.code; });
  const auto epoch = claimed.get_future().get();
  ASSERT_TRUE(append_now(*a_, epoch, step_number(1)));
  log_of(a_).pause(true);
  const appended before{*a_, epoch, step_number(2)};  // in the log, but nobody here hears so
  const auto taken = b_.claimed(1);
  EXPECT_EQ(commands(*b_, 1).size(), 2U) << "what stood before the claim counts";
  ASSERT_TRUE(append_now(*b_, taken, step_number(3)));
  const appended late{*a_, epoch, step_number(4)};
  log_of(a_).pause(false);
  EXPECT_EQ(before.wait(), (step_position{1, 2}));
  EXPECT_EQ(late.wait().error().code, errc::wrong_state);
  EXPECT_TRUE(wait_for([&] { return lost != errc::ok; }));
  EXPECT_EQ(lost, errc::conflict);
  expect_same_lane(1);
  EXPECT_EQ(commands(*a_, 1).size(), 3U);
}

TEST_F(LaneJournal, AFrameThatLandsBehindTheNextClaimDoesNotCount) {
  const auto epoch = a_.claimed(1);
  brokers_->inject(1, log_fault::failed_late);
  const appended doubted{*a_, epoch, step_number(1)};
  EXPECT_EQ(doubted.wait().error().code, errc::wrong_state) << "the claim was read first: it never counts";
  brokers_->let_late_land();
  const auto next = a_.claimed(1);
  EXPECT_GT(next.epoch, epoch.epoch);
  EXPECT_EQ(append_now(*a_, next, step_number(2)), (step_position{1, 1}));
  expect_same_lane(1);
  EXPECT_EQ(commands(*a_, 1), std::vector<std::string>{"command 2"});
}

TEST_F(LaneJournal, ALostFrameIsAnsweredByTheNextClaim) {
  const auto epoch = a_.claimed(1);
  brokers_->inject(1, log_fault::failed_lost);
  const appended gone{*a_, epoch, step_number(1)};
  const appended behind{*a_, epoch, step_number(2)};
  EXPECT_EQ(gone.wait().error().code, errc::wrong_state);
  EXPECT_EQ(behind.wait().error().code, errc::wrong_state);
  EXPECT_TRUE(append_now(*a_, a_.claimed(1), step_number(1)));
}

TEST_F(LaneJournal, AFrameReportedFailedThatIsInTheLogCounts) {
  const auto epoch = a_.claimed(1);
  brokers_->inject(1, log_fault::failed_kept);
  const appended doubted{*a_, epoch, step_number(1)};
  EXPECT_EQ(doubted.wait(), (step_position{1, 1})) << "the tail has shown it";
  EXPECT_EQ(append_now(*a_, epoch, step_number(2)).error().code, errc::wrong_state) << "the epoch is over all the same";
  EXPECT_EQ(append_now(*a_, a_.claimed(1), step_number(2)), (step_position{1, 2}));
  expect_same_lane(1);
}

TEST_F(LaneJournal, AReportWithoutOffsetWaitsForTheTail) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    brokers_->inject(1, log_fault::no_offset);
    EXPECT_EQ(append_now(*a_, epoch, step_number(n)), (step_position{1, n}));
  }
  EXPECT_EQ(a_.view(1).epoch, epoch.epoch) << "no doubt, no new claim";
  expect_same_lane(1);
}

TEST_F(LaneJournal, GivesALaneThatItClaimedAgainByItselfToTheNextWhoAsks) {
  const auto epoch = a_.claimed(1);
  brokers_->inject(1, log_fault::failed_lost);
  EXPECT_FALSE(append_now(*a_, epoch, step_number(1)));
  ASSERT_TRUE(wait_for([&] { return a_.view(1).mode == cluster::lane_mode::owner; }));
  const auto own = a_.view(1).epoch;
  EXPECT_EQ(a_.claimed(1).epoch, own) << "one cure, one claim";
}

TEST_F(LaneJournal, ATwinOfTheSameNameNeverSharesALane) {
  lane_process twin{"a", log_on()};
  ASSERT_TRUE(twin.open());
  std::set<std::string> acknowledged;
  for (int round = 0; round < 12; ++round) {
    auto& who = round % 2 == 0 ? a_ : twin;
    const auto epoch = claim_and_wait(*who, 1, lane_patience);
    if (!epoch) continue;
    auto made = step_number(static_cast<std::uint64_t>(round) + 1);
    made.command = "round " + std::to_string(round);
    if (append_now(*who, *epoch, made)) acknowledged.insert(made.command);
  }
  EXPECT_FALSE(acknowledged.empty());
  twin.kill();  // while both live they take the lane from each other, ever more slowly
  ASSERT_TRUE(append_now(*a_, a_.claimed(1), step_number(99)));
  expect_same_lane(1);
  const auto counted = commands(*b_, 1);
  for (const auto& one : acknowledged) EXPECT_EQ(std::count(counted.begin(), counted.end(), one), 1) << one;
}

TEST_F(LaneJournal, ARestartWithinTheOldClaimClaimsAnewAndGoesOnFromWhatLanded) {
  const auto epoch = a_.claimed(1);
  ASSERT_TRUE(append_now(*a_, epoch, step_number(1)));
  brokers_->stall(true);
  const appended in_flight{*a_, epoch, step_number(2)};
  const appended gathered{*a_, epoch, step_number(3)};
  a_.kill();
  EXPECT_EQ(in_flight.wait().error().code, errc::unavailable);
  EXPECT_EQ(gathered.wait().error().code, errc::unavailable);
  brokers_->stall(false);  // the frame of the dead process lands now
  a_.restart();
  const auto next = a_.claimed(1);
  EXPECT_GT(next.epoch, epoch.epoch);
  EXPECT_EQ(commands(*a_, 1), (std::vector<std::string>{"command 1", "command 2"}));
  EXPECT_EQ(append_now(*a_, next, step_number(3)), (step_position{1, 3}));
  expect_same_lane(1);
}

TEST_F(LaneJournal, AStartOnAnEmptyDirectoryFoldsTheWholeLogBeforeItClaims) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 3'000; ++n) a_->append(epoch, step_number(n), [](const auto& counted) { EXPECT_TRUE(counted); });
  ASSERT_TRUE(append_now(*a_, epoch, step_number(3'001)));
  lane_process fresh{"c", log_on()};
  ASSERT_TRUE(fresh.open());
  const auto next = fresh.claimed(1);
  EXPECT_EQ(next.epoch, epoch.epoch + 1) << "it knew the epoch before it claimed";
  EXPECT_EQ(all_rows(*fresh, 1), all_rows(*a_, 1));
  EXPECT_EQ(fresh->end(1).first.sequence, 3'001U);
}

TEST_F(LaneJournal, AStartReadsFormerClaimsOfItsNameAsHistory) {
  ASSERT_TRUE(append_now(*a_, a_.claimed(1), step_number(1)));
  const auto taken = b_.claimed(1);
  ASSERT_TRUE(append_now(*b_, taken, step_number(2)));
  lane_process again{"a", log_on()};
  a_.kill();
  ASSERT_TRUE(again.open());
  ASSERT_TRUE(wait_for([&] { return again.view(1).sequence == 2; }));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(again.view(1).epoch, taken.epoch) << "it was told to claim nothing";
  EXPECT_TRUE(append_now(*b_, taken, step_number(3)));
  EXPECT_EQ(again.claimed(1).epoch, taken.epoch + 1);
}

TEST_F(LaneJournal, BrokersThatAreAwayStopNothingButTime) {
  const auto epoch = a_.claimed(1);
  brokers_->stall(true);
  std::vector<appended> all(50);
  for (std::uint64_t n = 0; n < all.size(); ++n) all[n].begin(*a_, epoch, step_number(n + 1));
  std::promise<result<lane_claim>> claim;
  b_->claim(2, [&](auto made) { claim.set_value(std::move(made)); }, {});
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(all[0].times(), 0);
  brokers_->stall(false);
  for (std::uint64_t n = 0; n < all.size(); ++n) EXPECT_EQ(all[n].wait(), (step_position{1, n + 1}));
  EXPECT_EQ(a_.view(1).epoch, epoch.epoch) << "a stall is no doubt";
  EXPECT_TRUE(claim.get_future().get());
}

TEST_F(LaneJournal, ALogShorterThanWhatWasFoldedIsFoldedAnewAndNoEpochComesTwice) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 10; ++n) ASSERT_TRUE(append_now(*a_, epoch, step_number(n)));
  // An owner counts by report: only a reader that has read a record too misses it.
  ASSERT_TRUE(wait_for([&] { return a_.log().status().read == 11 && b_.log().status().read == 11; }));
  brokers_->lose_end(1, 6);  // the claim and five frames are left
  ASSERT_TRUE(wait_for([&] { return a_.said("folded anew") && a_.view(1).trouble.empty() && a_.view(1).sequence == 5; }));
  EXPECT_EQ(commands(*a_, 1).size(), 5U);
  EXPECT_EQ(append_now(*a_, epoch, step_number(6)).error().code, errc::wrong_state);
  const auto next = a_.claimed(1);
  EXPECT_GT(next.epoch, epoch.epoch);
  EXPECT_EQ(append_now(*a_, next, step_number(6)), (step_position{1, 6}));
  ASSERT_TRUE(wait_for([&] { return b_.view(1).trouble.empty(); }));
  expect_same_lane(1);
}

TEST_F(LaneJournal, AStartOnALogShorterThanItsStoreDropsTheRowsAndSaysSo) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 10; ++n) ASSERT_TRUE(append_now(*a_, epoch, step_number(n)));
  a_.kill();
  brokers_->lose_end(1, 4);
  a_.restart();
  const auto next = a_.claimed(1);
  EXPECT_GT(next.epoch, epoch.epoch) << "the claim that it remembers is of the history before";
  EXPECT_TRUE(a_.said("folded anew"));
  EXPECT_EQ(commands(*a_, 1).size(), 3U);
  EXPECT_EQ(append_now(*a_, next, step_number(4)), (step_position{1, 4}));
}

TEST_F(LaneJournal, GoesOnFromItsStoreAndReadsNothingTwice) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 100; ++n) ASSERT_TRUE(append_now(*a_, epoch, step_number(n)));
  ASSERT_TRUE(both_folded(1));
  b_.restart();
  EXPECT_EQ(b_.view(1).next_offset, 101U) << "before anything was read";
  EXPECT_EQ(commands(*b_, 1).size(), 100U);
}

TEST_F(LaneJournal, NumbersPublicEventsOnOverATakeoverAndGivesThoseOfLostFramesAgain) {
  const auto agent = ref(agent_id::make(7, 5));
  step made{.entity = agent, .at = noon};
  made.outbox = {{"agent.ready", 0, "{}"}};
  const auto epoch = a_.claimed(1);
  ASSERT_TRUE(append_now(*a_, epoch, made));
  brokers_->inject(1, log_fault::failed_lost);
  EXPECT_FALSE(append_now(*a_, epoch, made));
  ASSERT_TRUE(append_now(*a_, a_.claimed(1), made));
  ASSERT_TRUE(append_now(*b_, b_.claimed(1), made));
  std::vector<std::uint64_t> numbers;
  for (const auto& one : all_steps(*b_, 1)) numbers.push_back(one.step.outbox.at(0).sequence);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(LaneJournal, RefusesToServeAClusterOfAnotherNumberOfLanes) {
  ASSERT_TRUE(append_now(*a_, a_.claimed(0), step_number(1)));
  ASSERT_TRUE(both_folded(0));
  // The log of another cluster size that was filled by ours, as after a topic was given more partitions.
  const auto grown = make_memory_brokers(test_lanes + 1);
  cluster::record claim{.owner = {1, 2}, .epoch = 1, .lanes = test_lanes, .node = "a"};
  const auto writer = make_memory_log(grown);
  std::promise<void> stored;
  writer->append(0, write_record(claim), [&](const auto&) { stored.set_value(); });
  stored.get_future().get();
  lane_process other{"c", [&] { return make_memory_log(grown); }};
  ASSERT_TRUE(other.open());
  const auto refused = claim_and_wait(*other, 0, lane_patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_NE(refused.error().what.find("made with 4 lanes"), std::string::npos) << refused.error().what;
}

TEST_F(LaneJournal, StopsAtAFrameOfALaterProgramAndKeepsItsRows) {
  const auto epoch = a_.claimed(1);
  ASSERT_TRUE(append_now(*a_, epoch, step_number(1)));
  ASSERT_TRUE(both_folded(1));
  const cluster::process_id later{7, 7};
  cluster::record claim{.lane = 1, .owner = later, .epoch = 9, .lanes = test_lanes, .node = "later"};
  const auto writer = make_memory_log(brokers_);
  writer->append(1, write_record(claim), [](const auto&) {});
  ASSERT_TRUE(wait_for([&] { return b_.view(1).epoch == 9; }));
  cluster::record frame{.kind = cluster::record_kind::frame, .lane = 1, .owner = later, .epoch = 9, .seq = 2};
  frame.body = "\x08\x02";  // version 2
  // Its head is what every reader has: that of the store's fold.
  auto store_of = make_memory_log(brokers_);
  cluster::lane_fold fold;
  std::promise<void> read;
  bool done = false;
  ASSERT_TRUE(store_of->tail(1, 0, [&](const auto& came) {
    for (const auto& one : *came) {
      const auto got = cluster::read_record(one.bytes);
      cluster::fold(fold, *got, cluster::judge(fold, *got));
    }
    if (fold.epoch == 9 && !std::exchange(done, true)) read.set_value();
  }));
  read.get_future().get();
  frame.prev = fold.head;
  writer->append(1, write_record(frame), [](const auto&) {});
  ASSERT_TRUE(wait_for([&] { return !b_.view(1).trouble.empty(); }));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(b_.view(1).mode, cluster::lane_mode::stopped) << "folding anew would meet it again";
  EXPECT_EQ(commands(*b_, 1).size(), 1U);
  const auto refused = claim_and_wait(*b_, 1, lane_patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unsupported);
}

TEST_F(LaneJournal, TellsASuccessorTheLanesTimeByTheLogsClock) {
  std::atomic<std::int64_t> brokers_us{5'000'000'000};
  const auto timed = make_memory_brokers(test_lanes, [&] { return time_point{brokers_us.load()}; });
  lane_process owner{"a", [&] { return make_memory_log(timed); }};
  lane_process successor{"b", [&] { return make_memory_log(timed); }};
  ASSERT_TRUE(owner.open());
  ASSERT_TRUE(successor.open());
  auto made = step_number(1);
  made.at = noon;
  ASSERT_TRUE(append_now(*owner, owner.claimed(1), made));
  ASSERT_TRUE(wait_for([&] { return successor.view(1).sequence == 1; }));
  owner.kill();
  brokers_us += 7'000'000;
  std::promise<result<lane_claim>> claim;
  successor->claim(1, [&](auto came) { claim.set_value(std::move(came)); }, {});
  const auto came = claim.get_future().get();
  ASSERT_TRUE(came);
  EXPECT_EQ(came->now, noon + 7s) << "waits went on while the lane had no owner";
}

}  // namespace
}  // namespace seatgrid
