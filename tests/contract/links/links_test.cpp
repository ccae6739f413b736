#include <gtest/gtest.h>

#include "cluster/memory_links.hpp"
#include "tests/contract/links/end_point.hpp"

/// What every implementation of links promises.
namespace seatgrid::testing {
namespace {

struct tcp {
  link_world world() { return {}; }
};
struct memory {
  cluster::memory_network network{};
  link_world world() {
    return {[this](cluster::link_options options, cluster::link_handlers handlers) -> result<std::unique_ptr<cluster::links>> {
              return network.open(std::move(options), std::move(handlers));
            },
            [this] { network.advance(1ms); }};
  }
};

template <class Of>
class LinksContract : public ::testing::Test {
 protected:
  Of of_{};
  std::unique_ptr<end_point> open(const std::string& node, std::uint64_t number, cluster::link_options options = {}) {
    return std::make_unique<end_point>(process_of(node, number), options, of_.world());
  }
};
using every_kind = ::testing::Types<tcp, memory>;
TYPED_TEST_SUITE(LinksContract, every_kind);

TYPED_TEST(LinksContract, CarryMessagesBothWaysOnceAndInOrder) {
  auto a = this->open("a", 1), b = this->open("b", 2);
  ASSERT_TRUE(a->link && b->link) << a->why.what << b->why.what;
  join(*a, *b);
  constexpr std::size_t count = 5'000;
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(a->link->send(b->me, {link_kind::to_entity, text_of(i)}));
    ASSERT_TRUE(b->link->send(a->me, {link_kind::asked, text_of(i)}));
  }
  ASSERT_TRUE(b->wait_got(a->me, count)) << a->view_of(b->me).trouble;
  ASSERT_TRUE(a->wait_got(b->me, count)) << b->view_of(a->me).trouble;
  EXPECT_EQ(b->first_wrong(a->me, count), "");
  EXPECT_EQ(a->first_wrong(b->me, count), "");
  EXPECT_TRUE(a->wait([&] { return a->view_of(b->me).bytes_waiting == 0; })) << "what arrived was not acknowledged";
  EXPECT_EQ(a->words_of(b->me).size(), 1U);
}

TYPED_TEST(LinksContract, CarryAMessageOfTheLargestSizeAndRefuseALargerOne) {
  auto a = this->open("a", 1), b = this->open("b", 2);
  join(*a, *b);
  const std::string largest(8U << 20, 'x');
  ASSERT_TRUE(a->link->send(b->me, {link_kind::to_entity, largest}));
  ASSERT_TRUE(a->link->send(b->me, {link_kind::to_entity, {}}));
  EXPECT_EQ(a->link->send(b->me, {link_kind::to_entity, largest + "x"}).error().code, errc::full);
  ASSERT_TRUE(b->wait_got(a->me, 2));
  EXPECT_TRUE(b->got[a->me][0] == largest);
  EXPECT_EQ(b->got[a->me][1], "");
}

TYPED_TEST(LinksContract, RefuseWhomTheyDoNotKnowAndWhatComesTooLate) {
  auto a = this->open("a", 1), b = this->open("b", 2);
  EXPECT_EQ(a->link->send(b->me, {link_kind::asked, "x"}).error().code, errc::not_found);
  a->link->set_peers({b->as_peer()});  // b does not know a: the link is down
  EXPECT_EQ(a->link->send(b->me, {link_kind::heartbeat, "x"}).error().code, errc::unavailable);
  EXPECT_TRUE(a->link->send(b->me, {link_kind::asked, "x"}));
  a->link->set_peers({});
  EXPECT_EQ(a->link->send(b->me, {link_kind::asked, "x"}).error().code, errc::not_found);
  a->link->close();
  a->link->close();
  EXPECT_EQ(a->link->send(b->me, {link_kind::asked, "x"}).error().code, errc::wrong_state);
}

TYPED_TEST(LinksContract, RefuseWhatExceedsTheBoundAndGoOnBelowHalfOfIt) {
  auto a = this->open("a", 1, {.waiting_bytes_max = 64 * 1'024, .message_bytes_max = 1'024}), b = this->open("b", 2);
  a->link->set_peers({b->as_peer()});
  const std::string kilobyte(1'000, 'x');
  std::size_t taken = 0;
  while (taken < 1'000 && a->link->send(b->me, {link_kind::to_entity, kilobyte})) ++taken;
  EXPECT_GT(taken, 50U);
  EXPECT_LE(taken, 64U);
  EXPECT_EQ(a->link->send(b->me, {link_kind::to_entity, "small"}).error().code, errc::full);
  EXPECT_LE(a->view_of(b->me).bytes_waiting, 64U * 1'024);
  b->link->set_peers({a->as_peer()});
  ASSERT_TRUE(b->wait_got(a->me, taken));
  ASSERT_TRUE(a->wait_up(b->me));
  EXPECT_TRUE(a->link->send(b->me, {link_kind::to_entity, "small"}));
  ASSERT_TRUE(b->wait_got(a->me, taken + 1));
  EXPECT_EQ(b->got[a->me].back(), "small");
}

TYPED_TEST(LinksContract, TellAResetWhenThePeerIsClosed) {
  auto a = this->open("a", 1), b = this->open("b", 2);
  join(*a, *b);
  ASSERT_TRUE(a->wait_up(b->me) && b->wait_up(a->me));
  b->link->close();
  ASSERT_TRUE(a->wait_down(b->me, true));
  EXPECT_FALSE(a->view_of(b->me).up);
  EXPECT_FALSE(a->view_of(b->me).trouble.empty());
  const auto words = a->words_of(b->me);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_TRUE(words[0].up);
}

TYPED_TEST(LinksContract, TellAPeerThatWasNeverThereOnce) {
  auto a = this->open("a", 1);
  a->link->set_peers({{process_of("b", 2), "127.0.0.1", 1}});
  ASSERT_TRUE(a->wait_down(process_of("b", 2), true));
  a->wait([] { return false; }, 100ms);
  EXPECT_EQ(a->words_of(process_of("b", 2)).size(), 1U);
}

TYPED_TEST(LinksContract, RepeatNothingToAPeerThatWasForgottenAndNamedAgain) {
  auto a = this->open("a", 1), b = this->open("b", 2);
  join(*a, *b);
  for (std::size_t i = 0; i < 100; ++i) ASSERT_TRUE(b->link->send(a->me, {link_kind::to_entity, text_of(i)}));
  ASSERT_TRUE(a->wait_got(b->me, 100));
  a->link->set_peers({});
  ASSERT_TRUE(b->wait_down(a->me, false));
  for (std::size_t i = 100; i < 200; ++i) ASSERT_TRUE(b->link->send(a->me, {link_kind::to_entity, text_of(i)}));
  a->link->set_peers({b->as_peer()});
  for (std::size_t i = 0; i < 100; ++i) ASSERT_TRUE(a->link->send(b->me, {link_kind::to_entity, text_of(i)}));
  ASSERT_TRUE(a->wait_got(b->me, 200));
  ASSERT_TRUE(b->wait_got(a->me, 100));
  EXPECT_EQ(a->first_wrong(b->me, 200), "");
  EXPECT_EQ(b->first_wrong(a->me, 100), "");
}

TYPED_TEST(LinksContract, LinkFiveProcessesEachWithEach) {
  std::vector<std::unique_ptr<end_point>> all;
  std::vector<cluster::link_peer> peers;
  for (std::uint64_t i = 1; i <= 5; ++i) all.push_back(this->open("n" + std::to_string(i), i));
  for (const auto& one : all) peers.push_back(one->as_peer());
  for (const auto& one : all) one->link->set_peers(peers);
  for (std::size_t i = 0; i < 200; ++i)
    for (const auto& from : all)
      for (const auto& to : all)
        if (from != to) { ASSERT_TRUE(from->link->send(to->me, {link_kind::to_slot, text_of(i)})); }
  for (const auto& to : all)
    for (const auto& from : all) {
      if (from == to) continue;
      ASSERT_TRUE(to->wait_got(from->me, 200));
      EXPECT_EQ(to->first_wrong(from->me, 200), "");
    }
}

}  // namespace
}  // namespace seatgrid::testing
