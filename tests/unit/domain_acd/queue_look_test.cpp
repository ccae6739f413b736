#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/unit/domain_acd/queue_bench.hpp"

/// What a queue asks again while anybody waits.
namespace seatgrid {
namespace {

TEST_F(Queue, AsksAgainWhileAnybodyWaitsForWhatALinkMayHaveLost) {
  arrive(1);
  free(anna, 1, 0ms, {{"french", 9}});
  ASSERT_TRUE(queue.take(arrival(2, 0, {{"french", 1}}), after_noon(1ms)).has_value());
  ASSERT_TRUE(queue.take(yes(1, anna)).has_value());
  free(ben);  // cannot take the second call
  const timer_fired look{static_cast<std::uint32_t>(queue_timer::members), 0};
  const auto looks_again = [&] {
    const auto timers = queue.what<start_timer>();
    return std::any_of(timers.begin(), timers.end(), [](const auto& t) {
      return t.timer == static_cast<std::uint32_t>(queue_timer::members) && t.after == queue_limits::look_round;
    });
  };
  const auto settled = queue.state.view_settles_at;
  ASSERT_TRUE(queue.take(look, after_noon(30s)).has_value());
  ASSERT_EQ(queue.said<offer>().size(), 1U) << "whether it still waits";
  EXPECT_EQ(queue.said<offer>()[0].call, call(2));
  EXPECT_EQ(queue.said<offer>()[0].attempt, 0U);
  EXPECT_EQ(queue.said<ask_available>().size(), 3U) << "also those who are believed to be free: their skills may be others now";
  EXPECT_EQ(queue.state.view_settles_at, settled) << "who is logged in is known as before";
  EXPECT_TRUE(looks_again());
  ASSERT_TRUE(queue.take(leave_queue{call(1), support, "abandoned"}, after_noon(31s)).has_value());
  ASSERT_TRUE(queue.take(leave_queue{call(2), support, "abandoned"}, after_noon(31s)).has_value());
  ASSERT_TRUE(queue.take(look, after_noon(60s)).has_value());
  EXPECT_TRUE(queue.out.empty()) << "nobody waits";
  arrive(3, 61s);
  EXPECT_TRUE(looks_again());
}

TEST_F(Queue, AsksSomeOfManyWhoWaitInEachLookAndAllOfThemInTurn) {
  config.queues.at("support").waiting_max = 5'000;
  constexpr std::uint64_t many = 2 * queue_limits::rollcall_max + 100;
  for (std::uint64_t n = 1; n <= many; ++n) arrive(n);
  std::set<call_id> asked;
  for (int look = 1; look <= 3; ++look) {
    ASSERT_TRUE(queue.take(timer_fired{static_cast<std::uint32_t>(queue_timer::members), 0}, after_noon(look * 30s)).has_value());
    const auto offers = queue.said<offer>();
    EXPECT_LE(offers.size(), queue_limits::rollcall_max);
    for (const auto& one : offers) asked.insert(one.call);
  }
  EXPECT_EQ(asked.size(), many);
}

}  // namespace
}  // namespace seatgrid
