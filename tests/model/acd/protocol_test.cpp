#include <gtest/gtest.h>

#include <iostream>

#include "tests/model/acd/explorer.hpp"

/// The call-queue-agent protocol over all interleavings within the bounds of each scene; the rules are those of production.
/// `acd_model --help` runs larger bounds; without_test.cpp removes each rule.
namespace seatgrid::model {
namespace {

const scope two_troubles{.calls = 1, .agents = 1, .troubles = 2};
const scope two_agents{.calls = 1, .agents = 2, .troubles = 1};
const scope two_attempts{.calls = 1, .agents = 1, .troubles = 1, .attempts_max = 2};
const scope one_agent_for_two{.calls = 2, .agents = 1, .troubles = 1};
const scope two_for_two{.calls = 2, .agents = 2, .troubles = 0};
const scope from_queue_to_queue{.calls = 1, .agents = 1, .queues = 2, .troubles = 1, .waits_end = true};
const scope two_phones{.calls = 1, .agents = 1, .contacts = 2, .troubles = 1};
const scope slow_messages{.calls = 1, .agents = 1, .troubles = 1, .flying_max = 2};
const scope slower_messages{.calls = 1, .agents = 2, .troubles = 0, .flying_max = 3};

void expect_safe(const scope& of) {
  const auto v = explore(of);
  std::cout << text(v) << std::flush;
  EXPECT_EQ(v.broken, "");
  EXPECT_TRUE(v.is_complete);
}

TEST(AcdModel, IsSafeAndNeverStuckOverTwoTroubles) { expect_safe(two_troubles); }
TEST(AcdModel, IsSafeAndNeverStuckWithTwoAgents) { expect_safe(two_agents); }
TEST(AcdModel, IsSafeAndNeverStuckOverTwoAttempts) { expect_safe(two_attempts); }
TEST(AcdModel, IsSafeAndNeverStuckWhenTwoCallsShareAnAgent) { expect_safe(one_agent_for_two); }
TEST(AcdModel, IsSafeAndNeverStuckWithTwoCallsAndTwoAgents) { expect_safe(two_for_two); }
TEST(AcdModel, IsSafeAndNeverStuckWhenCallersMoveFromQueueToQueue) { expect_safe(from_queue_to_queue); }
TEST(AcdModel, IsSafeAndNeverStuckWhenAnAgentHasTwoPhones) { expect_safe(two_phones); }
TEST(AcdModel, IsSafeAndNeverStuckWhenAMessageTakesAsLongAsADeadline) { expect_safe(slow_messages); }
TEST(AcdModel, IsSafeAndNeverStuckWhenTwoMessagesTakeAsLongAsADeadline) { expect_safe(slower_messages); }

}  // namespace
}  // namespace seatgrid::model
