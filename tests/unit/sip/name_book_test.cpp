#include "sip/name_book.hpp"

#include <gtest/gtest.h>

namespace seatgrid {
namespace {

constexpr time_point noon{1'763'900'000'000'000};
using names = std::vector<std::string>;

TEST(NameBook, AsksEachNameOnceAndAgainWhenItsTimeToLiveIsOver) {
  name_book book{{.ttl_min = seconds{30}, .ttl_max = seconds{600}}};
  book.keep({"a.example", "b.example"});
  EXPECT_EQ(book.take_due(noon), (names{"a.example", "b.example"}));
  EXPECT_TRUE(book.take_due(noon).empty());
  EXPECT_TRUE(book.answer("a.example", {"192.0.2.2", "192.0.2.1"}, seconds{60}, noon));
  EXPECT_EQ(*book.find("a.example"), (names{"192.0.2.1", "192.0.2.2"}));
  EXPECT_FALSE(book.answer("a.example", {"192.0.2.1", "192.0.2.2"}, seconds{60}, noon)) << "turned round, the same";
  book.answer("b.example", {"192.0.2.3"}, seconds{86'400}, noon);
  EXPECT_TRUE(book.take_due(noon + seconds{59}).empty());
  EXPECT_EQ(book.take_due(noon + seconds{60}), (names{"a.example"}));
  EXPECT_EQ(book.take_due(noon + seconds{600}).back(), "b.example") << "no longer than ttl_max";
}

TEST(NameBook, KeepsTheLastAddressesOfANameWithoutAnAnswer) {
  name_book book{{.ttl_min = seconds{30}, .failed_retry = seconds{20}}};
  book.keep({"a.example"});
  book.take_due(noon);
  book.answer("a.example", {"192.0.2.1"}, seconds{0}, noon);
  EXPECT_TRUE(book.take_due(noon + seconds{29}).empty()) << "no shorter than ttl_min";
  book.take_due(noon + seconds{30});
  EXPECT_FALSE(book.answer("a.example", {}, seconds{0}, noon + seconds{30}));
  EXPECT_EQ(*book.find("a.example"), (names{"192.0.2.1"}));
  EXPECT_TRUE(book.take_due(noon + seconds{49}).empty());
  EXPECT_EQ(book.take_due(noon + seconds{50}).size(), 1U);
}

TEST(NameBook, ForgetsWhatIsNoLongerNamedAndHasABound) {
  name_book book{{.names_max = 2}};
  book.keep({"a.example", "b.example", "c.example"});
  EXPECT_EQ(book.size(), 2U);
  book.take_due(noon);
  book.answer("a.example", {"192.0.2.1"}, seconds{60}, noon);
  book.keep({"b.example"});
  EXPECT_EQ(book.find("a.example"), nullptr);
  EXPECT_FALSE(book.answer("a.example", {"192.0.2.1"}, seconds{60}, noon)) << "an answer that came too late";
  ASSERT_NE(book.find("b.example"), nullptr);
  EXPECT_TRUE(book.find("b.example")->empty());
}

}  // namespace
}  // namespace seatgrid
