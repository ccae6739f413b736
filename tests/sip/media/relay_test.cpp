#include "tests/sip/media/fixture.hpp"

namespace seatgrid::media_test {
namespace {

struct MediaRelay : media_engine_test {
  void bridge() { media->command(media_bridge{.a = leg(1), .b = leg(2)}); }
};

/// Sequence numbers and timestamps of a stream without a hole.
void expect_continuous(const std::vector<heard_packet>& heard) {
  for (std::size_t i = 1; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i].header.ssrc, heard[0].header.ssrc);
    EXPECT_EQ(heard[i].header.sequence, static_cast<std::uint16_t>(heard[i - 1].header.sequence + 1)) << "packet " << i;
    EXPECT_GT(static_cast<std::int32_t>(heard[i].header.timestamp - heard[i - 1].header.timestamp), 0) << "packet " << i;
  }
}

TEST_F(MediaRelay, CarriesEachSideToTheOther) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  caller.speak(400);
  agent.speak(1'000);
  talk(600ms, {&caller, &agent});
  ASSERT_GE(caller.heard.size(), 25U);
  ASSERT_GE(agent.heard.size(), 25U);
  EXPECT_GT(share_of_tone(agent.sound(2), 400), 0.98);
  EXPECT_GT(share_of_tone(caller.sound(2), 1'000), 0.98);
  expect_continuous(caller.heard);
  expect_continuous(agent.heard);
  EXPECT_NE(agent.heard[0].header.ssrc, 0x5EA7U) << "the other side's SSRC must not leak";
}

TEST_F(MediaRelay, TranscodesBetweenTheLawsWithTelephoneQuality) {
  start();
  phone caller{media::law::alaw};
  phone agent{media::law::ulaw};
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  caller.speak(440, 10'000);
  agent.speak(440, 10'000);
  talk(600ms, {&caller, &agent});
  for (const auto* p : {&caller, &agent}) {
    auto sound = p->sound(2);
    ASSERT_GE(sound.size(), 4'000U);
    sound.resize(sound.size() / 200 * 200);  // whole periods, so that the tone and the noise are apart
    const double share = share_of_tone(sound, 440);
    ASSERT_LT(share, 1.0);
    const double snr_db = 10 * std::log10(share / (1 - share));
    EXPECT_GT(snr_db, 33.0) << "G.711 twice";
  }
  EXPECT_EQ(agent.heard[0].header.payload_type, 0);
}

TEST_F(MediaRelay, LossAndOrderOfOneSideAreSeenByTheOther) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  agent.speak(500);
  talk(100ms, {&caller, &agent});
  for (int i = 0; i < 100; ++i) {
    if (i % 10 == 5) caller.lose_next();
    talk(20ms, {&caller, &agent});
  }
  const auto lost_of_agent_stream =
      agent.heard.back().header.sequence - agent.heard.front().header.sequence + 1 - static_cast<int>(agent.heard.size());
  EXPECT_EQ((lost_of_agent_stream + 0x10000) % 0x10000, 10);
  const auto s = close(leg(1));
  EXPECT_EQ(s.packets_received, 95U);
  EXPECT_EQ(s.packets_lost, 10U);
  EXPECT_LT(s.mos_hundredths, 390);
  EXPECT_GT(s.mos_hundredths, 200);
  EXPECT_GT(close(leg(2)).mos_hundredths, 420);
}

TEST_F(MediaRelay, StreamStaysOneThroughPromptRelayAndMusic) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller);
  join(leg(2), agent);
  caller.speak(300);
  media->command(media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "tone:busy"}}, .loop = true});
  talk(300ms, {&caller});
  bridge();
  agent.speak(900);
  talk(300ms, {&caller, &agent});
  media->command(media_unbridge{.a = leg(1), .b = leg(2)});
  media->command(media_play{.leg = leg(1), .play_id = 2, .list = {{.source = "music"}}, .loop = true});
  talk(400ms, {&caller});
  ASSERT_GE(caller.heard.size(), 40U);
  expect_continuous(caller.heard);
  const auto span = static_cast<std::int32_t>(caller.heard.back().header.timestamp - caller.heard.front().header.timestamp);
  const std::chrono::duration<double, std::milli> time = caller.heard.back().at - caller.heard.front().at;
  EXPECT_NEAR(span / 8.0, time.count(), 60.0);
}

TEST_F(MediaRelay, NewSourceOfASideKeepsTheOtherSidesStreamWhole) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  agent.speak(500);
  talk(200ms, {&caller, &agent});
  caller.set_ssrc(0xBEEF);
  caller.jump_sequence(30'000);
  talk(200ms, {&caller, &agent});
  ASSERT_GE(agent.heard.size(), 18U);
  expect_continuous(agent.heard);
}

TEST_F(MediaRelay, HoldStopsWhatTheDirectionForbids) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  talk(100ms, {&caller, &agent});
  auto hold = caller.connect_order(leg(1));
  hold.way = direction::inactive;
  media->command(hold);
  talk(60ms, {&caller, &agent});
  caller.heard.clear();
  agent.heard.clear();
  talk(200ms, {&caller, &agent});
  EXPECT_TRUE(caller.heard.empty());
  EXPECT_TRUE(agent.heard.empty());
  hold.way = direction::sendonly;
  media->command(hold);
  talk(200ms, {&caller, &agent});
  EXPECT_GE(caller.heard.size(), 8U);
  EXPECT_TRUE(agent.heard.empty()) << "what a held caller says is not carried";
  hold.way = direction::sendrecv;
  media->command(hold);
  talk(200ms, {&caller, &agent});
  EXPECT_GE(agent.heard.size(), 8U);
}

TEST_F(MediaRelay, UnknownCodecIsCarriedUntouchedBetweenEquals) {
  start();
  phone caller;
  phone agent;
  open(leg(1), caller);
  open(leg(2), agent);
  for (auto [id, p] : {std::pair{leg(1), &caller}, std::pair{leg(2), &agent}}) {
    auto order = p->connect_order(id);
    order.payload_type = 8;
    order.codec_name = "G729";
    media->command(order);
  }
  bridge();
  caller.speak(700);
  agent.speak(700);
  talk(200ms, {&caller, &agent});
  ASSERT_GE(agent.heard.size(), 8U);
  EXPECT_GT(share_of_tone(agent.sound(1), 700), 0.98);
}

TEST_F(MediaRelay, FiveHundredEndpointsTalkAtOnce) {
  start();
  constexpr std::uint32_t pairs = 250;
  std::vector<std::unique_ptr<phone>> phones;
  std::vector<phone*> all;
  for (std::uint32_t i = 0; i < 2 * pairs; ++i) {
    phones.push_back(std::make_unique<phone>());
    all.push_back(phones.back().get());
    join(leg(1 + i % 2, 100 + i / 2), *phones.back());
    if (i % 2 == 1) media->command(media_bridge{.a = leg(1, 100 + i / 2), .b = leg(2, 100 + i / 2)});
  }
  ASSERT_TRUE(eventually([&] { return media->status().bridged_pairs == pairs; }));
  for (auto* p : all) p->speak(600);
  talk(500ms, all);
  only_listen(300ms, all);
  std::size_t heard = 0;
  for (const auto* p : all) heard += p->heard.size();
  EXPECT_GE(heard, 500U * 25 * 95 / 100);
  const auto status = media->status();
  EXPECT_EQ(status.endpoints, 500U);
  EXPECT_EQ(status.packets_malformed, 0U);
}

}  // namespace
}  // namespace seatgrid::media_test
