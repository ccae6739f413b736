#include <gtest/gtest.h>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

static_assert(entity_rules<call_rules>);

TEST(CallPath, OpensAPortThenSendsEarlyMedia) {
  call_bench b;
  ASSERT_TRUE(b.tell(b.invite()));
  EXPECT_TRUE(b.has_published("call.started"));
  ASSERT_NE(b.sent<media_open>(), nullptr);
  EXPECT_EQ(b.sent<leg_ring>(), nullptr) << "no port, no SDP";
  b.open(1);
  ASSERT_NE(b.sent<leg_ring>(), nullptr);
  EXPECT_EQ(b.sent<leg_ring>()->status, 183);
  EXPECT_EQ(b.sent<leg_ring>()->media->audio.port, 20'002);
  EXPECT_EQ(b.sent<leg_answer>(), nullptr) << "policy on_agent: charging has not begun";
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_EQ(b.sent<media_play>()->list.front().source, "welcome");
}

TEST(CallPath, GoesFromInviteToCdr) {
  call_bench b;
  b.to_queue();
  EXPECT_EQ(b.call.stage, call_stage::queue);
  b.pass(milliseconds{3'000});
  b.offered();
  ASSERT_NE(b.sent<leg_invite>(), nullptr);
  EXPECT_EQ(b.sent<leg_invite>()->presented.number, "13800138000");
  b.answered_by(2);
  ASSERT_NE(b.sent<leg_answer>(), nullptr);
  ASSERT_NE(b.sent<media_bridge>(), nullptr);
  ASSERT_NE(b.sent<media_record>(), nullptr);
  EXPECT_EQ(b.sent<media_record>()->path, "recordings/demo/2026/01/01/" + to_text(b.id()) + ".wav");
  EXPECT_EQ(b.count<connected>(b.out), 2U) << "to agent and queue";
  EXPECT_EQ(b.call.stage, call_stage::talking);
  b.tell(leg_confirmed{.leg = b.leg(1), .confirmed = b.dialog_of("caller", true)});
  b.pass(milliseconds{5'000});
  b.hang_up(1);
  ASSERT_NE(b.sent<leg_release>(), nullptr);
  EXPECT_EQ(b.sent<leg_release>()->leg.index, 2U);
  ASSERT_NE(b.sent<failed>(), nullptr);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::ended);
  EXPECT_EQ(b.call.phase, call_phase::releasing);
  b.close_all();
  EXPECT_EQ(b.call.phase, call_phase::closed);
  const auto cdr = b.cdr();
  EXPECT_EQ(cdr.billed_ms, 5'000);
  EXPECT_EQ(cdr.duration_ms, 8'000);
  EXPECT_EQ(cdr.agent, "1001");
  EXPECT_EQ(cdr.released_by, "caller");
  ASSERT_EQ(cdr.queues.size(), 1U);
  EXPECT_EQ(cdr.queues[0].outcome, "connected");
  EXPECT_EQ(cdr.queues[0].waited_ms, 3'000);
  ASSERT_EQ(cdr.legs.size(), 2U);
  EXPECT_EQ(cdr.ivr_path, (std::vector<std::string>{"hello", "menu", "support"}));
  const std::vector<std::string> expected{"call.started",     "call.queued",        "call.offered",      "call.answered",
                                          "call.connected",   "call.left_queue",    "recording.started", "call.ended",
                                          "call.offer_ended", "recording.finished", "call.cdr"};
  auto told = b.published();
  std::erase_if(told, [](const std::string& type) { return type.starts_with("leg."); });
  EXPECT_EQ(told, expected);
  const auto legs = [&](const char* type) { return std::ranges::count(b.published(), type); };
  EXPECT_EQ(legs("leg.started"), 2);
  EXPECT_EQ(legs("leg.answered"), 2);
  EXPECT_EQ(legs("leg.ended"), 2);
}

TEST(CallPath, RefusesAnUnknownNumberWithACdrOfItsOwn) {
  call_bench b;
  auto wrong = b.invite();
  wrong.called = "4009999999";
  b.tell(wrong);
  ASSERT_NE(b.sent<leg_reject>(), nullptr);
  EXPECT_EQ(b.sent<leg_reject>()->cause.sip, 404);
  EXPECT_EQ(b.sent<media_open>(), nullptr);
  EXPECT_EQ(b.call.phase, call_phase::closed);
  EXPECT_EQ(b.cdr().billed_ms, 0);
  EXPECT_EQ(b.cdr().cause.q850, 1);
}

TEST(CallPath, RefusesAnOfferWithoutACommonCodec) {
  call_bench b;
  auto odd = b.invite();
  odd.offer->codecs = {{.payload_type = 18, .name = "G729"}};
  b.tell(odd);
  ASSERT_NE(b.sent<leg_reject>(), nullptr);
  EXPECT_EQ(b.sent<leg_reject>()->cause.sip, 488);
}

TEST(CallPath, AnswersAtOnceWhenTheNumberSaysSo) {
  auto config = demo_config();
  config.numbers["4008123123"].answer = answer_policy::at_once;
  call_bench b{config};
  b.arrive();
  EXPECT_NE(b.sent<leg_answer>(), nullptr);
  EXPECT_EQ(b.sent<leg_ring>(), nullptr);
}

TEST(CallPath, PutsItsOwnOfferIntoThe200WhenTheInviteHadNone) {
  call_bench b;
  auto bare = b.invite();
  bare.offer.reset();
  b.tell(bare);
  b.open(1);
  ASSERT_NE(b.sent<leg_answer>(), nullptr);
  EXPECT_EQ(b.sent<leg_answer>()->media.codecs.size(), 3U);
  EXPECT_EQ(b.sent<media_play>(), nullptr) << "where to is not known yet";
  b.tell(leg_confirmed{.leg = b.leg(1), .media = b.their_sdp(), .confirmed = b.dialog_of("caller", true)});
  ASSERT_NE(b.sent<media_connect>(), nullptr);
  EXPECT_NE(b.sent<media_play>(), nullptr);
}

TEST(CallPath, EndsWhenTheAckHasNoAnswerToOurOffer) {
  call_bench b;
  auto bare = b.invite();
  bare.offer.reset();
  b.tell(bare);
  b.open(1);
  b.tell(leg_confirmed{.leg = b.leg(1), .confirmed = b.dialog_of("caller", true)});
  EXPECT_NE(b.sent<leg_release>(), nullptr);
}

TEST(CallPath, Says503WithoutAPort) {
  call_bench b;
  b.tell(b.invite());
  b.tell(media_open_failed{.leg = b.leg(1), .why = "no port"});
  ASSERT_NE(b.sent<leg_reject>(), nullptr);
  EXPECT_EQ(b.sent<leg_reject>()->cause.sip, 503);
}

TEST(CallPath, ACancelledCallIsNotBilled) {
  call_bench b;
  b.arrive();
  b.pass(milliseconds{700});
  b.tell(leg_ended{.leg = b.leg(1), .at = b.now, .cancelled = true, .cause = {.q850 = 16}});
  EXPECT_EQ(b.sent<leg_reject>(), nullptr) << "487 was the edge's reflex";
  EXPECT_NE(b.sent<leg_forget>(), nullptr);
  b.close_all();
  EXPECT_EQ(b.cdr().billed_ms, 0);
  EXPECT_EQ(b.cdr().why, "caller_cancelled");
}

TEST(CallPath, PlaysTheNumbersOwnRingbackBeforeTheFlow) {
  auto config = demo_config();
  config.numbers["4008123123"].ringback = {{.source = "ad"}};
  call_bench b{config};
  b.arrive();
  EXPECT_EQ(b.call.stage, call_stage::ringback);
  EXPECT_EQ(b.sent<media_play>()->list.front().source, "ad");
  b.played();
  EXPECT_EQ(b.call.stage, call_stage::prompt);
}

TEST(CallPath, ClosesWithoutStatisticsWhenMediaIsSilent) {
  call_bench b;
  b.arrive();
  b.hang_up(1);
  EXPECT_EQ(b.call.phase, call_phase::releasing);
  b.fire(call_timer::closing);
  EXPECT_EQ(b.call.phase, call_phase::closed);
  EXPECT_EQ(b.cdr().legs.size(), 1U);
}

TEST(CallPath, TheTombstoneAnswersAgentsForAnHourAndThenGoes) {
  call_bench b;
  b.arrive();
  b.hang_up(1);
  b.close_all();
  b.tell(agent_query{.call = b.id(), .attempt = 4, .agent = b.config.agent_of("1001")});
  ASSERT_NE(b.sent<failed>(), nullptr);
  EXPECT_EQ(b.sent<failed>()->attempt, 4U);
  b.fire(call_timer::tombstone);
  EXPECT_TRUE(call_rules::finished(b.call));
  EXPECT_EQ(call_rules::load(b.id().value, {{"cdr", "x"}})->attempt.state, attempt_state::gone);
}

TEST(CallPath, ACallThatNobodyKnowsSaysFailed) {
  call_bench b;
  b.call.id = b.id();
  b.tell(agent_query{.call = b.id(), .attempt = 2, .agent = b.config.agent_of("1001")});
  ASSERT_NE(b.sent<failed>(), nullptr);
  EXPECT_EQ(b.call.phase, call_phase::closed);
}

TEST(CallPath, TheApiCanHangUp) {
  call_bench b;
  b.talk();
  ASSERT_TRUE(b.tell(call_hangup{.request = 9}));
  ASSERT_NE(b.sent<reply>(), nullptr);
  EXPECT_EQ(b.sent<reply>()->request, 9U);
  EXPECT_EQ(b.count<leg_release>(b.out), 2U);
  b.close_all();
  EXPECT_FALSE(b.tell(call_hangup{.request = 10})) << "it has ended";
}

TEST(CallPath, EndsAtItsLongestLength) {
  call_bench b;
  b.talk();
  b.fire(call_timer::length);
  EXPECT_EQ(b.call.why, "call_length_max");
  EXPECT_EQ(b.count<leg_release>(b.out), 2U);
}

}  // namespace
}  // namespace seatgrid::test
