#include <gtest/gtest.h>

#include "sim/cluster_simulation.hpp"

namespace seatgrid::sim {
namespace {

cluster_result run_seed(std::uint64_t seed, std::uint32_t nodes, scenario what = scenario::random, cluster_rules rules = {}) {
  return run_cluster(
      {.run = {.seed = seed, .calls = 30, .agents = 8, .nodes = nodes, .trace = {}}, .what = what, .rules = rules});
}

std::string how_to_repeat(std::uint64_t seed, std::uint32_t nodes, scenario what = scenario::random) {
  return "repeat: seatgrid_sim --nodes " + std::to_string(nodes) + " --scenario " + std::string{name_of(what)} + " --seed " +
         std::to_string(seed) + " --trace";
}

class ClusterSeeds : public testing::TestWithParam<std::uint64_t> {};

/// Ten seeds per test, 500 in all, with two, three and four nodes in turn.
TEST_P(ClusterSeeds, HoldEveryInvariantThroughKillsPausesPartitionsAndFaultsOfTheLog) {
  for (std::uint64_t seed = GetParam() * 10 + 1; seed <= GetParam() * 10 + 10; ++seed) {
    const auto nodes = static_cast<std::uint32_t>(2 + seed % 3);
    const auto done = run_seed(seed, nodes);
    EXPECT_EQ(done.run.wrong, "") << how_to_repeat(seed, nodes);
    EXPECT_GT(done.acknowledged, 100U);
  }
}
INSTANTIATE_TEST_SUITE_P(Simulation, ClusterSeeds, testing::Range<std::uint64_t>(0, 50));

class Scenarios : public testing::TestWithParam<int> {};

TEST_P(Scenarios, HoldEveryInvariant) {
  const auto what = static_cast<scenario>(GetParam());
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto done = run_seed(seed, 3, what);
    EXPECT_EQ(done.run.wrong, "") << how_to_repeat(seed, 3, what);
    EXPECT_GT(done.run.talks, 0U);
    EXPECT_EQ(done.troubles == 0, what == scenario::quiet);
    EXPECT_GE(done.run.kills, what == scenario::three_moves ? 3U : 0U);
  }
}
INSTANTIATE_TEST_SUITE_P(Simulation, Scenarios, testing::Range(1, static_cast<int>(scenario::count)), [](const auto& which) {
  auto name = std::string{name_of(static_cast<scenario>(which.param))};
  std::erase(name, '-');
  return name;
});

TEST(ClusterSimulation, IsTheSameForTheSameSeed) {
  const auto trace_of = [](std::uint64_t seed) {
    std::string all;
    run_cluster({.run = {.seed = seed, .calls = 20, .agents = 6, .nodes = 3, .trace = [&](const std::string& line) {
                           all += line + "\n";
                         }}});
    return all;
  };
  const auto first = trace_of(16);
  EXPECT_GT(first.size(), 10'000U);
  EXPECT_EQ(first, trace_of(16));
}

/// What these seeds found once. Each is the smallest that showed it.
TEST(ClusterSimulation, ACommandThatOvertakesTheHandOverOfItsSlotIsKept) {
  EXPECT_EQ(run_seed(1, 3, scenario::edge_killed).run.wrong, "");
  EXPECT_EQ(run_seed(1, 3, scenario::empty_restart).run.wrong, "");
}
TEST(ClusterSimulation, ASlotThatWasHandedOverSwallowsNoCommands) { EXPECT_EQ(run_seed(19, 3).run.wrong, ""); }

TEST(ClusterSimulation, AnInviteThatWaitedForTheLogRingsNoLongerThanItsAgentIsKept) { EXPECT_EQ(run_seed(94, 3).run.wrong, ""); }

TEST(ClusterSimulation, AnEndThatASilentOrDeadEdgeDidNotSayIsSaidByItsSuccessor) {
  for (const std::uint64_t seed : {2U, 17U, 33U, 57U}) EXPECT_EQ(run_seed(seed, 2).run.wrong, "") << seed;  // the call closed
  EXPECT_EQ(run_seed(326, 3).run.wrong, "");  // a leg ended, its call went on
}
TEST(ClusterSimulation, AnAnswerThatDiedWithTheOwnerOfItsCallIsToldAgain) { EXPECT_EQ(run_seed(221, 3).run.wrong, ""); }

/// A rule that is switched off must be missed: else this simulation proves nothing about it.
class RulesOff : public testing::Test {
 protected:
  static bool is_noticed(const cluster_rules& rules, scenario what) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed)
      if (!run_seed(seed, 3, what, rules).run.wrong.empty()) return true;
    return false;
  }
};
TEST_F(RulesOff, CallsThatDoNotFollowTheirSlotAreMissed) {
  EXPECT_TRUE(is_noticed({.makes_anew = false}, scenario::edge_killed));
}
}  // namespace
}  // namespace seatgrid::sim
