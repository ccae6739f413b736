#include <gtest/gtest.h>

#include "tests/model/roster/world.hpp"

/// What stewards do together when one thing happens.
namespace seatgrid::model {
namespace {

using namespace std::chrono_literals;
using namespace cluster;

std::string text_of(const steward_world& world) {
  std::string all;
  for (const auto& line : world.story) all += line + "\n";
  return all;
}

/// `nodes` processes that have joined and share lanes and slots.
steward_world settled(std::size_t nodes, world_options options = {}) {
  options.nodes = nodes;
  steward_world world{options};
  for (std::size_t n = 0; n < nodes; ++n) world.start(n);
  world.run(8s);
  EXPECT_EQ(world.violation(), "");
  EXPECT_EQ(world.unserved(), "") << text_of(world);
  return world;
}

/// Runs until all is served again; how long that took.
milliseconds until_served(steward_world& world, milliseconds most) {
  milliseconds took{0};
  for (; took < most && !world.unserved().empty(); took += 10ms) world.run(10ms);
  EXPECT_EQ(world.unserved(), "") << text_of(world);
  EXPECT_EQ(world.violation(), "") << text_of(world);
  return took;
}

std::size_t lanes_of(const steward_world& world, lane_id lanes, const std::string& node) {
  std::size_t count = 0;
  for (lane_id id = 0; id < lanes; ++id)
    if (world.owner(id).node == node) ++count;
  return count;
}

TEST(Steward, OfAFreshClusterTakesTheLanesAfterItHasSettledAndItsOwnSlotAtOnce) {
  steward_world world{{.nodes = 1}};
  world.start(0);
  world.run(200ms);
  EXPECT_TRUE(world.speaker(1)) << text_of(world);
  EXPECT_EQ(lanes_of(world, 4, "a"), 0U);
  world.run(600ms);
  EXPECT_EQ(world.unserved(), "");
}

TEST(Steward, AKilledProcessIsSucceededWithinAMomentBecauseItsKernelSaysSo) {
  auto world = settled(3);
  world.kill(1);
  EXPECT_LE(until_served(world, 3s), 300ms);
  EXPECT_EQ(lanes_of(world, 4, "b"), 0U);
  EXPECT_NE(world.speaker(2), std::optional<std::size_t>{1});
}

TEST(Steward, ALostHostIsSucceededAfterSuspicionAndItsSlotAfterTheLease) {
  auto world = settled(3);
  world.kill(2, true);
  const auto took = until_served(world, 5s);
  EXPECT_GE(took, 1'500ms);
  EXPECT_LE(took, 2'000ms) << text_of(world);
}

TEST(Steward, OfTwoPartedNodesExactlyOneSurvivesAndHasEverything) {
  auto world = settled(2);
  world.block(0, 1, true), world.block(1, 0, true);
  world.run(1'500ms);
  EXPECT_FALSE(world.speaker(1) || world.speaker(2)) << "neither knows yet whom the log will name";
  until_served(world, 6s);
  std::size_t running = 0;
  for (const auto& one : world.runs()) running += one.runs ? 1 : 0;
  EXPECT_EQ(running, 1U) << text_of(world);
}

TEST(Steward, AStoppedProcessIsSilentWhenItWakesAndEndsWhenItReadsItsFence) {
  auto world = settled(3);
  world.pause(0, 6s);
  world.run(5'990ms);
  EXPECT_EQ(world.unserved(), "") << text_of(world);
  EXPECT_TRUE(world.runs()[0].open.contains(1)) << "it does not know yet";
  world.run(500ms);
  EXPECT_EQ(world.violation(), "");
  EXPECT_FALSE(world.runs()[0].runs);
}

TEST(Steward, ANodeThatComesBackGetsItsSlotFromTheHolderAndItsShareOfTheLanes) {
  auto world = settled(3);
  world.kill(1);
  world.run(2s);
  ASSERT_NE(world.speaker(2), std::nullopt);
  const auto again = world.start(1);
  world.run(6s);
  EXPECT_EQ(world.violation(), "");
  EXPECT_EQ(world.speaker(2), again) << text_of(world);
  EXPECT_EQ(world.unserved(), "");
}

TEST(Steward, ARestartOfALoneNodeServesAtOnceWhenItsFormerProcessIsDead) {
  auto world = settled(1);
  world.kill(0);
  world.start(0);
  EXPECT_LE(until_served(world, 3s), 400ms) << text_of(world);
}

TEST(Steward, ATwinOfALiveProcessIsRefusedAndTheLiveOneStays) {
  for (const std::size_t nodes : {1U, 3U}) {
    auto world = settled(nodes);
    const auto twin = world.start(0);
    world.run(1s);
    EXPECT_FALSE(world.runs()[twin].runs) << text_of(world);
    EXPECT_NE(world.runs()[twin].ended.find("runs already"), std::string::npos);
    EXPECT_TRUE(world.runs()[0].runs);
    EXPECT_EQ(world.unserved(), "");
  }
}

TEST(Steward, AProcessThatIsReplacedEnds) {
  auto world = settled(2);
  auto card = world.runs()[0].at.card;
  card.who.process = {999, 9};
  world.write(node_joined{card});
  world.run(200ms);
  EXPECT_FALSE(world.runs()[0].runs);
}

TEST(Steward, ADrainedNodeLosesItsLanesAndKeepsItsOwnSlot) {
  auto world = settled(3);
  world.kill(2);
  world.run(1s);
  world.write(node_drained{"a", true});
  world.run(6s);
  EXPECT_EQ(lanes_of(world, 4, "a"), 0U) << text_of(world);
  EXPECT_EQ(world.speaker(1), std::optional<std::size_t>{0});
  EXPECT_EQ(world.speaker(3), std::optional<std::size_t>{1}) << "the slot of the dead is with the one that serves";
  world.write(node_drained{"a", false});
  world.write(node_drained{"b", true});
  world.run(8s);
  EXPECT_EQ(lanes_of(world, 4, "b"), 0U);
  EXPECT_EQ(world.speaker(3), std::optional<std::size_t>{0}) << text_of(world);
}

TEST(Steward, OneThatLeavesIsSucceededAtOnceWithoutAFence) {
  auto world = settled(3);
  world.give(0, leave_ordered{});
  EXPECT_FALSE(may_speak(world.runs()[0].at, world.now()));
  world.run(50ms);
  EXPECT_EQ(world.runs()[0].at.phase, steward_phase::over);
  EXPECT_TRUE(world.runs()[0].ended.empty());
  EXPECT_LE(until_served(world, 3s), 300ms);
}

TEST(Steward, SpreadsLanesOverNodesThatJoinOneByOne) {
  world_options options{.nodes = 3, .lanes = 8};
  options.steward.move_every = 100ms;
  steward_world world{options};
  world.start(0);
  world.run(2s);
  EXPECT_EQ(lanes_of(world, 8, "a"), 8U);
  for (const std::size_t n : {1U, 2U}) {
    world.start(n);
    world.run(5s);
  }
  const std::vector<std::string> names{"a", "b", "c"};
  for (lane_id id = 0; id < 8; ++id) EXPECT_EQ(world.owner(id).node, ranked(id, names).front()) << text_of(world);
}

TEST(Steward, AFailedClaimIsTriedAgainLaterAndLater) {
  auto world = settled(2);
  world.stall(true);
  world.kill(1);
  world.run(4s);
  EXPECT_EQ(world.violation(), "");
  world.stall(false);
  EXPECT_LE(until_served(world, 8s), 2s);
}

// A node was cut off from Kafka when one tenant alone had calls, so nobody else wrote anything that showed that Kafka was there:
// its lane stood still until another tenant was called.
TEST(Steward, LanesOfANodeThatCannotWriteAreTakenAlsoWhenNobodyElseHasAnythingToWrite) {
  for (const bool is_quiet : {false, true}) {
    auto world = settled(3, {.is_quiet = is_quiet});
    world.cut_from_log(1);
    world.run(4s);
    EXPECT_EQ(world.violation(), "");
    EXPECT_EQ(lanes_of(world, 4, "b"), 0U) << text_of(world);
    EXPECT_EQ(world.runs().at(1).ended, "") << "it is heard, so it keeps its slot";
    const auto checks = world.runs().at(0).at.checks + world.runs().at(2).at.checks;
    EXPECT_LE(checks, is_quiet ? 8U : 0U) << "the roster is kept for ever";
  }
}

TEST(Steward, AllGoOnSpeakingWhileTheLogStandsStill) {
  auto world = settled(3);
  world.stall(true);
  for (int n = 0; n < 50; ++n) {
    world.run(200ms);
    for (slot_number slot = 1; slot <= 3; ++slot) EXPECT_TRUE(world.speaker(slot)) << slot << "\n" << text_of(world);
  }
}

}  // namespace
}  // namespace seatgrid::model
