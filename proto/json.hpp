#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "proto/shape.hpp"

/// JSON text of structs that declare `fields()` (base/fields.hpp), for public events, `show` and the timeline: members by their
/// names, all written; ids as to_text (none = ""), times as RFC 3339 UTC with microseconds (zero = ""), durations as a number of
/// their unit, enums as their to_string word (else a number), optionals as value or null, variants as the alternative's members
/// after "type". Strings that are not UTF-8 have each bad byte replaced. Included by `*_codec.cpp` alone.
namespace seatgrid::json {

/// Appends `text` as a JSON string with its quotes.
inline void write_text(std::string& out, std::string_view text);
/// "2026-11-23T08:10:19.123456Z".
inline std::string rfc3339(time_point at);

template <class T>
void write(std::string& out, const T& value);

namespace detail {

using namespace shape;

/// How a member is written without its type.
struct text_ops {
  void (*write)(std::string& out, const void* value) = nullptr;
};
struct json_ops {
  template <class T>
  static constexpr text_ops of{[](std::string& out, const void* value) { json::write(out, *static_cast<const T*>(value)); }};
};

/// Stands in JSON as it is.
constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// The length of the UTF-8 sequence at `at`, 0 if it is none.
inline std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xc2 && first < 0xe0 ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xc0U) != 0x80U) return 0;
  if (length > 2) {  // overlong forms, surrogates and what lies beyond U+10FFFF
    const unsigned char second = byte(at + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
      return 0;
  }
  return length;
}

inline void write_escape(std::string& out, unsigned char c) {
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(c));
  out += text;
}

/// The members of `value` without braces; `first` says whether a comma is due.
inline void write_members(std::string& out, const table<text_ops>& members, const void* value, bool first) {
  for (const auto& member : members) {
    if (!first) out += ',';
    first = false;
    write_text(out, member.name);
    out += ':';
    member.type->write(out, static_cast<const char*>(value) + member.offset);
  }
}
template <has_fields T>
void write_members(std::string& out, const T& value, bool first) {
  write_members(out, table_of<text_ops, json_ops, T>(), &value, first);
}

template <class T>
void write_items(std::string& out, const T& values) {
  bool first = true;
  for (const auto& item : values) {
    if (!first) out += ',';
    first = false;
    write(out, item);
  }
}

template <class T>
void write_map(std::string& out, const T& values) {
  bool first = true;
  out += '{';
  for (const auto& [key, item] : values) {
    if (!first) out += ',';
    first = false;
    if constexpr (std::same_as<std::decay_t<decltype(key)>, char>)
      write_text(out, std::string_view{&key, 1});
    else if constexpr (std::is_arithmetic_v<std::decay_t<decltype(key)>>)
      write_text(out, std::to_string(key));
    else
      write_text(out, key);
    out += ':';
    write(out, item);
  }
  out += '}';
}

template <class T>
void write_variant(std::string& out, const T& value) {
  out += "{\"type\":";
  std::visit(
      [&](const auto& x) {
        write_text(out, std::decay_t<decltype(x)>::type);
        write_members(out, x, false);
      },
      value);
  out += '}';
}

template <class T>
void write_scalar(std::string& out, const T& value) {
  if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::same_as<T, char>) {
    write_text(out, std::string_view{&value, 1});
  } else if constexpr (std::is_enum_v<T>) {
    if constexpr (requires { to_string(value); })
      write_text(out, to_string(value));
    else
      out += std::to_string(static_cast<std::uint64_t>(value));
  } else {
    out += std::to_string(value);
  }
}

}  // namespace detail

inline void write_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t i = 0;
  while (i < text.size() && detail::is_plain(text[i])) ++i;
  out.append(text, 0, i);
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto length = detail::utf8_length(text, i);
    if (length == 0) {
      out += "\\ufffd";
      ++i;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
      ++i;
    } else if (c < 0x20 || c == 0x7f) {
      detail::write_escape(out, c);
      ++i;
    } else {
      out.append(text, i, length);
      i += length;
    }
  }
  out += '"';
}

inline std::string rfc3339(time_point at) {
  using namespace std::chrono;
  constexpr sys_time<microseconds> first{sys_days{0y / January / 1}};
  constexpr sys_time<microseconds> end{sys_days{10'000y / January / 1}};
  // A damaged row may hold any time; RFC 3339 has these years.
  const auto whole = std::clamp(sys_time<microseconds>{microseconds{at.us}}, first, end - microseconds{1});
  const auto day = floor<days>(whole);
  const year_month_day date{day};
  const hh_mm_ss clock{whole - day};
  std::string text{"0000-00-00T00:00:00.000000Z"};
  const auto put = [&](std::size_t last, std::int64_t value) {  // printf took a twelfth of a call's CPU
    for (; value > 0; value /= 10) text[last--] = static_cast<char>('0' + value % 10);
  };
  put(3, static_cast<int>(date.year()));
  put(6, static_cast<unsigned>(date.month()));
  put(9, static_cast<unsigned>(date.day()));
  put(12, clock.hours().count());
  put(15, clock.minutes().count());
  put(18, clock.seconds().count());
  put(25, clock.subseconds().count());
  return text;
}

/// Appends `value` as JSON.
template <class T>
void write(std::string& out, const T& value) {
  using namespace detail;
  if constexpr (std::convertible_to<const T&, std::string_view>) {
    write_text(out, value);
  } else if constexpr (is_vector<T>) {
    out += '[';
    write_items(out, value);
    out += ']';
  } else if constexpr (is_map<T>) {
    write_map(out, value);
  } else if constexpr (is_optional<T>) {
    if (value)
      write(out, *value);
    else
      out += "null";
  } else if constexpr (is_id<T>) {
    write_text(out, value ? to_text(value) : std::string{});
  } else if constexpr (std::same_as<T, leg_id>) {
    write_text(out, value ? to_text(value.call) + "." + std::to_string(value.index) : std::string{});
  } else if constexpr (std::same_as<T, entity_ref>) {
    write_text(out, value.id == 0 ? std::string{} : std::string{to_string(value.kind)} + "/" + to_text(value.id));
  } else if constexpr (std::same_as<T, time_point>) {
    write_text(out, value.us == 0 ? std::string{} : rfc3339(value));
  } else if constexpr (is_duration<T>) {
    out += std::to_string(value.count());
  } else if constexpr (is_pair<T>) {
    out += '[';
    write(out, value.first);
    out += ',';
    write(out, value.second);
    out += ']';
  } else if constexpr (is_variant<T>) {
    write_variant(out, value);
  } else if constexpr (has_fields<T>) {
    out += '{';
    write_members(out, value, true);
    out += '}';
  } else {
    write_scalar(out, value);
  }
}

template <class T>
std::string text(const T& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace seatgrid::json
