#include "api/byte_range.hpp"

#include <gtest/gtest.h>

namespace seatgrid {
namespace {

std::optional<byte_range> part(std::string_view header, std::uint64_t size = 100) { return wanted_range(header, size).part; }

TEST(ByteRange, FirstLastOpenEndAndSuffixAsRfc9110Says) {
  EXPECT_EQ(part("bytes=0-0"), (byte_range{0, 1}));
  EXPECT_EQ(part("bytes=10-19"), (byte_range{10, 10}));
  EXPECT_EQ(part("bytes=90-"), (byte_range{90, 10}));
  EXPECT_EQ(part("bytes=-30"), (byte_range{70, 30}));
  EXPECT_EQ(part("bytes=-1000"), (byte_range{0, 100})) << "longer than the file: all of it";
  EXPECT_EQ(part("bytes=50-1000"), (byte_range{50, 50})) << "ends with the file";
  EXPECT_EQ(part("BYTES=1-2"), (byte_range{1, 2})) << "units have no case";
  EXPECT_EQ(part("bytes=1-99999999999999999999"), (byte_range{1, 99}));
}

TEST(ByteRange, WhatLiesBehindTheEndCannotBeMet) {
  EXPECT_TRUE(wanted_range("bytes=100-", 100).unsatisfiable);
  EXPECT_TRUE(wanted_range("bytes=99999999999999999999-", 100).unsatisfiable);
  EXPECT_TRUE(wanted_range("bytes=-0", 100).unsatisfiable);
  EXPECT_TRUE(wanted_range("bytes=0-", 0).unsatisfiable);
}

TEST(ByteRange, WhatIsNotOneRangeInBytesIsPassedOver) {
  for (const auto* header :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-2", "items=0-1", "bytes=0-1,5-9", "bytes=1"}) {
    const auto wish = wanted_range(header, 100);
    EXPECT_FALSE(wish.part || wish.unsatisfiable) << header;
  }
}

}  // namespace
}  // namespace seatgrid
