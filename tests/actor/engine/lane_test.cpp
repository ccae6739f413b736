#include <gtest/gtest.h>

#include "tests/actor/engine/harness.hpp"

namespace seatgrid::toy {
namespace {

using words = std::vector<std::string>;

TEST(Lane, FiresAWaitOnceWhenItIsOver) {
  world w;
  w.press(a_call(1), '3');
  w.count_all();
  w.wait(milliseconds{1'999});
  EXPECT_TRUE(w.left.empty());
  w.wait(milliseconds{2});
  EXPECT_EQ(w.left, (words{"ring:2"}));
  w.wait(seconds{60});
  EXPECT_EQ(w.left.size(), 1U);
}

TEST(Lane, StartingARunningWaitAgainReplacesItAndStoppingEndsIt) {
  world w;
  w.press(a_call(1), '3');
  w.wait(seconds{1});
  w.press(a_call(1), '3');
  w.wait(milliseconds{1'500});
  EXPECT_TRUE(w.left.empty());
  w.press(a_call(1), '9');
  w.wait(seconds{60});
  EXPECT_TRUE(w.left.empty());
}

TEST(Lane, RestoresLiveEntitiesBeforeItTakesNewCalls) {
  world w;
  for (std::uint64_t n = 1; n <= 5; ++n) w.press(a_call(n), '0');
  w.press(a_call(3), '4');
  w.count_all();
  w.kill();
  node_ports ports;
  ports.to_leg = [&](const leg_command& c) { w.left.push_back(world::word(c)); };
  w.engine = actors::virtual_engine::make(w.options, *w.log, w.config, w.time, ports, core_of, {});
  w.engine->start();
  leg_incoming in;
  in.leg = {a_call(9), 1};
  in.tenant = "demo";
  w.engine->on(leg_event{in});
  EXPECT_FALSE(w.engine->ready());
  w.settle();
  EXPECT_TRUE(w.engine->ready());
  EXPECT_EQ(w.left, (words{"restore:1", "restore:1", "restore:1", "restore:1"}));  // the finished one is not
  w.count_all();
  EXPECT_EQ(w.steps(a_call(9)).size(), 1U);
}

TEST(Lane, RefusesNewCallsBeyondItsBacklogAndGoesOnWithTheOthers) {
  node_options options;
  options.unsynced_max = 2;
  world w{options};
  w.invite(a_call(1));
  w.invite(a_call(2));
  w.invite(a_call(3));
  EXPECT_EQ(w.left, (words{"reject:1"}));
  w.press(a_call(1), '2');
  EXPECT_EQ(w.left.back(), "probe:2");
  w.count_all();
  w.invite(a_call(4));
  EXPECT_EQ(w.left.back(), "probe:2");
}

node_options patient_for(milliseconds reinvite_wait, milliseconds stall_limit) {
  node_options options;
  options.reinvite_wait = reinvite_wait;
  options.stall_limit = stall_limit;
  return options;
}

TEST(Lane, RefusesNewCallsWhileTheJournalStalls) {
  node_options options;
  options.stall_limit = milliseconds{500};
  world w{options};
  w.invite(a_call(1));
  w.wait(milliseconds{600});
  w.left.clear();
  w.invite(a_call(2));
  EXPECT_EQ(w.left, (words{"reject:1"}));
}

TEST(Lane, RefusesACallThatBeganAsTheJournalStalledAndTellsItsRules) {
  world w{patient_for(milliseconds{500}, seconds{4})};
  w.invite(a_call(1));
  w.wait(milliseconds{3'900});
  EXPECT_TRUE(w.left.empty());
  w.wait(milliseconds{200});
  EXPECT_EQ(w.left, (words{"reject:1", "forget:2"})) << "its caller heard nothing but 100; the rules hear leg_ended";
  w.count_all();
  w.invite(a_call(2));
  w.count_all();
  w.wait(seconds{5});
  EXPECT_EQ(w.left.size(), 2U) << "one whose step counts is not refused";
}

TEST(Lane, HoldsNewCallsWhileTheJournalStallsAndTakesThemWhenItMoves) {
  world w{patient_for(milliseconds{500}, seconds{4})};
  w.invite(a_call(1));
  w.wait(milliseconds{600});
  w.invite(a_call(2));
  w.press(a_call(2), '2');
  EXPECT_TRUE(w.left.empty()) << "neither refused nor begun";
  w.count_all();
  w.wait(milliseconds{50});
  EXPECT_EQ(w.left, (words{"probe:2"})) << "what came for the held call stood behind it";
  w.count_all();
  EXPECT_EQ(w.steps(a_call(2)).size(), 2U);
}

TEST(Lane, RefusesHeldNewCallsWhenTheJournalStallsTooLong) {
  world w{patient_for(milliseconds{500}, seconds{4})};
  w.invite(a_call(1));
  w.wait(seconds{1});
  w.invite(a_call(2));
  w.wait(seconds{2});
  EXPECT_TRUE(w.left.empty());
  w.wait(milliseconds{1'100});
  EXPECT_EQ(w.left, (words{"reject:1", "reject:1", "forget:2"}));
  w.count_all();
  w.wait(milliseconds{50});
  EXPECT_TRUE(w.steps(a_call(2)).empty()) << "a refused call never begins";
  w.invite(a_call(3));
  w.count_all();
  EXPECT_EQ(w.steps(a_call(3)).size(), 1U) << "the next one does";
}

TEST(Lane, AnswersAReInviteWithoutItsStepWhenTheJournalTakesTooLong) {
  world w{patient_for(milliseconds{500}, seconds{4})};
  w.press(a_call(1), 'A');
  w.wait(milliseconds{400});
  EXPECT_TRUE(w.left.empty()) << "in normal life the answer waits for its step";
  w.wait(milliseconds{200});
  EXPECT_EQ(w.left, (words{"answer_offer:1"}));
  w.count_all();
  EXPECT_EQ(w.left, (words{"answer_offer:1"})) << "and not again when it counts";
  w.press(a_call(1), 'A');
  w.count_all();
  EXPECT_EQ(w.left.back(), "answer_offer:2");
  w.wait(seconds{1});
  EXPECT_EQ(w.left.size(), 2U);
}

TEST(Lane, HoldsWhatComesFromOutsideWhileItIsAway) {
  world w;
  w.press(a_call(1), '0');
  w.count_all();
  w.log->refuse_claims(true);
  w.press(a_call(1), '1');
  w.log->inject(1, memory_fault::unavailable_lost);
  w.count_all();
  w.press(a_call(1), '2');
  EXPECT_TRUE(w.left.empty());
  w.log->refuse_claims(false);
  w.wait(seconds{2});
  EXPECT_EQ(w.left, (words{"restore:1", "probe:2"}));
}

TEST(Lane, GivesUpAfterItsTries) {
  node_options options;
  options.claim_tries = 3;
  world w{options};
  w.press(a_call(1), '1');
  w.log->refuse_claims(true);
  w.log->inject(1, memory_fault::unavailable_lost);
  w.count_all();
  for (int i = 0; i < 5; ++i) w.wait(seconds{2});
  ASSERT_FALSE(w.said.empty());
  EXPECT_EQ(w.said.back().substr(0, 6), "fatal:");
}

TEST(Lane, TimeNeverRunsBackwardsEvenWhenTheClockDoes) {
  world w;
  w.press(a_call(1), '0');
  w.count_all();
  w.time.at = w.time.at - seconds{3'600};
  w.press(a_call(1), '0');
  w.kill();
  w.start();
  w.press(a_call(1), '0');
  w.count_all();
  const auto all = w.steps(a_call(1));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_GE(all[1].step.at, all[0].step.at);
}

}  // namespace
}  // namespace seatgrid::toy
