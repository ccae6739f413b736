#include "cluster/membership.hpp"

#include <gtest/gtest.h>

namespace seatgrid::cluster {
namespace {

using namespace std::chrono_literals;

constexpr time_point noon{1'700'000'000'000'000};

/// Node a among peers that speak every 50 ms unless they are silent.
struct bed {
  membership at{.me = "a"};
  std::vector<membership_output> all{};
  std::map<std::string, heartbeat> speaking{};
  heartbeat mine{.clock = noon};
  milliseconds now{0};

  explicit bed(const std::vector<std::string>& peers) {
    for (const auto& name : peers) speaking[name] = {.clock = noon};
  }
  void give(const membership_input& in) {
    for (auto& one : handle(at, in)) all.push_back(std::move(one));
  }
  void run(milliseconds time, bool moves = true) {
    for (const auto end = now + time; now < end;) {
      now += 50ms;
      if (moves) ++mine.records_read, ++mine.frames_counted;
      for (const auto& [name, said] : speaking) give(heard{name, said, now, noon});
      give(membership_tick{now, mine});
    }
  }
  template <class T>
  const T* find() const {
    for (const auto& one : all)
      if (const auto* found = std::get_if<T>(&one)) return found;
    return nullptr;
  }
};

TEST(Membership, LosesANodeAtOnceWhenItsLinkIsReset) {
  bed b{{"b"}};
  b.run(1s);
  EXPECT_EQ(b.find<node_lost>(), nullptr);
  b.give(link_reset{"b"});
  ASSERT_NE(b.find<node_lost>(), nullptr);
  EXPECT_EQ(candidates(b.at), std::vector<std::string>{"a"});
  b.all.clear();
  b.run(50ms);
  EXPECT_NE(b.find<node_came>(), nullptr) << "it speaks again";
}

TEST(Membership, WaitsTwiceTheTimeWhenNoThirdNodeCanBeAsked) {
  bed b{{"b"}};
  b.run(1s);
  b.speaking.clear();
  b.run(1900ms);
  EXPECT_EQ(b.find<node_lost>(), nullptr);
  EXPECT_EQ(b.find<ask_opinion>(), nullptr);
  b.run(150ms);
  EXPECT_NE(b.find<node_lost>(), nullptr);
}

TEST(Membership, AsksAThirdNodeAndActsOnItsWord) {
  for (const bool hears_it : {false, true}) {
    bed b{{"b", "c"}};
    b.run(1s);
    b.speaking.erase("b");
    b.run(1100ms);
    ASSERT_NE(b.find<ask_opinion>(), nullptr);
    EXPECT_EQ(b.find<ask_opinion>()->of, "c");
    EXPECT_EQ(b.find<ask_opinion>()->about, "b");
    b.give(opinion{"c", "b", hears_it});
    EXPECT_EQ(b.find<node_lost>() != nullptr, !hears_it);
    if (!hears_it) continue;
    b.all.clear();
    b.run(1s);
    EXPECT_NE(b.find<ask_opinion>(), nullptr) << "an opinion does not last for ever";
    b.run(1100ms);
    EXPECT_NE(b.find<node_lost>(), nullptr) << "and a missing one counts as no";
  }
}

TEST(Membership, SuspectsNobodyAfterItsOwnPause) {
  bed b{{"b"}};
  b.run(1s);
  b.now += 5s;
  b.give(membership_tick{b.now, b.mine});
  b.speaking.clear();
  b.run(1900ms);
  EXPECT_EQ(b.find<node_lost>(), nullptr) << "its silence begins when this node wakes";
  EXPECT_EQ(b.find<give_up_lanes>(), nullptr);
}

TEST(Membership, NamesANodeStuckThatCannotWriteWhileThisOneCan) {
  bed b{{"b"}};
  b.run(1s);
  b.speaking["b"].oldest_in_doubt = 1'900ms;
  b.run(3s);
  EXPECT_EQ(b.find<node_stuck>(), nullptr) << "not yet given up";
  b.speaking["b"].oldest_in_doubt = 2s;
  b.run(50ms);
  ASSERT_NE(b.find<node_stuck>(), nullptr);
  EXPECT_EQ(candidates(b.at), std::vector<std::string>{"a"});
}

TEST(Membership, LeavesANodeAloneWhoseTailMoves) {
  bed b{{"b"}};
  for (int n = 0; n < 60; ++n) {
    b.speaking["b"].oldest_in_doubt += 50ms;
    ++b.speaking["b"].records_read;
    b.run(50ms);
  }
  EXPECT_EQ(b.find<node_stuck>(), nullptr);
}

TEST(Membership, GivesUpItsLanesOnlyWhenAnotherNodeCanWrite) {
  for (const bool another : {false, true}) {
    bed b{{"b"}};
    b.run(1s);
    for (int n = 0; n < 80; ++n) {
      b.mine.oldest_in_doubt += 50ms;
      if (another) ++b.speaking["b"].frames_counted;
      b.run(50ms, false);
    }
    EXPECT_EQ(b.find<give_up_lanes>() != nullptr, another) << "when nobody can write, Kafka is away: waiting is right";
  }
}

TEST(Membership, OwnsNothingWhileItsClockIsOffFromMostVoices) {
  bed b{{"b"}};
  b.speaking["b"].clock = noon + 501ms;
  b.run(100ms);
  EXPECT_NE(b.find<clock_off>(), nullptr) << "one against one and no log yet: rather own nothing";
  b.give(log_time_seen{noon, noon});
  EXPECT_FALSE(b.at.clock_is_off) << "the log agrees with this node";
  b.give(log_time_seen{noon + 600ms, noon});
  EXPECT_TRUE(b.at.clock_is_off);
  EXPECT_EQ(candidates(b.at), std::vector<std::string>{"b"});
  b.speaking["b"].clock = noon + 500ms;
  b.run(50ms);
  EXPECT_FALSE(b.at.clock_is_off) << "500 ms are allowed";
}

TEST(Membership, TellsOthersWhomItHears) {
  bed b{{"b"}};
  b.run(500ms);
  EXPECT_TRUE(hears(b.at, "b"));
  EXPECT_FALSE(hears(b.at, "z"));
  b.speaking.clear();
  b.run(1s);
  EXPECT_FALSE(hears(b.at, "b"));
}

}  // namespace
}  // namespace seatgrid::cluster
