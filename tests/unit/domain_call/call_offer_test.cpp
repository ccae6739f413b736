#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

/// Words of the last command that free the agent.
std::size_t freed(const call_bench& b) {
  return static_cast<std::size_t>(std::count_if(b.out.begin(), b.out.end(), [&](const effect& one) {
    const auto* to = std::get_if<to_entity>(&one.what);
    return to != nullptr && to->to == ref(b.config.agent_of("1001")) && std::holds_alternative<failed>(to->message);
  }));
}

TEST(CallOffer, RingsEveryContactAndTheFirstAnswerWins) {
  call_bench b;
  b.to_queue();
  b.tell(b.offer_of(1, {{.target = "sip:1001@10.0.0.5"}, {.target = "sip:1001@10.0.0.6"}}));
  b.open(2);
  EXPECT_EQ(b.sent<leg_invite>()->leg.index, 2U);
  b.open(3);
  EXPECT_EQ(b.sent<leg_invite>()->to.target, "sip:1001@10.0.0.6");
  b.tell(leg_progress{.leg = b.leg(2), .status = 180, .early = b.dialog_of("a")});
  b.answered_by(3);
  ASSERT_NE(b.sent<leg_release>(), nullptr);
  EXPECT_EQ(b.sent<leg_release>()->leg.index, 2U);
  EXPECT_EQ(b.sent<leg_release>()->cause.text, "answered elsewhere");
  EXPECT_EQ(b.call.talk_leg, 3U);
  b.answered_by(2);  // its 200 crossed the CANCEL
  ASSERT_NE(b.sent<leg_release>(), nullptr) << "I2: the loser's dialog is ended";
  EXPECT_EQ(b.sent<connected>(), nullptr);
  EXPECT_EQ(b.call.talk_leg, 3U);
}

struct failure_case {
  std::uint16_t sip;
  attempt_failure why;
};
class AgentFailure : public testing::TestWithParam<failure_case> {};
TEST_P(AgentFailure, IsToldToQueueAndAgentAndTheCallerKeepsWaiting) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.tell(leg_failed{.leg = b.leg(2), .cause = {.q850 = 0, .sip = GetParam().sip}});
  EXPECT_EQ(b.count<failed>(b.out), 2U);
  EXPECT_EQ(b.sent<failed>()->why, GetParam().why);
  EXPECT_EQ(b.call.stage, call_stage::queue);
  EXPECT_EQ(b.call.attempt.floor, 2U);
  ASSERT_TRUE(b.call.leg(1)->play);
  EXPECT_TRUE(b.call.leg(1)->play->loop) << "music goes on";
  EXPECT_EQ(b.sent<enqueue>(), nullptr) << "the same place";
  b.offered(2);
  EXPECT_NE(b.sent<leg_invite>(), nullptr);
}
INSTANTIATE_TEST_SUITE_P(Table, AgentFailure,
                         testing::Values(failure_case{486, attempt_failure::busy}, failure_case{603, attempt_failure::rejected},
                                         failure_case{480, attempt_failure::no_answer},
                                         failure_case{404, attempt_failure::unreachable},
                                         failure_case{302, attempt_failure::unreachable},
                                         failure_case{503, attempt_failure::unreachable}));

TEST(CallOffer, OneBusyContactOfTwoLeavesTheOtherRinging) {
  call_bench b;
  b.to_queue();
  b.tell(b.offer_of(1, {{.target = "sip:a"}, {.target = "sip:b"}}));
  b.open(2);
  b.open(3);
  b.tell(leg_failed{.leg = b.leg(2), .cause = {.sip = 486}});
  EXPECT_EQ(b.sent<failed>(), nullptr);
  b.tell(leg_failed{.leg = b.leg(3), .cause = {.sip = 404}});
  ASSERT_NE(b.sent<failed>(), nullptr);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::busy) << "the more telling reason";
}

TEST(CallOffer, ARingThatNobodyAnswersEndsAtItsDeadline) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.fire(call_timer::ring);
  EXPECT_NE(b.sent<leg_release>(), nullptr);
  ASSERT_EQ(b.count<failed>(b.out), 1U);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::no_answer);
  EXPECT_EQ(b.call.stage, call_stage::queue);
}

TEST(CallOffer, AnAgentIsFreedWhenItsPhoneIsQuietAndNotBefore) {
  call_bench b;
  b.to_queue();
  b.tell(b.offer_of(1, {{.target = "sip:a"}, {.target = "sip:b"}}));
  b.open(2);
  b.open(3);
  b.fire(call_timer::ring);
  EXPECT_EQ(freed(b), 0U);
  b.tell(agent_query{.call = b.id(), .attempt = 1, .agent = b.config.agent_of("1001")});
  EXPECT_EQ(b.sent<failed>(), nullptr) << "asking frees nobody";
  b.tell(leg_failed{.leg = b.leg(2), .cause = {.sip = 487}});
  EXPECT_EQ(freed(b), 0U) << "its other phone may still ring";
  b.tell(leg_failed{.leg = b.leg(3), .cause = {.sip = 487}});
  EXPECT_EQ(freed(b), 1U);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::no_answer);
  EXPECT_EQ(b.sent<publish>(), nullptr) << "no news for the world";
}

TEST(CallOffer, APhoneThatNeverSaysAnythingIsQuietTwoSecondsAfterItsInviteExpired) {
  call_bench b;
  b.to_queue();
  b.offered();
  const auto invited_at = b.now;
  const auto expires = b.sent<leg_invite>()->expires;
  b.fire(call_timer::ring);
  b.fire(call_timer::quiet);
  EXPECT_EQ(freed(b), 1U);
  EXPECT_EQ(ms_between(b.now, invited_at), expires + milliseconds{2'000});
}

TEST(CallOffer, AnAnswerThatCrossesTheCancelFreesTheAgentWithItsBye) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.fire(call_timer::ring);
  b.answered_by(2);
  EXPECT_NE(b.sent<leg_release>(), nullptr);
  EXPECT_EQ(freed(b), 1U);
}

TEST(CallOffer, TheNextAgentIsRungWhileTheLastOneMayStillRing) {
  call_bench b;
  b.to_queue();
  b.offered(1);
  b.fire(call_timer::ring);
  b.offered(2);
  EXPECT_NE(b.sent<leg_invite>(), nullptr);
  b.answered_by(3);
  EXPECT_EQ(b.call.talk_leg, 3U);
  b.tell(leg_failed{.leg = b.leg(2), .cause = {.sip = 487}});
  EXPECT_EQ(freed(b), 1U);
  EXPECT_EQ(b.call.stage, call_stage::talking);
}

TEST(CallOffer, AnInviteCarriesItsNamesFromTheStepThatPromisesIt) {
  call_bench b;
  b.to_queue();
  b.offered();
  ASSERT_NE(b.sent<leg_invite>(), nullptr);
  const auto& names = b.sent<leg_invite>()->early;
  EXPECT_EQ(names, b.call.leg(2)->dialog) << "in the row, for whoever must CANCEL it";
  EXPECT_EQ(names.invite.rfind("z9hG4bK", 0), 0U);
  EXPECT_FALSE(names.sip_call_id.empty() || names.local_tag.empty());
  EXPECT_GT(names.local_cseq, 1U);
}

TEST(CallOffer, ACancelNeverOvertakesAnInviteThatWaitsForTheJournal) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.hang_up(1);
  for (const auto& one : b.out)
    if (const auto* to = std::get_if<to_leg>(&one.what); to != nullptr && std::holds_alternative<leg_release>(to->command)) {
      EXPECT_EQ(one.when, timing::when_durable);
    }
}

TEST(CallOffer, TheAckOfAnAnswerWaitsForItsStep) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.answered_by(2);
  ASSERT_NE(b.sent<leg_ack>(), nullptr);
  for (const auto& one : b.out)
    if (const auto* to = std::get_if<to_leg>(&one.what); to != nullptr && std::holds_alternative<leg_ack>(to->command)) {
      EXPECT_EQ(one.when, timing::when_durable);
    }
}

TEST(CallOffer, ACallClosesWhenThePhonesThatItRangAreQuiet) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.hang_up(1);
  b.close_all();
  EXPECT_EQ(b.call.phase, call_phase::releasing);
  b.tell(leg_failed{.leg = b.leg(2), .cause = {.sip = 487}});
  EXPECT_EQ(freed(b), 1U);
  EXPECT_EQ(b.call.phase, call_phase::closed);
}

TEST(CallOffer, ACallerWhoGoesStopsTheRing) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.hang_up(1);
  ASSERT_NE(b.sent<leg_release>(), nullptr);
  EXPECT_EQ(b.sent<leg_release>()->leg.index, 2U);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::caller_gone);
  b.answered_by(2);
  EXPECT_NE(b.sent<leg_release>(), nullptr) << "no zombie: a 2xx after that is ended";
}

TEST(CallOffer, RefusesAnOfferOfAnAttemptBelowItsFloorAndOneInNoQueue) {
  call_bench b;
  b.to_queue();
  b.offered(1);
  b.fire(call_timer::ring);
  b.tell(b.offer_of(1));
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::not_waiting);
  EXPECT_EQ(b.sent<leg_invite>(), nullptr);
  b.fire(call_timer::wait);
  ASSERT_EQ(b.call.stage, call_stage::voicemail);
  b.tell(b.offer_of(7));
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::not_waiting);
  EXPECT_EQ(b.call.attempt.floor, 8U) << "it shall never ring";
}

TEST(CallOffer, SaysConnectedAgainToWhoeverRepeatsTheOffer) {
  call_bench b;
  b.talk();
  b.tell(b.offer_of(1));
  EXPECT_EQ(b.count<connected>(b.out), 2U);
  EXPECT_EQ(b.sent<publish>(), nullptr);
  b.tell(agent_query{.call = b.id(), .attempt = 1, .agent = b.config.agent_of("1001")});
  EXPECT_NE(b.sent<connected>(), nullptr);
}

TEST(CallOffer, AnAttemptWithoutContactsFailsAtOnce) {
  call_bench b;
  b.to_queue();
  b.tell(b.offer_of(1, {}));
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::unreachable);
}

TEST(CallOffer, AnAnswerWithoutACommonCodecIsNoAnswer) {
  call_bench b;
  b.to_queue();
  b.offered();
  auto odd = b.their_sdp();
  odd.codecs = {{.payload_type = 18, .name = "G729"}};
  b.tell(leg_answered{.leg = b.leg(2), .media = odd, .confirmed = b.dialog_of("agent")});
  EXPECT_NE(b.sent<leg_release>(), nullptr);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::unreachable);
  EXPECT_EQ(b.call.stage, call_stage::queue);
}

TEST(CallOffer, TheLongestWaitLetsARingFinish) {
  call_bench b;
  b.to_queue();
  b.pass(milliseconds{599'000});
  b.offered();
  b.fire(call_timer::wait);
  EXPECT_EQ(b.sent<leave_queue>(), nullptr);
  b.fire(call_timer::ring);
  EXPECT_NE(b.sent<leave_queue>(), nullptr);
  EXPECT_EQ(b.call.stage, call_stage::voicemail);
}

TEST(CallOffer, AnAgentMayLetGoWhileItRingsAndWhileItTalks) {
  call_bench b;
  b.to_queue();
  b.offered();
  const agent_release let_go{.call = b.id(), .attempt = 1, .agent = b.config.agent_of("1001")};
  b.tell(let_go);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::rejected);
  call_bench talking;
  talking.talk();
  talking.tell(let_go);
  EXPECT_EQ(talking.call.phase, call_phase::releasing);
  EXPECT_EQ(talking.call.why, "agent_released");
}

}  // namespace
}  // namespace seatgrid::test
