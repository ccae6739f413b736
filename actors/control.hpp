#pragma once

#include <string>
#include <variant>

#include "base/ids.hpp"
#include "base/time.hpp"

/// Orders of people and programs (API, CLI, supervisors) to calls, agents and queues, as plain types. `gateway::submit` sends one
/// and answers when its step counts. An order that fits the state already is done at once, without a step.
namespace seatgrid::control {

/// Ends the call; the far ends get BYE with this Reason.
struct hangup {
  call_id call{};
  std::string why{};
};
/// Blind transfer of the talking call: "queue:NAME", "agent:NAME", a number in canonical form or a sip: URI.
struct transfer {
  call_id call{};
  std::string target{};
};
struct agent_login {
  agent_id agent{};
};
struct agent_ready {
  agent_id agent{};
};
struct agent_pause {
  agent_id agent{};
  std::string reason{};
  milliseconds length{0};  ///< 0 = open end
};
struct agent_logout {
  agent_id agent{};
};
/// Takes a waiting call out of the queue; the call goes on as after a time-out.
struct queue_remove {
  queue_id queue{};
  call_id call{};
};
/// Moves a waiting call to another priority; its arrival time stays.
struct queue_prioritise {
  queue_id queue{};
  call_id call{};
  std::int32_t priority = 0;
  bool at_head = false;
};
/// Gives a waiting call to one free agent, whatever the order.
struct queue_pull {
  queue_id queue{};
  call_id call{};
  agent_id agent{};
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
