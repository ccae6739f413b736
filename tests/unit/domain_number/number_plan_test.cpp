#include "domain/number_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace seatgrid {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

std::string row(const std::string& text) { return "version\ttest\n" + text + "\n"; }

TEST(NumberPlan, EmbeddedTableIsWhole) {
  const auto read = number_plan::parse(number_plan::embedded_text());
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_FALSE(number_plan::embedded().version().empty());
  std::set<std::string> areas;
  for (const auto& r : number_plan::embedded().rows())
    if (r.table == plan_table::area) {
      EXPECT_FALSE(r.name.empty()) << r.prefix;
      EXPECT_FALSE(r.region.empty()) << r.prefix;
      if (r.detail != "withdrawn") areas.insert(r.prefix);
    }
  EXPECT_GE(areas.size(), 320U);
}

TEST(NumberPlan, LongestPrefixInForceWins) {
  const auto plan = number_plan::parse(row("mobile\t134\tmobile\t-\t-\t-\t-\t-\t-\nmobile\t1349\tsatellite\t-\t-\t-\t-\t-\t-"));
  ASSERT_TRUE(plan);
  const auto day = sys_days{year{2026} / 11 / 23};
  EXPECT_EQ(plan->find(plan_table::mobile, "13481234567", day)->owner, number_operator::mobile);
  EXPECT_EQ(plan->find(plan_table::mobile, "13491234567", day)->owner, number_operator::satellite);
  EXPECT_EQ(plan->find(plan_table::mobile, "13", day), nullptr);
  EXPECT_EQ(plan->find(plan_table::area, "134", day), nullptr) << "tables are apart";
}

TEST(NumberPlan, RowsHoldOnlyOnTheirDays) {
  const auto plan =
      number_plan::parse(row("400\t4002\ttelecom\t-\t-\t2020-01-01\t2024-12-31\t-\t-\n"
                             "400\t4002\tunicom\t-\t-\t2025-01-01\t-\t-\t-"));
  ASSERT_TRUE(plan) << plan.error().what;
  const auto owner = [&](sys_days day) {
    const auto* found = plan->find(plan_table::shared_400, "4002345678", day);
    return found == nullptr ? number_operator::unknown : found->owner;
  };
  EXPECT_EQ(owner(year{2019} / 12 / 31), number_operator::unknown);
  EXPECT_EQ(owner(year{2020} / 1 / 1), number_operator::telecom);
  EXPECT_EQ(owner(year{2024} / 12 / 31), number_operator::telecom);
  EXPECT_EQ(owner(year{2025} / 1 / 1), number_operator::unicom);
  EXPECT_EQ(classify("4002345678", *plan, {.day = year{2021} / 6 / 1}).owner, number_operator::telecom);
  EXPECT_EQ(classify("4002345678", *plan).owner, number_operator::unicom) << "without a day: what is in force for good";
}

struct refused_row {
  const char* text;
  const char* says;
};
class NumberPlanRefuses : public testing::TestWithParam<refused_row> {};
TEST_P(NumberPlanRefuses, SaysLineAndWhatIsAllowed) {
  const auto plan = number_plan::parse(row(GetParam().text));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, errc::invalid);
  EXPECT_NE(plan.error().what.find("line 2"), std::string::npos) << plan.error().what;
  EXPECT_NE(plan.error().what.find(GetParam().says), std::string::npos) << plan.error().what;
}
INSTANTIATE_TEST_SUITE_P(Rows, NumberPlanRefuses,
                         testing::Values(refused_row{"401\t4010\t-\t-\t-\t-\t-\t-\t-", "none of 400 800"},
                                         refused_row{"400\t4x10\t-\t-\t-\t-\t-\t-\t-", "digits"},
                                         refused_row{"400\t400123456\t-\t-\t-\t-\t-\t-\t-", "1 to 8 digits"},
                                         refused_row{"400\t4001\ttelcom\t-\t-\t-\t-\t-\t-", "none of telecom"},
                                         refused_row{"400\t4001", "2 columns, not 9"},
                                         refused_row{"area\t10\t-\t-\t9\t-\t-\t-\t-", "7 8 7-8"},
                                         refused_row{"400\t4001\t-\t-\t-\t2024-02-30\t-\t-\t-", "YYYY-MM-DD"},
                                         refused_row{"400\t4001\t-\t-\t-\t2024-02-03\t2023-01-01\t-\t-", "before valid_from"}));

TEST(NumberPlan, RefusesTwoRowsOfOnePrefixOnTheSameDay) {
  const auto plan = number_plan::parse(row("400\t4001\t-\t-\t-\t-\t-\t-\t-\n400\t4001\t-\t-\t-\t2030-01-01\t-\t-\t-"));
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().what.find("line 3"), std::string::npos);
}

TEST(NumberPlan, RefusesATableWithoutVersionOrRows) {
  EXPECT_FALSE(number_plan::parse(""));
  EXPECT_FALSE(number_plan::parse("version\t1\n"));
  EXPECT_FALSE(number_plan::parse("400\t4001\t-\t-\t-\t-\t-\t-\t-\n"));
}

}  // namespace
}  // namespace seatgrid
