#include "config/flow_graph.hpp"

#include <gtest/gtest.h>

namespace seatgrid {
namespace {

std::vector<flow_flaw> flaws(const flow& f) {
  return flaws_of(f, [](const flow_node&) { return std::vector<flow_edge>{}; });
}
flow starting_at(std::string start, std::map<std::string, flow_node> nodes) {
  return {.name = "f", .start = std::move(start), .nodes = std::move(nodes)};
}

TEST(FlowGraph, GoodFlowsHaveNoFlaws) {
  EXPECT_TRUE(flaws(starting_at("m", {{"m", menu_node{.choices = {{'1', "q"}, {'9', "m"}}, .otherwise = "bye"}},
                                      {"q", queue_node{.queue = "x", .on_timeout = "m", .on_full = "bye"}},
                                      {"bye", hangup_node{}}}))
                  .empty())
      << "a circle through a menu waits for the caller";
}

TEST(FlowGraph, TellsNodesThatNobodyReaches) {
  const auto found = flaws(starting_at("a", {{"a", hangup_node{}}, {"b", set_node{.next = "c"}}, {"c", hangup_node{}}}));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, flow_flaw_kind::unreachable);
  EXPECT_EQ(found[0].node, "b");
  EXPECT_EQ(found[1].node, "c");
}

TEST(FlowGraph, TellsCirclesThatNeverWait) {
  const auto found = flaws(starting_at(
      "a", {{"a", set_node{.next = "b"}}, {"b", branch_node{.cases = {{"1", "c"}}, .otherwise = "a"}}, {"c", hangup_node{}}}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, flow_flaw_kind::instant_loop);
  EXPECT_EQ(found[0].circle, "a > b > a");
}

TEST(FlowGraph, AFullQueueThatSendsBackToItselfSpins) {
  const auto found = flaws(starting_at("q", {{"q", queue_node{.queue = "x", .on_full = "q"}}}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, flow_flaw_kind::instant_loop);
}

TEST(FlowGraph, APromptThatRepeatsForEverIsToldApart) {
  const auto found =
      flaws(starting_at("a", {{"a", play_node{.prompts = {{"hello", ""}}, .next = "b"}}, {"b", set_node{.next = "a"}}}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, flow_flaw_kind::playing_loop);
  const auto silent = flaws(starting_at("a", {{"a", play_node{.next = "a"}}}));
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].kind, flow_flaw_kind::instant_loop) << "without a prompt nothing takes time";
}

TEST(FlowGraph, LongChainsDoNotExhaustTheStack) {
  flow f{.name = "f", .start = "n0"};
  constexpr int length = 20'000;
  for (int i = 0; i < length; ++i) f.nodes["n" + std::to_string(i)] = set_node{.next = "n" + std::to_string((i + 1) % length)};
  const auto found = flaws(f);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, flow_flaw_kind::instant_loop);
}

TEST(FlowGraph, EdgesToUnknownNodesAreSkipped) {
  EXPECT_TRUE(flaws(starting_at("a", {{"a", set_node{.next = "nowhere"}}})).empty());
}

}  // namespace
}  // namespace seatgrid
