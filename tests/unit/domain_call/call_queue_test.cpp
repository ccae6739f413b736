#include <gtest/gtest.h>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

call_bench asking() {
  call_bench b;
  b.arrive();
  b.played();
  b.press('1');
  return b;
}
call_bench waiting() {
  auto b = asking();
  b.tell(queued{.call = b.id(), .queue = b.config.queue_of("support"), .position = 3});
  return b;
}
queue_place place(const call_bench& b, std::uint32_t position, std::uint32_t agents = 1) {
  return {.call = b.id(), .queue = b.config.queue_of("support"), .position = position, .waiting = 5, .agents_logged_in = agents};
}

TEST(CallQueue, AsksUntilItHasAPlace) {
  auto b = asking();
  ASSERT_NE(b.sent<enqueue>(), nullptr);
  const auto first = *b.sent<enqueue>();
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_TRUE(b.sent<media_play>()->loop);
  b.fire(call_timer::enqueue);
  ASSERT_NE(b.sent<enqueue>(), nullptr);
  EXPECT_EQ(*b.sent<enqueue>(), first) << "the same words: idempotent";
  EXPECT_EQ(b.call.timer(call_timer::enqueue)->length, milliseconds{400});
  for (int i = 0; i < 5; ++i) b.fire(call_timer::enqueue);
  EXPECT_EQ(b.call.timer(call_timer::enqueue)->length, milliseconds{2'000});
  b.tell(queued{.call = b.id(), .queue = b.config.queue_of("support"), .position = 1});
  EXPECT_EQ(b.call.timer(call_timer::enqueue), nullptr);
  b.tell(queued{.call = b.id(), .queue = b.config.queue_of("support"), .position = 1});
  EXPECT_TRUE(b.events.empty());
}

TEST(CallQueue, TellsThePlaceAndGoesBackToMusic) {
  auto b = waiting();
  b.fire(call_timer::announce);
  EXPECT_NE(b.sent<ask_place>(), nullptr);
  EXPECT_NE(b.call.timer(call_timer::announce), nullptr) << "a lost answer is asked for again";
  b.tell(place(b, 2));
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_EQ(b.sent<media_play>()->list[1].source, "number:2");
  b.played();
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_TRUE(b.sent<media_play>()->loop);
}

TEST(CallQueue, OverflowsWhenFull) {
  auto b = asking();
  b.tell(queue_refused{.call = b.id(), .queue = b.config.queue_of("support"), .why = "full"});
  EXPECT_EQ(b.call.stage, call_stage::farewell) << "on_full: bye";
  EXPECT_EQ(b.call.visits.back().outcome, "overflow");
  EXPECT_EQ(b.sent<leave_queue>(), nullptr);
}

TEST(CallQueue, LeavesForTheTimeoutNodeAfterTheLongestWait) {
  auto b = waiting();
  b.fire(call_timer::wait);
  ASSERT_NE(b.sent<leave_queue>(), nullptr);
  EXPECT_EQ(b.sent<leave_queue>()->why, "timeout");
  EXPECT_EQ(b.call.stage, call_stage::voicemail);
}

TEST(CallQueue, SaysAgainThatItLeftToAQueueThatStillOffersIt) {
  auto b = waiting();
  b.tell(b.offer_of(0));
  EXPECT_EQ(b.sent<leave_queue>(), nullptr) << "it waits there";
  EXPECT_TRUE(b.events.empty()) << "and that is no step";
  b.fire(call_timer::wait);
  ASSERT_NE(b.sent<leave_queue>(), nullptr);
  const auto lost = *b.sent<leave_queue>();
  for (const attempt_no offered : {1U, 0U}) {
    b.tell(b.offer_of(offered));
    ASSERT_NE(b.sent<leave_queue>(), nullptr);
    EXPECT_EQ(*b.sent<leave_queue>(), lost);
  }
}

TEST(CallQueue, LeavesWhenNobodyIsLoggedInForTooLong) {
  auto b = waiting();
  b.tell(place(b, 2, 0));
  ASSERT_NE(b.call.timer(call_timer::empty), nullptr);
  b.tell(place(b, 2, 1));
  EXPECT_EQ(b.call.timer(call_timer::empty), nullptr) << "somebody came";
  b.tell(place(b, 2, 0));
  b.fire(call_timer::empty);
  EXPECT_NE(b.sent<leave_queue>(), nullptr);
}

TEST(CallQueue, AKeyLeadsOutOfTheQueue) {
  auto b = waiting();
  b.press('7');
  EXPECT_TRUE(b.events.empty()) << "no such choice";
  b.press('2');
  EXPECT_EQ(b.sent<leave_queue>()->why, "key");
  EXPECT_EQ(b.call.stage, call_stage::voicemail);
  EXPECT_EQ(b.call.visits.back().outcome, "key");
}

TEST(CallQueue, AKeyToAnotherQueueKeepsTheTimeOfArrival) {
  auto config = demo_config();
  config.queues["sales"] = {.name = "sales"};
  config.queues["support"].keys['5'] = "queue:sales";
  call_bench b{config};
  b.to_queue();
  const auto since = b.call.wait->enqueued_at;
  b.pass(milliseconds{9'000});
  b.press('5');
  ASSERT_NE(b.sent<enqueue>(), nullptr);
  EXPECT_EQ(b.sent<enqueue>()->enqueued_at, since) << "I4";
  EXPECT_EQ(b.sent<enqueue>()->queue, b.config.queue_of("sales"));
}

TEST(CallQueue, ACallerWhoHangsUpHasAbandoned) {
  auto b = waiting();
  b.hang_up(1);
  EXPECT_EQ(b.sent<leave_queue>()->why, "abandoned");
  b.close_all();
  EXPECT_EQ(b.cdr().queues.at(0).outcome, "abandoned");
}

TEST(CallQueue, AsksAgainWhenTheQueueDoesNotKnowTheCall) {
  auto b = waiting();
  b.tell(place(b, 0));
  EXPECT_NE(b.sent<enqueue>(), nullptr);
  EXPECT_FALSE(b.call.wait->joined);
}

TEST(CallQueue, TheAnswerPolicyOnQueueAnswersHere) {
  auto config = demo_config();
  config.numbers["4008123123"].answer = answer_policy::on_queue;
  call_bench b{config};
  b.arrive();
  EXPECT_EQ(b.sent<leg_answer>(), nullptr);
  b.played();
  b.press('1');
  EXPECT_NE(b.sent<leg_answer>(), nullptr);
}

}  // namespace
}  // namespace seatgrid::test
