#include <gtest/gtest.h>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_stage;
using calls::call_timer;

call_bench at_menu() {
  call_bench b;
  b.arrive();
  b.played();
  return b;
}

TEST(CallFlow, AKeyStopsThePromptAndChoosesTheNode) {
  auto b = at_menu();
  ASSERT_EQ(b.call.stage, call_stage::menu);
  b.press('1');
  EXPECT_NE(b.sent<media_stop>(), nullptr);
  EXPECT_EQ(b.call.stage, call_stage::queue);
  const auto* chosen = b.event<calls::node_entered>();
  ASSERT_NE(chosen, nullptr);
  EXPECT_EQ(chosen->rule, "menu");
  EXPECT_EQ(chosen->input, "1");
}

TEST(CallFlow, AKeyOfInfoCountsLikeOneOfRtp) {
  auto b = at_menu();
  b.tell(leg_digit{.leg = b.leg(1), .digit = '1'});
  EXPECT_EQ(b.call.stage, call_stage::queue);
}

TEST(CallFlow, WrongKeysAndSilenceCountAsTriesUntilTheWayOut) {
  auto b = at_menu();
  b.press('7');
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_EQ(b.sent<media_play>()->list.front().source, "invalid");
  b.played();
  b.fire(call_timer::digit);
  EXPECT_EQ(b.sent<media_play>()->list.front().source, "menu");
  b.played();
  b.fire(call_timer::digit);
  EXPECT_EQ(b.call.stage, call_stage::farewell) << "third try failed: otherwise";
  b.played();
  ASSERT_NE(b.sent<leg_reject>(), nullptr) << "never answered, so refused";
  EXPECT_EQ(b.call.why, "flow_hangup");
}

TEST(CallFlow, ALatePromptEndOfAnotherPromptMeansNothing) {
  auto b = at_menu();
  const auto before = b.call;
  b.tell(media_played{.leg = b.leg(1), .play_id = 1});
  EXPECT_TRUE(b.events.empty());
  EXPECT_EQ(b.call, before);
}

TEST(CallFlow, SensitiveDigitsStandInNoEventRowOrRecordedCommand) {
  auto b = at_menu();
  b.press('4');
  ASSERT_EQ(b.call.stage, call_stage::collect);
  std::string kept;
  for (const char key : std::string{"1279"}) {
    const media_digit digit{.leg = b.leg(1), .digit = key};
    const auto masked = call_rules::decode_command(call_rules::encode(digit, b.call));
    EXPECT_EQ(std::get<media_digit>(*masked).digit, '0');
    b.tell(digit);
    for (const auto& e : b.events) kept += call_rules::describe(e) + call_rules::encode(e);
  }
  b.press('#');
  for (const auto& e : b.events) kept += call_rules::describe(e) + call_rules::encode(e);
  for (const auto& row : b.rows) kept += row.value.value_or("");
  EXPECT_EQ(kept.find("1279"), std::string::npos);
  EXPECT_EQ(b.call.stage, call_stage::queue) << "the branch saw 12*";
}

TEST(CallFlow, ATakeoverForgetsSensitiveDigits) {
  auto b = at_menu();
  b.press('4');
  b.press('1');
  ASSERT_EQ(b.call.secret_digits, "1");
  const auto loaded = call_rules::load(b.id().value, b.rows);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->secret_digits.empty());
  EXPECT_EQ(loaded->flow, b.call.flow);
}

TEST(CallFlow, TooFewDigitsAreATryAndEnoughByTimeoutAreTaken) {
  auto b = at_menu();
  b.press('4');
  b.press('1');
  b.fire(call_timer::digit);
  EXPECT_EQ(b.call.flow.tries, 2U);
  for (const char key : std::string{"1234"}) b.press(key);
  b.fire(call_timer::digit);
  EXPECT_EQ(b.call.stage, call_stage::queue);
}

TEST(CallFlow, ALoopOfNodesEndsTheCall) {
  auto b = at_menu();
  b.press('9');
  EXPECT_EQ(b.call.why, "flow_loop");
  EXPECT_NE(b.sent<leg_reject>(), nullptr);
}

TEST(CallFlow, ALoopThroughAMissingQueueEndsToo) {
  auto config = demo_config();
  config.flows["main"].nodes["support"] = queue_node{.queue = "nowhere", .on_full = "support"};
  call_bench b{config};
  b.arrive();
  b.played();
  b.press('1');
  EXPECT_EQ(b.call.why, "flow_loop");
}

TEST(CallFlow, APromptThatNeverEndsIsGivenUp) {
  call_bench b;
  b.arrive();
  b.fire(call_timer::prompt);
  EXPECT_NE(b.sent<media_stop>(), nullptr);
  EXPECT_EQ(b.call.stage, call_stage::menu);
}

TEST(CallFlow, AStaleTimerMeansNothing) {
  auto b = at_menu();
  b.played();
  const auto old = b.call.timer(call_timer::digit)->generation;
  b.press('7');
  b.played();
  b.tell(timer_fired{static_cast<std::uint32_t>(call_timer::digit), old});
  EXPECT_TRUE(b.events.empty()) << "I17";
}

}  // namespace
}  // namespace seatgrid::test
