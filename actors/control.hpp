#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

/// Orders of people and programs (API, CLI, supervisors) to calls, agents and queues, as plain types. `gateway::submit` sends one
/// and answers when its step counts. An order that fits the state already is done at once, without a step.
namespace seatgrid::control {

/// Ends the call; the far ends get BYE with this Reason.
struct hangup {
  static constexpr std::uint32_t tag = 1;
  call_id call{};
  std::string why{};
  bool operator==(const hangup&) const = default;
  static constexpr auto fields() { return members{field{1, "call", &hangup::call}, field{2, "why", &hangup::why}}; }
};
/// Blind transfer of the talking call: "queue:NAME", "agent:NAME", a number in canonical form or a sip: URI.
struct transfer {
  static constexpr std::uint32_t tag = 2;
  call_id call{};
  std::string target{};
  bool operator==(const transfer&) const = default;
  static constexpr auto fields() { return members{field{1, "call", &transfer::call}, field{2, "target", &transfer::target}}; }
};
struct agent_login {
  static constexpr std::uint32_t tag = 3;
  agent_id agent{};
  bool operator==(const agent_login&) const = default;
  static constexpr auto fields() { return members{field{1, "agent", &agent_login::agent}}; }
};
struct agent_ready {
  static constexpr std::uint32_t tag = 4;
  agent_id agent{};
  bool operator==(const agent_ready&) const = default;
  static constexpr auto fields() { return members{field{1, "agent", &agent_ready::agent}}; }
};
struct agent_pause {
  static constexpr std::uint32_t tag = 5;
  agent_id agent{};
  std::string reason{};
  milliseconds length{0};  ///< 0 = open end
  bool operator==(const agent_pause&) const = default;
  static constexpr auto fields() {
    return members{field{1, "agent", &agent_pause::agent}, field{2, "reason", &agent_pause::reason},
                   field{3, "length", &agent_pause::length}};
  }
};
struct agent_logout {
  static constexpr std::uint32_t tag = 6;
  agent_id agent{};
  bool operator==(const agent_logout&) const = default;
  static constexpr auto fields() { return members{field{1, "agent", &agent_logout::agent}}; }
};
/// Takes a waiting call out of the queue; the call goes on as after a time-out.
struct queue_remove {
  static constexpr std::uint32_t tag = 7;
  queue_id queue{};
  call_id call{};
  bool operator==(const queue_remove&) const = default;
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_remove::queue}, field{2, "call", &queue_remove::call}};
  }
};
/// Moves a waiting call to another priority; its arrival time stays.
struct queue_prioritise {
  static constexpr std::uint32_t tag = 8;
  queue_id queue{};
  call_id call{};
  std::int32_t priority = 0;
  bool at_head = false;
  bool operator==(const queue_prioritise&) const = default;
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_prioritise::queue}, field{2, "call", &queue_prioritise::call},
                   field{3, "priority", &queue_prioritise::priority}, field{4, "at_head", &queue_prioritise::at_head}};
  }
};
/// Gives a waiting call to one free agent, whatever the order.
struct queue_pull {
  static constexpr std::uint32_t tag = 9;
  queue_id queue{};
  call_id call{};
  agent_id agent{};
  bool operator==(const queue_pull&) const = default;
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_pull::queue}, field{2, "call", &queue_pull::call},
                   field{3, "agent", &queue_pull::agent}};
  }
};

using command = std::variant<hangup, transfer, agent_login, agent_ready, agent_pause, agent_logout, queue_remove,
                             queue_prioritise, queue_pull>;

/// The entity that decides about the order.
inline entity_ref target_of(const command& order) {
  return std::visit(
      [](const auto& c) {
        if constexpr (requires { c.queue; })
          return ref(c.queue);
        else if constexpr (requires { c.agent; })
          return ref(c.agent);
        else
          return ref(c.call);
      },
      order);
}

}  // namespace seatgrid::control
