#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/agent_events.hpp"
#include "domain/queue_events.hpp"

/// What other systems are told of queues, agents and registrations. The same promises as in published_calls.hpp.
namespace seatgrid::published {

struct registered_contact {
  std::string contact{};
  std::string flow{};  ///< "udp:host:port" or "tcp:host:port"; empty = resolve the contact
  std::string instance{};
  std::uint32_t expires_s = 0;
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "contact", &registered_contact::contact}, field{2, "flow", &registered_contact::flow},
                   field{3, "instance", &registered_contact::instance}, field{4, "expires_s", &registered_contact::expires_s},
                   field{5, "at", &registered_contact::at}};
  }
};
struct queue_call_queued {
  static constexpr std::string_view type = "queue.call_queued";
  static constexpr std::string_view about = "The queue took a call in.";
  std::string queue{};  ///< its name
  call_id call{};
  time_point at{};
  std::int32_t priority = 0;  ///< higher first
  time_point enqueued_at{};   ///< in the call's first queue: decides the place
  std::uint32_t place = 1;    ///< at entry; 1 = next
  bool at_head = false;       ///< before all others: it had been with an agent
  agent_id preferred{};       ///< empty = any
  std::string caller{};       ///< empty = withheld
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_call_queued::queue},
                   field{2, "call", &queue_call_queued::call},
                   field{3, "at", &queue_call_queued::at},
                   field{4, "priority", &queue_call_queued::priority},
                   field{5, "enqueued_at", &queue_call_queued::enqueued_at},
                   field{6, "place", &queue_call_queued::place},
                   field{7, "at_head", &queue_call_queued::at_head},
                   field{8, "preferred", &queue_call_queued::preferred},
                   field{9, "caller", &queue_call_queued::caller}};
  }
};
struct queue_call_refused {
  static constexpr std::string_view type = "queue.call_refused";
  static constexpr std::string_view about = "The queue did not take the call in.";
  std::string queue{};  ///< its name
  call_id call{};
  time_point at{};
  std::string why{};
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_call_refused::queue}, field{2, "call", &queue_call_refused::call},
                   field{3, "at", &queue_call_refused::at}, field{4, "why", &queue_call_refused::why}};
  }
};
struct queue_call_offered {
  static constexpr std::string_view type = "queue.call_offered";
  static constexpr std::string_view about = "The queue chose an agent, who is reserved for this call.";
  std::string queue{};  ///< its name
  call_id call{};
  time_point at{};
  attempt_no attempt = 0;
  agent_id agent{};
  std::string agent_name{};
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_call_offered::queue}, field{2, "call", &queue_call_offered::call},
                   field{3, "at", &queue_call_offered::at},       field{4, "attempt", &queue_call_offered::attempt},
                   field{5, "agent", &queue_call_offered::agent}, field{6, "agent_name", &queue_call_offered::agent_name}};
  }
};
struct queue_attempt_failed {
  static constexpr std::string_view type = "queue.attempt_failed";
  static constexpr std::string_view about = "The agent did not take the call, which waits again in its old place.";
  std::string queue{};  ///< its name
  call_id call{};
  time_point at{};
  attempt_no attempt = 0;
  agent_id agent{};
  attempt_failure why = attempt_failure::none;
  time_point until{};  ///< the agent is not asked again for this call before; empty = its turn comes as any other's
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_attempt_failed::queue}, field{2, "call", &queue_attempt_failed::call},
                   field{3, "at", &queue_attempt_failed::at},       field{4, "attempt", &queue_attempt_failed::attempt},
                   field{5, "agent", &queue_attempt_failed::agent}, field{6, "why", &queue_attempt_failed::why},
                   field{7, "until", &queue_attempt_failed::until}};
  }
};
struct queue_call_moved {
  static constexpr std::string_view type = "queue.call_moved";
  static constexpr std::string_view about = "A supervisor gave the call another priority.";
  std::string queue{};  ///< its name
  call_id call{};
  time_point at{};
  std::int32_t priority = 0;
  bool at_head = false;
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_call_moved::queue}, field{2, "call", &queue_call_moved::call},
                   field{3, "at", &queue_call_moved::at}, field{4, "priority", &queue_call_moved::priority},
                   field{5, "at_head", &queue_call_moved::at_head}};
  }
};
struct queue_call_left {
  static constexpr std::string_view type = "queue.call_left";
  static constexpr std::string_view about = "The one exit of the call from this queue.";
  std::string queue{};  ///< its name
  call_id call{};
  time_point at{};
  exit_cause cause = exit_cause::none;
  agent_id agent{};  ///< who took it, or was being asked
  attempt_no attempt = 0;
  milliseconds wait{0};       ///< in this queue
  bool within_level = false;  ///< waited no longer than the service level
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_call_left::queue}, field{2, "call", &queue_call_left::call},
                   field{3, "at", &queue_call_left::at},       field{4, "cause", &queue_call_left::cause},
                   field{5, "agent", &queue_call_left::agent}, field{6, "attempt", &queue_call_left::attempt},
                   field{7, "wait", &queue_call_left::wait},   field{8, "within_level", &queue_call_left::within_level}};
  }
};
struct agent_state_changed {
  static constexpr std::string_view type = "agent.state_changed";
  static constexpr std::string_view about = "An agent entered another state.";
  agent_id agent{};
  std::string name{};
  agent_status from = agent_status::logged_out;
  agent_status to = agent_status::logged_out;
  time_point at{};
  milliseconds duration_ms{0};                  ///< of the state that ended
  std::string reason{};                         ///< of a pause or an absence
  state_owner by = state_owner::system;         ///< who is answerable
  attempt_failure why = attempt_failure::none;  ///< what ended the attempt
  time_point until{};                           ///< when the state ends by itself; empty = open end
  call_id call{};
  queue_id queue{};
  static constexpr auto fields() {
    return members{field{1, "agent", &agent_state_changed::agent},   field{2, "name", &agent_state_changed::name},
                   field{3, "from", &agent_state_changed::from},     field{4, "to", &agent_state_changed::to},
                   field{5, "at", &agent_state_changed::at},         field{6, "duration_ms", &agent_state_changed::duration_ms},
                   field{7, "reason", &agent_state_changed::reason}, field{8, "by", &agent_state_changed::by},
                   field{9, "why", &agent_state_changed::why},       field{10, "until", &agent_state_changed::until},
                   field{11, "call", &agent_state_changed::call},    field{12, "queue", &agent_state_changed::queue}};
  }
};
/// One way to a device: what binding.made, .removed and .lapsed tell.
template <class Told>
struct binding_told {
  std::string tenant{};
  std::string aor{};  ///< address of record
  registered_contact binding{};
  time_point at{};
  static constexpr auto fields() {
    return members{field<Told, std::string>{1, "tenant", &Told::tenant}, field<Told, std::string>{2, "aor", &Told::aor},
                   field<Told, registered_contact>{3, "binding", &Told::binding}, field<Told, time_point>{4, "at", &Told::at}};
  }
};
struct binding_made : binding_told<binding_made> {
  static constexpr std::string_view type = "binding.made";
  static constexpr std::string_view about = "A device registered, or moved to another contact or flow; refreshes are not told.";
};
struct binding_removed : binding_told<binding_removed> {
  static constexpr std::string_view type = "binding.removed";
  static constexpr std::string_view about = "The device took its registration back, or moved elsewhere.";
};
struct binding_lapsed : binding_told<binding_lapsed> {
  static constexpr std::string_view type = "binding.lapsed";
  static constexpr std::string_view about = "The registration ended because no refresh came.";
};
struct registration_changed {
  static constexpr std::string_view type = "registration.changed";
  static constexpr std::string_view about = "The ways to a device changed; refreshes are not told.";
  std::string tenant{};
  std::string aor{};  ///< address of record
  std::uint64_t version = 0;
  std::vector<registered_contact> bindings{};  ///< best first; none = not registered
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "tenant", &registration_changed::tenant}, field{2, "aor", &registration_changed::aor},
                   field{3, "version", &registration_changed::version}, field{4, "bindings", &registration_changed::bindings},
                   field{5, "at", &registration_changed::at}};
  }
};

}  // namespace seatgrid::published
