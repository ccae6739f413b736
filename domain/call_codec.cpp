#include <algorithm>
#include <type_traits>

#include "domain/call_rules.hpp"
#include "proto/json.hpp"
#include "proto/wire.hpp"

/// Bytes of a call: its rows, recorded commands and events, and the JSON that `show` prints.
namespace seatgrid {
namespace {

using call_control = std::variant<timer_fired, call_hangup, call_transfer>;
/// The four sources of commands number their words independently: a record says first whose word it is.
struct command_record {
  std::optional<leg_event> leg{};
  std::optional<media_event> media{};
  std::optional<call_message> message{};
  std::optional<call_control> control{};
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &command_record::leg}, field{2, "media", &command_record::media},
                      field{3, "message", &command_record::message}, field{4, "control", &command_record::control}};
  }
};

template <class Variant, class T>
inline constexpr bool holds = false;
template <class... Ts, class T>
inline constexpr bool holds<std::variant<Ts...>, T> = (std::same_as<Ts, T> || ...);

command_record record_of(const call_command& order) {
  return std::visit(
      [](const auto& c) -> command_record {
        using T = std::decay_t<decltype(c)>;
        command_record out{};
        if constexpr (holds<leg_event, T>)
          out.leg.emplace(std::in_place_type<T>, c);
        else if constexpr (holds<media_event, T>)
          out.media.emplace(std::in_place_type<T>, c);
        else if constexpr (holds<call_message, T>)
          out.message.emplace(std::in_place_type<T>, c);
        else
          out.control.emplace(std::in_place_type<T>, c);
        return out;
      },
      order);
}

template <class... Ts>
call_command widened(std::variant<Ts...> in) {
  return std::visit(
      [](auto&& x) {
        using T = std::decay_t<decltype(x)>;
        return call_command{std::in_place_type<T>, std::forward<decltype(x)>(x)};
      },
      std::move(in));
}

constexpr std::string_view main_row{};
constexpr std::string_view cdr_row = "cdr";

void put(entity_rows& out, std::string_view key, std::optional<std::string> value) {
  const auto at = std::find_if(out.begin(), out.end(), [&](const entity_row& r) { return r.key == key; });
  if (at != out.end())
    at->value = std::move(value);
  else
    out.push_back({std::string{key}, std::move(value)});
}

}  // namespace

void call_rules::rows(const state& after, const std::vector<event>& happened, entity_rows& out) {
  using namespace calls;
  bool changed = false;
  for (const auto& e : happened) {
    if (const auto* closed = std::get_if<call_closed>(&e)) put(out, cdr_row, wire::encode(closed->cdr));
    changed = changed || !(std::holds_alternative<leg_cleared>(e) || std::holds_alternative<digit_relayed>(e) ||
                           std::holds_alternative<request_done>(e) || std::holds_alternative<place_asked>(e));
  }
  if (!changed) return;
  if (after.phase == call_phase::forgotten)
    put(out, main_row, std::nullopt);
  else
    put(out, main_row, wire::encode(after));
}

result<call_rules::state> call_rules::load(std::uint64_t id, const entity_rows& stored) {
  using namespace calls;
  bool was_known = false;
  for (const auto& row : stored) {
    if (row.key == main_row && row.value) {
      auto read = wire::decode<call_state>(*row.value);
      if (read) read->id = {id};
      return read;
    }
    was_known = was_known || row.key == cdr_row;
  }
  call_state fresh{.id = {id}};
  if (was_known) {  // only the CDR is left
    fresh.phase = call_phase::forgotten;
    fresh.attempt = unknown_call_attempt();
  }
  return fresh;
}

std::string call_rules::encode(const command& order) { return wire::encode(record_of(order)); }

std::string call_rules::encode(const command& order, const state& before) {
  const bool hidden = before.stage == calls::call_stage::collect && before.collects_secret;
  if (!hidden) return encode(order);
  auto masked = order;
  // '0' keeps the count, so that a replay takes the same way; the terminator is no secret.
  const auto mask = [](char& digit) {
    if (digit >= '0' && digit <= '9') digit = '0';
  };
  if (auto* by_rtp = std::get_if<media_digit>(&masked)) mask(by_rtp->digit);
  if (auto* by_info = std::get_if<leg_digit>(&masked)) mask(by_info->digit);
  return encode(masked);
}

result<call_rules::command> call_rules::decode_command(std::string_view bytes) {
  auto read = wire::decode<command_record>(bytes);
  if (!read) return tl::unexpected(read.error());
  if (read->leg) return widened(std::move(*read->leg));
  if (read->media) return widened(std::move(*read->media));
  if (read->message) return widened(std::move(*read->message));
  if (read->control) return widened(std::move(*read->control));
  return fail(errc::corrupt, "the record holds no command of a call");
}

std::string call_rules::encode(const event& happened) { return wire::encode(happened); }
result<call_rules::event> call_rules::decode_event(std::string_view bytes) { return wire::decode<event>(bytes); }
std::string call_rules::describe(const event& happened) { return json::text(happened); }
std::string call_rules::describe(const state& now) { return json::text(now); }
std::string describe(const session_cdr& cdr) { return json::text(cdr); }

call_command to_call_command(leg_event e) { return widened(std::move(e)); }
call_command to_call_command(media_event e) { return widened(std::move(e)); }
call_command to_call_command(call_message m) { return widened(std::move(m)); }

std::string encode(const session_cdr& cdr) { return wire::encode(cdr); }
result<session_cdr> decode_cdr(std::string_view bytes) { return wire::decode<session_cdr>(bytes); }

}  // namespace seatgrid
