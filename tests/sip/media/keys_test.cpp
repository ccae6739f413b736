#include "media/dtmf.hpp"
#include "tests/sip/media/fixture.hpp"

namespace seatgrid::media_test {
namespace {

struct MediaKeys : media_engine_test {
  /// A key as a phone sends it: packets each 20 ms, the end three times.
  static void press(phone& p, std::uint8_t code, const std::vector<phone*>& all, int ends = 3) {
    for (std::uint16_t t = 1; t <= 4; ++t) {
      p.send_event(code, static_cast<std::uint16_t>(160 * t), false);
      only_listen(20ms, all);
    }
    for (int i = 0; i < ends; ++i) p.send_event(code, 800, true);
    p.event_over();
    only_listen(20ms, all);
  }
  std::string keys_of(leg_id id) const {
    std::string keys;
    for (const auto& d : events.all<media_digit>())
      if (d.leg == id) keys += d.digit;
    return keys;
  }
};

TEST_F(MediaKeys, EventIsToldOnceThoughItsPacketsRepeat) {
  start();
  phone caller;
  join(leg(1), caller);
  talk(40ms, {&caller});
  for (const auto code : std::array<std::uint8_t, 5>{4, 0, 0, 11, 10}) press(caller, code, {&caller});
  ASSERT_TRUE(eventually([&] { return keys_of(leg(1)).size() >= 5; }));
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(keys_of(leg(1)), "400#*");
  EXPECT_EQ(events.all<media_digit>()[0].duration_ms, 100);
}

TEST_F(MediaKeys, EventWhoseEndWasLostIsToldSoon) {
  start();
  phone caller;
  join(leg(1), caller);
  talk(40ms, {&caller});
  press(caller, 7, {&caller}, 0);
  EXPECT_TRUE(events.wait<media_digit>([](const media_digit& d) { return d.digit == '7'; }, 600ms));
}

TEST_F(MediaKeys, EventsPassABridgeWithTheOtherSidesPayloadType) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller, 101);
  join(leg(2), agent, 96);
  media->command(media_bridge{.a = leg(1), .b = leg(2)});
  talk(100ms, {&caller, &agent});
  press(caller, 5, {&caller, &agent});
  std::size_t ends = 0;
  for (const auto& p : agent.heard) {
    if (p.header.payload_type != 96) continue;
    const auto event = media::parse_telephone_event(p.payload);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->code, 5);
    ends += event->end ? 1 : 0;
  }
  EXPECT_EQ(ends, 3U);
  EXPECT_TRUE(events.wait<media_digit>());
}

TEST_F(MediaKeys, EventsBecomeTonesForASideWithoutThem) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller, 101);
  join(leg(2), agent, 0);
  media->command(media_bridge{.a = leg(1), .b = leg(2)});
  talk(100ms, {&caller, &agent});
  press(caller, 9, {&caller, &agent});
  only_listen(300ms, {&caller, &agent});
  media::tone_detector ear;
  auto sound = agent.sound();
  sound.resize(sound.size() + 800, 0);
  const auto key = ear.feed(sound);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->key, '9');
}

TEST_F(MediaKeys, TonesAreHeardFromALegWithoutEvents) {
  start();
  phone caller{media::law::ulaw};
  join(leg(1), caller, 0);
  constexpr std::string_view keys = "159D*";
  caller.set_source([&](std::uint32_t n) {
    const auto at = n / 1'600;  // 100 ms tone, 100 ms pause
    std::array<std::int16_t, 1> one{};
    if (at < keys.size() && n % 1'600 < 800) media::write_key_tone(keys[at], n % 1'600, one);
    return one[0];
  });
  talk(1'200ms, {&caller});
  EXPECT_EQ(keys_of(leg(1)), keys);
  for (const auto& d : events.all<media_digit>()) EXPECT_NEAR(d.duration_ms, 100, 26);
}

TEST_F(MediaKeys, SendsEventsWithThreeEnds) {
  start();
  phone caller;
  join(leg(1), caller);
  talk(40ms, {&caller});
  for (const char digit : {'1', '#'}) media->command(media_send_digit{.leg = leg(1), .digit = digit, .length = 100ms});
  talk(600ms, {&caller});
  std::vector<media::telephone_event> sent;
  std::vector<std::uint32_t> stamps;
  for (const auto& p : caller.heard)
    if (p.header.payload_type == 101) {
      sent.push_back(*media::parse_telephone_event(p.payload));
      stamps.push_back(p.header.timestamp);
    }
  ASSERT_EQ(sent.size(), 14U) << "5 packets and 2 repeated ends, twice";
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(sent[i].code, 1);
    EXPECT_EQ(sent[7 + i].code, 11);
    EXPECT_EQ(sent[i].end, i >= 4);
    EXPECT_EQ(stamps[i], stamps[0]);
  }
  EXPECT_EQ(sent[4].duration, 800);
  EXPECT_GT(stamps[7] - stamps[0], 800U);
}

TEST_F(MediaKeys, SendsTonesToALegWithoutEvents) {
  start();
  phone caller;
  join(leg(1), caller, 0);
  talk(40ms, {&caller});
  media->command(media_send_digit{.leg = leg(1), .digit = '3', .length = 160ms});
  talk(400ms, {&caller});
  auto sound = caller.sound();
  sound.resize(sound.size() + 800, 0);
  media::tone_detector ear;
  const auto key = ear.feed(sound);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->key, '3');
  EXPECT_NEAR(key->duration_ms, 160, 26);
}

}  // namespace
}  // namespace seatgrid::media_test
