#include "config/number_plan_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace seatgrid {
namespace {

class NumberPlanFile : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string written(const std::string& text) {
    auto path = folder_ + "/plan.tsv";
    std::ofstream{path} << text;
    return path;
  }
  std::string folder_ = testing::TempDir() + "seatgrid-plan-" + std::to_string(getpid());
};

TEST_F(NumberPlanFile, AFileReplacesThePlanWhileSomebodyHoldsTheOldOne) {
  number_plan_source source;
  const auto before = source.current();
  EXPECT_EQ(before->version(), number_plan::embedded().version());
  ASSERT_TRUE(source.reload(written("version\tmine\n400\t4002\tunicom\t-\t-\t-\t-\t-\t-\n")));
  EXPECT_EQ(source.current()->version(), "mine");
  EXPECT_EQ(classify("4002345678", *source.current()).owner, number_operator::unicom);
  EXPECT_EQ(classify("4002345678", *before).owner, number_operator::unknown);
  EXPECT_EQ(classify("4002345678", *source.current()).canonical, classify("4002345678", *before).canonical);
}

TEST_F(NumberPlanFile, ABadFileChangesNothing) {
  number_plan_source source;
  const auto bad = source.reload(written("version\tmine\n400\tx\t-\t-\t-\t-\t-\t-\t-\n"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, errc::invalid);
  EXPECT_NE(bad.error().what.find("plan.tsv"), std::string::npos);
  EXPECT_NE(bad.error().what.find("line 2"), std::string::npos);
  EXPECT_EQ(source.reload(folder_ + "/none.tsv").error().code, errc::not_found);
  EXPECT_EQ(source.current()->version(), number_plan::embedded().version());
}

TEST_F(NumberPlanFile, TheFileOfTheProjectIsTheOneCompiledIn) {
  const auto read = read_number_plan("config/data/number_plan.tsv");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ((*read)->rows().size(), number_plan::embedded().rows().size());
}

}  // namespace
}  // namespace seatgrid
