#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

namespace seatgrid {
namespace {

/// RFC 3720 appendix B.4: 32 bytes of zeros, of ones, ascending, descending; and the check value "123456789".
TEST(Crc32c, GivesThePublishedValues) {
  std::string up;
  std::string down;
  for (int n = 0; n < 32; ++n) up.push_back(static_cast<char>(n)), down.push_back(static_cast<char>(31 - n));
  for (const auto& sum : {detail::crc32c_by_table, crc32c}) {
    EXPECT_EQ(sum(std::string(32, '\0'), 0), 0x8a9136aaU);
    EXPECT_EQ(sum(std::string(32, '\xff'), 0), 0x62a8ab43U);
    EXPECT_EQ(sum(up, 0), 0x46dd794eU);
    EXPECT_EQ(sum(down, 0), 0x113fdb5cU);
    EXPECT_EQ(sum("123456789", 0), 0xe3069283U);
    EXPECT_EQ(sum({}, 0), 0U);
  }
}

TEST(Crc32c, GoesOnWhereItStoppedAtAnyPlace) {
  std::string text;
  for (int n = 0; n < 100; ++n) text.push_back(static_cast<char>(n * 37));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view whole{text};
    EXPECT_EQ(crc32c(whole.substr(cut), crc32c(whole.substr(0, cut))), crc32c(whole));
    EXPECT_EQ(crc32c(whole.substr(0, cut)), detail::crc32c_by_table(whole.substr(0, cut), 0));
  }
}

}  // namespace
}  // namespace seatgrid
