#include "media/speech.hpp"

namespace seatgrid::media {
namespace {

using words = std::vector<std::string>;

std::string word(std::int64_t n) { return "n" + std::to_string(n); }

/// 1-9999 in Chinese. `inner` says that something stands before: then 10 is 一十 and gaps are filled by one 零.
void chinese_group(std::int64_t value, bool inner, words& out) {
  bool gap = false;
  bool began = false;
  for (const std::int64_t unit : {1'000, 100, 10, 1}) {
    const auto digit = value / unit % 10;
    if (digit == 0) {
      gap = began || gap;
      continue;
    }
    if (gap) out.push_back(word(0));
    gap = false;
    const bool bare_ten = unit == 10 && digit == 1 && !began && !inner;
    if (!bare_ten) out.push_back(word(digit));
    if (unit != 1) out.push_back(word(unit));
    began = true;
  }
}

void chinese(std::int64_t value, words& out) {
  if (value == 0) {
    out.push_back(word(0));
    return;
  }
  bool any = false;
  bool hole = false;
  for (const std::int64_t unit : {100'000'000, 10'000, 1}) {
    const auto group = value / unit % 10'000;
    if (group == 0) {
      hole = any;
      continue;
    }
    const bool zero = any && (hole || group < 1'000);
    if (zero) out.push_back(word(0));
    chinese_group(group, any, out);
    if (unit != 1) out.push_back(word(unit));
    any = true;
    hole = false;
  }
}

void english_group(std::int64_t value, words& out) {
  if (value >= 100) {
    out.push_back(word(value / 100));
    out.push_back(word(100));
    value %= 100;
  }
  if (value == 0) return;
  if (value <= 20) {
    out.push_back(word(value));
    return;
  }
  out.push_back(word(value / 10 * 10));
  if (value % 10 != 0) out.push_back(word(value % 10));
}

void english(std::int64_t value, words& out) {
  if (value == 0) out.push_back(word(0));
  for (const std::int64_t unit : {1'000'000'000, 1'000'000, 1'000, 1}) {
    const auto group = value / unit % 1'000;
    if (group == 0) continue;
    english_group(group, out);
    if (unit != 1) out.push_back(word(unit));
  }
}

}  // namespace

std::optional<words> number_words(std::int64_t value, std::string_view language, number_style style) {
  if (value > spoken_number_max || value < -spoken_number_max) return std::nullopt;
  words out;
  if (value < 0) out.emplace_back("minus");
  const auto magnitude = value < 0 ? -value : value;
  if (language == "zh") {
    if (magnitude == 2 && style == number_style::count)
      out.emplace_back("liang");
    else
      chinese(magnitude, out);
    return out;
  }
  if (language != "en") return std::nullopt;
  english(magnitude, out);
  return out;
}

std::optional<words> digit_words(std::string_view digits) {
  constexpr std::size_t digits_max = 64;
  if (digits.empty() || digits.size() > digits_max) return std::nullopt;
  words out;
  for (const char c : digits) {
    if (c >= '0' && c <= '9')
      out.push_back(word(c - '0'));
    else if (c == '*')
      out.emplace_back("star");
    else if (c == '#')
      out.emplace_back("hash");
    else
      return std::nullopt;
  }
  return out;
}

}  // namespace seatgrid::media
