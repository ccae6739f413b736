#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How numbers are said: as names of recorded words ("n2", "n100"), which tools/make_prompts.sh records per language.
namespace seatgrid::media {

enum class number_style : std::uint8_t {
  number = 0,  ///< zh: 二, 一百零二, 十二
  count = 1,   ///< zh before a measure word: 两 for 2 (两位)
};

inline constexpr std::int64_t spoken_number_max = 999'999'999'999;

/// Words of `value`; nothing beyond +-spoken_number_max or for a language that is neither "zh" nor "en".
std::optional<std::vector<std::string>> number_words(std::int64_t value, std::string_view language, number_style style);

/// One word per digit; nothing when a character is none of 0-9 * #, or there are more than 64.
std::optional<std::vector<std::string>> digit_words(std::string_view digits);

}  // namespace seatgrid::media
