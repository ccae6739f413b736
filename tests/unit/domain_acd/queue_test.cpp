#include <gtest/gtest.h>

#include "tests/unit/domain_acd/queue_bench.hpp"

namespace seatgrid {
namespace {

TEST_F(Queue, AsksEveryMemberOnItsFirstWord) {
  arrive(1);
  EXPECT_EQ(queue.said<ask_available>().size(), 3U);
  EXPECT_EQ(queue.said<queued>().size(), 1U);
}

TEST_F(Queue, ReservesThenOffersThenLetsTheCallDecide) {
  arrive(1);
  free(anna);
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].agent, anna);
  EXPECT_EQ(state_of(1), entry_state::reserving);
  ASSERT_TRUE(queue.take(yes(1, anna), after_noon(1ms)).has_value());
  ASSERT_EQ(queue.said<offer>().size(), 1U);
  EXPECT_EQ(queue.said<offer>()[0].contacts[0].target, "sip:a");
  EXPECT_EQ(state_of(1), entry_state::offering);
  ASSERT_TRUE(queue.take(connected{.call = call(1), .attempt = 1, .agent = anna, .queue = support}, after_noon(3s)).has_value());
  EXPECT_TRUE(queue.state.entries.empty());
  EXPECT_EQ(queue.state.totals.connected, 1U);
  EXPECT_EQ(queue.state.totals.wait_sum, 3s);
  EXPECT_EQ(queue.rows.size(), 1U);  // the head alone
}

TEST_F(Queue, PutsAFailedCallBackInItsOldPlaceAndTriesAnotherAgentFirst) {
  arrive(1);
  arrive(2, 10ms);
  free(anna);
  ASSERT_TRUE(queue.take(yes(1, anna)).has_value());
  EXPECT_EQ(place_of(queue.state, call(1)), 1U);
  ASSERT_TRUE(queue.take(over(1, anna, attempt_failure::no_answer), after_noon(20s)).has_value());
  EXPECT_EQ(state_of(1), entry_state::waiting);
  EXPECT_EQ(place_of(queue.state, call(1)), 1U);
  free(ben, 1, 0ms, {}, 20s);
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].call, call(1));
  EXPECT_EQ(queue.said<reserve>()[0].attempt, 2U);
}

TEST_F(Queue, SameAgentIsNotAskedAgainForACallBeforeItsDelayIsOver) {
  arrive(1);
  free(anna);
  ASSERT_TRUE(queue.take(yes(1, anna)).has_value());
  ASSERT_TRUE(queue.take(over(1, anna, attempt_failure::rejected), after_noon(2s)).has_value());
  free(anna, 2, 2s, {}, 3s);
  EXPECT_TRUE(queue.said<reserve>().empty());
  arrive(2, 4s);  // another call may have her
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].call, call(2));
}

TEST_F(Queue, AsksTheSameAgentAgainAfterTheDelayWhenNobodyElseIsIdle) {
  arrive(1);
  free(anna);
  ASSERT_TRUE(queue.take(yes(1, anna)).has_value());
  ASSERT_TRUE(queue.take(over(1, anna, attempt_failure::rejected), after_noon(2s)).has_value());
  free(anna, 2, 2s, {}, 3s);
  ASSERT_TRUE(queue.take(due(), after_noon(32s)).has_value());
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].agent, anna);
}

TEST_F(Queue, RepeatsAReservationAndGivesItUpAfterTwoSeconds) {
  arrive(1);
  free(anna);
  auto at = noon;
  std::vector<milliseconds> repeats;
  while (!queue.happened<reservation_failed>()) {
    ASSERT_FALSE(queue.what<start_timer>().empty());
    const auto timer = queue.what<start_timer>().back();
    at = at + timer.after;
    ASSERT_TRUE(queue.take(timer_fired{timer.timer, timer.generation}, at).has_value());
    repeats.push_back(timer.after);
  }
  EXPECT_EQ(repeats, (std::vector<milliseconds>{200ms, 400ms, 800ms, 600ms}));
  EXPECT_EQ(queue.said<reservation_void>().size(), 1U);
  EXPECT_EQ(queue.said<ask_available>().size(), 1U);
  free(anna, 1, 0ms, {}, 2s);  // it had never heard of us: same generation, free as before
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].attempt, 2U);
}

TEST_F(Queue, TellsAnAgentReservedTooLateThatNobodyWillOfferIt) {
  arrive(1);
  free(anna);
  ASSERT_TRUE(queue.take(leave_queue{call(1), support, "abandoned"}, after_noon(1s)).has_value());
  EXPECT_EQ(queue.said<reservation_void>().size(), 1U);
  ASSERT_TRUE(queue.take(yes(1, anna), after_noon(1s)).has_value());
  EXPECT_TRUE(queue.events.empty());
  EXPECT_EQ(queue.said<reservation_void>().size(), 1U);
  EXPECT_EQ(queue.state.totals.abandoned, 1U);
}

TEST_F(Queue, WaitingCallWithoutASkilledAgentBlocksNobody) {
  ASSERT_TRUE(queue.take(arrival(1, 9, {{"french", 1}})).has_value());
  arrive(2, 5ms);
  free(anna, 1, 0ms, {{"french", 3}});
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].call, call(2));
  free(ben, 1, 0ms, {{"french", 1}});
  EXPECT_EQ(queue.said<reserve>()[0].call, call(1));
}

TEST_F(Queue, OrdersByHeadThenPriorityThenArrival) {
  arrive(1, 0ms);
  ASSERT_TRUE(queue.take(arrival(2, 5), after_noon(1ms)).has_value());
  auto back = arrival(3);
  back.at_head = true;
  ASSERT_TRUE(queue.take(back, after_noon(2ms)).has_value());
  auto older = arrival(4);
  older.enqueued_at = after_noon(-60s);  // came from another queue
  ASSERT_TRUE(queue.take(older, after_noon(3ms)).has_value());
  EXPECT_EQ(place_of(queue.state, call(3)), 1U);
  EXPECT_EQ(place_of(queue.state, call(2)), 2U);
  EXPECT_EQ(place_of(queue.state, call(4)), 3U);
  EXPECT_EQ(place_of(queue.state, call(1)), 4U);
}

TEST_F(Queue, RefusesBeyondItsBoundAndWhenNobodyIsLoggedIn) {
  config.queues["support"].waiting_max = 1;
  arrive(1);
  arrive(2);
  ASSERT_EQ(queue.said<queue_refused>().size(), 1U);
  EXPECT_EQ(queue.said<queue_refused>()[0].why, "full");
  EXPECT_EQ(queue.state.totals.refused, 1U);
  config.queues["support"] = {.name = "support", .join_empty = false};
  ASSERT_TRUE(queue.take(leave_queue{call(1), support, "key"}).has_value());
  arrive(3, 100ms);  // the roll-call has only begun: nobody may say that it is empty
  EXPECT_EQ(queue.said<queued>().size(), 1U);
  arrive(4, 2s);
  ASSERT_TRUE(queue.take(leave_queue{call(3), support, "key"}).has_value());
  arrive(5, 3s);
  ASSERT_EQ(queue.said<queue_refused>().size(), 1U);
  EXPECT_EQ(queue.said<queue_refused>()[0].why, "no_agents");
}

TEST_F(Queue, AnswersPlaceAndExpectedWaitWithoutAStep) {
  arrive(1);
  arrive(2);
  ASSERT_TRUE(queue.take(ask_place{call(2), support}).has_value());
  EXPECT_TRUE(queue.events.empty());
  ASSERT_EQ(queue.said<queue_place>().size(), 1U);
  EXPECT_EQ(queue.said<queue_place>()[0].position, 2U);
  EXPECT_EQ(queue.said<queue_place>()[0].waiting, 2U);
}

TEST_F(Queue, PreferredAgentGoesFirstWhenFree) {
  free(anna, 1, 0ms);
  free(ben, 1, 5s);
  auto loyal = arrival(1);
  loyal.preferred = ben;
  ASSERT_TRUE(queue.take(loyal).has_value());
  EXPECT_EQ(queue.said<reserve>()[0].agent, ben);
}

// I15 stands before the preference: found when the simulation began to transfer callers to agents.
TEST_F(Queue, PreferredAgentWhoMissedTheCallWaitsUntilNobodyElseIsIdle) {
  auto loyal = arrival(1);
  loyal.preferred = ben;
  ASSERT_TRUE(queue.take(loyal).has_value());
  free(ben);
  ASSERT_TRUE(queue.take(yes(1, ben)).has_value());
  free(ben, 2);  // rests no longer than the call does
  free(anna);
  ASSERT_TRUE(queue.take(over(1, ben, attempt_failure::rejected), after_noon(1h)).has_value());
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].agent, anna);
  ASSERT_TRUE(queue.take(yes(1, anna, 2), after_noon(1h)).has_value());
  ASSERT_TRUE(queue.take(over(1, anna, attempt_failure::rejected, 2), after_noon(2h)).has_value());
  ASSERT_EQ(queue.said<reserve>().size(), 1U) << "Ben's delay is over, and nobody has not tried";
  EXPECT_EQ(queue.said<reserve>()[0].agent, ben);
}

TEST_F(Queue, FreeAgentsGoByTheStrategy) {
  struct expectation {
    queue_strategy strategy;
    const char* first;
  };
  for (const auto& [strategy, first] :
       {expectation{queue_strategy::longest_idle, "1002"}, expectation{queue_strategy::fewest_calls, "1003"},
        expectation{queue_strategy::round_robin, "1001"}, expectation{queue_strategy::linear, "1001"},
        expectation{queue_strategy::skill_first, "1003"}}) {
    config.queues["support"].strategy = strategy;
    entity_run<queue_rules> fresh{support.value, config};
    const auto add = [&](const char* name, milliseconds idle, std::uint32_t calls, milliseconds offered, std::uint8_t level) {
      const agent_available word{.agent = config.agent_of(name),
                                 .generation = 1,
                                 .idle_since = after_noon(idle),
                                 .skills = {{"sales", level}},
                                 .level = 1,
                                 .calls = calls,
                                 .last_offered_at = after_noon(offered)};
      EXPECT_TRUE(fresh.take(word).has_value());
    };
    add("1003", 30s, 1, 30s, 1);
    add("1002", 10s, 5, 20s, 2);
    add("1001", 20s, 3, 10s, 3);
    ASSERT_TRUE(fresh.take(arrival(1, 0, {{"sales", 5}})).has_value());
    ASSERT_EQ(fresh.said<reserve>().size(), 1U);
    EXPECT_EQ(fresh.said<reserve>()[0].agent, config.agent_of(first)) << static_cast<int>(strategy);
  }
}

TEST_F(Queue, RandomStrategyFollowsTheChanceOfTheTurnAndReachesEverybody) {
  config.queues["support"].strategy = queue_strategy::random;
  std::set<agent_id> seen;
  for (std::uint64_t chance = 1; chance <= 200; ++chance) {
    entity_run<queue_rules> fresh{support.value, config};
    std::uint64_t bits = chance;
    for (const auto* name : {"1001", "1002", "1003"}) {
      bits = stable_hash(std::to_string(bits));
      ASSERT_TRUE(fresh.take(agent_available{.agent = config.agent_of(name), .generation = 1}, noon, bits).has_value());
    }
    ASSERT_TRUE(fresh.take(arrival(1), noon, stable_hash(std::to_string(bits))).has_value());
    seen.insert(fresh.said<reserve>()[0].agent);
  }
  EXPECT_EQ(seen.size(), 3U);
}

TEST_F(Queue, BetterLevelGoesFirstUnderEveryStrategy) {
  for (const auto level : {1, 2}) {
    const auto agent = level == 1 ? ben : anna;
    ASSERT_TRUE(queue
                    .take(agent_available{.agent = agent,
                                          .generation = 1,
                                          .idle_since = after_noon(level == 1 ? 9s : 1s),
                                          .level = static_cast<std::uint8_t>(level)})
                    .has_value());
  }
  arrive(1);
  EXPECT_EQ(queue.said<reserve>()[0].agent, ben);
}

TEST_F(Queue, SupervisorRemovesMovesAndPulls) {
  arrive(1);
  arrive(2);
  EXPECT_EQ(queue.take(queue_remove{7, call(9)}).error().code, errc::not_found);
  ASSERT_TRUE(queue.take(queue_prioritise{7, call(2), 5}).has_value());
  EXPECT_EQ(queue.what<reply>()[0].request, 7U);
  EXPECT_EQ(place_of(queue.state, call(2)), 1U);
  ASSERT_TRUE(queue.take(queue_remove{8, call(1)}).has_value());
  ASSERT_EQ(queue.said<queue_refused>().size(), 1U);
  EXPECT_EQ(queue.said<queue_refused>()[0].why, "removed");
  EXPECT_EQ(queue.take(queue_pull{9, call(2), anna}).error().code, errc::wrong_state);
  ASSERT_TRUE(queue.take(arrival(3, 0, {{"french", 1}})).has_value());
  ASSERT_TRUE(queue.take(leave_queue{call(2), support, "timeout"}).has_value());
  free(anna);
  ASSERT_TRUE(queue.take(queue_pull{9, call(3), anna}).has_value());
  EXPECT_EQ(queue.said<reserve>()[0].call, call(3));
  EXPECT_EQ(queue.state.totals.system, 1U);
  EXPECT_EQ(queue.state.totals.timeout, 1U);
}

TEST_F(Queue, TakeoverKeepsPlacesAndSaysAgainWhatItWaitsFor) {
  arrive(1);
  arrive(2, 5ms);
  arrive(3, 6ms);
  free(anna);
  free(ben);
  ASSERT_TRUE(queue.take(yes(1, anna)).has_value());
  queue.take_over(after_noon(1s));
  EXPECT_EQ(queue.said<offer>().size(), 2U);  // one again, and the question (attempt 0) to the call that waits
  EXPECT_EQ(queue.said<reserve>().size(), 1U);
  for (std::uint64_t n = 1; n <= 3; ++n) EXPECT_EQ(place_of(queue.state, call(n)), n);
  for (const auto& timer : queue.what<start_timer>())
    ASSERT_TRUE(queue.take(timer_fired{timer.timer, timer.generation}, after_noon(2s)).has_value());
  EXPECT_EQ(queue.state.entries.at(call(3)).sequence, 3U);
}

TEST_F(Queue, CallThatEndedWhileTheProcessWasAwayLeavesWhenAsked) {
  arrive(1);
  queue.take_over(after_noon(1s));
  ASSERT_EQ(queue.said<offer>().size(), 1U);
  EXPECT_EQ(queue.said<offer>().front().attempt, 0U);
  ASSERT_TRUE(queue.take(failed{.call = call(1), .attempt = 0, .why = attempt_failure::not_waiting}).has_value());
  EXPECT_EQ(queue.state.entries.size(), 1U);
  ASSERT_TRUE(queue.take(failed{.call = call(1), .attempt = 0, .why = attempt_failure::ended}).has_value());
  EXPECT_TRUE(queue.state.entries.empty());
}

TEST_F(Queue, AgentWhoNeverHeardOfAReservationIsFreeForOthersWhenTheCallLeaves) {
  arrive(1);
  free(anna);  // the `reserve` is lost
  arrive(2, 10ms);
  ASSERT_TRUE(queue.take(leave_queue{call(1), support, "abandoned"}, after_noon(1s)).has_value());
  ASSERT_EQ(queue.said<ask_available>().size(), 1U);
  free(anna, 1, 0ms, {}, 1s);  // of the same generation
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].call, call(2));
}

TEST_F(Queue, AgentWhoNeverHeardOfAReservationIsFreeForOthersWhenTheCallIsPastIt) {
  arrive(1);
  free(anna);  // the `reserve` is lost
  auto past = arrival(1);
  past.next_attempt = 2;
  ASSERT_TRUE(queue.take(past, after_noon(1s)).has_value());
  EXPECT_EQ(queue.said<ask_available>().size(), 1U);
  free(anna, 1, 0ms, {}, 1s);
  ASSERT_EQ(queue.said<reserve>().size(), 1U);
  EXPECT_EQ(queue.said<reserve>()[0].attempt, 2U);
}

TEST_F(Queue, CallThatIsOverLeavesEvenIfItsWordIsLost) {
  arrive(1);
  free(anna);
  ASSERT_TRUE(queue.take(yes(1, anna)).has_value());
  ASSERT_TRUE(queue.take(over(1, anna, attempt_failure::caller_gone)).has_value());
  EXPECT_TRUE(queue.state.entries.empty());
  EXPECT_EQ(queue.state.totals.abandoned, 1U);
  ASSERT_TRUE(queue.take(leave_queue{call(1), support, "abandoned"}).has_value());
  EXPECT_EQ(queue.state.totals.exits(), 1U);
}

TEST(SmoothedWait, FollowsThePublishedVector) {
  std::vector<std::int64_t> seen;
  std::int64_t value = 0;
  for (const std::int64_t sample : {10, 20, 30, 40, 5, 0, 60}) {
    value = smoothed(value, sample, seen.empty());
    seen.push_back(value);
  }
  EXPECT_EQ(seen, (std::vector<std::int64_t>{10, 12, 16, 22, 17, 12, 24}));
}

}  // namespace
}  // namespace seatgrid
