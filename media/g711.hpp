#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// ITU-T G.711: both laws as tables made by the compiler.
namespace seatgrid::media {

/// What a leg's audio payload is. `other` is relayed untouched between legs that name the same codec, never played or recorded.
enum class law : std::uint8_t { alaw = 0, ulaw = 1, other = 2 };

inline constexpr unsigned sample_rate_hz = 8'000;
inline constexpr std::size_t frame_samples = 160;  ///< 20 ms

constexpr std::int16_t alaw_to_linear(std::uint8_t code) {
  const auto c = code ^ 0x55;
  const int exponent = (c >> 4) & 7;
  const int mantissa = (c & 15) << 4;
  const int magnitude = exponent == 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return static_cast<std::int16_t>((c & 0x80) != 0 ? magnitude : -magnitude);
}

constexpr std::uint8_t linear_to_alaw(std::int16_t sample) {
  const bool positive = sample >= 0;
  const auto magnitude = static_cast<unsigned>(positive ? sample : -sample - 1);
  const unsigned exponent = magnitude < 256 ? 0 : static_cast<unsigned>(std::bit_width(magnitude)) - 8;
  const unsigned mantissa = (magnitude >> (exponent == 0 ? 4 : exponent + 3)) & 15;
  return static_cast<std::uint8_t>(((positive ? 0x80U : 0U) | exponent << 4 | mantissa) ^ 0x55U);
}

constexpr std::int16_t ulaw_to_linear(std::uint8_t code) {
  const auto c = static_cast<std::uint8_t>(~code);
  const int magnitude = ((((c & 15) << 3) + 132) << ((c >> 4) & 7)) - 132;
  return static_cast<std::int16_t>((c & 0x80) != 0 ? -magnitude : magnitude);
}

constexpr std::uint8_t linear_to_ulaw(std::int16_t sample) {
  const bool negative = sample < 0;
  const int raw = negative ? -static_cast<int>(sample) : sample;
  const auto magnitude = static_cast<unsigned>(raw > 32'635 ? 32'635 : raw) + 132U;
  const auto exponent = static_cast<unsigned>(std::bit_width(magnitude)) - 8;
  const unsigned mantissa = (magnitude >> (exponent + 3)) & 15;
  return static_cast<std::uint8_t>(~((negative ? 0x80U : 0U) | exponent << 4 | mantissa));
}

constexpr std::int16_t to_linear(law from, std::uint8_t code) {
  return from == law::ulaw ? ulaw_to_linear(code) : alaw_to_linear(code);
}
constexpr std::uint8_t from_linear(law to, std::int16_t sample) {
  return to == law::ulaw ? linear_to_ulaw(sample) : linear_to_alaw(sample);
}
/// The code of silence.
constexpr std::uint8_t silence_of(law l) { return from_linear(l, 0); }

template <class T>
using code_table = std::array<T, 256>;

namespace detail {
constexpr code_table<std::int16_t> make_linear(law from) {
  code_table<std::int16_t> t{};
  for (unsigned i = 0; i < 256; ++i) t[i] = to_linear(from, static_cast<std::uint8_t>(i));
  return t;
}
constexpr code_table<std::uint8_t> make_codes(law from, law to) {
  code_table<std::uint8_t> t{};
  for (unsigned i = 0; i < 256; ++i) {
    const auto code = static_cast<std::uint8_t>(i);
    t[i] = from == to ? code : from_linear(to, to_linear(from, code));
  }
  return t;
}
}  // namespace detail

inline constexpr std::array linear_tables{detail::make_linear(law::alaw), detail::make_linear(law::ulaw)};
inline constexpr std::array code_tables{
    std::array{detail::make_codes(law::alaw, law::alaw), detail::make_codes(law::alaw, law::ulaw)},
    std::array{detail::make_codes(law::ulaw, law::alaw), detail::make_codes(law::ulaw, law::ulaw)}};

/// Samples of each code. Neither this nor `codes_between` may be asked about law::other.
constexpr const code_table<std::int16_t>& linear_of(law from) { return linear_tables[static_cast<std::size_t>(from)]; }
constexpr const code_table<std::uint8_t>& codes_between(law from, law to) {
  return code_tables[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

}  // namespace seatgrid::media
