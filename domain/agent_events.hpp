#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"

/// What an agent's row holds, and what happens to an agent (past tense).
namespace seatgrid {

/// Exactly one at a time (G1). `reserved` lasts from the queue's reservation over ringing until the call says connected or
/// failed.
enum class agent_status : std::uint8_t {
  logged_out = 0,
  ready = 1,
  reserved = 2,
  talking = 3,
  wrap_up = 4,
  paused = 5,
  unreachable = 6,  ///< logged in, but the device is not registered
};
std::string_view to_string(agent_status status) noexcept;

/// Who is answerable for the state (I18).
enum class state_owner : std::uint8_t { system = 0, agent = 1, supervisor = 2 };
std::string_view to_string(state_owner owner) noexcept;

/// The stored truth about an agent, beside its contacts.
struct agent_facts {
  agent_status status = agent_status::logged_out;
  time_point since{};
  std::string reason{};  ///< of a pause or an absence: "lunch", "rona", "no_answer", "device"
  state_owner by = state_owner::system;
  time_point until{};  ///< when the state is looked at again; zero = open end
  generation_no generation = 0;
  call_id call{};  ///< while reserved, talking and in wrap-up
  attempt_no attempt = 0;
  queue_id queue{};
  milliseconds wrap_up{0};  ///< after this call
  time_point idle_since{};
  time_point last_offered_at{};
  time_point logged_in_at{};
  std::uint32_t no_answers = 0;             ///< in a row
  std::uint32_t calls = 0;                  ///< talked since the login
  bool stays_out = false;                   ///< logged out by hand: a registration does not log in again
  std::string device{};                     ///< bound at login; empty = the configured one
  agent_status next = agent_status::ready;  ///< after the call: ready, paused or logged_out (G2)
  std::string next_reason{};
  milliseconds next_length{0};
  state_owner next_by = state_owner::system;
  bool operator==(const agent_facts&) const = default;
  static constexpr auto fields() {
    return members{field{1, "status", &agent_facts::status},
                   field{2, "since", &agent_facts::since},
                   field{3, "reason", &agent_facts::reason},
                   field{4, "by", &agent_facts::by},
                   field{5, "until", &agent_facts::until},
                   field{6, "generation", &agent_facts::generation},
                   field{7, "call", &agent_facts::call},
                   field{8, "attempt", &agent_facts::attempt},
                   field{9, "queue", &agent_facts::queue},
                   field{10, "wrap_up", &agent_facts::wrap_up},
                   field{11, "idle_since", &agent_facts::idle_since},
                   field{12, "last_offered_at", &agent_facts::last_offered_at},
                   field{13, "logged_in_at", &agent_facts::logged_in_at},
                   field{14, "no_answers", &agent_facts::no_answers},
                   field{15, "calls", &agent_facts::calls},
                   field{16, "stays_out", &agent_facts::stays_out},
                   field{17, "device", &agent_facts::device},
                   field{18, "next", &agent_facts::next},
                   field{19, "next_reason", &agent_facts::next_reason},
                   field{20, "next_length", &agent_facts::next_length},
                   field{21, "next_by", &agent_facts::next_by}};
  }
};

/// The agent's one row.
struct agent_row {
  agent_facts facts{};
  std::uint64_t device_version = 0;
  std::vector<destination> contacts{};
  static constexpr auto fields() {
    return members{field{1, "facts", &agent_row::facts}, field{2, "device_version", &agent_row::device_version},
                   field{3, "contacts", &agent_row::contacts}};
  }
};

struct agent_membership {
  queue_id queue{};
  std::uint8_t level = 1;
  std::int32_t weight = 1;
  bool operator==(const agent_membership&) const = default;
  static constexpr auto fields() {
    return members{field{1, "queue", &agent_membership::queue}, field{2, "level", &agent_membership::level},
                   field{3, "weight", &agent_membership::weight}};
  }
};

// --- events --------------------------------------------------------------------------------------------------------

/// What provisioning says about the agent; kept in memory, the configuration is its store.
struct agent_configured {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "agent_configured";
  std::uint64_t version = 0;
  std::string name{};
  std::string display{};
  std::string device{};  ///< a fixed URI; empty = by registration
  std::vector<agent_membership> queues{};
  std::vector<skill_level> skills{};
  milliseconds wrap_up{-1};
  std::vector<queue_id> left{};  ///< queues it was a member of
  static constexpr auto fields() {
    return members{field{1, "version", &agent_configured::version}, field{2, "name", &agent_configured::name},
                   field{3, "display", &agent_configured::display}, field{4, "device", &agent_configured::device},
                   field{5, "queues", &agent_configured::queues},   field{6, "skills", &agent_configured::skills},
                   field{7, "wrap_up", &agent_configured::wrap_up}, field{8, "left", &agent_configured::left}};
  }
};
struct device_changed {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "device_changed";
  std::uint64_t version = 0;
  std::vector<destination> contacts{};
  static constexpr auto fields() {
    return members{field{1, "version", &device_changed::version}, field{2, "contacts", &device_changed::contacts}};
  }
};
/// A transition. `after.since` is its time and the end of the state before: durations tile the session (I7).
struct agent_moved {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "agent_moved";
  agent_status from = agent_status::logged_out;
  milliseconds duration{0};  ///< of the state that ended
  attempt_failure why = attempt_failure::none;
  agent_facts after{};
  time_point at{};  ///< of the decision; not before `after.since`
  std::uint64_t request = 0;
  static constexpr auto fields() {
    return members{field{1, "from", &agent_moved::from}, field{2, "duration", &agent_moved::duration},
                   field{3, "why", &agent_moved::why},   field{4, "after", &agent_moved::after},
                   field{5, "at", &agent_moved::at},     field{6, "request", &agent_moved::request}};
  }
};
/// Something changed within the state: a next state, a longer wrap-up, a talk confirmed.
struct agent_noted {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "agent_noted";
  agent_facts after{};
  time_point at{};
  std::uint64_t request = 0;
  static constexpr auto fields() {
    return members{field{1, "after", &agent_noted::after}, field{2, "at", &agent_noted::at},
                   field{3, "request", &agent_noted::request}};
  }
};
/// The call is asked whether it still rings or talks here; asked again after `wait`.
struct call_asked {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "call_asked";
  std::uint32_t times = 0;  ///< without an answer, this one included
  milliseconds wait{0};
  static constexpr auto fields() { return members{field{1, "times", &call_asked::times}, field{2, "wait", &call_asked::wait}}; }
};
struct release_asked {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "release_asked";
  std::uint64_t request = 0;
  static constexpr auto fields() { return members{field{1, "request", &release_asked::request}}; }
};

using agent_event = std::variant<agent_configured, device_changed, agent_moved, agent_noted, call_asked, release_asked>;

}  // namespace seatgrid
