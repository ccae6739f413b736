#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/engine_hooks.hpp"
#include "actors/entity_core.hpp"
#include "base/overload.hpp"
#include "domain/entity.hpp"

/// The smallest rules that use every way of the shell. What a key (leg_digit) asks for stands in `decide`.
namespace seatgrid::toy {

struct key_pressed {
  static constexpr std::uint32_t tag = 1;
  char key = 0;
};
struct asked {  // by another entity
  static constexpr std::uint32_t tag = 2;
};
struct ordered {
  static constexpr std::uint32_t tag = 3;
};
struct arrived {
  static constexpr std::uint32_t tag = 4;
};
using command = std::variant<key_pressed, asked, ordered, arrived, timer_fired>;

struct event {
  char what = 0;
  std::uint32_t count = 0;
};

struct state {
  std::uint64_t id = 0;
  std::uint32_t count = 0;
  bool ended = false;
};

struct rules {
  using state = toy::state;
  using command = toy::command;
  using event = toy::event;
  static constexpr auto kind = entity_kind::call;

  static result<std::vector<event>> decide(const state& s, const command& c, const turn&, const tenant_config&) {
    const char what = std::visit(
        overload{[](const key_pressed& k) { return k.key; }, [](const asked&) { return 'a'; }, [](const ordered&) { return 'o'; },
                 [](const arrived&) { return 'i'; }, [](const timer_fired&) { return 't'; }},
        c);
    if (what == '6') return fail(errc::wrong_state, "six is refused");
    if (what == '7') return std::vector<event>{};
    if (what == '5') throw std::out_of_range("five breaks the rules");
    return std::vector<event>{{what, s.count + 1}};
  }
  static void apply(state& s, const event& e) {
    s.count = e.count;
    if (e.what == '4') s.ended = true;
  }
  static leg_id leg(const state& s) { return {call_id{s.id}, s.count}; }
  static void derive(const state& s, const event& e, effects& out) {
    switch (e.what) {
      case '1':
        out.push_back({timing::when_durable, to_leg{leg_answer{.leg = leg(s), .media = {}}}});
        out.push_back({timing::when_durable, publish{"toy.one", std::to_string(e.count)}});
        break;
      case '2': out.push_back({timing::at_once, to_leg{leg_probe{.leg = leg(s)}}}); break;
      case '3': out.push_back({timing::when_durable, start_timer{.timer = 7, .generation = e.count, .after = seconds{2}}}); break;
      case '8':
        out.push_back(
            {timing::when_durable, to_entity{{entity_kind::call, s.id + 1}, ask_place{.call = call_id{s.id}, .queue = {}}}});
        break;
      case '9': out.push_back({timing::when_durable, stop_timer{.timer = 7}}); break;
      case 'A': out.push_back({timing::when_durable, to_leg{leg_answer_offer{.leg = leg(s), .media = {}}}}); break;
      case 'B': out.push_back({timing::when_durable, to_leg{leg_invite{.leg = leg(s), .expires = seconds{20}}}}); break;
      case 'F': out.push_back({timing::at_once, to_leg{leg_forget{.leg = leg(s)}}}); break;
      case 't': out.push_back({timing::at_once, to_leg{leg_ring{.leg = leg(s), .status = 180, .media = {}}}}); break;
      case 'a': out.push_back({timing::when_durable, to_leg{leg_forget{.leg = leg(s)}}}); break;
      default: break;
    }
  }
  static void resume(const state& s, const turn&, effects& out) {
    out.push_back({timing::at_once, to_leg{leg_restore{.leg = leg(s), .saved = {}, .confirmed = true}}});
  }
  static void rows(const state& s, const std::vector<event>&, entity_rows& out) {
    out.push_back({"", std::to_string(s.count) + (s.ended ? "!" : "")});
  }
  static result<state> load(std::uint64_t id, const entity_rows& stored) {
    state s{.id = id, .count = 0, .ended = false};
    if (stored.empty()) return s;
    const auto text = stored.front().value.value_or("");
    if (text == "bad") return fail(errc::corrupt, "the row says bad");
    s.count = static_cast<std::uint32_t>(std::stoul(text));
    s.ended = text.back() == '!';
    return s;
  }
  static std::string encode(const command& c) {
    std::string text = std::to_string(c.index());
    if (const auto* k = std::get_if<key_pressed>(&c)) text += k->key;
    return text;
  }
  static result<command> decode_command(std::string_view bytes) {
    switch (bytes.front()) {
      case '0': return command{key_pressed{bytes[1]}};
      case '1': return command{asked{}};
      case '2': return command{ordered{}};
      case '3': return command{arrived{}};
      default: return command{timer_fired{}};
    }
  }
  static std::string encode(const event& e) { return e.what + std::to_string(e.count); }
  static std::string describe(const event& e) { return "{\"what\":\"" + std::string{e.what} + "\"}"; }
  static bool finished(const state& s) { return s.ended; }
};

inline std::unique_ptr<actors::entity_core> core_of(entity_kind kind);

}  // namespace seatgrid::toy

template <>
struct seatgrid::actors::input_adapter<seatgrid::toy::rules> {
  static std::optional<toy::command> make(entity_input& in) {
    if (const auto* event = std::get_if<leg_event>(&in.what)) {
      if (const auto* digit = std::get_if<leg_digit>(event)) return toy::key_pressed{digit->digit};
      if (std::holds_alternative<leg_incoming>(*event)) return toy::arrived{};
      if (std::holds_alternative<leg_failed>(*event) || std::holds_alternative<leg_ended>(*event)) return toy::key_pressed{'F'};
      return std::nullopt;
    }
    if (std::holds_alternative<acd_message>(in.what)) return toy::asked{};
    if (std::holds_alternative<control::command>(in.what)) {
      const auto* order = std::get_if<control::hangup>(&std::get<control::command>(in.what));
      if (order != nullptr && order->why == "never") return toy::key_pressed{'6'};
      return toy::ordered{};
    }
    if (const auto* fired = std::get_if<timer_fired>(&in.what)) return *fired;
    return std::nullopt;
  }
};

inline std::unique_ptr<seatgrid::actors::entity_core> seatgrid::toy::core_of(entity_kind kind) {
  if (kind != entity_kind::call) return nullptr;
  return std::make_unique<actors::rules_core<rules>>();
}
