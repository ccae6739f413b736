#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "actors/input.hpp"
#include "base/overload.hpp"

/// How what comes in becomes a command of each entity's rules.
namespace seatgrid::actors {

template <class T, class Variant>
inline constexpr bool is_alternative = false;
template <class T, class... Ts>
inline constexpr bool is_alternative<T, std::variant<Ts...>> = (std::is_same_v<T, Ts> || ...);

/// The alternative that `from` holds, as the command of the same type; nothing when the rules have none.
template <class Command, class Variant>
std::optional<Command> same_alternative(Variant& from) {
  return std::visit(
      [](auto& x) -> std::optional<Command> {
        if constexpr (is_alternative<std::decay_t<decltype(x)>, Command>)
          return Command{std::move(x)};
        else
          return std::nullopt;
      },
      from);
}

/// Ports, entity messages, waits and news by type; orders of people through `order(control, request)` of the adapter.
template <class Command, class Order>
std::optional<Command> command_of(entity_input& in, const Order& order) {
  using made = std::optional<Command>;
  return std::visit(
      overload{
          [](leg_event& e) { return same_alternative<Command>(e); }, [](media_event& e) { return same_alternative<Command>(e); },
          [](acd_message& m) { return same_alternative<Command>(m); },
          [&](control::command& c) -> made { return order(c, in.request); }, [](resume_entity&) -> made { return std::nullopt; },
          [](resume_again&) -> made { return std::nullopt; }, [](show_entity&) -> made { return std::nullopt; },
          [](auto& x) -> made {
            if constexpr (is_alternative<std::decay_t<decltype(x)>, Command>)
              return Command{std::move(x)};
            else
              return std::nullopt;
          }},
      in.what);
}

}  // namespace seatgrid::actors
