#pragma once

#include <string>
#include <vector>

#include "domain/agent.hpp"
#include "domain/effect.hpp"

/// Shared by the parts of the agent's rules.
namespace seatgrid {

struct queue_config;

/// The wait after the call was asked `times` times without an answer.
milliseconds ask_wait(std::uint32_t times);
/// How long the agent rests before the next offer, by what went wrong (Q14); zero = it was not the agent's doing.
milliseconds rest_after(const queue_config& queue, attempt_failure why);
/// The ways to the device now: bound at login, fixed by configuration, or by registration; empty = not reachable.
std::vector<destination> ways_to(const agent_state& s);
/// Whether a queue may count it as present.
constexpr bool is_present(agent_status status) {
  return status != agent_status::logged_out && status != agent_status::unreachable;
}
/// What it says to one of its queues about itself.
acd_message view_for(const agent_state& s, const agent_membership& in);
agent_reserved reserved_word(const agent_state& s);
/// The public event agent.state_changed (domain/published_acd.hpp). In the codec.
publish told(const agent_state& s, const agent_moved& e);

}  // namespace seatgrid
