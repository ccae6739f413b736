#include "tests/unit/audit/history.hpp"

/// What is wrong with queues: I3-I6, I12, I15.
namespace seatgrid::audit {
namespace {

using namespace std::chrono_literals;

struct Queues : History {
  queue_configured configured() const { return {.version = tenant.config->version}; }
  agent_listed listed(agent_id whose) const { return {.agent = whose, .generation = 1, .idle_since = noon}; }
  void is_free(agent_id whose, milliseconds since = 0ms) {
    agent(whose, {moved(agent_status::logged_out, facts(agent_status::ready, since))}, after_noon(since));
  }
};

TEST_F(Queues, WhoServeALaterCallFirstAreNoticed) {
  queue({queued(first_call, 1), queued(second_call, 2)});
  audit.look(noon);
  EXPECT_EQ(audit.first(), "");
  queue({reserved(second_call, anna)});
  expect_broken(invariant::i3);
}

TEST_F(Queues, WhoServeInOrderAreLeftInPeace) {
  queue({queued(first_call, 1), queued(second_call, 2)});
  queue({reserved(first_call, anna)});
  queue({reserved(second_call, ben)});
  audit.look(noon);
  EXPECT_EQ(audit.first(), "");
  EXPECT_GT(audit.checked(invariant::i3), 0U);
}

TEST_F(Queues, WhoReserveForACallThatDoesNotWaitAreNoticed) {
  queue({queued(first_call, 1)});
  audit.look(noon);
  EXPECT_EQ(audit.first(), "");
  queue({reserved(second_call, anna)});
  expect_broken(invariant::i3);
}

TEST_F(Queues, WhoLoseAPlaceInTimeAreNoticed) {
  queue({queued(first_call, 1), queued(second_call, 2)});
  queue({left(first_call)});
  expect_honest(invariant::i4);
  auto state = stored<queue_rules>(support.value);
  auto younger = state.entries.at(second_call);
  younger.enqueued_at = after_noon(1s);
  queue_state other{.id = support, .totals = state.totals};
  other.entries.emplace(second_call, younger);
  entity_rows changed;
  queue_rules::rows(other, {queued(second_call, 2)}, changed);
  for (const auto& row : changed) log.rows[row_key(ref(support), row.key)] = row.value.value_or("");
  audit.compare_with_rows();  // notices that, too
  EXPECT_GT(audit.violated(invariant::rows), 0U);
  queue({left(second_call)});
  audit.look(noon);
  EXPECT_GT(audit.violated(invariant::i4), 0U);
}

TEST_F(Queues, WhoLetACallOutThatIsNotThereAreNoticed) {
  queue({queued(first_call, 1), left(first_call)});
  expect_honest(invariant::i5);
  queue({left(first_call)});
  expect_broken(invariant::i5);
}

TEST_F(Queues, WhoLetACallOutWithoutACauseAreNoticed) {
  queue({queued(first_call, 1), queued(second_call, 2), left(first_call)});
  expect_honest(invariant::i5);
  queue({left(second_call, exit_cause::none)});
  expect_broken(invariant::i5);
}

TEST_F(Queues, WhoStillHoldACallAtTheEndAreNoticed) {
  queue({queued(first_call, 1)});
  expect_honest(invariant::i5);
  audit.at_end();
  expect_broken(invariant::i5);
}

TEST_F(Queues, WhoLetACallInTwiceNoLongerAddUp) {
  queue({queued(first_call, 1), queued(second_call, 2), left(second_call)});
  expect_honest(invariant::i6);
  queue({queued(first_call, 3)});
  audit.look(noon);
  EXPECT_GT(audit.violated(invariant::i5), 0U);
  EXPECT_GT(audit.violated(invariant::i6), 0U);
}

TEST_F(Queues, WhoLetACallWaitBesideAFreeAgentAreNoticed) {
  queue({configured(), queued(first_call, 1)});
  is_free(anna, 5s);
  audit.look(after_noon(5s));
  const auto looks_at = [&](milliseconds at) {
    audit.check_work(after_noon(at), true);
    return audit.violated(invariant::i12);
  };
  EXPECT_EQ(looks_at(5s), 0U);
  EXPECT_EQ(looks_at(5s + 250ms), 0U);
  EXPECT_GT(audit.checked(invariant::i12), 0U);
  EXPECT_EQ(looks_at(5s + 251ms), 1U);
}

TEST_F(Queues, WhoLetACallWaitAfterALossAreNoticedWhenTheyHadTimeToLookRound) {
  queue({configured(), queued(first_call, 1)});
  is_free(anna, 5s);
  audit.look(after_noon(5s));
  audit.on_loss(after_noon(6s));
  const auto looks_at = [&](milliseconds at) {
    audit.check_work(after_noon(at), true);
    return audit.violated(invariant::i12);
  };
  const milliseconds allowed = queue_limits::look_round + 750ms;
  EXPECT_EQ(looks_at(5s), 0U);
  EXPECT_EQ(looks_at(6s + allowed), 0U);
  EXPECT_EQ(looks_at(6s + allowed + 1ms), 1U);
}

TEST_F(Queues, WhoGiveACallToTheAgentThatMissedItBesideAFreeOneAreNoticed) {
  is_free(anna);
  is_free(ben);
  audit.look(noon);  // both have been free for long when the call comes
  const auto missed = attempt_failed{.call = first_call,
                                     .attempt = 1,
                                     .agent = anna,
                                     .why = attempt_failure::no_answer,
                                     .until = after_noon(1s),
                                     .at = after_noon(100ms)};
  queue({configured(), queued(first_call, 1), reserved(first_call, anna), missed, listed(anna), listed(ben)}, after_noon(5s));
  audit.look(after_noon(5s));
  EXPECT_EQ(audit.first(), "");
  queue({reserved(first_call, anna)}, after_noon(6s));
  audit.look(after_noon(6s));
  EXPECT_EQ(audit.violated(invariant::i15), 1U);
  EXPECT_EQ(audit.violations(), 1U) << audit.first();
}

TEST_F(Queues, WhoGiveACallToTheAgentThatMissedItWhenNobodyElseIsFreeAreLeftInPeace) {
  is_free(anna);
  agent(ben, {moved(agent_status::logged_out, facts(agent_status::reserved, 0ms, second_call))});
  audit.look(noon);
  const auto missed = attempt_failed{.call = first_call,
                                     .attempt = 1,
                                     .agent = anna,
                                     .why = attempt_failure::no_answer,
                                     .until = after_noon(1s),
                                     .at = after_noon(100ms)};
  queue({configured(), queued(first_call, 1), reserved(first_call, anna), missed, listed(anna)}, after_noon(5s));
  queue({reserved(first_call, anna)}, after_noon(6s));
  audit.look(after_noon(6s));
  EXPECT_EQ(audit.first(), "");
}

}  // namespace
}  // namespace seatgrid::audit
