#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/agent_events.hpp"
#include "domain/entity.hpp"
#include "domain/timer.hpp"

/// An agent alone says whether it is free (DESIGN section 2, steps 1, 3 and 6). Once reserved it never frees itself: it waits for
/// the call's word, and asks for it when its deadline passes.
namespace seatgrid {

/// Begins a session (G3). An agent who is logged in already gets `ok`. @error not_found no such agent in the configuration
struct agent_login {
  static constexpr std::uint32_t tag = 110;
  static constexpr std::string_view type = "agent_login";
  std::uint64_t request = 0;
  std::string device{};         ///< sip: URI bound for this session; empty = as configured
  std::string paused_reason{};  ///< begin paused with this reason; empty = ready
  bool operator==(const agent_login&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &agent_login::request}, field{2, "device", &agent_login::device},
                   field{3, "paused_reason", &agent_login::paused_reason}};
  }
};
/// Ends the session: now, or after the call it has.
struct agent_logout {
  static constexpr std::uint32_t tag = 111;
  static constexpr std::string_view type = "agent_logout";
  std::uint64_t request = 0;
  state_owner by = state_owner::agent;
  bool operator==(const agent_logout&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &agent_logout::request}, field{2, "by", &agent_logout::by}};
  }
};
/// No calls until `agent_ready` or for `length`: now, or after the call it has (G2). @error wrong_state logged out
struct agent_pause {
  static constexpr std::uint32_t tag = 112;
  static constexpr std::string_view type = "agent_pause";
  std::uint64_t request = 0;
  std::string reason{};
  milliseconds length{0};  ///< 0 = open end
  state_owner by = state_owner::agent;
  bool operator==(const agent_pause&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &agent_pause::request}, field{2, "reason", &agent_pause::reason},
                   field{3, "length", &agent_pause::length}, field{4, "by", &agent_pause::by}};
  }
};
/// Ends a pause or wrap-up, logs in, or takes back a next state.
struct agent_ready {
  static constexpr std::uint32_t tag = 113;
  static constexpr std::string_view type = "agent_ready";
  std::uint64_t request = 0;
  state_owner by = state_owner::agent;
  bool operator==(const agent_ready&) const = default;
  static constexpr auto fields() { return members{field{1, "request", &agent_ready::request}, field{2, "by", &agent_ready::by}}; }
};
/// Makes the running wrap-up longer, to `wrap_up_max` in all. @error wrong_state not in wrap-up
struct agent_extend_wrap_up {
  static constexpr std::uint32_t tag = 114;
  static constexpr std::string_view type = "agent_extend_wrap_up";
  std::uint64_t request = 0;
  milliseconds length{0};
  bool operator==(const agent_extend_wrap_up&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &agent_extend_wrap_up::request}, field{2, "length", &agent_extend_wrap_up::length}};
  }
};
/// Asks the call to end. @error wrong_state has none
struct agent_hang_up {
  static constexpr std::uint32_t tag = 115;
  static constexpr std::string_view type = "agent_hang_up";
  std::uint64_t request = 0;
  bool operator==(const agent_hang_up&) const = default;
  static constexpr auto fields() { return members{field{1, "request", &agent_hang_up::request}}; }
};

using agent_command =
    std::variant<reserve, ask_available, reservation_void, connected, failed, device_contacts, timer_fired, config_changed,
                 agent_login, agent_logout, agent_pause, agent_ready, agent_extend_wrap_up, agent_hang_up>;

/// The waits of an agent.
enum class agent_timer : std::uint32_t {
  deadline = 1,  ///< of the state: end of pause or wrap-up, or "ask the call"
  announce = 2,  ///< after a takeover: say again whether it is free
};

namespace agent_limits {
inline constexpr milliseconds reservation_grace{5'000};  ///< on top of the ring timeout, before the call is asked
inline constexpr milliseconds talk_check{60'000};        ///< how often a talking agent asks whether the call still is (D10)
inline constexpr milliseconds ask_first{200};            ///< unanswered questions are repeated, doubling
inline constexpr milliseconds ask_max{2'000};
inline constexpr milliseconds rona_pause{300'000};  ///< after `no_answer_max` misses in a row; then ready again
inline constexpr milliseconds wrap_up_max{3'600'000};
inline constexpr milliseconds pause_max{24 * 3'600'000};
inline constexpr std::size_t reason_bytes_max = 64;
}  // namespace agent_limits

struct agent_state {
  agent_id id{};
  // stored
  agent_facts facts{};
  std::uint64_t device_version = 0;
  std::vector<destination> contacts{};  ///< of the registration
  // rebuilt from the configuration
  std::uint64_t config_version = 0;
  bool is_configured = false;
  std::string name{};
  std::string display{};
  std::string fixed_device{};
  std::vector<agent_membership> queues{};  ///< in the order in which they are told: level, weight
  std::vector<skill_level> skills{};
  milliseconds own_wrap_up{-1};
  // rebuilt
  std::uint32_t asked = 0;  ///< questions to the call without an answer
  std::uint64_t timer_generation = 0;
};

struct agent_rules {
  using state = agent_state;
  using command = agent_command;
  using event = agent_event;
  static constexpr entity_kind kind = entity_kind::agent;

  static result<std::vector<agent_event>> decide(const agent_state& s, const agent_command& c, turn t,
                                                 const tenant_config& config);
  /// What a command is answered with when it changes nothing: repeated words, refusals, the view of a queue, requests already
  /// met.
  static void answer(const agent_state& s, const agent_command& c, turn t, const tenant_config& config, effects& out);
  static void apply(agent_state& s, const agent_event& e);
  static void derive(const agent_state& s, const agent_event& e, effects& out);
  static void resume(const agent_state& s, turn t, effects& out);
  static void rows(const agent_state& s, const std::vector<agent_event>& events, entity_rows& out);
  static result<agent_state> load(std::uint64_t id, const entity_rows& stored);
  static std::string encode(const agent_command& c);
  static result<agent_command> decode_command(std::string_view bytes);
  static std::string encode(const agent_event& e);
  static result<agent_event> decode_event(std::string_view bytes);
  static std::string describe(const agent_event& e);
  /// JSON: name, state, since, call, reachable.
  static std::string show(const agent_state& s);
  static bool finished(const agent_state&) { return false; }
};
static_assert(entity_rules<agent_rules>);

}  // namespace seatgrid
