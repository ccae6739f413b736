#include <gtest/gtest.h>

#include "tests/contract/links/end_point.hpp"

namespace seatgrid::testing {
namespace {

void join(end_point& a, end_point& b) {
  a.link->set_peers({b.as_peer()});
  b.link->set_peers({a.as_peer()});
}

std::string text(std::size_t number) { return "message " + std::to_string(number); }

TEST(Links, CarryMessagesBothWaysInOrder) {
  end_point a{process_of("a", 1)}, b{process_of("b", 2)};
  ASSERT_TRUE(a.link && b.link) << a.why.what << b.why.what;
  join(a, b);
  constexpr std::size_t count = 20'000;
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, text(i)}));
    ASSERT_TRUE(b.link->send(a.me, {link_kind::asked, text(i)}));
  }
  ASSERT_TRUE(b.wait([&] { return b.got[a.me].size() == count; })) << b.count_of(a.me) << a.view_of(b.me).trouble;
  ASSERT_TRUE(a.wait([&] { return a.got[b.me].size() == count; })) << a.count_of(b.me) << b.view_of(a.me).trouble;
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(b.got[a.me][i], text(i));
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(a.got[b.me][i], text(i));
  ASSERT_TRUE(a.wait([&] { return a.view_of(b.me).bytes_waiting == 0; })) << "what arrived was not acknowledged";
}

TEST(Links, CarryAMessageOfTheLargestSizeAndRefuseALargerOne) {
  end_point a{process_of("a", 1)}, b{process_of("b", 2)};
  join(a, b);
  const std::string largest(8U << 20, 'x');
  ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, largest}));
  ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, {}}));
  EXPECT_EQ(a.link->send(b.me, {link_kind::to_entity, largest + "x"}).error().code, errc::full);
  ASSERT_TRUE(b.wait([&] { return b.got[a.me].size() == 2; }));
  EXPECT_TRUE(b.got[a.me][0] == largest);
  EXPECT_EQ(b.got[a.me][1], "");
}

TEST(Links, RefuseWhomTheyDoNotKnowAndWhatComesTooLate) {
  end_point a{process_of("a", 1)}, b{process_of("b", 2)};
  EXPECT_EQ(a.link->send(b.me, {link_kind::asked, "x"}).error().code, errc::not_found);
  a.link->set_peers({{b.me, "127.0.0.1", 1}});
  EXPECT_EQ(a.link->send(b.me, {link_kind::heartbeat, "x"}).error().code, errc::unavailable);
  a.link->close();
  EXPECT_EQ(a.link->send(b.me, {link_kind::asked, "x"}).error().code, errc::wrong_state);
}

}  // namespace
}  // namespace seatgrid::testing
