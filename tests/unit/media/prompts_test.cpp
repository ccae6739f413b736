#include <gtest/gtest.h>

#include <filesystem>

#include "media/clips.hpp"
#include "media/speech.hpp"

namespace seatgrid::media {
namespace {

std::string said(std::int64_t n, std::string_view language, number_style style = number_style::number) {
  const auto words = number_words(n, language, style);
  if (!words) return "nothing";
  std::string text;
  for (const auto& w : *words) text += (text.empty() ? "" : " ") + w;
  return text;
}

TEST(Speech, ReadsChineseNumbers) {
  EXPECT_EQ(said(0, "zh"), "n0");
  EXPECT_EQ(said(2, "zh"), "n2");
  EXPECT_EQ(said(2, "zh", number_style::count), "liang");
  EXPECT_EQ(said(10, "zh"), "n10");
  EXPECT_EQ(said(12, "zh"), "n10 n2");
  EXPECT_EQ(said(20, "zh"), "n2 n10");
  EXPECT_EQ(said(102, "zh"), "n1 n100 n0 n2") << "一百零二";
  EXPECT_EQ(said(110, "zh"), "n1 n100 n1 n10") << "一百一十";
  EXPECT_EQ(said(1'005, "zh"), "n1 n1000 n0 n5");
  EXPECT_EQ(said(10'010, "zh"), "n1 n10000 n0 n1 n10") << "一万零一十";
  EXPECT_EQ(said(100'000, "zh"), "n10 n10000") << "十万";
  EXPECT_EQ(said(10'200'030, "zh"), "n1 n1000 n0 n2 n10 n10000 n0 n3 n10") << "一千零二十万零三十";
  EXPECT_EQ(said(100'001'234, "zh"), "n1 n100000000 n0 n1 n1000 n2 n100 n3 n10 n4");
  EXPECT_EQ(said(-7, "zh"), "minus n7");
}

TEST(Speech, ReadsEnglishNumbers) {
  EXPECT_EQ(said(0, "en"), "n0");
  EXPECT_EQ(said(19, "en"), "n19");
  EXPECT_EQ(said(42, "en"), "n40 n2");
  EXPECT_EQ(said(100, "en"), "n1 n100");
  EXPECT_EQ(said(1'203, "en"), "n1 n1000 n2 n100 n3");
  EXPECT_EQ(said(5'000'017, "en"), "n5 n1000000 n17");
}

TEST(Speech, RefusesWhatItCannotSay) {
  EXPECT_EQ(said(3, "fr"), "nothing");
  EXPECT_EQ(said(spoken_number_max + 1, "zh"), "nothing");
  EXPECT_FALSE(digit_words("12a"));
  EXPECT_FALSE(digit_words(""));
  EXPECT_FALSE(digit_words(std::string(65, '1')));
  EXPECT_EQ(*digit_words("4*#"), (std::vector<std::string>{"n4", "star", "hash"}));
}

TEST(Speech, EveryWordOfTheFirstTenThousandNumbersIsInTheTable) {
  std::vector<std::string> known{"n0", "n100", "n1000", "n10000"};
  for (int i = 1; i <= 20; ++i) known.push_back("n" + std::to_string(i));
  for (int i = 30; i < 100; i += 10) known.push_back("n" + std::to_string(i));
  for (std::int64_t n = 0; n <= 10'000; ++n)
    for (const auto* language : {"zh", "en"}) {
      const auto words = number_words(n, language, number_style::number);
      ASSERT_TRUE(words);
      for (const auto& w : *words) ASSERT_NE(std::find(known.begin(), known.end(), w), known.end()) << n << " " << w;
    }
}

struct Expand : testing::Test {
  std::vector<clip_request> requests(std::vector<prompt_ref> list, std::size_t most = 64) {
    return expand(list,
                  {.library = library, .tenant = "demo", .data_directory = "/data", .codec = law::ulaw, .requests_max = most});
  }
  prompt_library library{"/built"};
};

TEST_F(Expand, TenantsFileComesBeforeTheBuiltInOne) {
  ASSERT_TRUE(library.set("demo", "welcome", "zh", "/own/welcome.wav"));
  ASSERT_TRUE(library.set("demo", "welcome", "", "/own/any.wav"));
  const auto r = requests({{.source = "welcome"}});
  ASSERT_EQ(r.size(), 1U);
  EXPECT_EQ(r[0].paths,
            (std::vector<std::string>{"/own/welcome.wav", "/own/any.wav", "/built/zh/welcome.wav", "/built/welcome.wav"}));
  EXPECT_EQ(r[0].codec, law::ulaw);
  library.set_language("demo", "en");
  EXPECT_EQ(requests({{.source = "welcome"}})[0].paths[1], "/built/en/welcome.wav");
  EXPECT_EQ(requests({{.source = "welcome", .language = "zh"}})[0].paths[0], "/own/welcome.wav");
}

TEST_F(Expand, NumbersBecomeWords) {
  const auto r = requests({{.source = "number:102"}, {.source = "digits:40"}});
  ASSERT_EQ(r.size(), 6U);
  EXPECT_EQ(r[1].paths.front(), "/built/zh/n100.wav");
}

TEST_F(Expand, StrangeSourcesAreAbsentAndNamed) {
  for (const auto* source : {"file:../etc/passwd", "file:/etc/passwd", "file:a//b", "number:", "number:1e3", "digits:", "rtsp:x",
                             "", "a/b", ".hidden"}) {
    const auto r = requests({{.source = source}});
    ASSERT_EQ(r.size(), 1U) << source;
    EXPECT_EQ(r[0].from, clip_request::kind::absent) << source;
    EXPECT_EQ(r[0].name, source);
  }
}

TEST_F(Expand, ListsAreCutAtTheirBoundAndSaySo) {
  const auto r = requests({{.source = "digits:12345"}, {.source = "welcome"}}, 3);
  ASSERT_EQ(r.size(), 4U);
  EXPECT_EQ(r[3].from, clip_request::kind::absent);
}

TEST(ClipCache, KeepsOneCopyPerLawWithinItsBound) {
  clip_cache cache{100'000, std::chrono::seconds{60}};
  const clip_request ringback{.from = clip_request::kind::tone, .name = "ringback"};
  EXPECT_EQ(cache.find(ringback), nullptr);
  const auto first = cache.load(ringback);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 40'000U);
  EXPECT_EQ(cache.find(ringback), first);
  auto other_law = ringback;
  other_law.codec = law::ulaw;
  EXPECT_NE(cache.load(other_law), first);
  EXPECT_EQ(cache.bytes(), 80'000U);
  cache.load({.from = clip_request::kind::tone, .name = "busy"});
  cache.load({.from = clip_request::kind::tone, .name = "busy", .codec = law::ulaw});
  cache.load({.from = clip_request::kind::tone, .name = "beep"});
  cache.load({.from = clip_request::kind::tone, .name = "beep", .codec = law::ulaw});
  cache.find(ringback);
  EXPECT_LE(cache.bytes(), 100'000U);
  EXPECT_EQ(cache.load({.from = clip_request::kind::tone, .name = "nothing"}), nullptr);
  cache.clear();
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_EQ(first->size(), 40'000U) << "who plays it keeps it";
}

}  // namespace
}  // namespace seatgrid::media
