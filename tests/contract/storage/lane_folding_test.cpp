#include "tests/contract/storage/lane_fixture.hpp"

/// A process that folds some of a cluster's lanes.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

cluster::lane_journal_options folding(std::set<lane_id> lanes) {
  cluster::lane_journal_options made;
  made.folds = std::move(lanes);
  made.retention.look_every = 20ms;
  return made;
}

TEST_F(LaneJournal, FoldsOnlyTheLanesThatItIsTold) {
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open(folding({2})));
  const auto one = a_.claimed(1), two = a_.claimed(2);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    ASSERT_TRUE(append_now(*a_, one, step_number(n)));
    ASSERT_TRUE(append_now(*a_, two, step_number(n)));
  }
  ASSERT_TRUE(wait_for([&] { return c.view(2).sequence == 20; }));
  EXPECT_TRUE(c.view(2).folds);
  EXPECT_FALSE(c.view(1).folds);
  EXPECT_EQ(c.view(1).next_offset, 0U);
  EXPECT_TRUE(wait_for([&] { return c.view(1).lag == 21; })) << "the claim and twenty frames";
  EXPECT_TRUE(wait_for([&] { return c.view(2).lag == 0; }));

  c->set_lanes({1});
  ASSERT_TRUE(wait_for([&] { return c.view(1).sequence == 20 && !c.view(2).folds; }));
  EXPECT_EQ(all_rows(*c, 1), all_rows(*a_, 1));
  EXPECT_EQ(all_rows(*c, 2), all_rows(*a_, 2)) << "rows of a lane that is left stay";
  ASSERT_TRUE(append_now(*a_, two, step_number(21)));
  ASSERT_TRUE(append_now(*a_, one, step_number(21)));
  ASSERT_TRUE(wait_for([&] { return c.view(1).sequence == 21; }));
  EXPECT_EQ(c.view(2).sequence, 20U);

  c->set_lanes({1, 2});
  ASSERT_TRUE(wait_for([&] { return c.view(2).sequence == 21; })) << "it goes on where it stood";
  EXPECT_EQ(commands(*c, 2), commands(*a_, 2));
}

TEST_F(LaneJournal, AClaimForALaneThatIsNotFoldedFoldsItFirst) {
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open(folding({})));
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(append_now(*a_, epoch, step_number(n)));
  const auto taken = c.claimed(1);
  EXPECT_GT(taken.epoch, epoch.epoch);
  EXPECT_EQ(append_now(*c, taken, step_number(21)), (step_position{1, 21}));
  expect_same_lane(1);
  EXPECT_EQ(commands(*c, 1), commands(*a_, 1));
  EXPECT_FALSE(c.view(2).folds);

  c->set_lanes({});
  c->tick();
  EXPECT_TRUE(c.view(1).folds) << "what it owns it folds";
  EXPECT_TRUE(append_now(*c, taken, step_number(22)));
  const auto next = b_.claimed(1);
  ASSERT_TRUE(append_now(*b_, next, step_number(23)));
  EXPECT_TRUE(wait_for([&] { return !c.view(1).folds; })) << "until another has it";
}

}  // namespace
}  // namespace seatgrid
