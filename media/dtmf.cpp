#include "media/dtmf.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

namespace seatgrid::media {
namespace {

constexpr std::array<double, 8> tone_hz{697, 770, 852, 941, 1'209, 1'336, 1'477, 1'633};
constexpr std::string_view keypad = "123A456B789C*0#D";  // rows by columns
constexpr float half_block = 51.0F;
constexpr float amplitude_min = 500.0F;  // -33 dBm0 of a sine of 22,400
constexpr float power_min = amplitude_min * half_block * amplitude_min * half_block;
constexpr float twist_max = 6.3F;  // 8 dB
constexpr float peak_over_others = 6.3F;
constexpr float share_of_energy_min = 0.55F;  // speech rarely puts so much into two narrow bands

std::array<float, 8> make_coefficients() {
  std::array<float, 8> c{};
  for (std::size_t i = 0; i < c.size(); ++i)
    c[i] = static_cast<float>(2.0 * std::cos(2.0 * std::numbers::pi * tone_hz[i] / 8'000.0));
  return c;
}
const std::array<float, 8> coefficients = make_coefficients();

struct peak {
  std::size_t at = 0;
  float power = 0;
  bool clear = false;
};
peak find_peak(std::span<const float, 4> power) {
  const auto top = static_cast<std::size_t>(std::max_element(power.begin(), power.end()) - power.begin());
  peak p{.at = top, .power = power[top], .clear = true};
  for (std::size_t i = 0; i < 4; ++i)
    if (i != top && power[i] * peak_over_others > p.power) p.clear = false;
  return p;
}

}  // namespace

void write_key_tone(char key, std::uint32_t first_sample, std::span<std::int16_t> out) {
  const char upper = key >= 'a' && key <= 'd' ? static_cast<char>(key - 'a' + 'A') : key;
  const auto at = keypad.find(upper);
  if (at == std::string_view::npos) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    return;
  }
  constexpr double amplitude = 7'900;
  const double row = 2.0 * std::numbers::pi * tone_hz[at / 4] / 8'000.0;
  const double column = 2.0 * std::numbers::pi * tone_hz[4 + at % 4] / 8'000.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto n = static_cast<double>(first_sample + i);
    out[i] = static_cast<std::int16_t>(amplitude * (std::sin(row * n) + std::sin(column * n)));
  }
}

char tone_detector::decide_block() const {
  if (energy_ * half_block < 2 * power_min) return 0;
  std::array<float, 8> power{};
  for (std::size_t i = 0; i < 8; ++i) power[i] = s1_[i] * s1_[i] + s2_[i] * s2_[i] - coefficients[i] * s1_[i] * s2_[i];
  const std::span<const float, 8> all{power};
  const auto row = find_peak(all.first<4>());
  const auto column = find_peak(all.last<4>());
  const bool loud = row.power >= power_min && column.power >= power_min;
  const bool level = row.power <= column.power * twist_max && column.power <= row.power * twist_max;
  const bool pure = row.power + column.power >= share_of_energy_min * energy_ * half_block;
  if (!row.clear || !column.clear || !loud || !level || !pure) return 0;
  return keypad[row.at * 4 + column.at];
}

std::optional<heard_key> tone_detector::step(char block_key) {
  const bool twice = block_key != 0 && block_key == last_;
  last_ = block_key;
  if (held_ != 0 && block_key == held_) {
    ++hits_;
    misses_ = 0;
    return std::nullopt;
  }
  std::optional<heard_key> done;
  if (held_ != 0 && (++misses_ >= 2 || twice)) {
    done = heard_key{.key = held_, .duration_ms = static_cast<std::uint16_t>(std::min(hits_ * block_samples / 8, 0xFFFFU))};
    held_ = 0;
  }
  if (held_ == 0 && twice) {
    held_ = block_key;
    hits_ = 2;
    misses_ = 0;
  }
  return done;
}

std::optional<heard_key> tone_detector::feed(std::span<const std::int16_t> samples) {
  std::optional<heard_key> heard;
  for (const auto sample : samples) {
    const auto x = static_cast<float>(sample);
    energy_ += x * x;
    for (std::size_t i = 0; i < 8; ++i) {
      const float s0 = x + coefficients[i] * s1_[i] - s2_[i];
      s2_[i] = s1_[i];
      s1_[i] = s0;
    }
    if (++filled_ < block_samples) continue;
    if (auto key = step(decide_block())) heard = key;
    s1_ = {};
    s2_ = {};
    energy_ = 0;
    filled_ = 0;
  }
  return heard;
}

}  // namespace seatgrid::media
