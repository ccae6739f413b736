#pragma once

#include <array>
#include <cstring>
#include <limits>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>

#include "proto/shape.hpp"

/// How wire.hpp writes and reads values without their type. Included by wire.hpp alone.
namespace seatgrid::wire::detail {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

/// The functions of one type. `write` leaves a value out that equals its type's default, unless `always`.
struct type_ops {
  pbf_wire_type wire = pbf_wire_type::unknown;
  void (*write)(std::string& out, std::uint32_t number, const void* value, bool always) = nullptr;
  bool (*read)(pbf_reader& in, void* value) = nullptr;
  void (*clear)(void* value) = nullptr;
};
using struct_table = shape::table<type_ops>;

// --- bytes -------------------------------------------------------------------------------------------------------
/// A tag and a number before they go to `out` in one piece: byte by byte a row costs twice as much.
class prefix {
 public:
  prefix() = default;
  prefix(std::uint32_t number, pbf_wire_type wire) { varint(std::uint64_t{number} << 3U | static_cast<std::uint32_t>(wire)); }
  prefix& varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) bytes_[size_++] = static_cast<char>(value | 0x80U);
    bytes_[size_++] = static_cast<char>(value);
    return *this;
  }
  prefix& fixed64(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_[size_++] = static_cast<char>(value >> shift);
    return *this;
  }
  std::string_view text() const { return {bytes_.data(), size_}; }
  void to(std::string& out) const { out.append(bytes_.data(), size_); }

 private:
  static constexpr std::size_t varint_bytes_max = 10;
  std::array<char, 2 * varint_bytes_max> bytes_;  // not zeroed: only what was written is read
  std::size_t size_ = 0;
};
inline void add_varint(std::string& out, std::uint32_t number, std::uint64_t value) {
  prefix{number, pbf_wire_type::varint}.varint(value).to(out);
}
inline void add_bytes(std::string& out, std::uint32_t number, std::string_view bytes) {
  prefix{number, pbf_wire_type::length_delimited}.varint(bytes.size()).to(out);
  out.append(bytes);
}
/// Opens a nested message; most are shorter than 128 bytes, so that one byte is kept for the length.
inline std::size_t begin_nested(std::string& out, std::uint32_t number) {
  prefix{number, pbf_wire_type::length_delimited}.varint(0).to(out);
  return out.size();
}
inline void end_nested(std::string& out, std::size_t begin) {
  const auto length = out.size() - begin;
  if (length < 0x80U)
    out[begin - 1] = static_cast<char>(length);
  else
    out.replace(begin - 1, 1, prefix{}.varint(length).text());
}

// --- structs -----------------------------------------------------------------------------------------------------
inline void write_members(std::string& out, const struct_table& table, const void* value) {
  for (const auto& member : table) member.type->write(out, member.number, static_cast<const char*>(value) + member.offset, false);
}
inline void write_nested(std::string& out, std::uint32_t number, const struct_table& table, const void* value) {
  const auto begin = begin_nested(out, number);
  write_members(out, table, value);
  end_nested(out, begin);
}
inline bool read_members(protozero::data_view bytes, const struct_table& table, void* value) {
  // As in proto3 what was not written is zero, whatever the member's initialiser says.
  for (const auto& member : table) member.type->clear(static_cast<char*>(value) + member.offset);
  pbf_reader in{bytes};
  const auto* expected = table.begin();  // members come in their order
  while (in.next()) {
    const auto* member = expected;
    while (member != table.end() && member->number != in.tag()) ++member;
    if (member == table.end())
      for (member = table.begin(); member != table.end() && member->number != in.tag();) ++member;
    if (member == table.end()) {
      in.skip();
      continue;
    }
    if (in.wire_type() != member->type->wire) return false;
    if (!member->type->read(in, static_cast<char*>(value) + member->offset)) return false;
    expected = member;
  }
  return true;
}

// --- scalars: one set of functions per representation, shared by enums, durations and numbers of that size -----------
template <class Raw>
Raw raw(const void* value) {
  Raw copy{};
  std::memcpy(&copy, value, sizeof copy);
  return copy;
}
template <class Raw>
void set_raw(void* value, Raw copy) {
  std::memcpy(value, &copy, sizeof copy);
}
template <class Raw>
inline constexpr type_ops unsigned_ops{
    pbf_wire_type::varint,
    [](std::string& out, std::uint32_t number, const void* value, bool always) {
      const auto n = raw<Raw>(value);
      if (n != 0 || always) add_varint(out, number, n);
    },
    [](pbf_reader& in, void* value) { return set_raw(value, static_cast<Raw>(in.get_uint64())), true; },
    [](void* value) { set_raw(value, Raw{0}); }};
template <class Raw>
inline constexpr type_ops signed_ops{
    pbf_wire_type::varint,
    [](std::string& out, std::uint32_t number, const void* value, bool always) {
      const auto n = raw<Raw>(value);
      if (n != 0 || always) add_varint(out, number, protozero::encode_zigzag64(n));
    },
    [](pbf_reader& in, void* value) { return set_raw(value, static_cast<Raw>(in.get_sint64())), true; },
    [](void* value) { set_raw(value, Raw{0}); }};
inline constexpr type_ops bool_ops{
    pbf_wire_type::varint,
    [](std::string& out, std::uint32_t number, const void* value, bool always) {
      const bool is = *static_cast<const bool*>(value);
      if (is || always) add_varint(out, number, is ? 1 : 0);
    },
    [](pbf_reader& in, void* value) { return *static_cast<bool*>(value) = in.get_uint64() != 0, true; },
    [](void* value) { *static_cast<bool*>(value) = false; }};
inline constexpr type_ops fixed64_ops{pbf_wire_type::fixed64,
                                      [](std::string& out, std::uint32_t number, const void* value, bool always) {
                                        const auto n = raw<std::uint64_t>(value);
                                        if (n != 0 || always) prefix{number, pbf_wire_type::fixed64}.fixed64(n).to(out);
                                      },
                                      [](pbf_reader& in, void* value) { return set_raw(value, in.get_fixed64()), true; },
                                      [](void* value) { set_raw(value, std::uint64_t{0}); }};
inline constexpr type_ops string_ops{pbf_wire_type::length_delimited,
                                     [](std::string& out, std::uint32_t number, const void* value, bool always) {
                                       const auto& text = *static_cast<const std::string*>(value);
                                       if (!text.empty() || always) add_bytes(out, number, text);
                                     },
                                     [](pbf_reader& in, void* value) {
                                       const auto view = in.get_view();
                                       static_cast<std::string*>(value)->assign(view.data(), view.size());
                                       return true;
                                     },
                                     [](void* value) { static_cast<std::string*>(value)->clear(); }};

template <class T>
constexpr const type_ops& scalar_ops() {
  if constexpr (std::is_enum_v<T>) {
    using under = std::make_unsigned_t<std::underlying_type_t<T>>;
    static_assert(std::is_unsigned_v<std::underlying_type_t<T>>, "stored enums have an unsigned type");
    return unsigned_ops<under>;
  } else if constexpr (std::same_as<T, char>) {
    return unsigned_ops<unsigned char>;
  } else if constexpr (std::signed_integral<T>) {
    return signed_ops<T>;
  } else {
    static_assert(std::unsigned_integral<T>, "this type has no protobuf form: declare fields()");
    return unsigned_ops<T>;
  }
}

// --- containers and structs ------------------------------------------------------------------------------------------
struct wire_ops;
template <class T>
constexpr type_ops ops_of();
/// The functions of T as one constant; `shape::table_of` points to it.
struct wire_ops {
  template <class T>
  static constexpr type_ops of = ops_of<T>();
};
template <class T>
const struct_table& table_of() {
  return shape::table_of<type_ops, wire_ops, T>();
}

template <class V>
struct vector_functions {
  using item = typename V::value_type;
  static_assert(!std::same_as<item, bool>, "std::vector<bool> has no items to point to");
  static void write(std::string& out, std::uint32_t number, const void* value, bool) {
    for (const auto& x : *static_cast<const V*>(value)) wire_ops::of<item>.write(out, number, &x, true);
  }
  static bool read(pbf_reader& in, void* value) { return wire_ops::of<item>.read(in, &static_cast<V*>(value)->emplace_back()); }
};
template <class O>
struct optional_functions {
  using item = typename O::value_type;
  static void write(std::string& out, std::uint32_t number, const void* value, bool) {
    const auto& x = *static_cast<const O*>(value);
    if (x) wire_ops::of<item>.write(out, number, &*x, true);
  }
  static bool read(pbf_reader& in, void* value) { return wire_ops::of<item>.read(in, &static_cast<O*>(value)->emplace()); }
};

inline void write_two(std::string& out, std::uint32_t number, const type_ops& a, const void* first, const type_ops& b,
                      const void* second, bool always) {
  const auto begin = begin_nested(out, number);
  a.write(out, 1, first, always);
  b.write(out, 2, second, always);
  end_nested(out, begin);
}
inline bool read_two(pbf_reader& outer, const type_ops& a, void* first, const type_ops& b, void* second) {
  pbf_reader in{outer.get_view()};
  while (in.next()) {
    if (in.tag() != 1 && in.tag() != 2) {
      in.skip();
      continue;
    }
    const auto& ops = in.tag() == 1 ? a : b;
    if (in.wire_type() != ops.wire || !ops.read(in, in.tag() == 1 ? first : second)) return false;
  }
  return true;
}

template <class M>
struct map_functions {
  using key = typename M::key_type;
  using mapped = typename M::mapped_type;
  static void write(std::string& out, std::uint32_t number, const void* value, bool) {
    for (const auto& [k, v] : *static_cast<const M*>(value))
      write_two(out, number, wire_ops::of<key>, &k, wire_ops::of<mapped>, &v, true);
  }
  static bool read(pbf_reader& in, void* value) {
    key k{};
    mapped v{};
    if (!read_two(in, wire_ops::of<key>, &k, wire_ops::of<mapped>, &v)) return false;
    static_cast<M*>(value)->insert_or_assign(std::move(k), std::move(v));
    return true;
  }
};

/// A struct of two members without fields(): std::pair, leg_id, entity_ref. `Always`: also members that are zero are written.
template <class T, auto First, auto Second, bool Always>
struct two_functions {
  using a = std::remove_cvref_t<decltype(std::declval<T&>().*First)>;
  using b = std::remove_cvref_t<decltype(std::declval<T&>().*Second)>;
  static void write(std::string& out, std::uint32_t number, const void* value, bool always) {
    const auto& x = *static_cast<const T*>(value);
    if (!always && x == T{}) return;
    write_two(out, number, wire_ops::of<a>, &(x.*First), wire_ops::of<b>, &(x.*Second), Always);
  }
  static bool read(pbf_reader& in, void* value) {
    auto& x = *static_cast<T*>(value);
    return read_two(in, wire_ops::of<a>, &(x.*First), wire_ops::of<b>, &(x.*Second));
  }
};

template <class T>
struct struct_functions {
  static void write(std::string& out, std::uint32_t number, const void* value, bool always) {
    if (always || !(*static_cast<const T*>(value) == shape::model<T>())) write_nested(out, number, table_of<T>(), value);
  }
  static bool read(pbf_reader& in, void* value) { return read_members(in.get_view(), table_of<T>(), value); }
};

template <class V, class Indices = std::make_index_sequence<std::variant_size_v<V>>>
struct variant_functions;
template <class... Ts, std::size_t... I>
struct variant_functions<std::variant<Ts...>, std::index_sequence<I...>> {
  using V = std::variant<Ts...>;
  static void write_alternative(std::string& out, const V& value) {
    ((value.index() == I ? write_nested(out, Ts::tag, table_of<Ts>(), std::get_if<I>(&value)) : void()), ...);
  }
  static bool read_alternative(protozero::data_view bytes, V& value) {
    pbf_reader in{bytes};
    bool found = false;
    while (in.next()) {
      const auto tag = in.tag();
      if (((tag != Ts::tag) && ...)) {
        in.skip();
        continue;
      }
      if (in.wire_type() != pbf_wire_type::length_delimited) return false;
      const auto body = in.get_view();
      if (!((tag == Ts::tag && read_members(body, table_of<Ts>(), &value.template emplace<I>())) || ...)) return false;
      found = true;
    }
    return found;
  }
  static void write(std::string& out, std::uint32_t number, const void* value, bool always) {
    const auto& x = *static_cast<const V*>(value);
    if (!always && x == shape::model<V>()) return;
    const auto begin = begin_nested(out, number);
    write_alternative(out, x);
    end_nested(out, begin);
  }
  static bool read(pbf_reader& in, void* value) { return read_alternative(in.get_view(), *static_cast<V*>(value)); }
};

template <class T>
void clear_value(void* value) {
  *static_cast<T*>(value) = T{};
}
template <class Functions, class T>
constexpr type_ops nested_ops(pbf_wire_type wire = pbf_wire_type::length_delimited) {
  return {wire, &Functions::write, &Functions::read, &clear_value<T>};
}

template <class T>
constexpr type_ops ops_of() {
  using namespace shape;
  if constexpr (std::same_as<T, bool>) {
    return bool_ops;
  } else if constexpr (std::same_as<T, std::string>) {
    return string_ops;
  } else if constexpr (is_id<T>) {
    static_assert(sizeof(T) == sizeof(std::uint64_t));
    return fixed64_ops;
  } else if constexpr (std::same_as<T, time_point>) {
    static_assert(sizeof(T) == sizeof(std::int64_t));
    return signed_ops<std::int64_t>;
  } else if constexpr (is_duration<T>) {
    return signed_ops<typename T::rep>;
  } else if constexpr (is_vector<T>) {
    return nested_ops<vector_functions<T>, T>(wire_ops::of<typename T::value_type>.wire);
  } else if constexpr (is_optional<T>) {
    return nested_ops<optional_functions<T>, T>(wire_ops::of<typename T::value_type>.wire);
  } else if constexpr (is_map<T>) {
    return nested_ops<map_functions<T>, T>();
  } else if constexpr (is_pair<T>) {
    return nested_ops<two_functions<T, &T::first, &T::second, true>, T>();
  } else if constexpr (std::same_as<T, leg_id>) {
    return nested_ops<two_functions<T, &T::call, &T::index, false>, T>();
  } else if constexpr (std::same_as<T, entity_ref>) {
    return nested_ops<two_functions<T, &T::kind, &T::id, false>, T>();
  } else if constexpr (is_variant<T>) {
    return nested_ops<variant_functions<T>, T>();
  } else if constexpr (has_fields<T>) {
    return nested_ops<struct_functions<T>, T>();
  } else {
    return scalar_ops<T>();
  }
}

}  // namespace seatgrid::wire::detail
