#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

namespace seatgrid {

/// One member of a stored or published struct: its protobuf field number (never reused), its name in JSON, where it is.
/// A struct declares its members once:
///   struct call_queued {
///     call_id call{};
///     time_point at{};
///     static constexpr auto fields() { return members{field{1, "call", &call_queued::call}, field{2, "at",
///     &call_queued::at}}; }
///   };
/// and `proto/wire.hpp` (protobuf bytes), `proto/json.hpp` and the generated format pages read that declaration.
template <class T, class M>
struct field {
  std::uint32_t number = 0;
  std::string_view name{};
  M T::*member = nullptr;
  constexpr field(std::uint32_t n, std::string_view text, M T::*at) : number(n), name(text), member(at) {}
};

namespace detail {
template <std::size_t, class Field>
struct member_at {
  Field field;
};
template <class Indices, class... Fields>
struct member_list;
template <std::size_t... I, class... Fields>
struct member_list<std::index_sequence<I...>, Fields...> : member_at<I, Fields>... {
  constexpr explicit member_list(Fields... fields) : member_at<I, Fields>{fields}... {}
  template <class Fn>
  constexpr decltype(auto) apply(Fn&& fn) const {
    return fn(static_cast<const member_at<I, Fields>&>(*this).field...);
  }
};
}  // namespace detail

/// The fields of a struct in their order. Not std::tuple, whose instantiation took two seconds of every file that includes the
/// ports.
template <class... Fields>
struct members : detail::member_list<std::index_sequence_for<Fields...>, Fields...> {
  static constexpr std::size_t size = sizeof...(Fields);
  constexpr explicit members(Fields... fields) : detail::member_list<std::index_sequence_for<Fields...>, Fields...>{fields...} {}
};
template <class... Fields>
members(Fields...) -> members<Fields...>;

/// fn(field...) with all fields of T.
template <class T, class Fn>
constexpr decltype(auto) with_fields(Fn&& fn) {
  if constexpr (requires { decltype(T::fields())::size; })
    return T::fields().apply(std::forward<Fn>(fn));
  else
    return std::apply(std::forward<Fn>(fn), T::fields());  // a std::tuple; members compile faster
}

template <class T>
concept has_fields = requires {
  T::fields();
};

/// Alternatives of a std::variant are written as a protobuf oneof: each alternative type names its number in
/// `static constexpr std::uint32_t tag` and its name in `static constexpr std::string_view type`.
template <class T>
concept has_tag = requires {
  { T::tag } -> std::convertible_to<std::uint32_t>;
  { T::type } -> std::convertible_to<std::string_view>;
};

}  // namespace seatgrid
