#include <gtest/gtest.h>

#include <utility>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

leg_refer refer_to(const call_bench& b, const std::string& target) {
  return {.leg = b.leg(2), .refer_id = 12, .target = target, .now = b.call.leg(2)->dialog};
}
call_bench dialling() {
  call_bench b;
  b.arrive();
  b.played();
  b.press('3');
  b.open(2);
  return b;
}
call_bench transferring() {
  call_bench b;
  b.talk();
  b.tell(refer_to(b, "sip:13700137000@demo.example"));
  return b;
}

TEST(CallBridge, CallsTheRealPhoneAndNeverShowsA400Number) {
  auto config = demo_config();
  std::get<bridge_node>(config.flows["main"].nodes["phone"]).presented = "4008123123";
  call_bench b{config};
  b.arrive();
  b.played();
  b.press('3');
  b.open(2);
  ASSERT_NE(b.sent<leg_invite>(), nullptr);
  EXPECT_EQ(b.sent<leg_invite>()->to.target, "sip:13900139000@10.9.9.9:5060");
  EXPECT_EQ(b.sent<leg_invite>()->to.trunk, "carrier");
  EXPECT_EQ(b.sent<leg_invite>()->presented.number, "13800138000") << "N16, I10";
  EXPECT_EQ(b.sent<leg_invite>()->hops_left, 69U);
}

TEST(CallBridge, LeavesByATrunkOfATenantAboveNamedOrNot) {
  for (const auto* name : {"carrier", ""}) {
    auto config = demo_config();
    config.trunks_above = std::exchange(config.trunks, {});
    std::get<bridge_node>(config.flows["main"].nodes["phone"]).trunk = name;
    call_bench b{config};
    b.arrive();
    b.played();
    b.press('3');
    b.open(2);
    ASSERT_NE(b.sent<leg_invite>(), nullptr) << "'" << name << "'";
    EXPECT_EQ(b.sent<leg_invite>()->to.target, "sip:13900139000@10.9.9.9:5060");
    EXPECT_EQ(b.sent<leg_invite>()->to.trunk, "carrier");
  }
}

TEST(CallBridge, ATrunkThatTakesNoCallsOfOursIsNoWayOut) {
  auto config = demo_config();
  config.trunks["carrier"].outbound.clear();
  call_bench b{config};
  b.arrive();
  b.played();
  b.press('3');
  b.open(2);
  EXPECT_EQ(b.sent<leg_invite>(), nullptr);
}

TEST(CallBridge, ACallerWith400NumberIsShownAsWithheld) {
  call_bench b;
  auto odd = b.invite();
  odd.caller.number = "4001234567";
  b.tell(odd);
  b.open(1);
  b.played();
  b.press('3');
  b.open(2);
  ASSERT_NE(b.sent<leg_invite>(), nullptr);
  EXPECT_TRUE(b.sent<leg_invite>()->presented.number.empty());
  EXPECT_TRUE(b.sent<leg_invite>()->presented.withheld);
}

TEST(CallBridge, EarlyMediaOfThePhoneIsHeard) {
  auto b = dialling();
  b.tell(leg_progress{.leg = b.leg(2), .status = 183, .media = b.their_sdp(43'000), .early = b.dialog_of("phone")});
  EXPECT_NE(b.sent<media_bridge>(), nullptr);
  EXPECT_EQ(b.sent<leg_answer>(), nullptr);
  b.tell(leg_answered{.leg = b.leg(2), .media = b.their_sdp(43'000), .confirmed = b.dialog_of("phone")});
  EXPECT_NE(b.sent<leg_answer>(), nullptr);
  EXPECT_EQ(b.call.stage, call_stage::talking);
  EXPECT_TRUE(b.has_published("call.connected"));
}

TEST(CallBridge, WithoutEarlyMediaTheCallerHearsRingback) {
  auto b = dialling();
  b.tell(leg_progress{.leg = b.leg(2), .status = 180, .early = b.dialog_of("phone")});
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_EQ(b.sent<media_play>()->list.front().source, "tone:ringback");
}

TEST(CallBridge, BusyNoAnswerAndFailureHaveTheirOwnWays) {
  auto busy = dialling();
  busy.tell(leg_failed{.leg = busy.leg(2), .cause = {.sip = 486}});
  EXPECT_EQ(busy.call.stage, call_stage::voicemail);
  auto silent = dialling();
  silent.fire(call_timer::ring);
  EXPECT_EQ(silent.call.stage, call_stage::farewell);
  EXPECT_NE(silent.sent<leg_release>(), nullptr);
  auto failed = dialling();
  failed.tell(leg_failed{.leg = failed.leg(2), .cause = {.sip = 503}});
  ASSERT_NE(failed.sent<leg_reject>(), nullptr) << "no node for that: the cause goes to the caller";
  EXPECT_EQ(failed.sent<leg_reject>()->cause.sip, 503);
}

TEST(CallBridge, ALoopThroughOurOwnNumberAndSpentHopsAreRefused) {
  auto config = demo_config();
  std::get<bridge_node>(config.flows["main"].nodes["phone"]).target = "4008123123";
  call_bench b{config};
  b.arrive();
  b.played();
  b.press('3');
  EXPECT_EQ(b.sent<media_open>(), nullptr);
  EXPECT_EQ(b.call.cause.sip, 482);
  call_bench far;
  auto last = far.invite();
  last.hops_left = 0;
  far.tell(last);
  far.open(1);
  far.played();
  far.press('3');
  EXPECT_EQ(far.call.cause.sip, 483);
}

TEST(CallTransfer, ToAPhoneReachesItAndFreesTheAgent) {
  auto b = transferring();
  ASSERT_NE(b.sent<leg_refer_status>(), nullptr);
  EXPECT_EQ(b.sent<leg_refer_status>()->status, 202);
  EXPECT_EQ(b.call.stage, call_stage::dialling);
  b.open(3);
  b.tell(leg_answered{.leg = b.leg(3), .media = b.their_sdp(), .confirmed = b.dialog_of("phone")});
  ASSERT_NE(b.sent<failed>(), nullptr);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::ended);
  ASSERT_NE(b.sent<leg_refer_status>(), nullptr);
  EXPECT_TRUE(b.sent<leg_refer_status>()->notify);
  EXPECT_EQ(b.sent<leg_refer_status>()->status, 200);
  EXPECT_NE(b.sent<media_record_stop>(), nullptr) << "the agent's recording ends with the agent";
  EXPECT_EQ(b.sent<leg_release>()->leg.index, 2U);
  EXPECT_EQ(b.call.talk_leg, 3U);
  EXPECT_TRUE(b.has_published("call.transferred"));
}

TEST(CallTransfer, AFailureBringsTheCallerBackToTheTransferor) {
  auto b = transferring();
  b.open(3);
  b.tell(leg_failed{.leg = b.leg(3), .cause = {.sip = 486}});
  EXPECT_EQ(b.call.stage, call_stage::talking);
  EXPECT_EQ(b.call.talk_leg, 2U);
  EXPECT_NE(b.sent<media_bridge>(), nullptr);
  EXPECT_EQ(b.sent<leg_refer_status>()->status, 486);
  EXPECT_EQ(b.sent<failed>(), nullptr) << "the agent still has the call";
  EXPECT_TRUE(b.has_published("call.transfer_failed"));
}

TEST(CallTransfer, ATransferorWhoLeftIsFreeAndAFailureThenEndsTheCall) {
  auto b = transferring();
  b.open(3);
  b.hang_up(2);
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::ended);
  EXPECT_EQ(b.call.stage, call_stage::dialling);
  b.tell(leg_failed{.leg = b.leg(3), .cause = {.sip = 486}});
  EXPECT_EQ(b.call.phase, call_phase::releasing);
  EXPECT_EQ(b.call.cause.q850, 17);
}

TEST(CallTransfer, ToAQueueWaitsThereWithoutTheAgent) {
  auto b = call_bench{};
  b.talk();
  b.tell(refer_to(b, "<sip:support@10.0.0.1:5060>"));
  EXPECT_NE(b.sent<enqueue>(), nullptr);
  EXPECT_EQ(b.sent<enqueue>()->next_attempt, 2U) << "attempts never repeat";
  EXPECT_EQ(b.sent<failed>()->why, attempt_failure::ended);
  EXPECT_EQ(b.call.stage, call_stage::queue);
  b.tell(queued{.call = b.id(), .queue = b.config.queue_of("support")});
  b.offered(2);
  b.answered_by(b.call.last_leg);
  EXPECT_EQ(b.call.stage, call_stage::talking);
}

TEST(CallTransfer, ToAnAgentGoesThroughThatAgentsQueue) {
  auto b = call_bench{};
  b.talk();
  b.tell(refer_to(b, "sip:1001@demo.example"));
  ASSERT_NE(b.sent<enqueue>(), nullptr);
  EXPECT_EQ(b.sent<enqueue>()->preferred, b.config.agent_of("1001"));
  EXPECT_TRUE(b.sent<enqueue>()->at_head);
}

TEST(CallTransfer, RefusesStrangersAndForeignTargets) {
  auto b = call_bench{};
  b.talk();
  auto by_caller = refer_to(b, "sip:support@demo.example");
  by_caller.leg = b.leg(1);
  b.tell(by_caller);
  EXPECT_EQ(b.sent<leg_refer_status>()->status, 403) << "a trunk cannot send our callers elsewhere";
  b.tell(refer_to(b, "sip:someone@evil.example"));
  EXPECT_EQ(b.sent<leg_refer_status>()->status, 404);
  EXPECT_EQ(b.call.stage, call_stage::talking);
}

TEST(CallTransfer, TheApiCanTransferToo) {
  auto b = call_bench{};
  b.talk();
  ASSERT_TRUE(b.tell(call_transfer{.request = 5, .target = "support"}));
  ASSERT_NE(b.sent<reply>(), nullptr);
  EXPECT_EQ(b.call.stage, call_stage::queue);
  EXPECT_EQ(b.sent<leg_refer_status>(), nullptr);
  EXPECT_FALSE(b.tell(call_transfer{.request = 6, .target = "support"})) << "nobody talks";
}

}  // namespace
}  // namespace seatgrid::test
