#include "api/byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace seatgrid {
namespace {

constexpr std::string_view unit = "bytes=";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Digits only. More than fits is as good as endless.
std::optional<std::uint64_t> number_of(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc::result_out_of_range ? UINT64_MAX : value;
}

bool names_bytes(std::string_view header) {
  return header.size() >= unit.size() && std::equal(unit.begin(), unit.end(), header.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
         });
}

}  // namespace

range_wish wanted_range(std::string_view header, std::uint64_t size) {
  header = trimmed(header);
  if (!names_bytes(header)) return {};
  header = trimmed(header.substr(unit.size()));
  const auto dash = header.find('-');
  if (dash == header.npos) return {};
  const auto before = header.substr(0, dash), behind = header.substr(dash + 1);
  const auto first = number_of(before), last = number_of(behind);
  if (before.empty() && last) {  // the last so many
    if (*last == 0 || size == 0) return {.unsatisfiable = true};
    const auto many = std::min(*last, size);
    return {.part = byte_range{size - many, many}};
  }
  if (!first || (!behind.empty() && !last) || (last && *last < *first)) return {};
  if (*first >= size) return {.unsatisfiable = true};
  return {.part = byte_range{*first, std::min(last.value_or(UINT64_MAX), size - 1) - *first + 1}};
}

}  // namespace seatgrid
