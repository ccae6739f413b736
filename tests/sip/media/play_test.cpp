#include <sndfile.h>

#include "media/wave_file.hpp"
#include "tests/sip/media/fixture.hpp"

namespace seatgrid::media_test {
namespace {

struct MediaPlay : media_engine_test {
  /// A prompt of one tone; the data is written by the room's own WAV code.
  void make_prompt(const std::string& path, double hz, std::size_t frames) {
    auto file = media::wave_file::create(path, {.format = record_format::pcm16, .channels = 1});
    ASSERT_TRUE(file);
    std::vector<std::uint8_t> bytes(2 * frames);
    for (std::size_t i = 0; i < frames; ++i)
      media::store_le16(&bytes[2 * i], static_cast<std::uint16_t>(static_cast<std::int16_t>(
                                           8'000 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 8'000))));
    ASSERT_TRUE(file->append(bytes));
    ASSERT_TRUE(file->finish());
  }
  std::optional<media_played> played(std::uint32_t id) {
    return events.wait<media_played>([=](const media_played& p) { return p.play_id == id; });
  }
};

TEST_F(MediaPlay, PacesTwentyMillisecondsWithoutDrift) {
  start();
  phone caller;
  join(leg(1), caller);
  media->command(media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "music"}}, .loop = true});
  while (caller.heard.empty()) only_listen(20ms, {&caller});
  only_listen(3'000ms, {&caller});
  const auto& first = caller.heard.front();
  const auto& last = caller.heard.back();
  const double ms = std::chrono::duration<double, std::milli>(last.at - first.at).count();
  EXPECT_NEAR(ms / static_cast<double>(caller.heard.size() - 1), 20.0, 0.25);
  const auto units = static_cast<std::int32_t>(last.header.timestamp - first.header.timestamp);
  EXPECT_NEAR(units / 8.0, ms, 15.0) << "timestamps and wall time must not part";
}

TEST_F(MediaPlay, PlaysAListOfFilesInOrderAndTellsItsEnd) {
  const auto prompts = directory / "prompts";
  make_prompt(prompts / "zh" / "one.wav", 500, 1'600);
  make_prompt(prompts / "zh" / "two.wav", 1'500, 1'600);
  start(prompt_library{prompts.string()});
  phone caller;
  join(leg(1), caller);
  media->command(media_play{.leg = leg(1),
                            .play_id = 4,
                            .list = {{.source = "one"}, {.source = "nowhere"}, {.source = "silence:100"}, {.source = "two"}}});
  talk(700ms, {&caller});
  const auto done = played(4);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->missing, std::vector<std::string>{"nowhere"});
  const auto sound = caller.sound();
  ASSERT_EQ(sound.size(), 4'000U);
  EXPECT_GT(share_of_tone({sound.begin(), sound.begin() + 1'600}, 500), 0.98);
  EXPECT_LT(*std::max_element(sound.begin() + 1'600, sound.begin() + 2'400), 20);
  EXPECT_GT(share_of_tone({sound.begin() + 2'400, sound.end()}, 1'500), 0.98);
}

TEST_F(MediaPlay, TenantsOwnPromptComesFirstAndCanBeReplacedWhileRunning) {
  make_prompt(directory / "built" / "zh" / "hello.wav", 400, 3'200);
  make_prompt(directory / "demo" / "zh" / "hello.wav", 800, 3'200);
  start(prompt_library{(directory / "built").string()});
  phone caller;
  join(leg(1), caller);
  media->command(media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "hello"}}});
  talk(600ms, {&caller});
  ASSERT_TRUE(played(1));
  EXPECT_GT(share_of_tone(caller.sound(), 400), 0.9);
  prompt_library fresh{(directory / "built").string()};
  ASSERT_EQ(fresh.add_directory("demo", (directory / "demo").string()).value(), 1U);
  media->replace_prompts(std::move(fresh));
  caller.heard.clear();
  media->command(media_play{.leg = leg(1), .play_id = 2, .list = {{.source = "hello"}}});
  talk(600ms, {&caller});
  ASSERT_TRUE(played(2));
  EXPECT_GT(share_of_tone(caller.sound(), 800), 0.9);
}

TEST_F(MediaPlay, ChineseRingbackIsOneSecondOf450Hz) {
  start();
  phone caller;
  join(leg(1), caller);
  media->command(media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "tone:ringback"}}, .loop = true});
  talk(1'600ms, {&caller});
  const auto sound = caller.sound();
  ASSERT_GE(sound.size(), 11'000U);
  EXPECT_GT(share_of_tone({sound.begin() + 100, sound.begin() + 7'900}, 450), 0.97);
  EXPECT_LT(*std::max_element(sound.begin() + 8'100, sound.end()), 20);
}

TEST_F(MediaPlay, StoppedPlayIsSilentAndOldOrdersAreIgnored) {
  start();
  phone caller;
  join(leg(1), caller);
  media->command(media_play{.leg = leg(1), .play_id = 5, .list = {{.source = "tone:busy"}}, .loop = true});
  talk(200ms, {&caller});
  EXPECT_FALSE(caller.heard.empty());
  media->command(media_stop{.leg = leg(1), .play_id = 6});
  media->command(media_play{.leg = leg(1), .play_id = 5, .list = {{.source = "tone:busy"}}, .loop = true});
  talk(60ms, {&caller});
  caller.heard.clear();
  talk(200ms, {&caller});
  EXPECT_TRUE(caller.heard.empty());
  EXPECT_TRUE(events.all<media_played>().empty());
}

TEST_F(MediaPlay, ListOfNothingButMissingPromptsEndsAtOnce) {
  start();
  phone caller;
  join(leg(1), caller);
  media->command(
      media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "file:../secret"}, {.source = "number:x"}}, .loop = true});
  const auto done = played(1);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->missing, (std::vector<std::string>{"file:../secret", "number:x"}));
}

TEST_F(MediaPlay, PlayBeforeConnectWaitsForTheFarEnd) {
  start();
  phone caller;
  open(leg(1), caller);
  media->command(media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "tone:beep"}}});
  std::this_thread::sleep_for(400ms);
  EXPECT_TRUE(events.all<media_played>().empty());
  media->command(caller.connect_order(leg(1)));
  talk(500ms, {&caller});
  EXPECT_TRUE(played(1));
  EXPECT_GE(caller.heard.size(), 17U);
}

TEST_F(MediaPlay, ManyLegsHearOneCopyOfTheMusic) {
  start();
  std::vector<std::unique_ptr<phone>> phones;
  std::vector<phone*> all;
  for (std::uint32_t i = 0; i < 40; ++i) {
    phones.push_back(std::make_unique<phone>());
    all.push_back(phones.back().get());
    join(leg(1, 100 + i), *phones.back());
    media->command(media_play{.leg = leg(1, 100 + i), .play_id = 1, .list = {{.source = "music"}}, .loop = true});
  }
  only_listen(1'500ms, all);
  for (const auto* p : all) EXPECT_GE(p->heard.size(), 30U);
  EXPECT_LE(media->status().clip_cache_bytes, 300'000U);
}

}  // namespace
}  // namespace seatgrid::media_test
