#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

/// What wire.hpp, json.hpp and describe.hpp share: which shape a type has, and where a struct's members are. Each of them keeps
/// one small table per struct and one pair of functions per member *type*, so that a struct costs the compiler a table and not a
/// function per member and use (ADR 0005).
namespace seatgrid::shape {

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

/// A T as its initialisers make it: what "default" means, and the model on which offsets are measured.
template <class T>
const T& model() {
  static const T value{};
  return value;
}

/// One member: its number and name, where it lies in the struct, and what a reader or writer knows of its type.
template <class Ops>
struct entry {
  std::uint32_t number = 0;
  std::uint32_t offset = 0;
  std::string_view name{};
  const Ops* type = nullptr;
};
template <class Ops>
struct table {
  const entry<Ops>* entries = nullptr;
  std::size_t count = 0;
  const entry<Ops>* begin() const { return entries; }
  const entry<Ops>* end() const { return entries + count; }
};

inline std::uint32_t offset_of(const void* member, const void* whole) {
  return static_cast<std::uint32_t>(static_cast<const char*>(member) - static_cast<const char*>(whole));
}

/// The table of T; `Of` names the type's functions: `Of::template of<Member>` is a constant of type Ops.
template <class Ops, class Of, has_fields T>
const table<Ops>& table_of() {
  static const auto entries = with_fields<T>([]<class... Ms>(const field<T, Ms>&... f) {
    const auto& whole = model<T>();
    return std::array<entry<Ops>, sizeof...(Ms)>{
        {{f.number, offset_of(&(whole.*(f.member)), &whole), f.name, &Of::template of<Ms>}...}};
  });
  static const table<Ops> made{entries.data(), entries.size()};
  return made;
}

}  // namespace seatgrid::shape
