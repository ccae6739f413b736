#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "media/recorder.hpp"
#include "media/wave_file.hpp"

namespace seatgrid::media {
namespace {

constexpr std::int64_t ms = 1'000'000;

/// Stereo A-law blocks, taken apart.
struct tape {
  explicit tape(milliseconds most = milliseconds{60'000}, milliseconds silence = milliseconds{0})
      : line({.format = record_format::alaw, .channels = 2}, 0, most, silence, [this](std::vector<std::uint8_t> block) {
          for (std::size_t i = 0; i < block.size(); i += 2) {
            left.push_back(block[i]);
            right.push_back(block[i + 1]);
          }
        }) {}
  void put(unsigned channel, std::uint8_t value, std::uint32_t timestamp, std::int64_t at_ms, std::uint32_t ssrc = 1) {
    const std::vector<std::uint8_t> payload(160, value);
    line.write(channel, {.timestamp = timestamp, .ssrc = ssrc, .payload = payload}, law::alaw, at_ms * ms);
  }
  std::vector<std::uint8_t> left{};
  std::vector<std::uint8_t> right{};
  recorder line;
};
constexpr std::uint8_t quiet = 0xD5;

TEST(Recorder, PlacesByTimestampWhateverTheArrivalJitters) {
  tape t;
  for (std::uint32_t i = 0; i < 10; ++i) t.put(0, static_cast<std::uint8_t>(i + 1), 5'000 + i * 160, 20 * i + (i % 3) * 15);
  t.line.finish(200 * ms);
  ASSERT_EQ(t.left.size(), 1'600U);
  for (std::size_t i = 0; i < 1'600; ++i) {
    ASSERT_EQ(t.left[i], i / 160 + 1) << i;
    ASSERT_EQ(t.right[i], quiet);
  }
}

TEST(Recorder, FillsWhatIsLostAndAcceptsWhatIsReordered) {
  tape t;
  for (const std::uint32_t i : {0U, 1U, 4U, 3U, 5U})
    t.put(1, static_cast<std::uint8_t>(i + 1), i * 160, 20 * std::max(i, 4U * (i == 3)));
  t.line.finish(120 * ms);
  ASSERT_EQ(t.right.size(), 960U);
  EXPECT_EQ(t.right[2 * 160], quiet);
  EXPECT_EQ(t.right[3 * 160], 4);
  EXPECT_EQ(t.right[4 * 160], 5);
}

TEST(Recorder, SourceThatBeginsLateOrAnewIsPlacedByArrival) {
  tape t;
  t.put(0, 7, 99'000, 1'000);
  t.put(0, 8, 5, 2'000, 2);
  t.put(0, 9, 500'000, 3'000, 2);  // its clock jumped
  for (int at = 0; at <= 4'000; at += 100) t.line.tick(at * ms);
  t.line.finish(4'000 * ms);
  ASSERT_EQ(t.left.size(), 32'000U);
  EXPECT_EQ(t.left[8'000], 7);
  EXPECT_EQ(t.left[7'999], quiet);
  EXPECT_EQ(t.left[16'000], 8);
  EXPECT_EQ(t.left[24'000], 9);
}

TEST(Recorder, NeverMoreThanItsLength) {
  tape t{milliseconds{1'000}};
  for (std::uint32_t i = 0; i < 100; ++i) {
    t.put(0, 5, i * 160, 20 * i);
    if (t.line.tick(20 * i * ms)) break;
  }
  EXPECT_TRUE(t.line.tick(1'000 * ms));
  t.line.finish(9'000 * ms);
  EXPECT_EQ(t.left.size(), 8'000U);
}

TEST(Recorder, LongStopOfTheProcessBecomesSilence) {
  tape t;
  t.put(0, 5, 0, 0);
  t.put(0, 6, 160 * 500, 10'000);
  t.line.finish(10'100 * ms);
  EXPECT_EQ(t.left.size(), 80'800U);
  EXPECT_EQ(t.left[80'000], 6);
}

struct WaveFile : testing::Test {
  void SetUp() override {
    directory = std::filesystem::temp_directory_path() / ("seatgrid-wave-" + std::to_string(getpid()));
    std::filesystem::remove_all(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  static SF_INFO ask(const std::filesystem::path& path) {
    SF_INFO info{};
    if (auto* f = sf_open(path.c_str(), SFM_READ, &info)) sf_close(f);
    return info;
  }
  std::filesystem::path directory{};
};

TEST_F(WaveFile, IsReadableWhileItGrowsAndWhenItIsComplete) {
  for (const auto format : {record_format::alaw, record_format::pcm16}) {
    const auto path = directory / (format == record_format::alaw ? "a/b/x.wav" : "y.wav");
    const wave_layout layout{.format = format, .channels = 2};
    auto file = wave_file::create(path, layout);
    ASSERT_TRUE(file) << file.error().what;
    ASSERT_TRUE(file->append(std::vector<std::uint8_t>(1'000 * layout.frame_bytes())));
    EXPECT_EQ(ask(path).frames, 1'000) << "before its header knows the length";
    ASSERT_TRUE(file->append(std::vector<std::uint8_t>(600 * layout.frame_bytes())));
    const auto done = file->finish();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->length_ms, 200U);
    EXPECT_EQ(done->bytes, std::filesystem::file_size(path));
    const auto info = ask(path);
    EXPECT_EQ(info.frames, 1'600);
    EXPECT_EQ(info.channels, 2);
    EXPECT_EQ(info.samplerate, 8'000);
    EXPECT_EQ(wave_file::create(path, layout).error().code, errc::conflict);
  }
}

TEST_F(WaveFile, RepairTouchesOnlyUnfinishedRecordings) {
  const wave_layout layout{};
  {
    auto whole = wave_file::create(directory / "whole.wav", layout);
    ASSERT_TRUE(whole && whole->append(std::vector<std::uint8_t>(100)) && whole->finish());
    auto torn = wave_file::create(directory / "deep" / "torn.wav", layout);
    ASSERT_TRUE(torn && torn->append(std::vector<std::uint8_t>(16'001)));
  }
  std::ofstream{directory / "empty.wav"} << "RIFF";
  std::ofstream{directory / "foreign.wav"} << std::string(200, 'x');
  const auto torn = repair_wave(directory / "deep" / "torn.wav");
  ASSERT_TRUE(torn && *torn);
  EXPECT_EQ((*torn)->length_ms, 1'000U);
  EXPECT_EQ((*torn)->bytes, 16'058U) << "the half frame is cut";
  EXPECT_FALSE(repair_wave(directory / "whole.wav").value()) << "complete";
  EXPECT_FALSE(repair_wave(directory / "foreign.wav").value()) << "none of ours";
  EXPECT_EQ(std::filesystem::file_size(directory / "foreign.wav"), 200U);
  EXPECT_EQ(repair_wave(directory / "empty.wav").error().code, errc::corrupt);
}

TEST_F(WaveFile, SettlingSaysTheSameOfAFileThatIsWholeAndOneThatADeathLeft) {
  const wave_layout layout{};
  auto whole = wave_file::create(directory / "whole.wav", layout);
  ASSERT_TRUE(whole && whole->append(std::vector<std::uint8_t>(16'000)));
  const auto finished = whole->finish();
  auto torn = wave_file::create(directory / "torn.wav", layout);
  ASSERT_TRUE(finished && torn && torn->append(std::vector<std::uint8_t>(16'000)));
  for (const char* name : {"whole.wav", "torn.wav", "torn.wav"}) {
    const auto known = settle_wave(directory / name);
    ASSERT_TRUE(known) << name << known.error().what;
    EXPECT_EQ(known->sha256, finished->sha256);
    EXPECT_EQ(known->bytes, finished->bytes);
    EXPECT_EQ(known->length_ms, 1'000U);
  }
  std::ofstream{directory / "foreign.wav"} << std::string(200, 'x');
  EXPECT_EQ(settle_wave(directory / "foreign.wav").error().code, errc::corrupt);
  EXPECT_EQ(settle_wave(directory / "none.wav").error().code, errc::not_found);
  std::filesystem::resize_file(directory / "whole.wav", 1'000);
  EXPECT_EQ(settle_wave(directory / "whole.wav").error().code, errc::corrupt) << "shorter than its header says";
}

TEST_F(WaveFile, SettlingADirectoryRepairsWhatIsOverAndMovesWhatNobodyKnows) {
  const wave_layout layout{};
  const auto make = [&](const char* path) {
    auto file = wave_file::create(directory / path, layout);
    EXPECT_TRUE(file && file->append(std::vector<std::uint8_t>(1'600)));
  };
  make("recordings/t/over.wav");
  make("recordings/t/stray.2.wav");
  make("voicemail/t/box/living.wav");
  make("recordings/t/unknown.wav");
  make("prompts/mine.wav");
  std::filesystem::create_directories(directory / "recordings/t");
  std::ofstream{directory / "recordings/t/notes.txt"} << "kept";
  const auto owner = [](const std::string& path) {
    if (path.find("over") != path.npos) return recording_owner::over;
    if (path.find("living") != path.npos) return recording_owner::living;
    return path.find("unknown") != path.npos ? recording_owner::unknown : recording_owner::none;
  };
  const auto done = settle_recordings(directory, owner, [] { return true; });
  EXPECT_EQ(done.seen, 4U);
  EXPECT_EQ(done.stray, std::vector<std::string>{"recordings/t/stray.2.wav"});
  EXPECT_EQ(done.repaired.size(), 2U);
  EXPECT_FALSE(repair_wave(directory / "recordings/t/over.wav").value()) << "complete now";
  EXPECT_FALSE(repair_wave(directory / "lost+found/recordings/t/stray.2.wav").value()) << "moved, and playable";
  EXPECT_TRUE(repair_wave(directory / "voicemail/t/box/living.wav").value()) << "was left to the call that grows it";
  EXPECT_TRUE(repair_wave(directory / "recordings/t/unknown.wav").value());
  EXPECT_TRUE(std::filesystem::exists(directory / "recordings/t/notes.txt"));
  EXPECT_TRUE(std::filesystem::exists(directory / "prompts/mine.wav"));
  EXPECT_EQ(settle_recordings(directory, owner, [] { return false; }).seen, 0U) << "ends when told";
  EXPECT_EQ(settle_recordings(directory / "nowhere", owner, [] { return true; }).seen, 0U);
}

TEST_F(WaveFile, ChecksumIsThatOfTheFile) {
  auto file = wave_file::create(directory / "x.wav", {});
  ASSERT_TRUE(file);
  const auto done = file->finish();
  ASSERT_TRUE(done);
  auto* out = popen(("sha256sum " + (directory / "x.wav").string()).c_str(), "r");
  std::array<char, 65> text{};
  ASSERT_EQ(fread(text.data(), 1, 64, out), 64U);
  pclose(out);
  EXPECT_EQ(done->sha256, text.data());
}

}  // namespace
}  // namespace seatgrid::media
