#include "domain/call_attempt.hpp"

#include <gtest/gtest.h>

namespace seatgrid {
namespace {

using word_kind = attempt_step::word_kind;

constexpr call_id call{11};
constexpr agent_id anna{21};
constexpr agent_id ben{22};
constexpr queue_id support{31};
constexpr time_point noon{12};

offer offered(attempt_no attempt, agent_id agent = anna) {
  return {.call = call, .attempt = attempt, .agent = agent, .queue = support};
}
call_attempt ringing(attempt_no attempt) { return on_offer({}, offered(attempt)).after; }
call_attempt talking(attempt_no attempt) { return on_answered(ringing(attempt)).after; }

TEST(CallAttempt, WaitingCallRingsOnAnOfferAtItsFloor) {
  const auto step = on_offer({}, offered(1));
  EXPECT_EQ(step.word, word_kind::ring);
  EXPECT_EQ(step.after.state, attempt_state::ringing);
  EXPECT_EQ(step.after.agent, anna);
}

TEST(CallAttempt, RepeatedOfferOfTheRingingAttemptChangesNothing) {
  const auto before = ringing(1);
  const auto step = on_offer(before, offered(1));
  EXPECT_EQ(step.word, word_kind::nothing);
  EXPECT_EQ(step.after, before);
}

TEST(CallAttempt, RepeatedOfferOfTheTalkingAttemptSaysConnectedAgain) {
  EXPECT_EQ(on_offer(talking(1), offered(1)).word, word_kind::connected);
}

TEST(CallAttempt, NoAnswerRaisesTheFloorSoThatALateOfferNeverRings) {
  const auto over = on_attempt_over(ringing(1), attempt_failure::no_answer, phone_is::quiet, noon);
  EXPECT_EQ(over.word, word_kind::failed);
  EXPECT_EQ(over.why, attempt_failure::no_answer);
  const auto late = on_offer(over.after, offered(1));
  EXPECT_EQ(late.word, word_kind::failed);
  EXPECT_EQ(late.why, attempt_failure::not_waiting);
  EXPECT_EQ(late.after, over.after);
  EXPECT_EQ(on_offer(over.after, offered(2)).word, word_kind::ring);
}

TEST(CallAttempt, QueryAboutAnAttemptThatIsNotOnRaisesTheFloorBeforeItSaysFailed) {
  const auto step = on_query({}, {.call = call, .attempt = 4, .agent = anna});
  EXPECT_EQ(step.word, word_kind::failed);
  EXPECT_EQ(step.after.floor, 5U);
  EXPECT_EQ(on_offer(step.after, offered(4)).word, word_kind::failed);
}

TEST(CallAttempt, QueryAboutTheRingingAttemptIsAnsweredBySilence) {
  EXPECT_EQ(on_query(ringing(1), {.call = call, .attempt = 1, .agent = anna}).word, word_kind::nothing);
}

TEST(CallAttempt, QueryAboutTheTalkingAttemptSaysConnectedAgain) {
  const auto step = on_query(talking(1), {.call = call, .attempt = 1, .agent = anna});
  EXPECT_EQ(step.word, word_kind::connected);
  EXPECT_EQ(step.queue, support);
}

TEST(CallAttempt, RefusedOfferWhileAnotherRingsCanNeverRingLater) {
  const auto refused = on_offer(ringing(1), offered(2, ben));
  EXPECT_EQ(refused.word, word_kind::failed);
  EXPECT_EQ(refused.agent, ben);
  const auto waiting = on_attempt_over(refused.after, attempt_failure::no_answer, phone_is::quiet, noon).after;
  EXPECT_EQ(on_offer(waiting, offered(2, ben)).word, word_kind::failed);
}

TEST(CallAttempt, EndedCallAnswersEveryOfferAndQueryWithFailed) {
  const auto over = on_gone(talking(1), phone_is::quiet, noon);
  EXPECT_EQ(over.word, word_kind::failed);
  EXPECT_EQ(over.why, attempt_failure::ended);
  EXPECT_EQ(on_offer(over.after, offered(9)).why, attempt_failure::ended);
  const auto asked = on_query(over.after, {.call = call, .attempt = 1, .agent = anna});
  EXPECT_EQ(asked.word, word_kind::failed);
  EXPECT_EQ(asked.after, over.after);
}

TEST(CallAttempt, CallerWhoHangsUpWhileItRingsIsTheReason) {
  EXPECT_EQ(on_gone(ringing(1), phone_is::quiet, noon).why, attempt_failure::caller_gone);
  EXPECT_EQ(on_gone({}, phone_is::quiet, noon).word, word_kind::nothing);
}

TEST(CallAttempt, FailedGoesToQueueAndAgentOnceTheStepIsDurable) {
  effects out;
  say(on_attempt_over(ringing(1), attempt_failure::busy, phone_is::quiet, noon), call, time_point{7}, out);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].when, timing::when_durable);
  EXPECT_EQ(std::get<to_entity>(out[0].what).to, ref(anna));
  EXPECT_EQ(std::get<to_entity>(out[1].what).to, ref(support));
  EXPECT_EQ(std::get<failed>(std::get<to_entity>(out[1].what).message).at, time_point{7});
}

/// No answer, and the CANCEL has no answer either.
call_attempt fading(attempt_no attempt) {
  return on_attempt_over(ringing(attempt), attempt_failure::no_answer, phone_is::ringing, noon).after;
}

TEST(CallAttempt, WhilePhonesMayRingOnlyTheQueueHearsThatTheAttemptFailed) {
  const auto over = on_attempt_over(ringing(1), attempt_failure::no_answer, phone_is::ringing, noon);
  effects out;
  say(over, call, noon, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(std::get<to_entity>(out[0].what).to, ref(support));
  EXPECT_TRUE(over.after.is_fading(1, anna));
  EXPECT_EQ(on_offer(over.after, offered(2, ben)).word, word_kind::ring) << "other agents at once";
}

TEST(CallAttempt, QueryAboutAFadingAttemptIsAnsweredBySilence) {
  const auto step = on_query(fading(1), {.call = call, .attempt = 1, .agent = anna});
  EXPECT_EQ(step.word, word_kind::nothing);
  EXPECT_EQ(step.after, fading(1));
}

TEST(CallAttempt, RepeatedOfferOfAFadingAttemptIsRefusedToTheQueueAlone) {
  effects out;
  say(on_offer(fading(1), offered(1)), call, noon, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(std::get<to_entity>(out[0].what).to, ref(support));
}

TEST(CallAttempt, AgentHearsFailedWithTheFirstReasonWhenItsPhoneIsQuiet) {
  const auto next = on_offer(fading(1), offered(2, ben)).after;
  const auto step = on_quiet(next, 1);
  EXPECT_EQ(step.why, attempt_failure::no_answer);
  effects out;
  say(step, call, noon, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(std::get<to_entity>(out[0].what).to, ref(anna));
  EXPECT_EQ(step.after.state, attempt_state::ringing) << "the next attempt goes on";
  EXPECT_EQ(step.after.agent, ben);
  EXPECT_FALSE(step.after.is_fading(1, anna));
  EXPECT_EQ(on_quiet(step.after, 1).word, word_kind::nothing);
  EXPECT_EQ(on_query(step.after, {.call = call, .attempt = 1, .agent = anna}).word, word_kind::failed);
}

TEST(CallAttempt, TombstoneKeepsAnAgentWhosePhoneMayRing) {
  const auto gone = on_gone(on_offer(fading(1), offered(2, ben)).after, phone_is::ringing, noon).after;
  EXPECT_TRUE(gone.is_fading(1, anna));
  EXPECT_TRUE(gone.is_fading(2, ben));
  EXPECT_EQ(on_query(gone, {.call = call, .attempt = 2, .agent = ben}).word, word_kind::nothing);
  EXPECT_EQ(on_quiet(gone, 2).why, attempt_failure::caller_gone);
}

// A late `enqueue` after the call was connected: the queue counts from the same number, with an agent of its own.
TEST(CallAttempt, AnAgentWithTheNumberOfAnothersAttemptIsFreed) {
  const auto asked = on_query(talking(1), {.call = call, .attempt = 1, .agent = ben});
  EXPECT_EQ(asked.word, word_kind::failed);
  EXPECT_EQ(asked.agent, ben);
  EXPECT_TRUE(asked.after.is_on(1, anna));
  effects out;
  say(on_offer(talking(1), offered(1, ben)), call, noon, out);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(std::get<to_entity>(out[0].what).to, ref(ben));
  EXPECT_TRUE(std::holds_alternative<failed>(std::get<to_entity>(out[0].what).message));
  EXPECT_EQ(on_query(fading(1), {.call = call, .attempt = 1, .agent = ben}).word, word_kind::failed);
}

// The same from a queue that the caller left before its `enqueue` came: the agent says yes to both queues.
TEST(CallAttempt, AQueueThatOffersTheAttemptOfAnotherHearsFailedAlone) {
  auto elsewhere = offered(1);
  elsewhere.queue = queue_id{32};
  for (const auto& on : {ringing(1), talking(1)}) {
    const auto step = on_offer(on, elsewhere);
    EXPECT_TRUE(step.after.is_on(1, anna));
    effects out;
    say(step, call, noon, out);
    ASSERT_EQ(out.size(), 1U) << "the agent keeps its call";
    EXPECT_EQ(std::get<to_entity>(out[0].what).to, ref(queue_id{32}));
    EXPECT_TRUE(std::holds_alternative<failed>(std::get<to_entity>(out[0].what).message));
  }
}

}  // namespace
}  // namespace seatgrid
