#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/effect.hpp"

/// The shape every entity's rules have, so that one actor shell, one simulator and one replayer run them all.
namespace seatgrid {

/// A row that a step writes (value) or removes (none). `key` is relative to the entity: "" is its main row; a large entity
/// (a queue) has one row per element, "w<order key>". Values are protobuf bytes.
struct entity_row {
  std::string key{};
  std::optional<std::string> value{};
};
using entity_rows = std::vector<entity_row>;

class tenant_config;

/// `Rules` is a struct of types and static functions:
///   state, command, event                     plain types; command and event are variants
///   decide(state, command, turn, config)      -> result<std::vector<event>>; refuses with a reason, never half
///   apply(state&, event)                      folds one event in place: a state is too large to pass through; total and silent
///   derive(state_after, event, effects&)      what follows from one event
///   resume(state, turn, effects&)             what follows from being alive again after a takeover
///   rows(state_after, events, entity_rows&)   which rows a step changes, each key once, as they are after its last event
///   load(id, rows)                            -> result<state>
///   encode(command) / decode_command(bytes)   the recorded input, for replay (D2)
///   encode(event) / describe(event)           bytes for the log; JSON for `show` and the timeline
///   finished(state)                           true when the actor may be dropped (its rows stay until retention)
template <class Rules>
concept entity_rules = requires(const typename Rules::state& s, const typename Rules::command& c, const typename Rules::event& e,
                                const std::vector<typename Rules::event>& events, typename Rules::state moved, turn t,
                                const tenant_config& config, effects& out, entity_rows& rows, const entity_rows& stored,
                                std::uint64_t id, std::string_view bytes) {
  { Rules::kind } -> std::convertible_to<entity_kind>;
  { Rules::decide(s, c, t, config) } -> std::same_as<result<std::vector<typename Rules::event>>>;
  Rules::apply(moved, e);
  Rules::derive(s, e, out);
  Rules::resume(s, t, out);
  Rules::rows(s, events, rows);
  { Rules::load(id, stored) } -> std::same_as<result<typename Rules::state>>;
  { Rules::encode(c) } -> std::same_as<std::string>;
  { Rules::decode_command(bytes) } -> std::same_as<result<typename Rules::command>>;
  { Rules::encode(e) } -> std::same_as<std::string>;
  { Rules::describe(e) } -> std::same_as<std::string>;
  { Rules::finished(s) } -> std::same_as<bool>;
};

}  // namespace seatgrid
