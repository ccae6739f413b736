#include <gtest/gtest.h>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

call_bench talking() {
  call_bench b;
  b.talk();
  return b;
}
session_description next_offer(const call_bench& b, std::uint32_t leg, direction way = direction::sendrecv) {
  auto s = *b.call.leg(leg)->remote;
  s.way = way;
  ++s.version;
  return s;
}
leg_offered reinvite(const call_bench& b, std::uint32_t leg, std::optional<session_description> offer) {
  return {.leg = b.leg(leg), .offer_id = 77, .offer = std::move(offer), .now = b.call.leg(leg)->dialog};
}

class Hold : public testing::TestWithParam<std::uint32_t> {};
TEST_P(Hold, PlaysMusicToTheOtherSideAndBackAgain) {
  auto b = talking();
  const auto holder = GetParam();
  const auto other = holder == 1 ? 2U : 1U;
  b.tell(reinvite(b, holder, next_offer(b, holder, direction::sendonly)));
  ASSERT_NE(b.sent<leg_answer_offer>(), nullptr);
  EXPECT_EQ(b.sent<leg_answer_offer>()->media.way, direction::recvonly);
  EXPECT_EQ(b.sent<leg_answer_offer>()->offer_id, 77U);
  EXPECT_NE(b.sent<media_unbridge>(), nullptr);
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_EQ(b.sent<media_play>()->leg.index, other);
  EXPECT_TRUE(b.has_published("call.held"));
  b.tell(reinvite(b, holder, next_offer(b, holder)));
  EXPECT_NE(b.sent<media_bridge>(), nullptr);
  EXPECT_NE(b.sent<media_stop>(), nullptr);
  EXPECT_TRUE(b.has_published("call.retrieved"));
}
INSTANTIATE_TEST_SUITE_P(EitherSide, Hold, testing::Values(1U, 2U));

TEST(CallTalk, TheOldWayOfHoldCountsToo) {
  auto b = talking();
  auto held = next_offer(b, 2);
  held.held_by_address = true;
  b.tell(reinvite(b, 2, held));
  EXPECT_TRUE(b.call.leg(2)->holding);
}

TEST(CallTalk, BothOnHoldHearNothingUntilBothAreBack) {
  auto b = talking();
  b.tell(reinvite(b, 1, next_offer(b, 1, direction::inactive)));
  b.tell(reinvite(b, 2, next_offer(b, 2, direction::sendonly)));
  EXPECT_FALSE(b.call.leg(1)->play);
  EXPECT_FALSE(b.call.leg(2)->play);
  b.tell(reinvite(b, 1, next_offer(b, 1)));
  EXPECT_EQ(b.sent<media_bridge>(), nullptr);
  EXPECT_TRUE(b.call.leg(1)->play);
  b.tell(reinvite(b, 2, next_offer(b, 2)));
  EXPECT_NE(b.sent<media_bridge>(), nullptr);
}

TEST(CallTalk, ARefreshIsAnsweredWithTheSameVersionAndTouchesNoAudio) {
  auto b = talking();
  const auto before = b.call.leg(1)->local;
  b.tell(reinvite(b, 1, *b.call.leg(1)->remote));
  ASSERT_NE(b.sent<leg_answer_offer>(), nullptr);
  EXPECT_EQ(b.sent<leg_answer_offer>()->media, before);
  EXPECT_EQ(b.sent<media_connect>(), nullptr);
  EXPECT_EQ(b.sent<media_bridge>(), nullptr);
}

TEST(CallTalk, ANewAddressIsConnected) {
  auto b = talking();
  auto moved = next_offer(b, 1);
  moved.audio.port = 45'000;
  b.tell(reinvite(b, 1, moved));
  ASSERT_NE(b.sent<media_connect>(), nullptr);
  EXPECT_EQ(b.sent<media_connect>()->remote.port, 45'000);
}

TEST(CallTalk, AnOfferlessReinviteGetsOurOfferAndItsAnswerComesWithAck) {
  auto b = talking();
  b.tell(reinvite(b, 2, std::nullopt));
  ASSERT_NE(b.sent<leg_answer_offer>(), nullptr);
  EXPECT_EQ(b.sent<leg_answer_offer>()->media.codecs.size(), 3U);
  b.tell(leg_confirmed{.leg = b.leg(2), .media = b.their_sdp(46'000), .confirmed = b.call.leg(2)->dialog});
  ASSERT_NE(b.sent<media_connect>(), nullptr);
  EXPECT_EQ(b.sent<media_connect>()->remote.port, 46'000);
}

TEST(CallTalk, FaxAndVideoAloneAreRefusedWhileTheCallGoesOn) {
  auto b = talking();
  auto fax = next_offer(b, 1);
  fax.audio.port = 0;
  b.tell(reinvite(b, 1, fax));
  ASSERT_NE(b.sent<leg_reject_offer>(), nullptr);
  EXPECT_EQ(b.sent<leg_reject_offer>()->status, 488);
  EXPECT_EQ(b.call.stage, call_stage::talking);
}

TEST(CallTalk, KeysOfInfoGoOnToTheFarSide) {
  auto b = talking();
  b.tell(leg_digit{.leg = b.leg(2), .digit = '5', .duration_ms = 120});
  ASSERT_NE(b.sent<media_send_digit>(), nullptr);
  EXPECT_EQ(b.sent<media_send_digit>()->leg.index, 1U);
  EXPECT_EQ(b.sent<media_send_digit>()->digit, '5');
  b.press('6');
  EXPECT_TRUE(b.events.empty()) << "RFC 4733 passes through the bridge by itself";
  EXPECT_EQ(call_rules::describe(calls::call_event{calls::digit_relayed{.leg = 1, .digit = '5'}}).find("5"), std::string::npos);
}

TEST(CallTalk, TheAgentHangsUp) {
  auto b = talking();
  b.hang_up(2);
  ASSERT_NE(b.sent<leg_release>(), nullptr);
  EXPECT_EQ(b.sent<leg_release>()->leg.index, 1U);
  b.close_all();
  EXPECT_EQ(b.cdr().released_by, "agent");
}

TEST(CallTalk, ALostByeNeverHoldsAnAgent) {
  auto b = talking();
  const auto last = b.now;
  b.pass(milliseconds{60'000});
  b.tell(media_silent{.leg = b.leg(1), .last_packet_at = last});
  EXPECT_NE(b.sent<leg_probe>(), nullptr);
  b.tell(leg_probed{.leg = b.leg(1), .status = 481});
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::ended);
  EXPECT_EQ(b.call.leg(1)->ended_at, last) << "the time of the last RTP packet";
  ASSERT_NE(b.sent<leg_release>(), nullptr) << "its edge holds the leg until it is released";
  EXPECT_EQ(b.sent<leg_release>()->leg.index, 1U);
  b.close_all();
  EXPECT_EQ(b.cdr().legs.at(0).cause.sip, 481);
}

TEST(CallTalk, AFarEndThatStillKnowsTheCallIsProbedAgain) {
  auto b = talking();
  const auto last = b.now;
  b.tell(media_silent{.leg = b.leg(2), .last_packet_at = last});
  b.tell(leg_probed{.leg = b.leg(2), .status = 200});
  EXPECT_EQ(b.call.stage, call_stage::talking);
  ASSERT_NE(b.sent<media_connect>(), nullptr) << "media watches again";
  b.tell(media_silent{.leg = b.leg(2), .last_packet_at = last + milliseconds{500}});
  EXPECT_NE(b.sent<leg_probe>(), nullptr) << "packets had come: probed anew";
  b.tell(leg_probed{.leg = b.leg(2), .status = 200});
  b.tell(media_silent{.leg = b.leg(2), .last_packet_at = last + milliseconds{500}});
  ASSERT_NE(b.sent<leg_release>(), nullptr) << "it knows the call: BYE";
  EXPECT_EQ(b.sent<leg_release>()->leg.index, 2U);
  EXPECT_EQ(b.call.stage, call_stage::queue) << "silence again: the caller waits for another agent";
}

TEST(CallTalk, ACallerWhoseProbeGetsNoWordIsGone) {
  auto b = talking();
  b.tell(media_silent{.leg = b.leg(1), .last_packet_at = b.now});
  b.fire(call_timer::silence);
  EXPECT_EQ(b.call.phase, call_phase::releasing);
}

TEST(CallTalk, ACallerWhoseAgentsPhoneIsLostWaitsAgainBeforeAllOthers) {
  auto b = talking();
  const auto first_attempt = b.call.attempt.attempt;
  const auto entered = b.call.visits.back().entered_at;
  b.tell(media_silent{.leg = b.leg(2), .last_packet_at = b.now});
  b.tell(leg_probed{.leg = b.leg(2), .status = 408});
  EXPECT_EQ(b.call.phase, call_phase::running);
  EXPECT_EQ(b.call.stage, call_stage::queue);
  ASSERT_NE(b.sent<failed>(), nullptr) << "the agent is free of the call";
  EXPECT_EQ(b.sent<failed>()->attempt, first_attempt);
  ASSERT_NE(b.sent<enqueue>(), nullptr);
  EXPECT_TRUE(b.sent<enqueue>()->at_head);
  EXPECT_EQ(b.sent<enqueue>()->enqueued_at, entered);
  EXPECT_GT(b.sent<enqueue>()->next_attempt, first_attempt);
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_EQ(b.sent<media_play>()->leg.index, 1U) << "music";
  EXPECT_NE(b.sent<media_record_stop>(), nullptr);
  b.tell(b.offer_of(first_attempt + 1));
  b.open(3);
  b.answered_by(3);
  EXPECT_EQ(b.call.stage, call_stage::talking);
  b.hang_up(1);
  b.close_all();
  EXPECT_EQ(b.cdr().queues.size(), 2U);
}

TEST(CallTalk, AnAgentWhoHangsUpEndsTheCall) {
  auto b = talking();
  b.hang_up(2);
  EXPECT_EQ(b.call.phase, call_phase::releasing);
}

TEST(CallTalk, AHeldSideMayBeSilent) {
  auto b = talking();
  b.tell(reinvite(b, 2, next_offer(b, 2, direction::inactive)));
  b.tell(media_silent{.leg = b.leg(2), .last_packet_at = b.now});
  EXPECT_TRUE(b.events.empty());
}

TEST(CallTalk, TheEdgeMayRepeatTheEndAndGetsItsForget) {
  auto b = talking();
  b.hang_up(1);
  b.hang_up(1);
  EXPECT_EQ(b.count<leg_forget>(b.out), 1U);
  EXPECT_EQ(b.sent<failed>(), nullptr);
  b.close_all();
  b.hang_up(1);
  EXPECT_EQ(b.count<leg_forget>(b.out), 1U);
}

}  // namespace
}  // namespace seatgrid::test
