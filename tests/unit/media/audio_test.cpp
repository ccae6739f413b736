#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "media/g711.hpp"
#include "media/tones.hpp"
#include "media/wave_loader.hpp"

namespace seatgrid::media {
namespace {

/// Signal over what is left when the tone is taken away, in dB.
double snr_of_tone(const pcm& sound, double hz) {
  double re = 0;
  double im = 0;
  double all = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double a = 2 * std::numbers::pi * hz * static_cast<double>(i) / 8'000;
    re += sound[i] * std::cos(a);
    im += sound[i] * std::sin(a);
    all += static_cast<double>(sound[i]) * sound[i];
  }
  const double share = 2 * (re * re + im * im) / (all * static_cast<double>(sound.size()));
  return 10 * std::log10(share / std::max(1 - share, 1e-9));
}
pcm tone(double hz, double level, std::size_t length, double rate = 8'000) {
  pcm out(length);
  for (std::size_t i = 0; i < length; ++i)
    out[i] = static_cast<std::int16_t>(level * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
  return out;
}

TEST(G711, CodesOfTheStandardAreMet) {
  EXPECT_EQ(linear_to_alaw(0), 0xD5);
  EXPECT_EQ(linear_to_ulaw(0), 0xFF);
  EXPECT_EQ(alaw_to_linear(0xAA), 32'256) << "the largest A-law value, 4032 of 13 bits";
  EXPECT_EQ(alaw_to_linear(0x2A), -32'256);
  EXPECT_EQ(ulaw_to_linear(0x80), 32'124) << "the largest mu-law value, 8031 of 14 bits";
  EXPECT_EQ(ulaw_to_linear(0x00), -32'124);
  EXPECT_EQ(linear_to_alaw(32'767), 0xAA);
  EXPECT_EQ(linear_to_alaw(-32'768), 0x2A);
  EXPECT_EQ(linear_to_ulaw(32'767), 0x80);
  EXPECT_EQ(linear_to_ulaw(-32'768), 0x00);
}

TEST(G711, EveryCodeSurvivesItsValue) {
  for (unsigned i = 0; i < 256; ++i) {
    const auto code = static_cast<std::uint8_t>(i);
    EXPECT_EQ(linear_to_alaw(alaw_to_linear(code)), code);
    if (code != 0x7F) { EXPECT_EQ(linear_to_ulaw(ulaw_to_linear(code)), code); }
    EXPECT_EQ(codes_between(law::alaw, law::alaw)[i], code);
  }
}

TEST(G711, ErrorStaysWithinHalfAStepForEverySample) {
  for (int s = -32'768; s <= 32'767; ++s) {
    const auto sample = static_cast<std::int16_t>(s);
    const int magnitude = std::min(std::abs(s), 32'635);
    const int allowed = std::max(16, magnitude / 16);
    EXPECT_LE(std::abs(alaw_to_linear(linear_to_alaw(sample)) - s), std::max(allowed, 520)) << s;
    if (std::abs(s) < 32'000) {
      ASSERT_LE(std::abs(alaw_to_linear(linear_to_alaw(sample)) - s), allowed) << s;
      ASSERT_LE(std::abs(ulaw_to_linear(linear_to_ulaw(sample)) - s), allowed) << s;
    }
  }
}

TEST(G711, TranscodingThereAndBackKeepsTelephoneQuality) {
  for (const double level : {300.0, 3'000.0, 20'000.0}) {
    auto sound = tone(1'000, level, 8'000);
    for (auto& s : sound) {
      const auto a = linear_to_alaw(s);
      s = alaw_to_linear(codes_between(law::ulaw, law::alaw)[codes_between(law::alaw, law::ulaw)[a]]);
    }
    EXPECT_GT(snr_of_tone(sound, 1'000), level < 1'000 ? 25.0 : 33.0) << level;
  }
}

TEST(Resample, KeepsTheToneAndRemovesWhatCannotBeCarried) {
  for (const unsigned rate : {11'025U, 16'000U, 44'100U, 48'000U}) {
    const auto kept = resample(tone(1'000, 10'000, rate, rate), rate, 8'000);
    ASSERT_NEAR(static_cast<double>(kept.size()), 8'000, 1);
    const pcm inside{kept.begin() + 400, kept.begin() + 7'600};
    EXPECT_GT(snr_of_tone(inside, 1'000), 45.0) << rate;
    const auto gone = resample(tone(5'000, 10'000, rate, rate), rate, 8'000);
    EXPECT_LT(*std::max_element(gone.begin() + 400, gone.end() - 400), 200) << rate << ": would be heard as 3 kHz";
  }
}

TEST(Tones, ChineseCadencesAndNothingForOtherNames) {
  EXPECT_EQ(make_tone("ringback")->size(), 40'000U);
  EXPECT_EQ(make_tone("busy")->size(), 5'600U);
  EXPECT_FALSE(make_tone("dial"));
}

TEST(Tones, MusicIsLongLevelSeamlessAndTheSameEachTime) {
  const auto music = make_music();
  ASSERT_EQ(music.size(), 256'000U);
  EXPECT_EQ(music, make_music());
  int largest_step = 0;
  for (std::size_t i = 1; i < music.size(); ++i) largest_step = std::max(largest_step, std::abs(music[i] - music[i - 1]));
  EXPECT_LE(std::abs(music.front() - music.back()), largest_step) << "no click where the loop closes";
  for (std::size_t second = 0; second < 32; ++second) {
    double energy = 0;
    for (std::size_t i = 0; i < 8'000; ++i) energy += std::pow(music[second * 8'000 + i], 2);
    EXPECT_GT(std::sqrt(energy / 8'000), 300) << "second " << second;
  }
}

}  // namespace
}  // namespace seatgrid::media
