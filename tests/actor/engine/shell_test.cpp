#include <gtest/gtest.h>

#include "tests/actor/engine/harness.hpp"

namespace seatgrid::toy {
namespace {

using words = std::vector<std::string>;

TEST(EntityShell, KeepsPromisesUntilTheStepCountsAndLetsReflexesGoAtOnce) {
  world w;
  w.press(a_call(1), '1');
  w.press(a_call(1), '2');
  EXPECT_EQ(w.left, (words{"probe:2"}));
  w.count_all();
  EXPECT_EQ(w.left, (words{"probe:2", "answer:1"}));
}

TEST(EntityShell, LetsNothingLeaveWhenTheStepDidNotCount) {
  world w;
  w.press(a_call(1), '0');
  w.count_all();
  w.press(a_call(1), '1');
  w.log->inject(1, memory_fault::unavailable_lost);
  w.count_all();
  EXPECT_EQ(w.left, (words{"restore:1"}));  // claimed again, rebuilt from what counts
  w.press(a_call(1), '1');
  w.count_all();
  EXPECT_EQ(w.left, (words{"restore:1", "answer:2"}));
}

TEST(EntityShell, TakesOffTheExpiresOfAnInviteWhatItsStepWaited) {
  world w;
  w.press(a_call(1), 'B');
  w.wait(milliseconds{2'700});
  EXPECT_EQ(w.left, words{});
  w.count_all();
  EXPECT_EQ(w.left, (words{"invite:1"}));
  EXPECT_EQ(w.expires, (std::vector<milliseconds>{milliseconds{17'300}}));
}

TEST(EntityShell, SendsNoInviteWhoseExpiresIsOverAndTellsItsCall) {
  world w;
  w.press(a_call(1), 'B');
  w.wait(seconds{20});
  w.count_all();
  EXPECT_EQ(w.left, (words{"forget:2"})) << "leg_failed came";
}

TEST(EntityShell, IsNotRestoredWhenItLivesAndItsTombstonesAreWoken) {
  world w;
  w.press(a_call(1), '1');
  w.press(a_call(2), '4');  // it ends
  w.count_all();
  for (const auto call : {a_call(1), a_call(2)}) {
    auto in = std::make_shared<actors::entity_input>();
    in->to = ref(call);
    in->what = actors::resume_entity{};
    w.engine->take(in);
  }
  w.settle();
  EXPECT_EQ(w.left, (words{"answer:1", "restore:1"}));
}

TEST(EntityShell, FindsTheStepWhoseOutcomeWasUnknownAmongTheRows) {
  world w;
  w.press(a_call(1), '1');
  w.log->inject(1, memory_fault::unavailable_kept);
  w.count_all();
  EXPECT_EQ(w.left, (words{"restore:1"}));
  ASSERT_EQ(w.steps(a_call(1)).size(), 1U);
}

TEST(EntityShell, NumbersPublicEventsWithoutHoleAcrossKills) {
  world w;
  w.press(a_call(1), '1');
  w.count_all();
  w.press(a_call(1), '1');  // appended, never counts
  w.kill();
  w.start();
  w.press(a_call(1), '1');
  w.count_all();
  std::vector<std::uint64_t> numbers;
  for (const auto& s : w.steps(a_call(1)))
    for (const auto& e : s.step.outbox) numbers.push_back(e.sequence);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2}));
}

TEST(EntityShell, MakesNoStepOfARefusedOrEmptyCommand) {
  world w;
  w.press(a_call(1), '6');
  w.press(a_call(1), '7');
  w.count_all();
  EXPECT_TRUE(w.steps(a_call(1)).empty());
  EXPECT_EQ(w.engine->actors_in_memory(), 0U);
}

TEST(EntityShell, AnswersAnOrderWhenItsStepCountsAndARefusedOneAtOnce) {
  world w;
  words answers;
  const auto note = [&](const result<std::string>& r) { answers.push_back(r ? *r : std::string{to_string(r.error().code)}); };
  w.engine->submit(control::hangup{a_call(1), "please"}, "demo", note);
  w.settle();
  EXPECT_TRUE(answers.empty());
  w.count_all();
  EXPECT_EQ(answers, (words{"{}"}));
  w.engine->submit(control::hangup{a_call(1), "never"}, "demo", note);
  w.settle();
  EXPECT_EQ(answers, (words{"{}", "wrong_state"}));
}

TEST(EntityShell, TellsWhoWaitsForAnOrderOfALostLaneToLook) {
  world w;
  words answers;
  w.engine->submit(control::hangup{a_call(1), "please"}, "demo",
                   [&](const result<std::string>& r) { answers.push_back(std::string{to_string(r.error().code)}); });
  w.settle();
  w.log->inject(1, memory_fault::unavailable_lost);
  w.count_all();
  EXPECT_EQ(answers, (words{"unavailable"}));
}

TEST(EntityShell, IsRebuiltFromItsRowsWhenItsRulesBreak) {
  world w;
  w.press(a_call(1), '1');  // does not count yet: the rebuild must wait for it
  w.press(a_call(1), '5');
  w.press(a_call(1), '2');
  EXPECT_TRUE(w.left.empty());
  w.count_all();
  EXPECT_EQ(w.left, (words{"answer:1", "probe:2"}));
}

TEST(EntityShell, LeavesMemoryWhenFinishedAndComesBackFromItsRows) {
  world w;
  w.press(a_call(1), '0');
  w.press(a_call(1), '4');
  EXPECT_EQ(w.engine->actors_in_memory(), 1U);
  w.count_all();
  EXPECT_EQ(w.engine->actors_in_memory(), 0U);
  w.press(a_call(1), '2');
  EXPECT_EQ(w.left, (words{"probe:3"}));
}

TEST(EntityShell, GivesAMessageInsideTheLaneAtOnceAndItsEffectsInOrder) {
  world w;
  w.press(a_call(10), '8');
  w.log->pump(1);
  w.settle();
  EXPECT_TRUE(w.left.empty());
  w.count_all();
  EXPECT_EQ(w.left, (words{"forget:1"}));
  EXPECT_LT(w.steps(a_call(10)).at(0).position.sequence, w.steps(call_id{a_call(10).value + 1}).at(0).position.sequence);
}

TEST(EntityShell, AnswersForRowsThatItCannotRead) {
  world w;
  w.kill();
  const auto epoch = claim_and_wait(*w.log, 1);
  ASSERT_TRUE(epoch);
  step bad;
  bad.entity = ref(a_call(1));
  bad.rows = {{row_key(ref(a_call(1))), "bad"}};
  w.log->append(*epoch, bad, [](const result<step_position>&) {});
  w.log->pump();
  w.start();
  w.invite(a_call(1));
  EXPECT_EQ(w.left, (words{"reject:1"}));
  ASSERT_FALSE(w.said.empty());
}

}  // namespace
}  // namespace seatgrid::toy
