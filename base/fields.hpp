#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <tuple>

namespace seatgrid {

/// One member of a stored or published struct: its protobuf field number (never reused), its name in JSON, where it is.
/// A struct declares its members once:
///   struct call_queued {
///     call_id call{};
///     time_point at{};
///     static constexpr auto fields() { return std::tuple{field{1, "call", &call_queued::call}, field{2, "at",
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
