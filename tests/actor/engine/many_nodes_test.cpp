#include <gtest/gtest.h>

#include "tests/actor/engine/harness.hpp"

namespace seatgrid::toy {
namespace {

using words = std::vector<std::string>;

/// A node of a cluster: inputs for lanes of others are handed to `other`, when it is there.
class ManyNodes : public testing::Test {
 protected:
  world w{{},
          {.entity_message = {},
           .forward =
               [this](lane_id, const actors::entity_input& in) {
                 if (!other_is_there) return false;
                 handed.push_back(std::get<leg_digit>(std::get<leg_event>(in.what)).digit);
                 return true;
               },
           .is_elsewhere = [this](lane_id) { return other_owns; }}};
  void claim() {
    w.engine->claim(1, [this](bool won) { claims.push_back(won); });
    w.count_all();
  }
  /// Another process claims the lane in the log.
  void lose() {
    other_owns = true;
    static_cast<void>(claim_and_wait(*w.log, 1));
    w.count_all();
  }
  bool other_is_there = false, other_owns = false;
  std::string handed{};
  std::vector<bool> claims{}, rests{};
};

TEST_F(ManyNodes, ALaneIsClaimedWhenToldAndItsInputsAreHeldUntilThen) {
  w.press(a_call(1), '2');
  EXPECT_TRUE(w.left.empty());
  EXPECT_TRUE(w.engine->ready()) << "a node that owns nothing waits for nothing";
  claim();
  EXPECT_EQ(claims, std::vector<bool>{true});
  EXPECT_EQ(w.left, (words{"probe:1"}));
  claim();
  EXPECT_EQ(claims, (std::vector<bool>{true, true})) << "it has it already";
}

TEST_F(ManyNodes, InputsGoToWhoeverOwnsTheLaneInTheirOrder) {
  w.press(a_call(1), '1');
  w.press(a_call(1), '2');
  EXPECT_EQ(handed, "") << "nobody has it yet";
  other_is_there = true;
  w.press(a_call(1), '3');
  EXPECT_EQ(handed, "123");
  other_is_there = false;
  w.press(a_call(1), '4');
  other_is_there = true;
  w.engine->owners_changed();
  EXPECT_EQ(handed, "1234");
}

TEST_F(ManyNodes, ALaneThatAnotherClaimedIsGivenUpAndNotClaimedBack) {
  claim();
  w.press(a_call(1), '0');
  w.count_all();
  lose();
  other_is_there = true;
  w.press(a_call(1), '2');
  EXPECT_EQ(handed, "2");
  EXPECT_TRUE(w.left.empty());
  EXPECT_EQ(w.said.back().find("fatal"), std::string::npos);
}

TEST_F(ManyNodes, AtRestEverythingCountsAndWhatComesFollowsToTheNextOwner) {
  claim();
  w.press(a_call(1), '1');
  w.engine->bring_to_rest(1, milliseconds{100}, [this](bool is) { rests.push_back(is); });
  w.settle();
  EXPECT_TRUE(rests.empty()) << "a step does not count yet";
  w.count_all();
  w.press(a_call(1), '2');
  for (int i = 0; i < 4; ++i) w.wait(milliseconds{1});
  EXPECT_EQ(rests, std::vector<bool>{true});
  EXPECT_EQ(w.left, (words{"answer:1"})) << "what came at rest is held";
  lose();
  other_is_there = true;
  w.engine->owners_changed();
  EXPECT_EQ(handed, "2");
}

TEST_F(ManyNodes, ALaneThatDoesNotComeToRestOrThatNobodyFetchesGoesOn) {
  claim();
  w.press(a_call(1), '1');
  w.engine->bring_to_rest(1, milliseconds{5}, [this](bool is) { rests.push_back(is); });
  w.settle();
  w.press(a_call(1), '2');
  for (int i = 0; i < 8; ++i) w.wait(milliseconds{1});
  EXPECT_EQ(rests, std::vector<bool>{false});
  EXPECT_EQ(w.left, (words{"probe:2"}));
  w.count_all();
  w.engine->bring_to_rest(1, milliseconds{5}, [this](bool is) { rests.push_back(is); });
  w.settle();
  for (int i = 0; i < 4; ++i) w.wait(milliseconds{1});
  w.press(a_call(1), '2');
  EXPECT_EQ(rests.back(), true);
  w.wait(seconds{3});
  EXPECT_EQ(w.left.back(), "probe:3");
}

TEST_F(ManyNodes, WaitsDoNotFireWhileALaneIsAtRest) {
  claim();
  w.press(a_call(1), '3');
  w.count_all();
  w.wait(milliseconds{1'995});
  w.engine->bring_to_rest(1, milliseconds{100}, [this](bool is) { rests.push_back(is); });
  w.settle();
  for (int i = 0; i < 20; ++i) w.wait(milliseconds{1});
  EXPECT_EQ(rests, std::vector<bool>{true});
  EXPECT_TRUE(w.left.empty());
  w.wait(seconds{3});
  w.wait(milliseconds{2});
  EXPECT_EQ(w.left, (words{"ring:2"}));
}

TEST_F(ManyNodes, CallsOfASlotThatMovedAreMadeAnewWhenTheirStepsCount) {
  claim();
  const auto here = call_at(shard_of_tenant("demo"), 3, 1), there = call_at(shard_of_tenant("demo"), 4, 1);
  w.press(here, '0');
  w.press(there, '0');
  w.engine->resume_calls_at(3, {});
  w.settle();
  EXPECT_TRUE(w.left.empty()) << "nothing leaves for steps that may never count";
  w.count_all();
  w.engine->resume_calls_at(3, {});
  w.settle();
  EXPECT_EQ(w.left, (words{"restore:1"}));
  w.engine->resume_calls_at(9, {ref(there)});
  w.settle();
  EXPECT_EQ(w.left.size(), 2U);
}

}  // namespace
}  // namespace seatgrid::toy
