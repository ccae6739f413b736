#include <array>
#include <random>
#include <set>

#include "tests/contract/storage/lane_fixture.hpp"

namespace seatgrid {
namespace {

using namespace seatgrid::testing;

/// Faults at random between three processes that all want the lane: whatever happens, what was acknowledged is in the log once,
/// and every process folds the same.
TEST_F(LaneJournal, LosesNothingAcknowledgedInAStormOfFaults) {
  std::mt19937_64 random{20251125};
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open());
  const std::array<lane_process*, 3> all{&a_, &b_, &c};
  std::set<std::string> acknowledged;
  for (int round = 0; round < 150; ++round) {
    auto& who = *all[random() % all.size()];
    if (random() % 3 == 0) brokers_->inject(1, static_cast<log_fault>(1 + random() % 4), 1 + random() % 4);
    if (random() % 8 == 0) brokers_->let_late_land();
    if (random() % 12 == 0) who.restart();
    const auto epoch = claim_and_wait(*who, 1, lane_patience);
    if (!epoch) {  // two others may claim behind it, of the history before a restart nobody does
      EXPECT_EQ(epoch.error().code, errc::conflict) << epoch.error().what;
      continue;
    }
    std::vector<std::pair<std::string, appended>> sent(1 + random() % 6);
    for (auto& [name, outcome] : sent) {
      auto made = step_number(1 + random() % 50);
      made.command = name = "round " + std::to_string(round) + ", " + std::to_string(&outcome - &sent.front().second);
      outcome.begin(*who, *epoch, made);
    }
    for (auto& [name, outcome] : sent) {
      const auto counted = outcome.wait();
      ASSERT_NE(counted ? errc::ok : counted.error().code, errc::timed_out) << "in round " << round;
      EXPECT_EQ(outcome.times(), 1);
      if (counted) acknowledged.insert(name);
    }
  }
  brokers_->let_late_land();
  expect_same_lane(1);
  const auto counted = commands(*a_, 1);
  const std::set<std::string> unique{counted.begin(), counted.end()};
  EXPECT_EQ(unique.size(), counted.size());
  for (const auto& one : acknowledged) EXPECT_TRUE(unique.contains(one)) << one;
  EXPECT_GT(acknowledged.size(), 100U);
}

}  // namespace
}  // namespace seatgrid
