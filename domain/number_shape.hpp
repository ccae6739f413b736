#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/number.hpp"

/// The first half of `classify`: what the form of a number alone tells. No tables, no allocation.
namespace seatgrid {

/// Odd spellings that are understood but worth a warning.
enum class number_oddity : std::uint8_t {
  none = 0,
  trunk_zero = 1,
  trunk_zero_after_country = 2,
  needless_area = 4,
  from_abroad = 8
};

struct number_shape {
  static constexpr std::size_t digits_max = 32;
  number_kind kind = number_kind::invalid;
  number_form form = number_form::dialled;
  std::uint8_t oddities = 0;    ///< of number_oddity
  std::uint8_t area_size = 0;   ///< 0 = no area
  std::uint8_t area_from = 0;   ///< where in `digits` the area begins
  std::uint8_t local_from = 0;  ///< where the number behind country code, trunk 0 and area begins
  std::uint8_t size = 0;
  bool plus = false;
  std::array<char, digits_max> digits{};
  std::string_view why{};  ///< why it is invalid
  std::string_view uri{};  ///< a SIP URI or user@host as it came, without blanks around it

  std::string_view all() const { return {digits.data(), size}; }
  std::string_view area() const { return all().substr(area_from, area_size); }
  std::string_view local() const { return all().substr(local_from); }
  void note(number_oddity what) { oddities = static_cast<std::uint8_t>(oddities | static_cast<std::uint8_t>(what)); }
  bool has(number_oddity what) const { return (oddities & static_cast<std::uint8_t>(what)) != 0; }
};

number_shape shape_of(std::string_view text);
/// The canonical form that follows from `shape`; empty for what is invalid. `home_area` completes a local number.
std::string canonical_of(const number_shape& shape, std::string_view home_area);
/// Two digits 10 or 2x without 26, three digits from 3xx to 9xx, written without trunk 0; 400 and 800 are no areas.
bool is_area_code(std::string_view digits);
std::string_view without_blanks(std::string_view text);

}  // namespace seatgrid
