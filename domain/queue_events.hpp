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

/// What a queue keeps of each call, its totals, and what happens to it (past tense).
namespace seatgrid {

enum class entry_state : std::uint8_t { waiting = 0, reserving = 1, offering = 2 };
/// The one way each entry leaves (I5).
enum class exit_cause : std::uint8_t {
  none = 0,
  connected = 1,
  abandoned = 2,
  timeout = 3,
  overflow = 4,
  transferred = 5,
  callback = 6,
  system = 7,
  key = 8
};
std::string_view to_string(entry_state state) noexcept;
std::string_view to_string(exit_cause cause) noexcept;
/// The cause for the word of leave_queue; any unknown word is `system`.
exit_cause exit_cause_of(std::string_view why) noexcept;

/// An agent that did not take the call. Until `until` it is not asked again for this call; afterwards only when nobody else is
/// idle (I15).
struct tried_agent {
  agent_id agent{};
  time_point until{};
  attempt_failure why = attempt_failure::none;
  bool operator==(const tried_agent&) const = default;
  static constexpr auto fields() {
    return members{field{1, "agent", &tried_agent::agent}, field{2, "until", &tried_agent::until},
                   field{3, "why", &tried_agent::why}};
  }
};

/// One waiting call: one row.
struct queue_entry {
  call_id call{};
  std::int32_t priority = 0;
  std::vector<skill_level> skills{};
  time_point enqueued_at{};  ///< of the call's first queue: decides its place
  time_point entered_at{};   ///< of this queue: decides its wait here
  std::uint64_t sequence = 0;
  agent_id preferred{};
  bool at_head = false;
  std::string caller{};
  std::uint32_t place_at_entry = 1;
  entry_state state = entry_state::waiting;
  attempt_no attempt = 0;  ///< the last one begun
  agent_id agent{};        ///< of the attempt, none while waiting
  generation_no generation = 0;
  milliseconds ring_timeout{0};
  milliseconds wrap_up{0};
  std::string agent_name{};             ///< while offering
  std::vector<destination> contacts{};  ///< while offering
  std::vector<tried_agent> tried{};
  // not stored
  time_point due{};         ///< when the entry wants something; zero = nothing
  time_point give_up_at{};  ///< while reserving; zero = unknown after a takeover
  std::uint32_t repeats = 0;
  static constexpr auto fields() {
    return members{field{1, "call", &queue_entry::call},
                   field{2, "priority", &queue_entry::priority},
                   field{3, "skills", &queue_entry::skills},
                   field{4, "enqueued_at", &queue_entry::enqueued_at},
                   field{5, "entered_at", &queue_entry::entered_at},
                   field{6, "sequence", &queue_entry::sequence},
                   field{7, "preferred", &queue_entry::preferred},
                   field{8, "at_head", &queue_entry::at_head},
                   field{9, "caller", &queue_entry::caller},
                   field{10, "place_at_entry", &queue_entry::place_at_entry},
                   field{11, "state", &queue_entry::state},
                   field{12, "attempt", &queue_entry::attempt},
                   field{13, "agent", &queue_entry::agent},
                   field{14, "generation", &queue_entry::generation},
                   field{15, "ring_timeout", &queue_entry::ring_timeout},
                   field{16, "wrap_up", &queue_entry::wrap_up},
                   field{17, "agent_name", &queue_entry::agent_name},
                   field{18, "contacts", &queue_entry::contacts},
                   field{19, "tried", &queue_entry::tried}};
  }
};

/// Exits by cause since the queue exists, and what the expected wait is computed from. Entered = all exits + waiting (I6).
struct queue_totals {
  std::uint64_t connected = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t timeout = 0;
  std::uint64_t overflow = 0;
  std::uint64_t transferred = 0;
  std::uint64_t callback = 0;
  std::uint64_t system = 0;
  std::uint64_t key = 0;
  std::uint64_t refused = 0;                 ///< never entered: full, nobody logged in
  std::uint64_t connected_within_level = 0;  ///< wait <= service level at that time
  milliseconds wait_sum{0};                  ///< of the connected
  milliseconds wait_smoothed{0};             ///< of the connected, see `smoothed`
  milliseconds wait_per_place{0};            ///< smoothed wait / place at entry: expected wait = this x place
  bool operator==(const queue_totals&) const = default;
  std::uint64_t exits() const { return connected + abandoned + timeout + overflow + transferred + callback + system + key; }
  static constexpr auto fields() {
    return members{field{1, "connected", &queue_totals::connected},
                   field{2, "abandoned", &queue_totals::abandoned},
                   field{3, "timeout", &queue_totals::timeout},
                   field{4, "overflow", &queue_totals::overflow},
                   field{5, "transferred", &queue_totals::transferred},
                   field{6, "callback", &queue_totals::callback},
                   field{7, "system", &queue_totals::system},
                   field{8, "key", &queue_totals::key},
                   field{9, "refused", &queue_totals::refused},
                   field{10, "connected_within_level", &queue_totals::connected_within_level},
                   field{11, "wait_sum", &queue_totals::wait_sum},
                   field{12, "wait_smoothed", &queue_totals::wait_smoothed},
                   field{13, "wait_per_place", &queue_totals::wait_per_place}};
  }
};

// --- events --------------------------------------------------------------------------------------------------------

struct queue_configured {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "queue_configured";
  std::uint64_t version = 0;
  std::uint8_t strategy = 0;
  std::string name{};
  static constexpr auto fields() {
    return members{field{1, "version", &queue_configured::version}, field{2, "strategy", &queue_configured::strategy},
                   field{3, "name", &queue_configured::name}};
  }
};
struct call_queued {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "call_queued";
  call_id call{};
  std::int32_t priority = 0;
  std::vector<skill_level> skills{};
  time_point enqueued_at{};
  time_point at{};
  std::uint64_t sequence = 0;
  attempt_no next_attempt = 1;
  agent_id preferred{};
  bool at_head = false;
  std::string caller{};
  std::uint32_t place = 1;
  static constexpr auto fields() {
    return members{field{1, "call", &call_queued::call},
                   field{2, "priority", &call_queued::priority},
                   field{3, "skills", &call_queued::skills},
                   field{4, "enqueued_at", &call_queued::enqueued_at},
                   field{5, "at", &call_queued::at},
                   field{6, "sequence", &call_queued::sequence},
                   field{7, "next_attempt", &call_queued::next_attempt},
                   field{8, "preferred", &call_queued::preferred},
                   field{9, "at_head", &call_queued::at_head},
                   field{10, "caller", &call_queued::caller},
                   field{11, "place", &call_queued::place}};
  }
};
struct enqueue_refused {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "enqueue_refused";
  call_id call{};
  std::string why{};
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "call", &enqueue_refused::call}, field{2, "why", &enqueue_refused::why},
                   field{3, "at", &enqueue_refused::at}};
  }
};
struct agent_listed {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "agent_listed";
  agent_id agent{};
  generation_no generation = 0;
  std::uint8_t level = 1;
  time_point idle_since{};
  std::uint32_t calls = 0;
  time_point last_offered_at{};
  std::uint64_t name_high = 0;
  std::uint64_t name_low = 0;
  std::uint64_t chance = 0;
  std::vector<skill_level> skills{};
  static constexpr auto fields() {
    return members{field{1, "agent", &agent_listed::agent},         field{2, "generation", &agent_listed::generation},
                   field{3, "level", &agent_listed::level},         field{4, "idle_since", &agent_listed::idle_since},
                   field{5, "calls", &agent_listed::calls},         field{6, "last_offered_at", &agent_listed::last_offered_at},
                   field{7, "name_high", &agent_listed::name_high}, field{8, "name_low", &agent_listed::name_low},
                   field{9, "chance", &agent_listed::chance},       field{10, "skills", &agent_listed::skills}};
  }
};
struct agent_unlisted {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "agent_unlisted";
  agent_id agent{};
  generation_no generation = 0;
  bool logged_out = false;
  static constexpr auto fields() {
    return members{field{1, "agent", &agent_unlisted::agent}, field{2, "generation", &agent_unlisted::generation},
                   field{3, "logged_out", &agent_unlisted::logged_out}};
  }
};
struct reservation_made {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "reservation_made";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  generation_no generation = 0;
  milliseconds ring_timeout{0};
  milliseconds wrap_up{0};
  time_point at{};
  std::uint64_t request = 0;  ///< of the supervisor who pulled the call
  static constexpr auto fields() {
    return members{field{1, "call", &reservation_made::call},
                   field{2, "attempt", &reservation_made::attempt},
                   field{3, "agent", &reservation_made::agent},
                   field{4, "generation", &reservation_made::generation},
                   field{5, "ring_timeout", &reservation_made::ring_timeout},
                   field{6, "wrap_up", &reservation_made::wrap_up},
                   field{7, "at", &reservation_made::at},
                   field{8, "request", &reservation_made::request}};
  }
};
struct reservation_asked_again {
  static constexpr std::uint32_t tag = 7;
  static constexpr std::string_view type = "reservation_asked_again";
  call_id call{};
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "call", &reservation_asked_again::call}, field{2, "at", &reservation_asked_again::at}};
  }
};
/// The agent refused, or said nothing before the give-up deadline; the entry waits again in its old place.
struct reservation_failed {
  static constexpr std::uint32_t tag = 8;
  static constexpr std::string_view type = "reservation_failed";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  bool gave_up = false;
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "call", &reservation_failed::call}, field{2, "attempt", &reservation_failed::attempt},
                   field{3, "agent", &reservation_failed::agent}, field{4, "gave_up", &reservation_failed::gave_up},
                   field{5, "at", &reservation_failed::at}};
  }
};
struct call_offered {
  static constexpr std::uint32_t tag = 9;
  static constexpr std::string_view type = "call_offered";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  std::string agent_name{};
  std::vector<destination> contacts{};
  milliseconds wrap_up{0};
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "call", &call_offered::call},
                   field{2, "attempt", &call_offered::attempt},
                   field{3, "agent", &call_offered::agent},
                   field{4, "agent_name", &call_offered::agent_name},
                   field{5, "contacts", &call_offered::contacts},
                   field{6, "wrap_up", &call_offered::wrap_up},
                   field{7, "at", &call_offered::at}};
  }
};
struct offer_repeated {
  static constexpr std::uint32_t tag = 10;
  static constexpr std::string_view type = "offer_repeated";
  call_id call{};
  time_point at{};
  static constexpr auto fields() { return members{field{1, "call", &offer_repeated::call}, field{2, "at", &offer_repeated::at}}; }
};
/// The call said that the attempt is over; the entry waits again in its old place.
struct attempt_failed {
  static constexpr std::uint32_t tag = 11;
  static constexpr std::string_view type = "attempt_failed";
  call_id call{};
  attempt_no attempt = 0;
  agent_id agent{};
  attempt_failure why = attempt_failure::none;
  time_point until{};  ///< the agent is not asked again for this call before; zero = its turn comes as any other's
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "call", &attempt_failed::call},   field{2, "attempt", &attempt_failed::attempt},
                   field{3, "agent", &attempt_failed::agent}, field{4, "why", &attempt_failed::why},
                   field{5, "until", &attempt_failed::until}, field{6, "at", &attempt_failed::at}};
  }
};
struct call_left {
  static constexpr std::uint32_t tag = 12;
  static constexpr std::string_view type = "call_left";
  call_id call{};
  exit_cause cause = exit_cause::none;
  agent_id agent{};  ///< who took it, or who was being asked
  attempt_no attempt = 0;
  bool was_reserving = false;
  milliseconds wait{0};
  bool within_level = false;
  time_point at{};
  std::uint64_t request = 0;  ///< of the supervisor who removed it
  static constexpr auto fields() {
    return members{field{1, "call", &call_left::call},
                   field{2, "cause", &call_left::cause},
                   field{3, "agent", &call_left::agent},
                   field{4, "attempt", &call_left::attempt},
                   field{5, "was_reserving", &call_left::was_reserving},
                   field{6, "wait", &call_left::wait},
                   field{7, "within_level", &call_left::within_level},
                   field{8, "at", &call_left::at},
                   field{9, "request", &call_left::request}};
  }
};
struct call_moved {
  static constexpr std::uint32_t tag = 13;
  static constexpr std::string_view type = "call_moved";
  call_id call{};
  std::int32_t priority = 0;
  bool at_head = false;
  time_point at{};
  std::uint64_t request = 0;
  static constexpr auto fields() {
    return members{field{1, "call", &call_moved::call}, field{2, "priority", &call_moved::priority},
                   field{3, "at_head", &call_moved::at_head}, field{4, "at", &call_moved::at},
                   field{5, "request", &call_moved::request}};
  }
};
struct members_asked {
  static constexpr std::uint32_t tag = 14;
  static constexpr std::string_view type = "members_asked";
  std::vector<agent_id> agents{};
  std::string next{};  ///< the first name not yet asked; empty = that was all
  time_point at{};
  bool again = false;              ///< of a look round: who is logged in is known as before
  std::vector<call_id> waiting{};  ///< asked whether they still wait
  static constexpr auto fields() {
    return members{field{1, "agents", &members_asked::agents}, field{2, "next", &members_asked::next},
                   field{3, "at", &members_asked::at}, field{4, "again", &members_asked::again},
                   field{5, "waiting", &members_asked::waiting}};
  }
};
/// The delay of some tried agent is over and nobody was free: the entry looks again at its next such moment.
struct exclusion_ended {
  static constexpr std::uint32_t tag = 15;
  static constexpr std::string_view type = "exclusion_ended";
  call_id call{};
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "call", &exclusion_ended::call}, field{2, "at", &exclusion_ended::at}};
  }
};
struct queue_timer_armed {
  static constexpr std::uint32_t tag = 16;
  static constexpr std::string_view type = "queue_timer_armed";
  std::uint64_t generation = 0;
  time_point due{};  ///< zero = nothing to wait for
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "generation", &queue_timer_armed::generation}, field{2, "due", &queue_timer_armed::due},
                   field{3, "at", &queue_timer_armed::at}};
  }
};

using queue_event = std::variant<queue_configured, call_queued, enqueue_refused, agent_listed, agent_unlisted, reservation_made,
                                 reservation_asked_again, reservation_failed, call_offered, offer_repeated, attempt_failed,
                                 call_left, call_moved, members_asked, exclusion_ended, queue_timer_armed>;

}  // namespace seatgrid
