#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "proto/wire_types.hpp"

/// Protobuf bytes of structs that declare `fields()` (base/fields.hpp). Integers, enums, bools and times are varints (signed ones
/// zigzag), ids fixed64, strings and nested structs length-delimited, vectors repeated (not packed), maps repeated {1: key, 2:
/// value}, variants a oneof keyed by the alternative's `tag`. Unknown fields are skipped; defaults are not written. Included by
/// `*_codec.cpp` alone.
namespace seatgrid::wire {

inline constexpr std::size_t kept_bytes_max = 64 * 1'024;  // of a thread's room for encoding

/// The protobuf bytes of `value`, appended to `out`.
template <class T>
void encode_into(std::string& out, const T& value) {
  if constexpr (shape::is_variant<T>)
    detail::variant_functions<T>::write_alternative(out, value);
  else
    detail::write_members(out, detail::table_of<T>(), &value);
}
template <class T>
std::string encode(const T& value) {
  // Grown once per thread: a row of 2 KB would otherwise move eight times while it grows.
  thread_local std::string room;
  room.clear();
  encode_into(room, value);
  std::string out{room};
  if (room.capacity() > kept_bytes_max) std::string{}.swap(room);
  return out;
}

/// The value in `bytes`. @error corrupt  truncated, wrong wire type, or a variant without a known alternative.
template <class T>
result<T> decode(std::string_view bytes) {
  T value{};
  try {
    const protozero::data_view view{bytes.data(), bytes.size()};
    bool good = false;
    if constexpr (shape::is_variant<T>)
      good = detail::variant_functions<T>::read_alternative(view, value);
    else
      good = detail::read_members(view, detail::table_of<T>(), &value);
    if (!good) return fail(errc::corrupt, "record has a field of another type or no known alternative");
  } catch (const protozero::exception& e) { return fail(errc::corrupt, std::string{"record is not protobuf: "} + e.what()); }
  return value;
}

}  // namespace seatgrid::wire
