#include "tests/unit/audit/history.hpp"

/// What is wrong with the log as such: holes, bytes, rows, epochs, public numbers, waits.
namespace seatgrid::audit {
namespace {

TEST_F(History, WithAHoleBetweenItsStepsIsNoticed) {
  anna_is_reserved();
  expect_honest(invariant::log);
  agent(anna, {agent_noted{.after = facts(agent_status::reserved, milliseconds{0}, first_call), .at = noon}}).position.sequence +=
      1;
  expect_broken(invariant::log);
}

TEST_F(History, WithAnEventThatCannotBeReadIsNoticed) {
  anna_is_reserved();
  expect_honest(invariant::log);
  agent(anna, {agent_noted{.after = facts(agent_status::reserved, milliseconds{0}, first_call)}}).step.events.front() = "\xff";
  expect_broken(invariant::log);
}

TEST_F(History, WhoseAgentRowsAreNotItsEventsIsNoticed) {
  agent(anna, {moved(agent_status::logged_out, facts(agent_status::ready))});
  audit.compare_with_rows();
  expect_honest(invariant::rows);
  log.rows.erase(row_key(ref(anna)));
  audit.compare_with_rows();
  expect_broken(invariant::rows);
}

TEST_F(History, WhoseCallRowsAreNotItsEventsIsNoticed) {
  call(first_call, {started(first_call)});
  audit.compare_with_rows();
  expect_honest(invariant::rows);
  log.rows.erase(row_key(ref(first_call)));
  audit.compare_with_rows();
  expect_broken(invariant::rows);
}

TEST_F(History, WhoseQueueRowsAreNotItsEventsIsNoticed) {
  queue({queued(first_call, 1)});
  audit.compare_with_rows();
  expect_honest(invariant::rows);
  for (auto at = log.rows.begin(); at != log.rows.end();)
    at = entity_of(at->first) == ref(support) && !element_of(at->first).empty() ? log.rows.erase(at) : std::next(at);
  audit.compare_with_rows();
  expect_broken(invariant::rows);
}

TEST_F(History, InWhichAnOldEpochCountsIsNoticed) {
  epoch = 2;
  agent(anna, {moved(agent_status::logged_out, facts(agent_status::ready))});
  expect_honest(invariant::i11);
  epoch = 1;
  agent(anna, {agent_noted{.after = facts(agent_status::ready), .at = noon}});
  expect_broken(invariant::i11);
}

TEST_F(History, WithAHoleBetweenPublicEventsIsNoticed) {
  agent(anna, {moved(agent_status::logged_out, facts(agent_status::ready))}).step.outbox = {{"agent.state_changed", 1, "{}"}};
  expect_honest(invariant::i14);
  agent(anna, {agent_noted{.after = facts(agent_status::ready), .at = noon}}).step.outbox = {{"agent.state_changed", 3, "{}"}};
  expect_broken(invariant::i14);
}

TEST_F(History, InWhichAPublicEventIsNumberedTwiceIsNoticed) {
  call(first_call, {started(first_call)}).step.outbox = {{"call.started", 1, "{}"}};
  expect_honest(invariant::i14);
  call(first_call, {calls::call_running{}}).step.outbox = {{"call.started", 1, "{}"}};
  expect_broken(invariant::i14);
}

TEST_F(History, InWhichAWaitFiresTwiceIsNoticed) {
  const auto fired = agent_rules::encode(agent_command{timer_fired{static_cast<std::uint32_t>(agent_timer::deadline), 3}});
  anna_is_reserved();
  const auto asks = [&](std::uint32_t times) {
    agent(anna, {call_asked{.times = times, .wait = milliseconds{200}}}).step.command = fired;
  };
  asks(1);
  expect_honest(invariant::i17);
  asks(2);
  expect_broken(invariant::i17);
}

}  // namespace
}  // namespace seatgrid::audit
