#include <gtest/gtest.h>

#include "tests/unit/domain_acd/rules_harness.hpp"

namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

constexpr call_id call{77};

struct Agent : ::testing::Test {
  tenant_config config = demo();
  queue_id support = config.queue_of("support");
  entity_run<agent_rules> anna{config.agent_of("1001").value, config};

  void log_in() { ASSERT_TRUE(anna.take(agent_login{.request = 1}).has_value()); }
  reserve reservation(attempt_no attempt = 1) {
    return {.call = call,
            .attempt = attempt,
            .agent = anna.state.id,
            .generation = anna.state.facts.generation,
            .queue = support,
            .ring_timeout = 20s,
            .wrap_up = 15s};
  }
  void reserve_at(time_point at, attempt_no attempt = 1) { ASSERT_TRUE(anna.take(reservation(attempt), at).has_value()); }
  failed over(attempt_failure why, time_point at, attempt_no attempt = 1) {
    return {.call = call, .attempt = attempt, .agent = anna.state.id, .queue = support, .why = why, .at = at};
  }
  void talk(time_point at) {
    ASSERT_TRUE(
        anna.take(connected{.call = call, .attempt = 1, .agent = anna.state.id, .queue = support, .at = at}, at).has_value());
  }
  agent_status status() const { return anna.state.facts.status; }
  timer_fired deadline() const { return {static_cast<std::uint32_t>(agent_timer::deadline), anna.state.timer_generation}; }
};

TEST_F(Agent, WithFixedDeviceIsReadyOnItsFirstWordAndTellsItsQueue) {
  ASSERT_TRUE(anna.take(ask_available{support, anna.state.id}).has_value());
  EXPECT_EQ(status(), agent_status::ready);
  const auto said = anna.said<agent_available>();
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.back().generation, 1U);
}

TEST_F(Agent, WhoseDeviceIsNotRegisteredIsNotAvailableUntilItIs) {
  config.agents["1001"].device = "register";
  log_in();
  EXPECT_EQ(status(), agent_status::unreachable);
  EXPECT_EQ(anna.state.facts.reason, "device");
  ASSERT_TRUE(anna.take(device_contacts{anna.state.id, 5, {{.target = "sip:1001@10.0.0.1"}}}).has_value());
  EXPECT_EQ(status(), agent_status::ready);
  ASSERT_TRUE(anna.take(device_contacts{anna.state.id, 4, {}}).has_value());  // older than known
  EXPECT_EQ(status(), agent_status::ready);
  ASSERT_TRUE(anna.take(device_contacts{anna.state.id, 6, {}}).has_value());
  EXPECT_EQ(status(), agent_status::unreachable);
  ASSERT_EQ(anna.said<agent_unavailable>().size(), 1U);
  EXPECT_TRUE(anna.said<agent_unavailable>()[0].logged_out);
}

TEST_F(Agent, IsReservedOnlyWithItsPresentGeneration) {
  log_in();
  auto stale = reservation();
  stale.generation = 0;
  ASSERT_TRUE(anna.take(stale).has_value());
  EXPECT_EQ(anna.said<agent_refused>().size(), 1U);
  reserve_at(noon);
  EXPECT_EQ(status(), agent_status::reserved);
  ASSERT_EQ(anna.said<agent_reserved>().size(), 1U);
  EXPECT_EQ(anna.said<agent_reserved>()[0].contacts[0].target, "sip:1001@127.0.0.1");
}

TEST_F(Agent, AnswersARepeatedReservationWithTheSameWordAndAnotherWithARefusal) {
  log_in();
  reserve_at(noon);
  ASSERT_TRUE(anna.take(reservation()).has_value());
  EXPECT_TRUE(anna.events.empty());
  EXPECT_EQ(anna.said<agent_reserved>().size(), 1U);
  ASSERT_TRUE(anna.take(reservation(2)).has_value());
  EXPECT_EQ(anna.said<agent_refused>().size(), 1U);
}

TEST_F(Agent, NeverFreesItselfButAsksTheCallWhenItsDeadlinePasses) {
  log_in();
  reserve_at(noon);
  EXPECT_EQ(anna.what<start_timer>().back().after, 25s);
  ASSERT_TRUE(anna.take(deadline(), after_noon(25s)).has_value());
  EXPECT_EQ(status(), agent_status::reserved);
  ASSERT_EQ(anna.said<agent_query>().size(), 1U);
  EXPECT_EQ(anna.what<start_timer>().back().after, 200ms);
  for (const auto wait : {400ms, 800ms, 1'600ms, 2'000ms, 2'000ms}) {
    ASSERT_TRUE(anna.take(deadline(), after_noon(30s)).has_value());
    EXPECT_EQ(anna.what<start_timer>().back().after, wait);
  }
  EXPECT_EQ(status(), agent_status::reserved);
}

TEST_F(Agent, IgnoresATimerOfAnOlderState) {
  log_in();
  reserve_at(noon);
  const auto stale = deadline();
  talk(after_noon(3s));
  ASSERT_TRUE(anna.take(stale, after_noon(25s)).has_value());
  EXPECT_TRUE(anna.events.empty());
}

TEST_F(Agent, AsksAtOnceWhenItsReservationIsVoid) {
  log_in();
  reserve_at(noon);
  ASSERT_TRUE(anna.take(reservation_void{call, 1, anna.state.id}).has_value());
  EXPECT_EQ(anna.said<agent_query>().size(), 1U);
  EXPECT_EQ(status(), agent_status::reserved);
}

TEST_F(Agent, WrapsUpAfterTalkFromTheMomentTheCallEndedAndIsReadyAgainWithANewGeneration) {
  log_in();
  reserve_at(noon);
  talk(after_noon(5s));
  EXPECT_EQ(status(), agent_status::talking);
  ASSERT_TRUE(anna.take(over(attempt_failure::ended, after_noon(65s)), after_noon(66s)).has_value());
  EXPECT_EQ(status(), agent_status::wrap_up);
  EXPECT_EQ(anna.state.facts.since, after_noon(65s));
  EXPECT_EQ(anna.what<start_timer>().back().after, 14s);
  ASSERT_TRUE(anna.take(deadline(), after_noon(80s)).has_value());
  EXPECT_EQ(status(), agent_status::ready);
  EXPECT_EQ(anna.state.facts.generation, 2U);
}

TEST_F(Agent, OwnWrapUpOverridesTheQueuesAndCanBeExtendedAndEndedEarly) {
  config.agents["1001"].wrap_up = 3s;
  log_in();
  reserve_at(noon);
  talk(noon);
  ASSERT_TRUE(anna.take(over(attempt_failure::ended, after_noon(1s)), after_noon(1s)).has_value());
  ASSERT_TRUE(anna.take(agent_extend_wrap_up{.request = 9, .length = 10s}, after_noon(2s)).has_value());
  EXPECT_EQ(anna.state.facts.until, after_noon(14s));
  EXPECT_EQ(anna.what<reply>()[0].request, 9U);
  ASSERT_TRUE(anna.take(agent_ready{.request = 10}, after_noon(3s)).has_value());
  EXPECT_EQ(status(), agent_status::ready);
}

TEST_F(Agent, RestsAfterEachMissAndIsPausedForRonaAfterTooMany) {
  log_in();
  auto at = noon;
  for (attempt_no n = 1; n <= 3; ++n) {
    reserve_at(at, n);
    at = at + 20s;
    ASSERT_TRUE(anna.take(over(attempt_failure::no_answer, at, n), at).has_value());
    EXPECT_EQ(status(), agent_status::paused);
    EXPECT_EQ(anna.state.facts.reason, n == 3 ? "rona" : "no_answer");
    EXPECT_EQ(anna.state.facts.until, at + (n == 3 ? 300s : 5s));
    at = anna.state.facts.until;
    ASSERT_TRUE(anna.take(deadline(), at).has_value());
    EXPECT_EQ(status(), agent_status::ready);
  }
}

TEST_F(Agent, KeepsItsIdleTimeWhenTheCallerGaveUp) {
  log_in();
  const auto idle = anna.state.facts.idle_since;
  reserve_at(after_noon(10s));
  ASSERT_TRUE(anna.take(over(attempt_failure::caller_gone, after_noon(12s)), after_noon(12s)).has_value());
  EXPECT_EQ(status(), agent_status::ready);
  EXPECT_EQ(anna.state.facts.idle_since, idle);
  EXPECT_EQ(anna.state.facts.generation, 2U);
}

TEST_F(Agent, PauseDuringACallWaitsForItsEnd) {
  log_in();
  reserve_at(noon);
  talk(noon);
  ASSERT_TRUE(anna.take(agent_pause{.request = 3, .reason = "lunch", .length = 30min}, after_noon(1s)).has_value());
  EXPECT_EQ(status(), agent_status::talking);
  EXPECT_EQ(anna.what<reply>()[0].outcome.code, errc::ok);
  ASSERT_TRUE(anna.take(over(attempt_failure::ended, after_noon(9s)), after_noon(9s)).has_value());
  EXPECT_EQ(status(), agent_status::wrap_up);
  ASSERT_TRUE(anna.take(deadline(), after_noon(24s)).has_value());
  EXPECT_EQ(status(), agent_status::paused);
  EXPECT_EQ(anna.state.facts.reason, "lunch");
  EXPECT_EQ(anna.state.facts.by, state_owner::agent);
  EXPECT_EQ(anna.state.facts.until, after_noon(24s) + 30min);
}

TEST_F(Agent, PausedStateAlwaysHasACauseAndADeadlineOrAnOwner) {
  log_in();
  EXPECT_FALSE(anna.take(agent_pause{.request = 1, .reason = ""}).has_value());
  EXPECT_FALSE(anna.take(agent_pause{.request = 1, .reason = "x", .length = 25h}).has_value());
  ASSERT_TRUE(anna.take(agent_pause{.request = 1, .reason = "training", .by = state_owner::supervisor}).has_value());
  EXPECT_EQ(anna.state.facts.by, state_owner::supervisor);
}

TEST_F(Agent, LoggedOutByHandStaysOutWhenItsPhoneRegisters) {
  config.agents["1001"].device = "register";
  ASSERT_TRUE(anna.take(device_contacts{anna.state.id, 1, {{.target = "sip:1001@10.0.0.1"}}}).has_value());
  EXPECT_EQ(status(), agent_status::ready);
  ASSERT_TRUE(anna.take(agent_logout{.request = 1}).has_value());
  ASSERT_TRUE(anna.take(device_contacts{anna.state.id, 2, {{.target = "sip:1001@10.0.0.2"}}}).has_value());
  EXPECT_EQ(status(), agent_status::logged_out);
  ASSERT_TRUE(anna.take(agent_ready{.request = 2}).has_value());
  EXPECT_EQ(status(), agent_status::ready);
}

TEST_F(Agent, EveryRequestIsAnsweredOnce) {
  ASSERT_TRUE(anna.take(agent_login{.request = 5}).has_value());  // the first word: configured, ready by itself, and answered
  ASSERT_EQ(anna.what<reply>().size(), 1U);
  ASSERT_TRUE(anna.take(agent_login{.request = 6}).has_value());
  EXPECT_TRUE(anna.events.empty());
  ASSERT_EQ(anna.what<reply>().size(), 1U);
  EXPECT_EQ(anna.what<reply>()[0].request, 6U);
}

TEST_F(Agent, SurvivesATakeoverInEveryStateAndAsksTheCallItHas) {
  log_in();
  reserve_at(noon);
  talk(after_noon(2s));
  const auto facts = anna.state.facts;
  anna.take_over(after_noon(3s));
  EXPECT_EQ(anna.state.facts, facts);
  EXPECT_EQ(anna.said<agent_query>().size(), 1U);
  talk(after_noon(4s));  // "connected" again
  EXPECT_EQ(status(), agent_status::talking);
  EXPECT_EQ(anna.state.facts.since, after_noon(2s));
}

TEST_F(Agent, RowStaysUnder300Bytes) {
  log_in();
  reserve_at(noon);
  ASSERT_EQ(anna.rows.size(), 1U);
  EXPECT_LT(anna.rows[""].size(), 300U);
}

TEST_F(Agent, StateDurationsTileTheSession) {
  log_in();
  std::int64_t total_us = 0;
  auto add = [&] {
    for (const auto& e : anna.events)
      if (const auto* moved = std::get_if<agent_moved>(&e)) total_us += std::chrono::microseconds{moved->duration}.count();
  };
  reserve_at(after_noon(10s));
  add();
  talk(after_noon(12s));
  add();
  ASSERT_TRUE(anna.take(over(attempt_failure::ended, after_noon(60s)), after_noon(61s)).has_value());
  add();
  ASSERT_TRUE(anna.take(deadline(), after_noon(75s)).has_value());
  add();
  ASSERT_TRUE(anna.take(agent_pause{.reason = "tea"}, after_noon(90s)).has_value());
  add();
  ASSERT_TRUE(anna.take(agent_logout{}, after_noon(100s)).has_value());
  add();
  EXPECT_EQ(total_us, std::chrono::microseconds{100s}.count());
}

TEST_F(Agent, WhomProvisioningRemovesDuringACallLeavesAfterIt) {
  log_in();
  reserve_at(after_noon(1s));
  talk(after_noon(2s));
  config.agents.erase("1001");
  config.version = 2;
  ASSERT_TRUE(config.index().has_value());
  ASSERT_TRUE(anna.take(config_changed{2}, after_noon(3s)).has_value());
  EXPECT_EQ(status(), agent_status::talking);
  ASSERT_TRUE(anna.take(over(attempt_failure::ended, after_noon(4s)), after_noon(4s)).has_value());
  EXPECT_EQ(status(), agent_status::wrap_up);
  ASSERT_TRUE(anna.take(deadline(), after_noon(19s)).has_value());
  EXPECT_EQ(status(), agent_status::logged_out);
}

TEST_F(Agent, LeavesAQueueThatItsConfigurationNoLongerNames) {
  log_in();
  auto other = demo();
  other.version = 2;
  other.agents["1001"].queues = {{"sales", 2}};
  anna.use(other);
  ASSERT_TRUE(anna.take(config_changed{2}).has_value());
  ASSERT_FALSE(anna.said<agent_unavailable>().empty());
  EXPECT_TRUE(anna.said<agent_unavailable>()[0].logged_out);
  ASSERT_FALSE(anna.said<agent_available>().empty());
  EXPECT_EQ(anna.said<agent_available>().back().generation, 2U);
  EXPECT_EQ(anna.said<agent_available>().back().level, 2U);
}

}  // namespace
}  // namespace seatgrid
