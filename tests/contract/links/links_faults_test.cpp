#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdio>

#include "tests/contract/links/cutting_proxy.hpp"
#include "tests/contract/links/end_point.hpp"
#include "tests/contract/storage/child_process.hpp"

/// Links over TCP while connections are cut and processes are killed or stopped.
namespace seatgrid::testing {
namespace {

using std::chrono::steady_clock;
double ms_since(steady_clock::time_point then) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - then).count();
}

const lane_owner child_who = process_of("b", 2);

/// This process is node a; its child is node b and says everything back.
struct with_child {
  end_point a;
  child_process child;
  explicit with_child(cluster::link_options options = {})
      : a(process_of("a", 1), std::move(options)), child(LINKS_CHILD, {std::to_string(a.link->port())}) {
    const auto port = child.told(1);
    if (!port.empty()) a.link->set_peers({{child_who, "127.0.0.1", static_cast<std::uint16_t>(port.front())}});
  }
};

TEST(LinksFaults, DeliverOnceAndInOrderOverConnectionsThatAreCutAtRandom) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const cluster::link_options options{.reconnect = 1ms, .reconnect_max = 5ms};
    end_point a{process_of("a", 1), options}, b{process_of("b", 2), options};
    cutting_proxy to_b{b.link->port(), seed, 300'000}, to_a{a.link->port(), seed + 100, 300'000};
    a.link->set_peers({b.as_peer_at(to_b.port())});
    b.link->set_peers({a.as_peer_at(to_a.port())});
    constexpr std::size_t count = 30'000;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, text_of(i)}));
      ASSERT_TRUE(b.link->send(a.me, {link_kind::to_slot, text_of(i)}));
      if (i % 500 == 0) std::this_thread::sleep_for(1ms);
    }
    const bool all = a.wait_got(b.me, count) && b.wait_got(a.me, count);
    const auto view = a.view_of(b.me);
    std::printf("seed %u: %zu cuts, %llu messages written again, %zu+%zu words of up and down\n", seed, to_b.cuts() + to_a.cuts(),
                static_cast<unsigned long long>(view.repeated), a.words_of(b.me).size(), b.words_of(a.me).size());
    ASSERT_TRUE(all) << a.count_of(b.me) << " and " << b.count_of(a.me) << " of " << count << "; " << view.trouble;
    EXPECT_EQ(a.first_wrong(b.me, count), "");
    EXPECT_EQ(b.first_wrong(a.me, count), "");
    EXPECT_GE(to_b.cuts() + to_a.cuts(), 5U);
  }
}

TEST(LinksFaults, CarryMessagesOfManyPartsOverCuts) {
  const cluster::link_options options{.reconnect = 1ms, .reconnect_max = 5ms};
  end_point a{process_of("a", 1), options}, b{process_of("b", 2), options};
  cutting_proxy to_b{b.link->port(), 7, 6'000'000}, to_a{a.link->port(), 8, 6'000'000};
  a.link->set_peers({b.as_peer_at(to_b.port())});
  b.link->set_peers({a.as_peer_at(to_a.port())});
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < 40; ++i) {
    sent.push_back(std::string(i * 37'123, static_cast<char>('a' + i % 26)) + text_of(i));
    ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, sent.back()}));
  }
  ASSERT_TRUE(b.wait_got(a.me, sent.size())) << b.count_of(a.me) << a.view_of(b.me).trouble;
  EXPECT_TRUE(b.got[a.me] == sent);
  EXPECT_GE(to_b.cuts() + to_a.cuts(), 1U);
}

/// DESIGN section 9: 9 ms. The kernel of this host says so at once; ten times that is asserted.
TEST(LinksFaults, SeeAKilledProcessWithinMilliseconds) {
  double worst = 0;
  for (int round = 0; round < 10; ++round) {
    with_child both;
    ASSERT_TRUE(both.a.wait_up(child_who)) << both.a.view_of(child_who).trouble;
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(both.a.link->send(child_who, {link_kind::asked, text_of(0)}));
    const auto killed = steady_clock::now();
    both.child.send(SIGKILL);
    ASSERT_TRUE(both.a.wait_down(child_who, true)) << both.a.view_of(child_who).trouble;
    const auto words = both.a.words_of(child_who);
    ASSERT_EQ(words.size(), 2U) << "a reset only, not a silence before it";
    worst = std::max(worst, std::chrono::duration<double, std::milli>(words.back().at - killed).count());
  }
  std::printf("kill -9 to on_down(reset), worst of 10: %.2f ms\n", worst);
  EXPECT_LE(worst, 90.0);
}

TEST(LinksFaults, LoseNothingOfAStoppedProcess) {
  with_child both{{.silence = 400ms}};
  auto& a = both.a;
  ASSERT_TRUE(a.wait_up(child_who));
  std::size_t sent = 0;
  const auto send = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(a.link->send(child_who, {link_kind::asked, text_of(sent++)}));
  };
  send(5'000);
  both.child.send(SIGSTOP);
  const auto stopped = steady_clock::now();
  send(5'000);
  ASSERT_TRUE(a.wait_down(child_who, false));
  std::printf("SIGSTOP to on_down(silent): %.0f ms with silence 400 ms\n", ms_since(stopped));
  EXPECT_LE(ms_since(stopped), 4'000.0);
  send(5'000);
  std::this_thread::sleep_for(500ms);
  both.child.send(SIGCONT);
  ASSERT_TRUE(a.wait_got(child_who, sent)) << a.count_of(child_who) << " of " << sent << a.view_of(child_who).trouble;
  EXPECT_EQ(a.first_wrong(child_who, sent), "");
  EXPECT_TRUE(a.wait_up(child_who));
}

TEST(LinksFaults, LetAPeerThatTakesNothingCountAsDeadUntilItTakesAgain) {
  with_child both{{.waiting_bytes_max = 8U << 20, .silence = 30s}};
  auto& a = both.a;
  ASSERT_TRUE(a.wait_up(child_who));
  both.child.send(SIGSTOP);
  const std::string some(10'000, 'x');
  std::size_t taken = 0;
  while (taken < 10'000 && a.link->send(child_who, {link_kind::to_entity, some})) ++taken;
  EXPECT_LT(taken, 1'500U);
  ASSERT_TRUE(a.wait_down(child_who, false));
  EXPECT_FALSE(a.view_of(child_who).up);
  both.child.send(SIGCONT);
  ASSERT_TRUE(a.wait_up(child_who)) << a.view_of(child_who).bytes_waiting;
  ASSERT_TRUE(a.wait_got(child_who, taken)) << "what was taken still arrives";
  EXPECT_TRUE(a.words_of(child_who).back().up);
}

TEST(LinksFaults, LetAHeartbeatPassMegabytes) {
  end_point a{process_of("a", 1)}, b{process_of("b", 2)};
  join(a, b);
  ASSERT_TRUE(a.wait_up(b.me) && b.wait_up(a.me));
  const std::string some(1U << 20, 'x');
  constexpr std::size_t count = 60;
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, some}));
  const auto before = b.count_of(a.me);
  ASSERT_TRUE(a.link->send(b.me, {link_kind::heartbeat, "x"}));
  ASSERT_TRUE(b.wait([&] { return b.beats[a.me] == 1; }));
  ASSERT_TRUE(b.wait_got(a.me, count));
  const auto passed = count - b.got_at_first_beat[a.me];
  std::printf("a heartbeat behind %zu MB passed %zu of them\n", count - before, passed);
  EXPECT_GE(passed + 10, count - before) << "it stood behind more than what the kernels hold";
}

TEST(LinksFaults, CloseWhileMessagesGoBothWays) {
  for (int round = 0; round < 20; ++round) {
    end_point a{process_of("a", 1)}, b{process_of("b", 2)};
    join(a, b);
    std::atomic<bool> ends = false;
    std::vector<std::thread> senders;
    for (int i = 0; i < 2; ++i)
      senders.emplace_back([&, i] {
        auto& from = i == 0 ? a : b;
        const auto& to = i == 0 ? b : a;
        while (!ends && from.link->send(to.me, {link_kind::to_entity, std::string(100, 'x')})) continue;
      });
    std::this_thread::sleep_for(milliseconds{round});
    a.link->close();
    EXPECT_EQ(a.link->send(b.me, {link_kind::asked, "x"}).error().code, errc::wrong_state);
    ends = true;
    for (auto& one : senders) one.join();
  }
}

}  // namespace
}  // namespace seatgrid::testing
