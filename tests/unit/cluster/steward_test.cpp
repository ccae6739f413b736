#include "cluster/steward.hpp"

#include <gtest/gtest.h>

#include "cluster/link_messages.hpp"

namespace seatgrid::cluster {
namespace {

constexpr process_id one{0, 1}, two{0, 2}, three{0, 3};
constexpr lane_id lane = 3;

/// Node n1 has read that it owns the lane, in epoch 4.
steward cut_off_owner() {
  auto at = make_steward({.who = {"n1", one}}, {});
  for (const auto& who : {lane_owner{"n1", one}, lane_owner{"n2", two}, lane_owner{"n3", three}})
    at.members.members[who.process] = {.card = {.who = who}};
  at.lanes = {{.lane = lane, .owner = {"n1", one}, .epoch = 4}};
  return at;
}
void say(steward& at, process_id who, lane_place what) {
  heartbeat said;
  said.lanes = {what};
  auto arrived = decode_heartbeat(encode(said));
  ASSERT_TRUE(arrived);
  at.processes[who].last = *arrived;
}

TEST(Steward, HearsFromPeersWhoOwnsALaneThatItCannotRead) {
  auto at = cut_off_owner();
  EXPECT_EQ(claimed_by(at, lane).owner, one);
  say(at, two, {.lane = lane, .owner = three, .epoch = 5});
  EXPECT_EQ(claimed_by(at, lane).owner, three);
  EXPECT_EQ(claimed_by(at, lane).epoch, 5U);
}

TEST(Steward, BelievesTheHighestEpochAndNobodyWhoIsOut) {
  auto at = cut_off_owner();
  say(at, two, {.lane = lane, .owner = three, .epoch = 3});
  EXPECT_EQ(claimed_by(at, lane).owner, one) << "they have not read on";
  say(at, two, {.lane = lane, .owner = three, .epoch = 6});
  say(at, three, {.lane = lane, .owner = two, .epoch = 5});
  EXPECT_EQ(claimed_by(at, lane).owner, three);
  at.members.members.erase(two);
  EXPECT_EQ(claimed_by(at, lane).owner, two) << "the last word of one that is out is nobody's word";
}

TEST(Steward, TellsPeersTheOwnersThatItHasRead) {
  auto at = cut_off_owner();
  const auto said = heartbeat_for(at, two);
  ASSERT_EQ(said.lanes.size(), 1U);
  EXPECT_EQ(said.lanes[0].owner, one);
  EXPECT_EQ(said.lanes[0].epoch, 4U);
}

/// Node n1 among n2, which owns the lane and may own none.
bool asks_for_the_lane(std::chrono::microseconds doubt_of_owner) {
  auto at = cut_off_owner();
  at.members.members.erase(three);
  at.phase = steward_phase::serving;
  at.lanes = {{.lane = lane, .owner = {"n2", two}, .warm = true, .epoch = 4}};
  at.alive.peers["n2"] = {
      .was_heard = true, .last_heard = seconds{10}, .last = {.oldest_in_doubt = doubt_of_owner, .owns_lanes_allowed = false}};
  for (const auto& out : handle(at, steward_tick{.now = seconds{10}, .mine = {}}))
    if (const auto* ask = std::get_if<ask_rest>(&out)) return ask->lane == lane;
  return false;
}

TEST(Steward, TakesALaneFromANodeThatMayOwnNoneAndAsksForNothingWhileTheLogStandsStill) {
  EXPECT_TRUE(asks_for_the_lane({}));
  EXPECT_FALSE(asks_for_the_lane(seconds{1}));
}

}  // namespace
}  // namespace seatgrid::cluster
