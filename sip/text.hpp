#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>

/// Small pieces that every parser of network text in this room needs; locale-free and without allocation.
namespace seatgrid::text {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

constexpr bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}
constexpr bool starts(std::string_view whole, std::string_view with) {
  return whole.size() >= with.size() && same(whole.substr(0, with.size()), with);
}
constexpr std::string_view trim(std::string_view s) {
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}
/// The text before the first `at`, which is removed from `rest` together with it; all of it when there is none.
constexpr std::string_view cut(std::string_view& rest, char at) {
  const auto n = rest.find(at);
  const auto head = rest.substr(0, n);
  rest = n == std::string_view::npos ? std::string_view{} : rest.substr(n + 1);
  return head;
}
/// The next run without spaces or tabs; empty at the end.
constexpr std::string_view word(std::string_view& rest) {
  rest = trim(rest);
  std::size_t n = 0;
  while (n < rest.size() && !is_space(rest[n])) ++n;
  const auto head = rest.substr(0, n);
  rest = trim(rest.substr(n));
  return head;
}
/// The whole of `s` as a number without sign.
template <std::unsigned_integral T>
std::optional<T> number(std::string_view s, int base = 10) {
  T value{};
  const auto done = std::from_chars(s.data(), s.data() + s.size(), value, base);
  if (s.empty() || done.ec != std::errc{} || done.ptr != s.data() + s.size()) return std::nullopt;
  return value;
}

}  // namespace seatgrid::text
