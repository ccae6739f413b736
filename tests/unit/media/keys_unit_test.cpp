#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "media/dtmf.hpp"
#include "media/tones.hpp"

namespace seatgrid::media {
namespace {

constexpr std::string_view all_keys = "0123456789*#ABCD";

struct key_shape {
  double row_level = 7'900;
  double column_level = 7'900;
  double detune = 1.0;
  std::size_t on = 800;
  double noise = 0;
};
/// Silence, the key, silence: fed in packets of 20 ms as they come off the network.
std::vector<heard_key> hear(char key, const key_shape& shape = {}) {
  constexpr std::array<double, 4> rows{697, 770, 852, 941};
  constexpr std::array<double, 4> columns{1'209, 1'336, 1'477, 1'633};
  constexpr std::string_view keypad = "123A456B789C*0#D";
  const auto at = keypad.find(key);
  std::mt19937 chance{1};
  std::normal_distribution<double> noise{0, std::max(shape.noise, 1e-9)};
  pcm sound;
  for (std::size_t i = 0; i < 400 + shape.on + 800; ++i) {
    double v = noise(chance);
    if (i >= 400 && i < 400 + shape.on) {
      const double t = 2 * std::numbers::pi * static_cast<double>(i) / 8'000 * shape.detune;
      v += shape.row_level * std::sin(rows[at / 4] * t) + shape.column_level * std::sin(columns[at % 4] * t);
    }
    sound.push_back(static_cast<std::int16_t>(std::clamp(v, -32'000.0, 32'000.0)));
  }
  tone_detector ear;
  std::vector<heard_key> heard;
  for (std::size_t i = 0; i < sound.size(); i += 160)
    if (auto k = ear.feed(std::span{sound}.subspan(i, std::min<std::size_t>(160, sound.size() - i)))) heard.push_back(*k);
  return heard;
}

TEST(ToneDetector, HearsEveryKeyOnce) {
  for (const char key : all_keys) {
    const auto heard = hear(key);
    ASSERT_EQ(heard.size(), 1U) << key;
    EXPECT_EQ(heard[0].key, key);
    EXPECT_NEAR(heard[0].duration_ms, 100, 26);
  }
}

TEST(ToneDetector, HearsFortyMillisecondsAndRefusesTwenty) {
  for (const char key : all_keys) {
    EXPECT_EQ(hear(key, {.on = 320}).size(), 1U) << key;
    EXPECT_TRUE(hear(key, {.on = 160}).empty()) << key;
  }
}

TEST(ToneDetector, ToleratesTwistQuietnessDetuningAndNoise) {
  for (const char key : all_keys) {
    EXPECT_EQ(hear(key, {.row_level = 7'900, .column_level = 7'900 * 0.5}).size(), 1U) << "6 dB twist " << key;
    EXPECT_EQ(hear(key, {.row_level = 7'900 * 0.5, .column_level = 7'900}).size(), 1U) << "6 dB reverse twist " << key;
    EXPECT_EQ(hear(key, {.row_level = 900, .column_level = 900}).size(), 1U) << "-28 dBm0 " << key;
    EXPECT_EQ(hear(key, {.detune = 1.015}).size(), 1U) << "+1.5 % " << key;
    EXPECT_EQ(hear(key, {.detune = 0.985}).size(), 1U) << "-1.5 % " << key;
    EXPECT_EQ(hear(key, {.noise = 1'400}).size(), 1U) << "15 dB SNR " << key;
  }
}

TEST(ToneDetector, RefusesOneToneAloneAndStrongTwist) {
  EXPECT_TRUE(hear('5', {.column_level = 0}).empty());
  EXPECT_TRUE(hear('5', {.row_level = 0}).empty());
  EXPECT_TRUE(hear('5', {.row_level = 9'000, .column_level = 2'000}).empty()) << "13 dB";
}

TEST(ToneDetector, IsNotFooledByNoiseTonesAndMusic) {
  tone_detector ear;
  std::mt19937 chance{7};
  std::normal_distribution<double> noise{0, 6'000};
  for (int i = 0; i < 8'000 * 60; ++i) {
    const std::array<std::int16_t, 1> one{static_cast<std::int16_t>(std::clamp(noise(chance), -32'000.0, 32'000.0))};
    ASSERT_FALSE(ear.feed(one)) << "noise";
  }
  EXPECT_FALSE(ear.feed(make_music()));
  for (const auto* tone : {"ringback", "busy", "beep"}) EXPECT_FALSE(ear.feed(*make_tone(tone))) << tone;
}

TEST(EventReceiver, TellsEachKeyOnceWhateverIsRepeatedOrLate) {
  event_receiver r;
  EXPECT_EQ(r.accept(1'000, {.code = 5, .duration = 160}).count, 0U);
  EXPECT_EQ(r.accept(1'000, {.code = 5, .duration = 320}).count, 0U);
  const auto done = r.accept(1'000, {.code = 5, .end = true, .duration = 800});
  ASSERT_EQ(done.count, 1U);
  EXPECT_EQ(done.keys[0], (heard_key{.key = '5', .duration_ms = 100}));
  EXPECT_EQ(r.accept(1'000, {.code = 5, .end = true, .duration = 800}).count, 0U);
  EXPECT_EQ(r.accept(1'000, {.code = 5, .duration = 640}).count, 0U) << "late";
  EXPECT_EQ(r.accept(3'000, {.code = 5, .end = true, .duration = 480}).count, 1U) << "the same key again";
  EXPECT_EQ(r.accept(1'000, {.code = 5, .end = true, .duration = 800}).count, 0U) << "an old event";
}

TEST(EventReceiver, NewKeyEndsAnOpenOne) {
  event_receiver r;
  r.accept(1'000, {.code = 1, .duration = 640});
  const auto both = r.accept(2'000, {.code = 2, .end = true, .duration = 400});
  ASSERT_EQ(both.count, 2U);
  EXPECT_EQ(both.keys[0].key, '1');
  EXPECT_EQ(both.keys[1].key, '2');
}

TEST(EventReceiver, LongKeyInSegmentsIsOneKey) {
  event_receiver r;
  r.accept(0, {.code = 9, .duration = 0xFFFF});
  EXPECT_EQ(r.accept(0xFFFF, {.code = 9, .duration = 160}).count, 0U);
  const auto done = r.accept(0xFFFF, {.code = 9, .end = true, .duration = 1'600});
  ASSERT_EQ(done.count, 1U);
  EXPECT_EQ(done.keys[0].duration_ms, (0xFFFF + 1'600) / 8);
}

TEST(EventReceiver, FlashAndOtherEventsAreNoKeys) {
  event_receiver r;
  for (unsigned code = 16; code < 256; ++code)
    EXPECT_EQ(r.accept(code, {.code = static_cast<std::uint8_t>(code), .end = true, .duration = 800}).count, 0U);
}

TEST(EventReceiver, EndsAreToldOfEveryTimestampAroundTheWrap) {
  event_receiver r;
  std::size_t told = 0;
  for (std::uint32_t i = 0; i < 100; ++i)
    told += r.accept(0xFFFFF000 + i * 1'000, {.code = 1, .end = true, .duration = 400}).count;
  EXPECT_EQ(told, 100U);
}

TEST(KeySender, RefusesWhatIsNoKeyAndMoreThanItsBound) {
  key_sender s;
  EXPECT_FALSE(s.push('x', milliseconds{100}, true));
  for (std::size_t i = 0; i < key_sender::waiting_max; ++i) EXPECT_TRUE(s.push('1', milliseconds{100}, true));
  EXPECT_FALSE(s.push('1', milliseconds{100}, true));
}

}  // namespace
}  // namespace seatgrid::media
