#include "tests/unit/audit/history.hpp"

/// What is wrong with agents: I7, I18.
namespace seatgrid::audit {
namespace {

constexpr milliseconds a_second{1'000};

struct Agents : History {
  /// Ready at noon, paused a second later.
  void anna_pauses() {
    agent(anna, {moved(agent_status::logged_out, facts(agent_status::ready))});
    agent(anna, {moved(agent_status::ready, paused(), a_second)});
  }
  static agent_facts paused() {
    auto after = facts(agent_status::paused, a_second);
    after.reason = "lunch";
    return after;
  }
};

TEST_F(Agents, WhoLeaveAStateThatTheyWereNotInAreNoticed) {
  anna_pauses();
  expect_honest(invariant::i7);
  agent(anna, {moved(agent_status::talking, facts(agent_status::ready, 2 * a_second), a_second)});
  expect_broken(invariant::i7);
}

TEST_F(Agents, WhoseStateLastsAnotherTimeThanItTookAreNoticed) {
  anna_pauses();
  expect_honest(invariant::i7);
  agent(anna, {moved(agent_status::paused, facts(agent_status::ready, 3 * a_second), a_second)});
  expect_broken(invariant::i7);
}

TEST_F(Agents, WhoEnterAStateBeforeTheOneBeforeAreNoticed) {
  anna_pauses();
  expect_honest(invariant::i7);
  agent(anna, {moved(agent_status::paused, facts(agent_status::ready), -a_second)});
  expect_broken(invariant::i7);
}

TEST_F(Agents, WhoAreBusyWithoutADeadlineAreNoticed) {
  anna_is_reserved();
  expect_honest(invariant::i18);
  auto for_ever = facts(agent_status::talking, milliseconds{0}, first_call);
  for_ever.until = {};
  agent(anna, {moved(agent_status::reserved, for_ever)});
  expect_broken(invariant::i18);
}

TEST_F(Agents, WhoAreBusyWithoutACallAreNoticed) {
  anna_is_reserved();
  expect_honest(invariant::i18);
  auto with_nobody = facts(agent_status::talking);
  with_nobody.until = after_noon(a_second);
  agent(anna, {moved(agent_status::reserved, with_nobody)});
  expect_broken(invariant::i18);
}

TEST_F(Agents, WhoseWrapUpHasNoEndAreNoticed) {
  anna_is_reserved();
  expect_honest(invariant::i18);
  agent(anna, {moved(agent_status::reserved, facts(agent_status::wrap_up))});
  expect_broken(invariant::i18);
}

TEST_F(Agents, WhoArePausedWithoutACauseAreNoticed) {
  anna_pauses();
  expect_honest(invariant::i18);
  agent(anna, {moved(agent_status::paused, facts(agent_status::paused, 2 * a_second), a_second)});
  expect_broken(invariant::i18);
}

TEST_F(Agents, WhoAreStillReservedAtTheEndAreNoticed) {
  anna_is_reserved();
  audit.look(noon);
  EXPECT_EQ(audit.first(), "");
  audit.at_end();
  expect_broken(invariant::i18);
}

}  // namespace
}  // namespace seatgrid::audit
