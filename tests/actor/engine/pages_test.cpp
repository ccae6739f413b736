#include "actors/pages.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace seatgrid::actors {
namespace {

struct page {
  std::optional<result<std::string>> came{};
  std::shared_ptr<page_gatherer> gather;
  explicit page(std::size_t asked)
      : gather(std::make_shared<page_gatherer>(asked, "", [this](result<std::string> r) { came = std::move(r); })) {}
};

TEST(Pages, AnItemThatIsGoneIsLeftOut) {
  page p{2};
  p.gather->put(1, "{\"b\":2}");
  EXPECT_FALSE(p.came) << "one is still asked";
  p.gather->put(0, fail(errc::not_found, "gone"));
  ASSERT_TRUE(p.came && *p.came);
  EXPECT_EQ(**p.came, "{\"items\":[{\"b\":2}]}");
}

TEST(Pages, AnItemThatNobodyCouldBeAskedForFailsThePage) {
  page p{3};
  p.gather->put(0, "{\"a\":1}");
  p.gather->put(1, fail(errc::unavailable, "the lane has no owner"));
  p.gather->put(2, fail(errc::not_found, "gone"));
  ASSERT_TRUE(p.came && !*p.came);
  EXPECT_EQ(p.came->error().code, errc::unavailable);
}

}  // namespace
}  // namespace seatgrid::actors
