#include <gtest/gtest.h>

#include "sim/simulation.hpp"

namespace seatgrid::sim {
namespace {

class Seeds : public testing::TestWithParam<std::uint64_t> {};

/// Ten seeds per test, so that ctest runs them side by side.
TEST_P(Seeds, HoldEveryInvariantThroughKillsLossesAndSlowDisks) {
  for (std::uint64_t seed = GetParam() * 10 + 1; seed <= GetParam() * 10 + 10; ++seed) {
    const auto done = run({.seed = seed, .calls = 30, .agents = 8, .trace = {}});
    EXPECT_EQ(done.wrong, "") << "repeat: seatgrid_sim --seed " << seed << " --trace";
    EXPECT_GT(done.steps, 100U);
  }
}
INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Range<std::uint64_t>(0, 30));

TEST(Simulation, IsTheSameForTheSameSeed) {
  const auto a = run({.seed = 7, .calls = 20, .agents = 5, .trace = {}});
  const auto b = run({.seed = 7, .calls = 20, .agents = 5, .trace = {}});
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.virtual_ms, b.virtual_ms);
  EXPECT_EQ(a.talks, b.talks);
}

}  // namespace
}  // namespace seatgrid::sim
