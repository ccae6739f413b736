#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/shape.hpp"

/// What a declaration of fields says, as data: for the generated pages in docs/format and for tests against libprotobuf.
namespace seatgrid::schema {

/// One field of a message. `type` is a protobuf word ("uint64", "sint64", "bool", "fixed64", "string"), a message's name, or
/// "map<A, B>"; `meaning` adds what protobuf does not know ("id", "time, microseconds since 1970 UTC", "duration, ms", "enum").
struct described_field {
  std::uint32_t number = 0;
  std::string name{};
  std::string type{};
  std::string meaning{};
  bool repeated = false;
  bool optional = false;
  bool message = false;  ///< `type` names a message
};
struct described_message {
  std::string name{};
  bool one_of = false;  ///< exactly one of the fields is there
  std::vector<described_field> fields{};
};
/// Messages in the order in which they were met: what refers before what is referred to.
using catalog = std::vector<described_message>;

/// "leg_incoming" for seatgrid::leg_incoming.
template <class T>
std::string name_of() {
  std::string_view text =
      __PRETTY_FUNCTION__;  // "... [with T = seatgrid::leg_incoming; ...]" or "... [T = seatgrid::leg_incoming]"
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  const auto scope = text.rfind("::");
  return std::string{scope == text.npos ? text : text.substr(scope + 2)};
}

template <class T>
void describe_message(catalog& into);

namespace detail {

inline bool has(const catalog& in, std::string_view name) {
  for (const auto& message : in)
    if (message.name == name) return true;
  return false;
}

template <class T>
described_field describe_type(catalog& into);

template <class A, class B>
void describe_two(catalog& into, const std::string& name, std::string_view first, std::string_view second) {
  if (has(into, name)) return;
  const auto at = into.size();
  into.push_back({.name = name});
  auto a = describe_type<A>(into);
  auto b = describe_type<B>(into);
  a.number = 1, a.name = first;
  b.number = 2, b.name = second;
  into[at].fields = {std::move(a), std::move(b)};
}

template <class T>
std::string duration_unit() {
  using period = typename T::period;
  if constexpr (std::same_as<period, std::milli>) return "ms";
  if constexpr (std::same_as<period, std::micro>) return "us";
  return std::same_as<period, std::ratio<1>> ? "s" : "ticks";
}

template <class T>
described_field describe_scalar() {
  if constexpr (std::same_as<T, bool>) return {.type = "bool"};
  if constexpr (std::same_as<T, std::string>) return {.type = "string", .meaning = "bytes; UTF-8 where it is for people"};
  if constexpr (shape::is_id<T>) return {.type = "fixed64", .meaning = "id"};
  if constexpr (std::same_as<T, time_point>) return {.type = "sint64", .meaning = "time, microseconds since 1970 UTC"};
  if constexpr (shape::is_duration<T>) return {.type = "sint64", .meaning = "duration, " + duration_unit<T>()};
  if constexpr (std::is_enum_v<T>) return {.type = "uint64", .meaning = "enum " + name_of<T>()};
  if constexpr (std::same_as<T, char>) return {.type = "uint64", .meaning = "character"};
  if constexpr (std::signed_integral<T>) return {.type = "sint64", .meaning = std::to_string(8 * sizeof(T)) + " bits"};
  return {.type = "uint64", .meaning = std::to_string(8 * sizeof(T)) + " bits"};
}

template <class T>
described_field describe_type(catalog& into) {
  using namespace shape;
  if constexpr (is_vector<T>) {
    auto item = describe_type<typename T::value_type>(into);
    item.repeated = true;
    return item;
  } else if constexpr (is_optional<T>) {
    auto item = describe_type<typename T::value_type>(into);
    item.optional = true;
    return item;
  } else if constexpr (is_map<T> || is_pair<T>) {
    using first =
        std::remove_const_t<std::tuple_element_t<0, typename std::conditional_t<is_map<T>, T, std::vector<T>>::value_type>>;
    using second = std::tuple_element_t<1, typename std::conditional_t<is_map<T>, T, std::vector<T>>::value_type>;
    const auto a = describe_type<first>(into).type;
    const auto b = describe_type<second>(into).type;
    const auto name = (is_map<T> ? "entry_" : "pair_") + a + "_" + b;
    describe_two<first, second>(into, name, "key", "value");
    return {.type = name, .repeated = is_map<T>, .message = true};
  } else if constexpr (std::same_as<T, leg_id>) {
    describe_two<call_id, std::uint32_t>(into, "leg_id", "call", "index");
    return {.type = "leg_id", .message = true};
  } else if constexpr (std::same_as<T, entity_ref>) {
    describe_two<entity_kind, std::uint64_t>(into, "entity_ref", "kind", "id");
    return {.type = "entity_ref", .message = true};
  } else if constexpr (is_variant<T>) {
    std::string name = "one_of";
    [&]<class... Ts>(std::type_identity<std::variant<Ts...>>) { ((name += "_" + name_of<Ts>()), ...); }(std::type_identity<T>{});
    describe_message<T>(into);
    return {.type = name, .message = true};
  } else if constexpr (has_fields<T>) {
    describe_message<T>(into);
    return {.type = name_of<T>(), .message = true};
  } else {
    return describe_scalar<T>();
  }
}

}  // namespace detail

/// Adds T and every message in it to `into`, each once. A variant needs a name: `variant_name`, or "one_of_" and its
/// alternatives.
template <class T>
void describe_message(catalog& into, std::string variant_name) {
  const auto at = into.size();
  if constexpr (shape::is_variant<T>) {
    if (detail::has(into, variant_name)) return;
    into.push_back({.name = std::move(variant_name), .one_of = true});
    const auto one = [&]<class A>(std::type_identity<A>) {
      into[at].fields.push_back({.number = A::tag, .name = std::string{A::type}, .type = name_of<A>(), .message = true});
      describe_message<A>(into);
    };
    [&]<class... Ts>(std::type_identity<std::variant<Ts...>>) { (one(std::type_identity<Ts>{}), ...); }(std::type_identity<T>{});
  } else {
    if (detail::has(into, name_of<T>())) return;
    into.push_back({.name = name_of<T>()});
    with_fields<T>([&]<class... Ms>(const field<T, Ms>&... f) {
      const auto one = [&]<class M>(const field<T, M>& g) {
        auto made = detail::describe_type<M>(into);
        made.number = g.number;
        made.name = g.name;
        into[at].fields.push_back(std::move(made));
      };
      (one(f), ...);
    });
  }
}
template <class T>
void describe_message(catalog& into) {
  std::string name;
  if constexpr (shape::is_variant<T>) {
    name = "one_of";
    [&]<class... Ts>(std::type_identity<std::variant<Ts...>>) { ((name += "_" + name_of<Ts>()), ...); }(std::type_identity<T>{});
  }
  describe_message<T>(into, std::move(name));
}

}  // namespace seatgrid::schema
