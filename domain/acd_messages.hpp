#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/leg_port.hpp"

/// The words that call, queue and agent say to each other: the reserve-confirm-release protocol (DESIGN section 2, steps 1-6).
/// Every message may be lost, repeated and late; a receiver ignores what is not for its attempt or generation. tests/model/acd
/// runs these rules through every interleaving of small scenes, and without each rule; sim/ through long runs (docs/adr/0013).
namespace seatgrid {

/// Grows by one with each try to connect one call to an agent; travels with the call from queue to queue. 1 is the first.
using attempt_no = std::uint32_t;
/// Grows by one each time an agent becomes free (or its skills or queues change while free).
using generation_no = std::uint64_t;

/// A skill and its level, 1 (best) to 10.
struct skill_level {
  std::string skill{};
  std::uint8_t level = 1;
  bool operator==(const skill_level&) const = default;
  static constexpr auto fields() {
    return members{field{1, "skill", &skill_level::skill}, field{2, "level", &skill_level::level}};
  }
};

enum class attempt_failure : std::uint8_t {
  none = 0,
  no_answer = 1,
  busy = 2,
  rejected = 3,
  unreachable = 4,
  caller_gone = 5,
  answered_elsewhere = 6,
  gave_up = 7,
  not_waiting = 8,
  agent_hung_up = 9,
  ended = 10,
  unknown_call = 11
};
std::string_view to_string(attempt_failure why) noexcept;

// --- agent -> queue ----------------------------------------------------------------------------------------------
struct agent_available {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "agent_available";
  agent_id agent{};
  generation_no generation = 0;
  time_point idle_since{};  ///< for longest idle
  std::vector<skill_level> skills{};
  std::uint8_t level = 1;        ///< the agent's level in this queue, 1 (first) to 10
  std::uint32_t calls = 0;       ///< calls talked since the login, for fewest calls
  time_point last_offered_at{};  ///< for round robin; zero = never
  bool operator==(const agent_available&) const = default;
  static constexpr auto fields() {
    return members{field{1, "agent", &agent_available::agent},
                   field{2, "generation", &agent_available::generation},
                   field{3, "idle_since", &agent_available::idle_since},
                   field{4, "skills", &agent_available::skills},
                   field{5, "level", &agent_available::level},
                   field{6, "calls", &agent_available::calls},
                   field{7, "last_offered_at", &agent_available::last_offered_at}};
  }
};
/// A hint: the agent is no longer free (paused, logged out, device gone). Losing it costs a refused reservation.
struct agent_unavailable {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "agent_unavailable";
  agent_id agent{};
  generation_no generation = 0;
  bool logged_out = false;
  bool operator==(const agent_unavailable&) const = default;
  static constexpr auto fields() {
    return members{field{1, "agent", &agent_unavailable::agent}, field{2, "generation", &agent_unavailable::generation},
                   field{3, "logged_out", &agent_unavailable::logged_out}};
  }
};
struct agent_reserved {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "agent_reserved";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  std::string name{};                   ///< for announcements and CDRs
  std::vector<destination> contacts{};  ///< the device's ways; all are called at once (RFC 3261 parallel fork)
  milliseconds wrap_up{0};
  bool operator==(const agent_reserved&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &agent_reserved::call},         field{2, "attempt", &agent_reserved::attempt},
                   field{3, "agent", &agent_reserved::agent},       field{4, "name", &agent_reserved::name},
                   field{5, "contacts", &agent_reserved::contacts}, field{6, "wrap_up", &agent_reserved::wrap_up}};
  }
};
struct agent_refused {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "agent_refused";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  bool operator==(const agent_refused&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &agent_refused::call}, field{2, "attempt", &agent_refused::attempt},
                   field{3, "agent", &agent_refused::agent}};
  }
};

// --- call -> queue -----------------------------------------------------------------------------------------------
/// Asks for a place. Repeated until `queued` or `queue_refused`; the queue keeps the first.
struct enqueue {
  static constexpr std::uint32_t tag = 10;
  static constexpr std::string_view type = "enqueue";
  call_id call{};
  queue_id queue{};
  std::int32_t priority = 0;          ///< higher is sooner
  std::vector<skill_level> skills{};  ///< needed: level at least as good (number <= level)
  time_point enqueued_at{};           ///< kept over transfers between queues
  attempt_no next_attempt = 1;
  agent_id preferred{};  ///< sticky agent, none = any
  bool at_head = false;  ///< back to the head (a call that lost its agent)
  std::string caller{};  ///< for supervisors
  bool operator==(const enqueue&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &enqueue::call},
                   field{2, "queue", &enqueue::queue},
                   field{3, "priority", &enqueue::priority},
                   field{4, "skills", &enqueue::skills},
                   field{5, "enqueued_at", &enqueue::enqueued_at},
                   field{6, "next_attempt", &enqueue::next_attempt},
                   field{7, "preferred", &enqueue::preferred},
                   field{8, "at_head", &enqueue::at_head},
                   field{9, "caller", &enqueue::caller}};
  }
};
/// The call left: hung up, pressed a key, timed out, overflowed, connected elsewhere.
struct leave_queue {
  static constexpr std::uint32_t tag = 11;
  static constexpr std::string_view type = "leave_queue";
  call_id call{};
  queue_id queue{};
  std::string why{};  ///< "abandoned", "key", "timeout", "overflow", "transferred", "system"
  bool operator==(const leave_queue&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &leave_queue::call}, field{2, "queue", &leave_queue::queue},
                   field{3, "why", &leave_queue::why}};
  }
};
/// The attempt has an answer and two-way audio. To queue and agent.
struct connected {
  static constexpr std::uint32_t tag = 12;
  static constexpr std::string_view type = "connected";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  queue_id queue{};
  time_point at{};
  bool operator==(const connected&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &connected::call}, field{2, "attempt", &connected::attempt},
                   field{3, "agent", &connected::agent}, field{4, "queue", &connected::queue}, field{5, "at", &connected::at}};
  }
};
/// The attempt is over for good (never answered, or the connected call has ended). To queue and agent. For the agent
/// `why == ended` means talk is over: wrap-up begins at `at`.
struct failed {
  static constexpr std::uint32_t tag = 13;
  static constexpr std::string_view type = "failed";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  queue_id queue{};
  attempt_failure why = attempt_failure::no_answer;
  time_point at{};
  bool operator==(const failed&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &failed::call},   field{2, "attempt", &failed::attempt}, field{3, "agent", &failed::agent},
                   field{4, "queue", &failed::queue}, field{5, "why", &failed::why},         field{6, "at", &failed::at}};
  }
};
/// "Which place have I, and for how long?" Answered by queue_place; for announcements.
struct ask_place {
  static constexpr std::uint32_t tag = 14;
  static constexpr std::string_view type = "ask_place";
  call_id call{};
  queue_id queue{};
  bool operator==(const ask_place&) const = default;
  static constexpr auto fields() { return members{field{1, "call", &ask_place::call}, field{2, "queue", &ask_place::queue}}; }
};

// --- queue -> agent ----------------------------------------------------------------------------------------------
struct reserve {
  static constexpr std::uint32_t tag = 20;
  static constexpr std::string_view type = "reserve";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  generation_no generation = 0;
  queue_id queue{};
  milliseconds ring_timeout{20'000};
  milliseconds wrap_up{0};  ///< the queue's; the agent's own overrides it
  bool operator==(const reserve&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &reserve::call},      field{2, "attempt", &reserve::attempt},
                   field{3, "agent", &reserve::agent},    field{4, "generation", &reserve::generation},
                   field{5, "queue", &reserve::queue},    field{6, "ring_timeout", &reserve::ring_timeout},
                   field{7, "wrap_up", &reserve::wrap_up}};
  }
};
/// "Who of you is free?" after a takeover, because the view of free agents is not stored; and again while anybody waits.
struct ask_available {
  static constexpr std::uint32_t tag = 21;
  static constexpr std::string_view type = "ask_available";
  queue_id queue{};
  agent_id agent{};
  bool operator==(const ask_available&) const = default;
  static constexpr auto fields() {
    return members{field{1, "queue", &ask_available::queue}, field{2, "agent", &ask_available::agent}};
  }
};

/// "Nobody will offer you on this attempt": the queue gave it up, or the call left. The agent does not free itself; it asks the
/// call at once instead of at its deadline.
struct reservation_void {
  static constexpr std::uint32_t tag = 22;
  static constexpr std::string_view type = "reservation_void";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  bool operator==(const reservation_void&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &reservation_void::call}, field{2, "attempt", &reservation_void::attempt},
                   field{3, "agent", &reservation_void::agent}};
  }
};

// --- queue -> call -----------------------------------------------------------------------------------------------
struct queued {
  static constexpr std::uint32_t tag = 30;
  static constexpr std::string_view type = "queued";
  call_id call{};
  queue_id queue{};
  std::uint32_t position = 1;
  bool operator==(const queued&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &queued::call}, field{2, "queue", &queued::queue}, field{3, "position", &queued::position}};
  }
};
struct queue_refused {
  static constexpr std::uint32_t tag = 31;
  static constexpr std::string_view type = "queue_refused";
  call_id call{};
  queue_id queue{};
  std::string why{};  ///< "full", "no_agents", "wait_too_long", "unknown_queue", "closed"
  bool operator==(const queue_refused&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &queue_refused::call}, field{2, "queue", &queue_refused::queue},
                   field{3, "why", &queue_refused::why}};
  }
};
struct offer {
  static constexpr std::uint32_t tag = 32;
  static constexpr std::string_view type = "offer";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  queue_id queue{};
  std::string agent_name{};
  std::vector<destination> contacts{};
  milliseconds ring_timeout{20'000};
  bool operator==(const offer&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &offer::call},
                   field{2, "attempt", &offer::attempt},
                   field{3, "agent", &offer::agent},
                   field{4, "queue", &offer::queue},
                   field{5, "agent_name", &offer::agent_name},
                   field{6, "contacts", &offer::contacts},
                   field{7, "ring_timeout", &offer::ring_timeout}};
  }
};
struct queue_place {
  static constexpr std::uint32_t tag = 33;
  static constexpr std::string_view type = "queue_place";
  call_id call{};
  queue_id queue{};
  std::uint32_t position = 0;  ///< 1 = next; 0 = not waiting here
  std::uint32_t waiting = 0;
  milliseconds expected_wait{0};       ///< 0 = not known
  std::uint32_t agents_logged_in = 0;  ///< 0 lets the call apply `leave_when_empty`
  bool operator==(const queue_place&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &queue_place::call},
                   field{2, "queue", &queue_place::queue},
                   field{3, "position", &queue_place::position},
                   field{4, "waiting", &queue_place::waiting},
                   field{5, "expected_wait", &queue_place::expected_wait},
                   field{6, "agents_logged_in", &queue_place::agents_logged_in}};
  }
};

// --- agent -> call -----------------------------------------------------------------------------------------------
/// "Are you still ringing or talking on this attempt?" asked when a deadline passes and after a takeover. A call that is not
/// makes its floor attempt + 1 durable and answers `failed`.
struct agent_query {
  static constexpr std::uint32_t tag = 40;
  static constexpr std::string_view type = "agent_query";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  bool operator==(const agent_query&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &agent_query::call}, field{2, "attempt", &agent_query::attempt},
                   field{3, "agent", &agent_query::agent}};
  }
};
/// The agent (or its supervisor) asks to end the call it has.
struct agent_release {
  static constexpr std::uint32_t tag = 41;
  static constexpr std::string_view type = "agent_release";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  bool operator==(const agent_release&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &agent_release::call}, field{2, "attempt", &agent_release::attempt},
                   field{3, "agent", &agent_release::agent}};
  }
};

// --- registration -> agent ---------------------------------------------------------------------------------------
/// The bound contacts of the agent's device, best first; empty = not reachable. `version` grows; older ones are ignored.
struct device_contacts {
  static constexpr std::uint32_t tag = 50;
  static constexpr std::string_view type = "device_contacts";
  agent_id agent{};
  std::uint64_t version = 0;
  std::vector<destination> contacts{};
  bool operator==(const device_contacts&) const = default;
  static constexpr auto fields() {
    return members{field{1, "agent", &device_contacts::agent}, field{2, "version", &device_contacts::version},
                   field{3, "contacts", &device_contacts::contacts}};
  }
};

using call_message = std::variant<queued, queue_refused, offer, queue_place, agent_query, agent_release>;
using queue_message = std::variant<agent_available, agent_unavailable, agent_reserved, agent_refused, enqueue, leave_queue,
                                   connected, failed, ask_place>;
using agent_message = std::variant<reserve, ask_available, reservation_void, connected, failed, device_contacts>;
using acd_message = std::variant<agent_available, agent_unavailable, agent_reserved, agent_refused, enqueue, leave_queue,
                                 connected, failed, ask_place, reserve, ask_available, reservation_void, queued, queue_refused,
                                 offer, queue_place, agent_query, agent_release, device_contacts>;

}  // namespace seatgrid
