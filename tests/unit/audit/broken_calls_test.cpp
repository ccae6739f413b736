#include "tests/unit/audit/history.hpp"

/// What is wrong with calls: I1, I2, I8.
namespace seatgrid::audit {
namespace {

struct Calls : History {
  static calls::call_closed closed(call_id id) {
    session_cdr cdr;
    cdr.call = id;
    cdr.started_at = noon;
    cdr.ended_at = after_noon(milliseconds{5'000});
    return {.cdr = cdr};
  }
};

TEST_F(Calls, TwoThatRingOneAgentAreNoticed) {
  anna_is_reserved();
  call(first_call, {started(first_call), attempt(attempt_state::ringing, anna)});
  expect_honest(invariant::i1);
  call(second_call, {started(second_call), attempt(attempt_state::ringing, anna)});
  expect_broken(invariant::i1);
}

TEST_F(Calls, OneThatRingsAnAgentWhoIsNotReservedIsNoticed) {
  anna_is_reserved();
  call(first_call, {started(first_call), attempt(attempt_state::ringing, anna)});
  expect_honest(invariant::i1);
  call(second_call, {started(second_call), attempt(attempt_state::ringing, ben)});
  expect_broken(invariant::i1);
}

TEST_F(Calls, OneThatRingsALaterAttemptThanItsAgentKnowsIsNoticed) {
  anna_is_reserved();
  call(first_call, {started(first_call)});
  expect_honest(invariant::i1);
  call(first_call, {attempt(attempt_state::ringing, anna, 2)});
  expect_broken(invariant::i1);
}

TEST_F(Calls, AnAgentWhoIsFreeUnderACallIsNoticed) {
  anna_is_reserved();
  call(first_call, {started(first_call), attempt(attempt_state::ringing, anna)});
  expect_honest(invariant::i1);
  agent(anna, {moved(agent_status::reserved, facts(agent_status::ready))});
  expect_broken(invariant::i1);
}

TEST_F(Calls, OneThatChangesItsWinnerIsNoticed) {
  anna_is_reserved();
  agent(ben, {moved(agent_status::logged_out, facts(agent_status::reserved, milliseconds{0}, first_call))});
  call(first_call, {started(first_call), attempt(attempt_state::ringing, anna), attempt(attempt_state::talking, anna)});
  expect_honest(invariant::i2);
  EXPECT_EQ(audit.talks(), 1U);
  call(first_call, {attempt(attempt_state::talking, ben)});
  expect_broken(invariant::i2);
}

TEST_F(Calls, OneWhoseFloorFallsIsNoticed) {
  call(first_call, {started(first_call), attempt(attempt_state::waiting, {}, 0, 3)});
  expect_honest(invariant::i2);
  call(first_call, {attempt(attempt_state::waiting, {}, 0, 2)});
  expect_broken(invariant::i2);
}

TEST_F(Calls, OneWithTwoDetailRecordsIsNoticed) {
  call(first_call, {started(first_call)});
  call(first_call, {closed(first_call)});
  expect_honest(invariant::i8);
  EXPECT_EQ(audit.closed(), 1U);
  call(first_call, {closed(first_call)});
  expect_broken(invariant::i8);
}

TEST_F(Calls, OneThatIsBilledWithoutAnAnswerIsNoticed) {
  auto billed = closed(first_call);
  billed.cdr.answered_at = after_noon(milliseconds{1'000});
  billed.cdr.billed_ms = 4'000;
  call(first_call, {started(first_call), billed});
  expect_honest(invariant::i8);
  billed.cdr.answered_at = {};
  call(second_call, {started(second_call), billed});
  expect_broken(invariant::i8);
}

TEST_F(Calls, ALegOutsideItsCallIsNoticed) {
  auto nested = closed(first_call);
  nested.cdr.legs.push_back({.leg = 1, .started_at = noon, .ended_at = after_noon(milliseconds{4'000})});
  call(first_call, {started(first_call), nested});
  expect_honest(invariant::i8);
  nested.cdr.legs.front().started_at = after_noon(milliseconds{-1});
  call(second_call, {started(second_call), nested});
  expect_broken(invariant::i8);
}

TEST_F(Calls, OneThatNeverEndsIsNoticed) {
  call(first_call, {started(first_call)});
  audit.look(noon);
  EXPECT_EQ(audit.first(), "");
  audit.at_end();
  expect_broken(invariant::i8);
}

TEST_F(Calls, OneThatClosedWithoutADetailRecordIsNoticed) {
  call(first_call, {started(first_call), closed(first_call)});
  log.rows[row_key(ref(first_call), "cdr")] = "the record";
  audit.look(noon);
  audit.at_end();
  expect_honest(invariant::i8);
  log.rows.erase(row_key(ref(first_call), "cdr"));
  audit.at_end();
  expect_broken(invariant::i8);
}

}  // namespace
}  // namespace seatgrid::audit
