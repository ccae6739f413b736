#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "tests/contract/steward/desk_node.hpp"

/// Three desks over logs in memory and links over loopback, in real time.
namespace seatgrid::cluster {
namespace {

using namespace std::chrono_literals;

constexpr lane_id lanes_max = 8;

/// Real time until `done`; -1 ms when it never was within `most`.
milliseconds until(const std::function<bool()>& done, milliseconds most = 20s) {
  const auto begun = std::chrono::steady_clock::now();
  while (!done()) {
    if (std::chrono::steady_clock::now() - begun > most) return milliseconds{-1};
    std::this_thread::sleep_for(1ms);
  }
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
}

class StewardDesk : public testing::Test {
 protected:
  StewardDesk() { cluster.steward.move_every = 100ms; }
  desk_node& start(const std::string& name) { return *nodes.emplace_back(std::make_unique<desk_node>(cluster, name)); }
  std::size_t owned() const {
    std::size_t count = 0;
    for (const auto& one : nodes) count += one->joined() && !stopped.contains(one.get()) ? one->lanes_owned() : 0;
    return count;
  }
  bool speaks(slot_number number) const {
    return std::any_of(nodes.begin(), nodes.end(),
                       [&](const auto& one) { return !stopped.contains(one.get()) && one->speaks_for(number); });
  }
  bool all_served(slot_number slots) const {
    bool all = owned() == lanes_max;
    for (slot_number number = 1; number <= slots; ++number) all = all && speaks(number);
    return all;
  }
  void stop(desk_node& one) {
    stopped.insert(&one);
    one.stop();
  }

  desk_cluster cluster{lanes_max};
  std::vector<std::unique_ptr<desk_node>> nodes{};
  std::set<const desk_node*> stopped{};
};

TEST_F(StewardDesk, SpreadsLanesWhenNodesJoinAndGivesThemToTheOthersWhenOneDies) {
  auto& a = start("a");
  ASSERT_TRUE(a.joined()) << a.refused().what;
  ASSERT_GE(until([&] { return all_served(1); }), 0ms);
  auto& b = start("b");
  auto& c = start("c");
  ASSERT_TRUE(b.joined() && c.joined()) << b.refused().what << c.refused().what;
  const auto share = [&](const std::string& name) {
    std::size_t count = 0;
    for (lane_id id = 0; id < lanes_max; ++id) count += ranked(id, {"a", "b", "c"}).front() == name ? 1 : 0;
    return count;
  };
  const auto spread = until([&] {
    return all_served(3) && a.lanes_owned() == share("a") && b.lanes_owned() == share("b") && c.lanes_owned() == share("c");
  });
  ASSERT_GE(spread, 0ms) << a.lanes_owned() << " " << b.lanes_owned() << " " << c.lanes_owned();
  EXPECT_GT(a.asked_to_rest(), 0U);

  const auto held = a.lanes_owned();
  EXPECT_GT(held, 0U);
  const auto begun = std::chrono::steady_clock::now();
  stop(a);
  ASSERT_GE(until([&] { return all_served(3); }), 0ms);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
  std::printf("%zu lanes spread after %lld ms; %zu lanes and a slot of the dead served again after %.1f ms\n",
              static_cast<std::size_t>(lanes_max), static_cast<long long>(spread.count()), held, took.count());
  EXPECT_LT(took, 3s) << "ten times the budget";
  const auto holds = [&] { return b.desk().holder_of(1).value_or(lane_owner{}).node; };
  EXPECT_GE(until([&] { return holds() == "b" || holds() == "c"; }), 0ms)
      << "who does not take it over hears of it a little later";
  const auto view = b.desk().view();
  EXPECT_EQ(view.nodes.size(), 2U);
  EXPECT_EQ(view.slots.size(), 3U);
  EXPECT_TRUE(std::any_of(view.takeovers.begin(), view.takeovers.end(), [](const auto& one) { return one.from == "a"; }));

  auto& again = start("a");
  ASSERT_TRUE(again.joined()) << again.refused().what;
  EXPECT_GE(until([&] { return again.speaks_for(1) && all_served(3); }), 0ms) << "its slot comes back to it";
  EXPECT_EQ(again.desk().my_slot(), 1);
}

TEST_F(StewardDesk, RefusesATwinAndEndsWhoIsFenced) {
  auto& a = start("a");
  auto& b = start("b");
  ASSERT_TRUE(a.joined() && b.joined());
  auto& twin = start("a");
  EXPECT_FALSE(twin.joined());
  EXPECT_EQ(twin.refused().code, errc::conflict) << twin.refused().what;
  EXPECT_EQ(a.ended(), "");
  EXPECT_EQ(b.desk().fence("nobody", "?").error().code, errc::not_found);
  ASSERT_TRUE(b.desk().fence("a", "an operator's word"));
  EXPECT_GE(until([&] { return !a.ended().empty(); }, 5s), 0ms);
  EXPECT_FALSE(a.desk().may_speak(steward_desk::clock_now()));
  stop(a);
  EXPECT_GE(until([&] { return all_served(2); }), 0ms);
}

TEST_F(StewardDesk, DrainsLeavesAndServesAgain) {
  auto& a = start("a");
  auto& b = start("b");
  ASSERT_TRUE(a.joined() && b.joined());
  ASSERT_GE(until([&] { return all_served(2); }), 0ms);
  ASSERT_TRUE(a.desk().drain("b", true));
  EXPECT_GE(until([&] { return b.lanes_owned() == 0 && all_served(2); }), 0ms);
  EXPECT_TRUE(b.speaks_for(2)) << "its own addresses stay with it";
  ASSERT_TRUE(b.desk().drain("b", false));
  EXPECT_GE(until([&] { return b.lanes_owned() > 0; }), 0ms);
  ASSERT_TRUE(a.desk().leave());
  stop(a);
  EXPECT_EQ(a.ended(), "");
  const auto took = until([&] { return all_served(2); });
  EXPECT_GE(took, 0ms);
  EXPECT_LT(took, 3s);
}

TEST_F(StewardDesk, SpeaksOnWhileTheLogStandsStillAndSucceedsWhenItMoves) {
  auto& a = start("a");
  auto& b = start("b");
  auto& c = start("c");
  ASSERT_TRUE(a.joined() && b.joined() && c.joined());
  ASSERT_GE(until([&] { return all_served(3); }), 0ms);
  cluster.journal->stall(true), cluster.roster->stall(true);
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < end) {
    for (slot_number number = 1; number <= 3; ++number) EXPECT_TRUE(speaks(number)) << number;
    std::this_thread::sleep_for(50ms);
  }
  stop(c);
  std::this_thread::sleep_for(500ms);
  EXPECT_TRUE(a.speaks_for(1) && b.speaks_for(2));
  cluster.journal->stall(false), cluster.roster->stall(false);
  EXPECT_GE(until([&] { return all_served(3); }), 0ms);
}

}  // namespace
}  // namespace seatgrid::cluster
