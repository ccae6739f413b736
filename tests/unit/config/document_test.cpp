#include "config/document.hpp"

#include <gtest/gtest.h>

#include "config/reader.hpp"

namespace seatgrid {
namespace {

TEST(Document, JsonAndTomlGiveTheSameTree) {
  findings found{"x"};
  const auto toml = read_toml("a = 1\nb = \"x\"\n[c]\nd = [true, 2.5]\n", found);
  const auto json = read_json(R"({"a": 1, "b": "x", "c": {"d": [true, 2.5]}})", found);
  ASSERT_FALSE(found.has_errors());
  for (const auto* top : {&toml, &json}) {
    EXPECT_EQ(*top->member("a")->integer(), 1);
    EXPECT_EQ(*top->member("b")->text(), "x");
    const auto& list = *top->member("c")->member("d")->items();
    EXPECT_TRUE(*list[0].flag());
    EXPECT_EQ(*list[1].real(), 2.5);
    EXPECT_EQ(top->member("z"), nullptr);
  }
}

TEST(Document, JsonKeysKnowTheirLines) {
  findings found{"x"};
  const auto top = read_json("{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 22\n  },\n  \"d\": [\n    7\n  ]\n}", found);
  EXPECT_EQ(top.member("a")->at.line, 2U);
  EXPECT_EQ(top.member("b")->at.line, 3U);
  EXPECT_EQ(top.member("b")->member("c")->at.line, 4U) << "a number ends where the next line has begun";
  EXPECT_EQ(top.member("d")->items()->at(0).at.line, 7U);
}

TEST(Document, TomlKeysKnowTheirLines) {
  findings found{"x"};
  const auto top = read_toml("a = 1\n\n[b]\n  c = 2\n", found);
  EXPECT_EQ(top.member("b")->member("c")->at, (place{4, 3}));
}

struct bad_text {
  document_format format;
  const char* text;
  std::uint32_t line;
  const char* says;
};
class DocumentRefuses : public testing::TestWithParam<bad_text> {};
TEST_P(DocumentRefuses, SaysWhere) {
  findings found{"x"};
  const auto top = read_document(GetParam().format, GetParam().text, found);
  ASSERT_TRUE(found.has_errors());
  EXPECT_NE(top.members(), nullptr) << "a refused text is an empty table";
  const auto first = found.take().at(0);
  EXPECT_EQ(first.line, GetParam().line) << to_text(first);
  EXPECT_NE(first.what.find(GetParam().says), std::string::npos) << to_text(first);
}
INSTANTIATE_TEST_SUITE_P(Texts, DocumentRefuses,
                         testing::Values(bad_text{document_format::toml, "a = 1\nb = \n", 2, "not TOML"},
                                         bad_text{document_format::toml, "a = 1\na = 2\n", 2, "not TOML"},
                                         bad_text{document_format::toml, "a = 2026-11-23\n", 1, "dates"},
                                         bad_text{document_format::json, "{\n\"a\": 1,\n}", 3, "not JSON"},
                                         bad_text{document_format::json, "{\n\"a\": 1,\n\"a\": 2\n}", 3, "twice"},
                                         bad_text{document_format::json, "[1]", 1, "the top of the text is a list"},
                                         bad_text{document_format::json, "", 1, "not JSON"},
                                         bad_text{document_format::json, "{\"a\": 1} x", 1, "not JSON"}));

TEST(Document, DeepNestingIsRefusedNotFollowed) {
  findings found{"x"};
  read_json("{\"a\":" + std::string(100'000, '['), found);
  EXPECT_TRUE(found.has_errors());
  findings toml_found{"x"};
  read_toml("a = " + std::string(40, '[') + std::string(40, ']'), toml_found);
  EXPECT_TRUE(toml_found.has_errors());
}

TEST(Document, TableNameThatBeginsWithASignIsAFindingAndEndsNoProcess) {
  for (const auto* text : {"[+]\n", "[[+]]\n", "[<]", "[a.+]", "[\x01"}) {
    findings found{"x"};
    read_toml(text, found);
    EXPECT_TRUE(found.has_errors()) << text;
  }
}

TEST(Document, DurationsAreReadAndShownWithTheirUnit) {
  EXPECT_EQ(read_duration("500ms"), milliseconds{500});
  EXPECT_EQ(read_duration("20s"), milliseconds{20'000});
  EXPECT_EQ(read_duration("5m"), milliseconds{300'000});
  EXPECT_EQ(read_duration("2h"), milliseconds{7'200'000});
  for (const char* text : {"", "20", "s", "-5s", "1.5s", "5 s", "5d", "9223372036854775807h", "5sx"})
    EXPECT_EQ(read_duration(text), std::nullopt) << text;
  for (const auto ms : {0, 1, 500, 1'000, 1'500, 90'000, 60'000, 3'600'000})
    EXPECT_EQ(read_duration(duration_text(milliseconds{ms})), milliseconds{ms}) << ms;
  EXPECT_EQ(duration_text(milliseconds{90'000}), "90s");
}

TEST(Document, NearestNameIsATypingErrorAwayAndNotMore) {
  const std::vector<std::string> names{"support", "sales", "longest_idle"};
  EXPECT_EQ(nearest("suport", names), "support");
  EXPECT_EQ(nearest("spuport", names), "support") << "swapped neighbours";
  EXPECT_EQ(nearest("Longest-Idle", names), "longest_idle");
  EXPECT_EQ(nearest("billing", names), "");
  EXPECT_EQ(nearest(std::string(10'000, 'x'), names), "");
}

TEST(Document, ErrorsAreBoundedAndCounted) {
  findings found{"x"};
  for (int i = 0; i < 250; ++i) found.error({}, "a", "b");
  EXPECT_EQ(found.errors(), 250U);
  EXPECT_EQ(found.dropped(), 150U);
  EXPECT_EQ(found.take().size(), findings::errors_max);
}

}  // namespace
}  // namespace seatgrid
