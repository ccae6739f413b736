#include "proto/json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "domain/acd_messages.hpp"

namespace seatgrid {
namespace {

TEST(Json, WritesAVariantAsItsTypeAndMembers) {
  const queue_message message =
      failed{.call = call_id::make(3, 77), .attempt = 2, .why = attempt_failure::busy, .at = {1'763'885'419'123'456}};
  EXPECT_EQ(json::text(message), R"({"type":"failed","call":"01g000000002d","attempt":2,"agent":"","queue":"","why":"busy",)"
                                 R"("at":"2025-11-23T08:10:19.123456Z"})");
}

TEST(Json, EscapesQuotesAndControlsAndKeepsUtf8) { EXPECT_EQ(json::text(std::string{"a\"\\\n中"}), "\"a\\\"\\\\\\u000a中\""); }

TEST(Json, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(json::text(std::string{"\xff"}), R"("\ufffd")");
  EXPECT_EQ(json::text(std::string{"\xc0\xaf"}), R"("\ufffd\ufffd")");    // overlong "/"
  EXPECT_EQ(json::text(std::string{"\xed\xa0\x80"}).size(), 2 + 3 * 6U);  // a surrogate
  EXPECT_EQ(json::text(std::string{"\xe4\xb8"}), R"("\ufffd\ufffd")");    // cut short
}

TEST(Json, WritesVectorsMapsAndOptionals) {
  EXPECT_EQ(json::text(std::vector<std::uint32_t>{1, 2}), "[1,2]");
  EXPECT_EQ(json::text(std::map<char, std::string>{{'1', "a"}}), R"({"1":"a"})");
  EXPECT_EQ(json::text(std::optional<bool>{}), "null");
  EXPECT_EQ(json::text(milliseconds{1'500}), "1500");
  EXPECT_EQ(json::text(time_point{}), R"("")");
}

TEST(Json, ATimeBeyondTheYearsOfRfc3339IsTheirFirstOrLast) {
  EXPECT_EQ(json::rfc3339({0}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(json::rfc3339({std::numeric_limits<std::int64_t>::min()}), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(json::rfc3339({std::numeric_limits<std::int64_t>::max()}), "9999-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace seatgrid
