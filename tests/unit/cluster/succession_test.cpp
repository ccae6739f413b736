#include "cluster/succession.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace seatgrid::cluster {
namespace {

const std::vector<std::string> three{"n1", "n2", "n3"};

TEST(Succession, MovesOnlyTheLanesOfTheNodeThatWent) {
  const std::vector<std::string> two{"n1", "n3"};
  std::map<std::string, int> shares;
  for (lane_id lane = 0; lane < 300; ++lane) {
    const auto before = ranked(lane, three).front();
    ++shares[before];
    if (before == "n2") continue;
    EXPECT_EQ(ranked(lane, two).front(), before);
  }
  for (const auto& [node, lanes] : shares) EXPECT_GT(lanes, 60) << node << " has its share";
}

TEST(Succession, IsTheSameInWhateverOrderNodesAreKnown) {
  auto turned = three;
  std::reverse(turned.begin(), turned.end());
  for (lane_id lane = 0; lane < 50; ++lane) EXPECT_EQ(ranked(lane, three), ranked(lane, turned));
}

TEST(Succession, PrefersAWarmStandby) {
  for (lane_id lane = 0; lane < 20; ++lane) {
    const auto order = ranked(lane, three);
    EXPECT_EQ(successor(lane, {{order[0], false}, {order[1], false}, {order[2], true}}), order[2]);
    EXPECT_EQ(successor(lane, {{order[2], false}, {order[0], false}, {order[1], false}}), order[0]);
  }
  EXPECT_EQ(successor(1, {}), "");
}

TEST(Succession, StandbysAreWhoWouldSucceed) {
  for (lane_id lane = 0; lane < 20; ++lane) {
    const auto order = ranked(lane, three);
    EXPECT_EQ(standbys(lane, order[0], three, 1), std::vector<std::string>{order[1]});
    EXPECT_EQ(standbys(lane, order[0], three, 9).size(), 2U);
  }
}

TEST(Succession, WarmsUpBeforeItMovesAndLimitsClaims) {
  std::vector<placed_lane> lanes;
  for (lane_id lane = 0; lane < 12; ++lane) lanes.push_back({lane, "n1", false, {"n2"}});
  const auto moves = plan_moves(lanes, three, 2);
  const auto claims = std::count_if(moves.begin(), moves.end(), [](const auto& move) { return !move.warm_up; });
  EXPECT_EQ(claims, 2);
  EXPECT_TRUE(std::any_of(moves.begin(), moves.end(), [](const auto& move) { return move.warm_up; }));
  for (const auto& move : moves) {
    EXPECT_EQ(move.to, ranked(move.lane, three).front());
    EXPECT_EQ(move.warm_up, move.to != "n2");
  }
}

TEST(Succession, TakesADrainingNodesLanesFirstAndLeavesOthersThatLieRight) {
  const auto lane = lane_id{5};
  const auto best = ranked(lane, three).front();
  EXPECT_TRUE(plan_moves({{lane, best, false, three}}, three, 5).empty());
  std::vector<std::string> others = three;
  std::erase(others, best);
  const auto moves = plan_moves({{lane, best, true, three}}, three, 5);
  ASSERT_EQ(moves.size(), 1U);
  EXPECT_EQ(moves[0], (planned_move{lane, ranked(lane, others).front(), false}));
  EXPECT_TRUE(plan_moves({{lane, "n1", true, {}}}, {"n1"}, 5).empty()) << "nobody is there to take it";
}

TEST(Succession, BacksOffFromALaneThatDoesNotStayWithinBoundsAndApart) {
  EXPECT_EQ(claim_backoff(1, "n1", 0), milliseconds{0});
  std::set<milliseconds::rep> seen;
  for (unsigned tries = 1; tries < 100; ++tries) {
    const auto pause = claim_backoff(1, "n1", tries);
    EXPECT_GE(pause, std::min(milliseconds{5'000}, milliseconds{50} * (1U << std::min(tries - 1, 10U))));
    EXPECT_LE(pause, milliseconds{7'500});
    seen.insert(claim_backoff(1, "n" + std::to_string(tries), 8).count());
  }
  EXPECT_GT(seen.size(), 50U);
}

}  // namespace
}  // namespace seatgrid::cluster
