#include <gtest/gtest.h>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

/// The process dies and another reads the rows.
effects killed_and_resumed(call_bench& b, milliseconds later = milliseconds{0}) {
  auto loaded = call_rules::load(b.id().value, b.rows);
  EXPECT_TRUE(loaded);
  b.call = *loaded;
  b.pass(later);
  effects out;
  call_rules::resume(b.call, {b.now, 5}, out);
  return out;
}
void recovered(call_bench& b) { b.tell(timer_fired{static_cast<std::uint32_t>(call_timer::recovered), b.call.recoveries + 1}); }
std::optional<milliseconds> time_left(const effects& out, call_timer timer) {
  for (const auto& one : out)
    if (const auto* t = std::get_if<start_timer>(&one.what); t != nullptr && t->timer == static_cast<std::uint32_t>(timer))
      return t->after;
  return std::nullopt;
}

TEST(CallResume, RowsHoldTheWholeCall) {
  call_bench b;
  b.talk();
  const auto loaded = call_rules::load(b.id().value, b.rows);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(*loaded, b.call);
}

TEST(CallResume, ATalkIsRebuiltWithItsPortsBridgeAndNextRecordingSegment) {
  call_bench b;
  b.talk();
  const auto out = killed_and_resumed(b);
  EXPECT_EQ(b.count<leg_restore>(out), 2U);
  ASSERT_NE(b.find_in<leg_restore>(out), nullptr);
  EXPECT_TRUE(b.find_in<leg_restore>(out)->confirmed);
  EXPECT_EQ(b.find_in<media_open>(out)->port, 20'002);
  EXPECT_EQ(b.count<media_connect>(out), 2U);
  EXPECT_EQ(b.count<media_bridge>(out), 1U);
  EXPECT_EQ(b.count<connected>(out), 2U) << "said again: its step may have been lost with us";
  recovered(b);
  ASSERT_NE(b.sent<media_record>(), nullptr);
  EXPECT_EQ(b.sent<media_record>()->segment, 2U);
  b.hang_up(1);
  b.close_all();
  EXPECT_EQ(b.cdr().recoveries, 1U);
  EXPECT_EQ(b.cdr().recordings.at(0).segments, 2U);
}

TEST(CallResume, AWaitingCallerHearsMusicAndAsksForTheSamePlace) {
  call_bench b;
  b.to_queue();
  const auto since = b.call.wait->enqueued_at;
  const auto out = killed_and_resumed(b, milliseconds{4'000});
  ASSERT_NE(b.find_in<leg_ring>(out), nullptr) << "early dialog: 183 again";
  EXPECT_FALSE(b.find_in<leg_restore>(out)->confirmed);
  ASSERT_NE(b.find_in<media_play>(out), nullptr);
  EXPECT_TRUE(b.find_in<media_play>(out)->loop);
  ASSERT_NE(b.find_in<enqueue>(out), nullptr);
  EXPECT_EQ(b.find_in<enqueue>(out)->enqueued_at, since);
  EXPECT_EQ(time_left(out, call_timer::wait), milliseconds{596'000});
}

TEST(CallResume, WaitsNeverHaveLessThanNothingNorMoreThanTheirLength) {
  call_bench b;
  b.to_queue();
  EXPECT_EQ(time_left(killed_and_resumed(b, milliseconds{9'000'000}), call_timer::wait), milliseconds{0});
  b.now = b.now - std::chrono::hours{9};
  EXPECT_EQ(time_left(killed_and_resumed(b), call_timer::wait), milliseconds{600'000});
}

TEST(CallResume, ARingingAgentIsCancelledAndTheCallOfferedAgain) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.tell(leg_progress{.leg = b.leg(2), .status = 180, .early = b.dialog_of("agent")});
  const auto out = killed_and_resumed(b);
  ASSERT_EQ(b.count<leg_restore>(out), 2U);
  EXPECT_FALSE(b.find_in<leg_restore>(out, 1)->confirmed) << "CANCEL with the old branch";
  recovered(b);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::gave_up);
  EXPECT_EQ(b.call.stage, call_stage::queue);
  b.answered_by(2);
  EXPECT_NE(b.sent<leg_release>(), nullptr) << "never two agents";
  b.offered(2);
  b.answered_by(3);
  EXPECT_EQ(b.call.talk_leg, 3U);
}

TEST(CallResume, AnInviteThatPerhapsNeverLeftIsCancelledByItsRow) {
  call_bench b;
  b.to_queue();
  b.offered();
  const auto names = b.sent<leg_invite>()->early;
  const auto presented = b.sent<leg_invite>()->presented;
  const auto out = killed_and_resumed(b);
  ASSERT_EQ(b.count<leg_restore>(out), 2U);
  const auto* cancel = b.find_in<leg_restore>(out, 1);
  EXPECT_EQ(cancel->saved, names);
  EXPECT_EQ(cancel->presented, presented);
  EXPECT_EQ(cancel->called, "1001");
}

TEST(CallResume, AfterATakeoverTheQueueHearsFailedAtOnceAndTheAgentWhenItsPhoneIsQuiet) {
  call_bench b;
  b.to_queue();
  b.offered();
  killed_and_resumed(b);
  recovered(b);
  ASSERT_EQ(b.count<failed>(b.out), 1U);
  for (const auto& one : b.out)
    if (const auto* to = std::get_if<to_entity>(&one.what)) { EXPECT_NE(to->to.kind, entity_kind::agent); }
  auto again = killed_and_resumed(b);
  ASSERT_EQ(b.count<leg_restore>(again), 2U) << "cancelled in every life until it is quiet";
  recovered(b);
  b.tell(leg_failed{.leg = b.leg(2), .cause = {.sip = 481}});
  ASSERT_EQ(b.count<failed>(b.out), 1U);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::gave_up);
  EXPECT_EQ(b.count<leg_restore>(killed_and_resumed(b)), 1U) << "nothing is left to cancel";
}

TEST(CallResume, AnAdopterListensForAnAnswerAlthoughTheInviteExpiredMeanwhile) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.fire(call_timer::ring);
  const auto out = killed_and_resumed(b, milliseconds{60'000});
  EXPECT_EQ(time_left(out, call_timer::quiet), milliseconds{9'000});
  recovered(b);
  const auto at = b.now;
  b.fire(call_timer::quiet);
  if (b.sent<failed>() == nullptr) b.fire(call_timer::quiet);
  ASSERT_NE(b.sent<failed>(), nullptr);
  EXPECT_EQ(ms_between(b.now, at), milliseconds{9'000});
}

TEST(CallResume, ACallThatEndsRightAfterATakeoverKeepsTheAgentUntilItsPhoneIsQuiet) {
  call_bench b;
  b.to_queue();
  b.offered();
  killed_and_resumed(b);
  recovered(b);
  b.hang_up(1);
  b.close_all();
  EXPECT_EQ(b.call.phase, call_phase::releasing);
  EXPECT_EQ(b.count<leg_restore>(killed_and_resumed(b)), 1U);
  recovered(b);
  b.tell(agent_query{.call = b.id(), .attempt = 1, .agent = b.config.agent_of("1001")});
  EXPECT_EQ(b.sent<failed>(), nullptr);
  b.tell(leg_failed{.leg = b.leg(2), .cause = {.sip = 487}});
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::gave_up);
  EXPECT_EQ(b.call.phase, call_phase::closed);
}

TEST(CallResume, A200WithoutAckIsSentAgain) {
  call_bench b;
  b.to_queue();
  b.offered();
  b.answered_by(2);
  const auto out = killed_and_resumed(b);
  ASSERT_NE(b.find_in<leg_answer>(out), nullptr);
  EXPECT_EQ(b.find_in<leg_answer>(out)->media, b.call.leg(1)->local);
}

TEST(CallResume, ARestoredLegThatIsGoneEndsTheCallWithATrueCdr) {
  call_bench b;
  b.talk();
  killed_and_resumed(b);
  recovered(b);
  b.tell(leg_probed{.leg = b.leg(1), .status = 481});
  EXPECT_EQ(b.call.phase, call_phase::releasing);
  b.close_all();
  EXPECT_EQ(b.cdr().legs.at(0).cause.sip, 481);
  EXPECT_GT(b.cdr().billed_ms, 0);
}

TEST(CallResume, APortThatIsTakenBecomesAnotherOneAndIsOffered) {
  call_bench b;
  b.talk();
  killed_and_resumed(b);
  b.tell(media_open_failed{.leg = b.leg(1), .why = "taken"});
  ASSERT_NE(b.sent<media_open>(), nullptr);
  EXPECT_EQ(b.sent<media_open>()->port, 0);
  b.tell(media_opened{.leg = b.leg(1), .local = {"10.0.0.1", 21'000}});
  ASSERT_NE(b.sent<leg_offer>(), nullptr);
  EXPECT_EQ(b.sent<leg_offer>()->media.audio.port, 21'000);
  EXPECT_NE(b.sent<media_connect>(), nullptr);
}

TEST(CallResume, AnotherHostIsOfferedToACallerWhoWasNotAnsweredOnlyAfterTheAck) {
  call_bench b;
  b.to_queue();
  killed_and_resumed(b);
  ASSERT_EQ(b.call.leg(1)->state, calls::leg_state::early);
  const auto before = b.call.leg(1)->local;
  b.tell(media_opened{.leg = b.leg(1), .local = {"10.0.0.9", 31'000}});
  EXPECT_NE(b.sent<media_connect>(), nullptr) << "music goes on from there at once";
  EXPECT_EQ(b.sent<leg_offer>(), nullptr) << "no offer before the INVITE is answered (RFC 3261 14.1)";
  b.offered();
  b.answered_by(2);
  ASSERT_NE(b.find_in<leg_answer>(b.all), nullptr);
  EXPECT_EQ(b.find_in<leg_answer>(b.all)->media, before) << "the 200 repeats the SDP of the 183 (RFC 3261 13.2.1)";
  b.tell(leg_confirmed{.leg = b.leg(1), .confirmed = b.call.leg(1)->dialog});
  ASSERT_NE(b.sent<leg_offer>(), nullptr);
  EXPECT_EQ(b.sent<leg_offer>()->media.audio, (media_address{"10.0.0.9", 31'000}));
}

TEST(CallResume, ReleasesAreRepeatedUntilTheCdrIsWritten) {
  call_bench b;
  b.talk();
  b.hang_up(1);
  const auto out = killed_and_resumed(b);
  EXPECT_EQ(b.count<leg_release>(out), 1U);
  EXPECT_EQ(b.count<failed>(out), 2U);
  EXPECT_EQ(b.count<media_close>(out), 2U);
  recovered(b);
  b.close_all();
  EXPECT_EQ(b.call.phase, call_phase::closed);
  EXPECT_EQ(b.cdr().recoveries, 1U);
}

TEST(CallResume, AClosedCallEndsItsPhoneAgainAsLongAsNobodyMayHaveSaidSo) {
  call_bench b;
  b.talk();
  b.hang_up(1);
  b.close_all();
  ASSERT_EQ(b.call.phase, call_phase::closed);
  const auto out = killed_and_resumed(b, milliseconds{20'000});
  ASSERT_EQ(b.count<leg_restore>(out), 1U);
  EXPECT_TRUE(b.find_in<leg_restore>(out)->confirmed);
  EXPECT_EQ(b.find_in<leg_restore>(out)->leg.index, 2U);
  EXPECT_EQ(b.find_in<leg_restore>(out)->saved.remote_tag, "theirs");
  ASSERT_EQ(b.count<leg_release>(out), 1U);
  EXPECT_EQ(b.find_in<leg_release>(out)->leg.index, 2U);
  EXPECT_EQ(b.count<leg_release>(killed_and_resumed(b, milliseconds{20'000})), 0U) << "half a minute is over";
}

TEST(CallResume, ADialToAPhoneIsMadeAnew) {
  call_bench b;
  b.arrive();
  b.played();
  b.press('3');
  b.open(2);
  killed_and_resumed(b);
  recovered(b);
  EXPECT_EQ(b.call.dial->leg, 3U);
  b.open(3);
  EXPECT_EQ(b.sent<leg_invite>()->to.target, "sip:13900139000@10.9.9.9:5060");
}

}  // namespace
}  // namespace seatgrid::test
