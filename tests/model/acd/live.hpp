#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/entity.hpp"
#include "domain/tenant_config.hpp"

/// An entity under its production rules as the shell of actors/ runs it: decide, apply, derive, rows; waits by their effects; a
/// takeover reads the rows and resumes. Messages leave with the step.
namespace seatgrid::model {

inline constexpr time_point noon{1'800'000'000'000'000};
/// Deadlines stand here when they run: later than every command but a deadline's own.
inline constexpr time_point far_off{noon.us + 3'600'000'000};

/// How a check bends one rule. Empty functions bend nothing. Production code is not touched: `before` may change what decide
/// sees (false = the input is not heard), `after` what came of it.
template <class Rules>
struct bent {
  std::function<bool(typename Rules::state& now, typename Rules::command& input)> before{};
  std::function<void(const typename Rules::state& was, const typename Rules::command& input, typename Rules::state& now,
                     effects& what_follows)>
      after{};
  std::function<void(const typename Rules::state& now, effects& what_follows)> resumed{};
};

template <entity_rules Rules>
struct live {
  typename Rules::state rules{};
  std::map<std::string, std::string> rows{};
  std::map<std::uint32_t, std::uint64_t> waits{};  ///< those that run, with their generations
  std::string wrong{};
};

template <class Rules>
typename Rules::state read_rows(std::uint64_t id, const std::map<std::string, std::string>& rows) {
  entity_rows stored;
  for (const auto& [key, value] : rows) stored.push_back({key, value});
  auto loaded = Rules::load(id, stored);
  if (!loaded) throw std::logic_error("rows cannot be read: " + loaded.error().what);
  return std::move(*loaded);
}

/// One step. What follows and is not a wait is returned.
template <class Rules>
effects step(live<Rules>& entity, typename Rules::command input, time_point at, const tenant_config& config,
             const bent<Rules>& bends) {
  effects out;
  const auto was = entity.rules;
  if (bends.before && !bends.before(entity.rules, input)) return out;
  auto decided = Rules::decide(entity.rules, input, {at, 0}, config);
  if (!decided) {
    entity.wrong = "refused: " + decided.error().what;
    return out;
  }
  if constexpr (requires { Rules::answer(entity.rules, input, turn{}, config, out); })
    if (decided->empty()) Rules::answer(entity.rules, input, {at, 0}, config, out);
  for (const auto& event : *decided) {
    Rules::apply(entity.rules, event);
    Rules::derive(entity.rules, event, out);
  }
  entity_rows changed;
  Rules::rows(entity.rules, *decided, changed);
  for (auto& row : changed) {
    if (row.value)
      entity.rows[row.key] = std::move(*row.value);
    else
      entity.rows.erase(row.key);
  }
  if (bends.after) bends.after(was, input, entity.rules, out);
  return out;
}

template <class Rules>
effects resume(live<Rules>& entity, std::uint64_t id, const bent<Rules>& bends) {
  effects out;
  entity.rules = read_rows<Rules>(id, entity.rows);
  entity.waits.clear();
  Rules::resume(entity.rules, {noon, 0}, out);
  if (bends.resumed) bends.resumed(entity.rules, out);
  return out;
}

/// Starts and stops waits, collects what is said; the rest is given to `other`.
template <class Rules, class Other>
void follow(live<Rules>& entity, effects& what_follows, std::vector<to_entity>& said, Other other) {
  for (auto& one : what_follows) {
    if (auto* word = std::get_if<to_entity>(&one.what))
      said.push_back(std::move(*word));
    else if (const auto* wait = std::get_if<start_timer>(&one.what))
      entity.waits[wait->timer] = wait->generation;
    else if (const auto* no = std::get_if<stop_timer>(&one.what))
      entity.waits.erase(no->timer);
    else
      other(one);
  }
}

/// The message as the command of these rules.
template <class Command>
Command command_of(const acd_message& message) {
  return std::visit(
      [](const auto& m) -> Command {
        if constexpr (std::is_constructible_v<Command, decltype(m)>)
          return Command{m};
        else
          throw std::logic_error("a message that these rules do not know");
      },
      message);
}

}  // namespace seatgrid::model
