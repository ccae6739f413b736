#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

/// Protobuf bytes of structs that declare `fields()` (base/fields.hpp). Integers, enums, bools, times and ids are varints (signed
/// ones zigzag), strings and nested structs length-delimited, vectors repeated, maps repeated {1: key, 2: value}, variants a
/// oneof keyed by the alternative's `tag`. Unknown fields are skipped; defaults are not written. Included by `*_codec.cpp` alone.
namespace seatgrid::wire {

namespace detail {

template <class T>
concept scalar = std::integral<T> || std::is_enum_v<T>;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class K, class V>
inline constexpr bool is_map<std::map<K, V>> = true;
template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;
template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;
template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<entity_id<Tag>> = true;

template <class T>
void write(protozero::pbf_writer& out, std::uint32_t number, const T& value);

}  // namespace detail

/// The protobuf bytes of `value`, appended to `out`.
template <has_fields T>
void encode_into(std::string& out, const T& value) {
  protozero::pbf_writer writer{out};
  with_fields<T>([&](const auto&... f) { (detail::write(writer, f.number, value.*(f.member)), ...); });
}
template <class... Ts>
void encode_into(std::string& out, const std::variant<Ts...>& value) {
  protozero::pbf_writer writer{out};
  std::visit(
      [&](const auto& x) {
        std::string body;
        encode_into(body, x);
        writer.add_bytes(std::decay_t<decltype(x)>::tag, body);
      },
      value);
}
template <class T>
std::string encode(const T& value) {
  std::string out;
  encode_into(out, value);
  return out;
}

namespace detail {

template <class T>
void write_always(protozero::pbf_writer& out, std::uint32_t number, const T& value);

template <class T>
void write(protozero::pbf_writer& out, std::uint32_t number, const T& value) {
  if constexpr (is_vector<T>) {
    for (const auto& item : value) write_always(out, number, item);
  } else if constexpr (is_map<T>) {
    for (const auto& item : value) write_always(out, number, item);
  } else if constexpr (is_optional<T>) {
    if (value) write_always(out, number, *value);
  } else {
    if (!(value == T{})) write_always(out, number, value);
  }
}

template <class T>
void write_always(protozero::pbf_writer& out, std::uint32_t number, const T& value) {
  if constexpr (std::is_enum_v<T>) {
    out.add_uint64(number, static_cast<std::uint64_t>(value));
  } else if constexpr (std::same_as<T, bool>) {
    out.add_bool(number, value);
  } else if constexpr (std::signed_integral<T> && !std::same_as<T, char>) {
    out.add_sint64(number, value);
  } else if constexpr (std::same_as<T, char>) {
    out.add_uint64(number, static_cast<unsigned char>(value));
  } else if constexpr (std::unsigned_integral<T>) {
    out.add_uint64(number, value);
  } else if constexpr (is_id<T>) {
    out.add_fixed64(number, value.value);
  } else if constexpr (std::same_as<T, time_point>) {
    out.add_sint64(number, value.us);
  } else if constexpr (is_duration<T>) {
    out.add_sint64(number, value.count());
  } else if constexpr (std::same_as<T, std::string>) {
    out.add_string(number, value);
  } else if constexpr (is_pair<T>) {
    std::string body;
    protozero::pbf_writer inner{body};
    write_always(inner, 1, value.first);
    write_always(inner, 2, value.second);
    out.add_bytes(number, body);
  } else if constexpr (std::same_as<T, leg_id>) {
    std::string body;
    protozero::pbf_writer inner{body};
    write(inner, 1, value.call);
    write(inner, 2, value.index);
    out.add_bytes(number, body);
  } else if constexpr (std::same_as<T, entity_ref>) {
    std::string body;
    protozero::pbf_writer inner{body};
    write(inner, 1, value.kind);
    write(inner, 2, value.id);
    out.add_bytes(number, body);
  } else {
    std::string body;
    encode_into(body, value);
    out.add_bytes(number, body);
  }
}

template <class T>
bool read(protozero::pbf_reader& in, T& value);

template <has_fields T>
bool read_struct(protozero::data_view bytes, T& value) {
  // As in proto3 what was not written is zero, whatever the member's initialiser says.
  with_fields<T>([&](const auto&... f) { ((value.*(f.member) = {}), ...); });
  protozero::pbf_reader in{bytes};
  while (in.next()) {
    bool known = false;
    bool good = true;
    with_fields<T>([&](const auto&... f) {
      ((in.tag() == f.number && !known ? (known = true, good = read(in, value.*(f.member))) : false), ...);
    });
    if (!good) return false;
    if (!known) in.skip();
  }
  return true;
}

template <class... Ts>
bool read_variant(protozero::data_view bytes, std::variant<Ts...>& value) {
  protozero::pbf_reader in{bytes};
  bool found = false;
  while (in.next()) {
    bool known = false;
    bool good = true;
    const auto one = [&]<class A>(std::type_identity<A>) {
      if (known || in.tag() != A::tag) return;
      known = true;
      A inner{};
      good = read_struct(in.get_view(), inner);
      value = std::move(inner);
    };
    (one(std::type_identity<Ts>{}), ...);
    if (!good) return false;
    if (known)
      found = true;
    else
      in.skip();
  }
  return found;
}

template <class A, class B>
bool read_two(protozero::data_view bytes, A& first, B& second) {
  protozero::pbf_reader in{bytes};
  while (in.next()) {
    if (in.tag() == 1) {
      if (!read(in, first)) return false;
    } else if (in.tag() == 2) {
      if (!read(in, second)) return false;
    } else {
      in.skip();
    }
  }
  return true;
}

template <class T>
bool read(protozero::pbf_reader& in, T& value) {
  if constexpr (is_vector<T>) {
    typename T::value_type item{};
    if (!read(in, item)) return false;
    value.push_back(std::move(item));
  } else if constexpr (is_map<T>) {
    typename T::key_type key{};
    typename T::mapped_type mapped{};
    if (!read_two(in.get_view(), key, mapped)) return false;
    value.insert_or_assign(std::move(key), std::move(mapped));
  } else if constexpr (is_optional<T>) {
    value.emplace();
    return read(in, *value);
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(in.get_uint64());
  } else if constexpr (std::same_as<T, bool>) {
    value = in.get_bool();
  } else if constexpr (std::signed_integral<T> && !std::same_as<T, char>) {
    value = static_cast<T>(in.get_sint64());
  } else if constexpr (std::integral<T>) {
    value = static_cast<T>(in.get_uint64());
  } else if constexpr (is_id<T>) {
    value.value = in.get_fixed64();
  } else if constexpr (std::same_as<T, time_point>) {
    value.us = in.get_sint64();
  } else if constexpr (is_duration<T>) {
    value = T{in.get_sint64()};
  } else if constexpr (std::same_as<T, std::string>) {
    value = in.get_string();
  } else if constexpr (is_pair<T>) {
    return read_two(in.get_view(), value.first, value.second);
  } else if constexpr (std::same_as<T, leg_id>) {
    return read_two(in.get_view(), value.call, value.index);
  } else if constexpr (std::same_as<T, entity_ref>) {
    return read_two(in.get_view(), value.kind, value.id);
  } else if constexpr (is_variant<T>) {
    return read_variant(in.get_view(), value);
  } else {
    return read_struct(in.get_view(), value);
  }
  return true;
}

}  // namespace detail

/// The value in `bytes`. @error corrupt  truncated, wrong wire type, or a variant without a known alternative.
template <class T>
result<T> decode(std::string_view bytes) {
  T value{};
  try {
    const protozero::data_view view{bytes.data(), bytes.size()};
    bool good = false;
    if constexpr (detail::is_variant<T>)
      good = detail::read_variant(view, value);
    else
      good = detail::read_struct(view, value);
    if (!good) return fail(errc::corrupt, "record holds no known alternative");
  } catch (const protozero::exception& e) { return fail(errc::corrupt, std::string{"record is not protobuf: "} + e.what()); }
  return value;
}

}  // namespace seatgrid::wire
