#include "cluster/memory_links.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/contract/links/end_point.hpp"

/// What a test can do to links in memory.
namespace seatgrid::testing {
namespace {

class MemoryLinks : public ::testing::Test {
 protected:
  cluster::memory_network network_{};
  link_world world() {
    return {[this](cluster::link_options options, cluster::link_handlers handlers) -> result<std::unique_ptr<cluster::links>> {
      return network_.open(std::move(options), std::move(handlers));
    }};
  }
  end_point a_{process_of("a", 1), {}, world()};
  end_point b_{process_of("b", 2), {}, world()};
  const process_id a_id_ = a_.me.process, b_id_ = b_.me.process;
};

TEST_F(MemoryLinks, CallNoHandlerButWhenTold) {
  join(a_, b_);
  ASSERT_TRUE(a_.link->send(b_.me, {link_kind::asked, text_of(0)}));
  EXPECT_TRUE(a_.words.empty());
  EXPECT_TRUE(network_.deliver_one());  // one hears of the other
  EXPECT_TRUE(network_.deliver_one());
  EXPECT_EQ(b_.got[a_.me].size(), 0U);
  EXPECT_TRUE(network_.deliver_one());
  EXPECT_EQ(b_.got[a_.me].size(), 1U);
  EXPECT_FALSE(network_.deliver_one());
}

TEST_F(MemoryLinks, DelayEachWayByItself) {
  network_.set_delay(10ms);
  network_.set_delay(b_id_, a_id_, 30ms);
  join(a_, b_);
  network_.deliver();
  ASSERT_TRUE(a_.link->send(b_.me, {link_kind::asked, text_of(0)}));
  ASSERT_TRUE(b_.link->send(a_.me, {link_kind::answered, text_of(0)}));
  network_.advance(9ms);
  EXPECT_EQ(b_.got[a_.me].size(), 0U);
  network_.advance(1ms);
  EXPECT_EQ(b_.got[a_.me].size(), 1U);
  EXPECT_EQ(a_.got[b_.me].size(), 0U);
  network_.advance(20ms);
  EXPECT_EQ(a_.got[b_.me].size(), 1U);
}

TEST_F(MemoryLinks, KeepMessagesAndLoseHeartbeatsInAPartitionOfOneWay) {
  join(a_, b_);
  network_.deliver();
  network_.partition(a_id_, b_id_);
  ASSERT_TRUE(a_.link->send(b_.me, {link_kind::asked, text_of(0)}));
  ASSERT_TRUE(a_.link->send(b_.me, {link_kind::heartbeat, "x"}));
  network_.advance(1'999ms);
  EXPECT_EQ(a_.words.size(), 1U);
  network_.advance(1ms);  // link_options::silence
  ASSERT_EQ(a_.words.size(), 2U);
  EXPECT_FALSE(a_.words[1].up || a_.words[1].reset);
  EXPECT_EQ(b_.words.size(), 2U);
  EXPECT_EQ(a_.link->send(b_.me, {link_kind::heartbeat, "x"}).error().code, errc::unavailable);
  network_.heal(a_id_, b_id_);
  network_.deliver();
  EXPECT_EQ(b_.first_wrong(a_.me, 1), "");
  EXPECT_EQ(b_.beats[a_.me], 0U);
  EXPECT_TRUE(a_.words.back().up && b_.words.back().up);
}

TEST_F(MemoryLinks, LoseWhatAKilledProcessHadUnderWayUnlessItWasItsLastWord) {
  for (const bool last_words : {false, true}) {
    cluster::memory_network network;
    const link_world world{
        [&](cluster::link_options options, cluster::link_handlers handlers) -> result<std::unique_ptr<cluster::links>> {
          return network.open(std::move(options), std::move(handlers));
        }};
    end_point a{process_of("a", 1), {}, world}, b{process_of("b", 2), {}, world};
    network.set_delay(5ms);
    join(a, b);
    network.deliver();
    ASSERT_TRUE(a.link->send(b.me, {link_kind::asked, text_of(0)}));
    network.kill(a.me.process, last_words);
    network.advance(4ms);
    EXPECT_EQ(b.words.size(), 1U);
    network.advance(1ms);
    ASSERT_EQ(b.words.size(), 2U);
    EXPECT_TRUE(b.words[1].reset);
    EXPECT_EQ(b.got[a.me].size(), last_words ? 1U : 0U);
    EXPECT_EQ(a.words.size(), 1U) << "a dead process heard something";
  }
}

TEST_F(MemoryLinks, TellADeathBehindAPartitionAsSilenceFirst) {
  join(a_, b_);
  network_.deliver();
  network_.partition(a_id_, b_id_);
  network_.kill(a_id_);
  network_.advance(2'000ms);
  ASSERT_EQ(b_.words.size(), 2U);
  EXPECT_FALSE(b_.words[1].reset);
  network_.heal_all();
  network_.deliver();
  ASSERT_EQ(b_.words.size(), 3U);
  EXPECT_TRUE(b_.words[2].reset);
}

TEST_F(MemoryLinks, LoseOnlyHeartbeatsWhenALinkBreaks) {
  network_.set_delay(5ms);
  join(a_, b_);
  network_.deliver();
  ASSERT_TRUE(a_.link->send(b_.me, {link_kind::heartbeat, "x"}));
  ASSERT_TRUE(a_.link->send(b_.me, {link_kind::asked, text_of(0)}));
  network_.break_link(b_id_, a_id_);
  network_.advance(5ms);
  EXPECT_EQ(b_.first_wrong(a_.me, 1), "");
  EXPECT_EQ(b_.beats[a_.me], 0U);
  EXPECT_EQ(b_.words.size(), 1U);
}

/// Partitions, breaks and delays at random: each message arrives once, in order, and the same seed gives the same run.
TEST_F(MemoryLinks, DeliverOnceAndInOrderWhateverHappensToTheNetwork) {
  const auto run = [](unsigned seed) {
    cluster::memory_network network;
    const link_world world{
        [&](cluster::link_options options, cluster::link_handlers handlers) -> result<std::unique_ptr<cluster::links>> {
          return network.open(std::move(options), std::move(handlers));
        }};
    end_point a{process_of("a", 1), {}, world}, b{process_of("b", 2), {}, world};
    join(a, b);
    std::mt19937 chance{seed};
    std::string trace;
    std::size_t sent = 0;
    for (int step = 0; step < 2'000; ++step) {
      const auto dice = chance() % 20;
      if (dice < 10) { EXPECT_TRUE(a.link->send(b.me, {link_kind::asked, text_of(sent++)})); }
      if (dice == 10) network.partition(a.me.process, b.me.process);
      if (dice == 11) network.partition(b.me.process, a.me.process);
      if (dice == 12) network.heal_all();
      if (dice == 13) network.break_link(a.me.process, b.me.process);
      if (dice == 14) network.set_delay(milliseconds{chance() % 50});
      if (dice > 14) network.advance(milliseconds{chance() % 500});
      trace += std::to_string(b.got[a.me].size()) + "," + std::to_string(a.words.size()) + " ";
    }
    network.heal_all();
    network.advance(5s);
    EXPECT_EQ(b.first_wrong(a.me, sent), "") << "seed " << seed;
    return trace;
  };
  for (unsigned seed = 1; seed <= 20; ++seed) EXPECT_EQ(run(seed), run(seed));
}

}  // namespace
}  // namespace seatgrid::testing
