#include <sndfile.h>
#include <sys/wait.h>

#include <fstream>

#include "media/recordings.hpp"
#include "media/wave_file.hpp"
#include "tests/sip/media/fixture.hpp"

namespace seatgrid::media_test {
namespace {

struct stereo {
  std::vector<std::int16_t> left{};
  std::vector<std::int16_t> right{};
  int channels = 0;
};

/// Read by libsndfile, not by our own code.
stereo read_wave(const std::filesystem::path& path) {
  stereo s;
  SF_INFO info{};
  auto* file = sf_open(path.c_str(), SFM_READ, &info);
  if (file == nullptr) return s;
  s.channels = info.channels;
  std::array<std::int16_t, 2> frame{};
  while (sf_readf_short(file, frame.data(), 1) == 1) {
    s.left.push_back(frame[0]);
    s.right.push_back(frame[1]);
  }
  sf_close(file);
  return s;
}

struct MediaRecord : media_engine_test {
  void join_both(phone& caller, phone& agent) {
    join(leg(1), caller);
    join(leg(2), agent);
    media->command(media_bridge{.a = leg(1), .b = leg(2)});
  }
  media_record order(const std::string& path = "calls/7.wav") const {
    return {.recording = 70, .path = path, .left = leg(1), .right = leg(2)};
  }
  std::vector<std::int16_t> middle(const std::vector<std::int16_t>& sound) const {
    return {sound.begin() + static_cast<std::ptrdiff_t>(sound.size() / 4),
            sound.end() - static_cast<std::ptrdiff_t>(sound.size() / 4)};
  }
};

TEST_F(MediaRecord, KeepsCallerLeftAndAgentRight) {
  for (const auto format : {record_format::alaw, record_format::pcm16}) {
    options.format = format;
    start();
    phone caller;
    phone agent{media::law::ulaw};
    join_both(caller, agent);
    caller.speak(440);
    agent.speak(1'200);
    const auto path = "calls/" + std::to_string(static_cast<int>(format)) + ".wav";
    media->command(order(path));
    talk(1'600ms, {&caller, &agent});
    media->command(media_record_stop{.recording = 70});
    const auto done = events.wait<media_recorded>([&](const media_recorded& r) { return r.path == path; });
    ASSERT_TRUE(done);
    EXPECT_EQ(done->call, leg(1).call);
    EXPECT_NEAR(done->length_ms, 1'600, 120);
    EXPECT_EQ(done->bytes, std::filesystem::file_size(directory / path));
    EXPECT_EQ(done->sha256.size(), 64U);
    const auto sound = read_wave(directory / path);
    ASSERT_EQ(sound.channels, 2);
    EXPECT_NEAR(static_cast<double>(sound.left.size()) / 8, done->length_ms, 1);
    EXPECT_GT(share_of_tone(middle(sound.left), 440), 0.97);
    EXPECT_GT(share_of_tone(middle(sound.right), 1'200), 0.97);
    media->stop();
    media.reset();
  }
}

TEST_F(MediaRecord, ChannelsStayAlignedWhenOneSideFallsSilent) {
  start();
  phone caller;
  phone agent;
  join_both(caller, agent);
  caller.speak(440);
  agent.speak(1'200);
  media->command(order());
  talk(500ms, {&caller, &agent});
  talk(500ms, {&agent});  // the caller's network is away
  talk(500ms, {&caller, &agent});
  media->command(media_record_stop{.recording = 70});
  ASSERT_TRUE(events.wait<media_recorded>());
  const auto sound = read_wave(directory / "calls/7.wav");
  ASSERT_GE(sound.left.size(), 11'000U);
  const auto part = [](const std::vector<std::int16_t>& v, std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::vector<std::int16_t>{v.begin() + from, v.begin() + to};
  };
  EXPECT_GT(share_of_tone(part(sound.left, 800, 3'200), 440), 0.97);
  const auto gap = part(sound.left, 4'800, 7'200);
  EXPECT_LT(*std::max_element(gap.begin(), gap.end()), 20);
  EXPECT_GT(share_of_tone(part(sound.left, 8'800, 11'000), 440), 0.97);
  EXPECT_GT(share_of_tone(part(sound.right, 4'800, 7'200), 1'200), 0.97);
}

TEST_F(MediaRecord, VoicemailIsMonoAndStopsAfterSilence) {
  start();
  phone caller;
  join(leg(1), caller);
  auto voicemail = order("voicemail/1.wav");
  voicemail.right = {};
  voicemail.stop_after_silence = 600ms;
  media->command(voicemail);
  caller.speak(500);
  talk(400ms, {&caller});
  caller.speak(500, 0);
  talk(1'000ms, {&caller});
  const auto done = events.wait<media_recorded>();
  ASSERT_TRUE(done);
  EXPECT_NEAR(done->length_ms, 1'000, 160);
  EXPECT_EQ(read_wave(directory / "voicemail/1.wav").channels, 1);
}

TEST_F(MediaRecord, StopsAtItsLongestLength) {
  start();
  phone caller;
  join(leg(1), caller);
  auto short_one = order();
  short_one.max_length = 700ms;
  media->command(short_one);
  caller.speak(500);
  talk(1'000ms, {&caller});
  const auto done = events.wait<media_recorded>();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->length_ms, 700U);
  EXPECT_EQ(media->status().recordings, 0U);
}

TEST_F(MediaRecord, CrashLeavesAReadableFileThatIsRepairedAndContinuedInASecondSegment) {
  const auto child = fork();
  if (child == 0) {  // a process that dies without a word while it records
    start();
    phone caller;
    phone agent;
    join_both(caller, agent);
    caller.speak(440);
    agent.speak(1'200);
    media->command(order());
    talk(1'800ms, {&caller, &agent});
    _exit(std::filesystem::file_size(directory / "calls/7.wav") > 8'000 ? 9 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 9);
  const auto torn = read_wave(directory / "calls/7.wav");
  EXPECT_GE(torn.left.size(), 8'000U) << "playable as the crash left it";
  std::ofstream{directory / "calls/7.wav", std::ios::app | std::ios::binary} << 'x';  // half a frame
  const auto repaired = media::repair_wave(directory / "calls/7.wav");
  ASSERT_TRUE(repaired && *repaired);
  EXPECT_EQ((*repaired)->length_ms, torn.left.size() / 8);
  EXPECT_FALSE(media::repair_wave(directory / "calls/7.wav").value());
  EXPECT_GT(share_of_tone(middle(read_wave(directory / "calls/7.wav").right), 1'200), 0.97);

  start();
  phone caller;
  phone agent;
  join_both(caller, agent);
  media->command(order());
  talk(300ms, {&caller, &agent});
  media->command(media_record_stop{.recording = 70});
  const auto done = events.wait<media_recorded>([](const media_recorded& r) { return !r.goes_on; });
  ASSERT_TRUE(done);
  EXPECT_EQ(done->segment, 2U);
  EXPECT_EQ(done->path, "calls/7.2.wav");
  EXPECT_TRUE(std::filesystem::exists(directory / "calls/7.2.wav"));
}

TEST_F(MediaRecord, ADiskWithoutRoomStopsTheRecordingAndNotTheCallUntilThereIsRoomAgain) {
  start();
  phone caller;
  phone agent;
  join_both(caller, agent);
  media->command(order());
  caller.speak(600);
  talk(1'500ms, {&caller, &agent});
  media->allow_recordings(false);
  talk(800ms, {&caller, &agent});
  const auto failed = events.wait<media_record_failed>();
  ASSERT_TRUE(failed);
  EXPECT_NE(failed->why.find("disk"), std::string::npos);
  EXPECT_GT(read_wave(directory / "calls/7.wav").left.size(), 3'900U) << "what came before stays playable";
  auto again = order("calls/8.wav");
  again.recording = 71;
  media->command(again);
  talk(200ms, {&caller, &agent});
  EXPECT_EQ(events.all<media_record_failed>().size(), 2U);
  media->allow_recordings(true);
  again.recording = 72;
  media->command(again);
  talk(300ms, {&caller, &agent});
  media->command(media_record_stop{.recording = 72});
  EXPECT_TRUE(events.wait<media_recorded>());
  EXPECT_GE(agent.heard.size(), 90U);
}

TEST_F(MediaRecord, RefusesPathsOutsideTheDataDirectory) {
  start();
  phone caller;
  join(leg(1), caller);
  media->command(order("../outside.wav"));
  EXPECT_TRUE(events.wait<media_record_failed>());
  EXPECT_FALSE(std::filesystem::exists(directory.parent_path() / "outside.wav"));
}

TEST_F(MediaRecord, RepeatedOrderGoesOnWithAnotherAgent) {
  start();
  phone caller;
  phone first;
  phone second;
  join_both(caller, first);
  join(leg(3), second);
  first.speak(500);
  second.speak(1'500);
  media->command(order());
  talk(600ms, {&caller, &first});
  auto again = order();
  again.right = leg(3);
  media->command(again);
  talk(600ms, {&caller, &second});
  media->command(media_record_stop{.recording = 70});
  ASSERT_TRUE(events.wait<media_recorded>());
  const auto right = read_wave(directory / "calls/7.wav").right;
  ASSERT_GE(right.size(), 9'000U);
  EXPECT_GT(share_of_tone({right.begin() + 800, right.begin() + 4'000}, 500), 0.97);
  EXPECT_GT(share_of_tone({right.begin() + 5'600, right.begin() + 8'800}, 1'500), 0.97);
}

TEST_F(MediaRecord, StopOfTheEngineCompletesFilesAndTellsNobody) {
  start();
  phone caller;
  phone agent;
  join_both(caller, agent);
  caller.speak(440);
  media->command(order());
  talk(300ms, {&caller, &agent});
  media->stop();
  EXPECT_TRUE(events.all<media_recorded>().empty());
  EXPECT_TRUE(events.all<media_closed>().empty());
  EXPECT_NEAR(static_cast<double>(read_wave(directory / "calls/7.wav").left.size()) / 8, 300, 120);
  EXPECT_FALSE(media::repair_wave(directory / "calls/7.wav").value()) << "complete";
}

TEST_F(MediaRecord, TheNextSegmentCompletesTheOneThatADeathLeft) {
  const auto first = directory / "calls/7.wav";
  {
    auto left = media::wave_file::create(first.string(), {.format = record_format::alaw, .channels = 2});
    ASSERT_TRUE(left);
    ASSERT_TRUE(left->append(std::vector<std::uint8_t>(1'600, 0xd5)));
  }
  start();
  phone caller;
  phone agent;
  join_both(caller, agent);
  auto again = order();
  again.segment = 2;
  media->command(again);
  talk(200ms, {&caller, &agent});
  media->command(media_record_stop{.recording = 70});
  const auto done = events.wait<media_recorded>([](const media_recorded& r) { return !r.goes_on; });
  ASSERT_TRUE(done);
  EXPECT_EQ(done->path, "calls/7.2.wav");
  const auto told = events.all<media_recorded>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].goes_on);
  EXPECT_EQ(told[0].segment, 1U);
  EXPECT_EQ(told[0].path, "calls/7.wav");
  EXPECT_EQ(told[0].length_ms, 100U);
  EXPECT_EQ(read_wave(first).left.size(), 800U);
}

TEST_F(MediaRecord, AStopOfARecordingThatDiedCompletesItsFileAndTellsIt) {
  {
    auto left = media::wave_file::create((directory / "calls/7.2.wav").string(), {.format = record_format::alaw, .channels = 2});
    ASSERT_TRUE(left && left->append(std::vector<std::uint8_t>(1'600, 0xd5)));
  }
  start();
  media->command(media_record_stop{.recording = 70, .call = leg(1).call, .path = "calls/7.wav", .segment = 2});
  const auto done = events.wait<media_recorded>();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->path, "calls/7.2.wav");
  EXPECT_EQ(done->length_ms, 100U);
  EXPECT_FALSE(done->goes_on);
  media->command(media_record_stop{.recording = 71, .call = leg(1).call, .path = "calls/none.wav", .segment = 1});
  const auto gone = events.wait<media_record_failed>();
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->recording, 71U);
}

TEST_F(MediaRecord, ASegmentWhoseFileIsGoneIsToldAndTheNextRuns) {
  start();
  phone caller;
  phone agent;
  join_both(caller, agent);
  auto again = order();
  again.segment = 2;
  media->command(again);
  const auto gone = events.wait<media_record_failed>();
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->segment, 1U);
  talk(200ms, {&caller, &agent});
  media->command(media_record_stop{.recording = 70});
  const auto done = events.wait<media_recorded>();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->segment, 2U);
}

}  // namespace
}  // namespace seatgrid::media_test
