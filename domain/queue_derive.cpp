#include <utility>

#include "base/overload.hpp"
#include "domain/queue_internal.hpp"

namespace seatgrid {
namespace {

void tell(effects& out, entity_ref who, acd_message message) {
  out.push_back({timing::when_durable, to_entity{who, std::move(message)}});
}

void announce(effects& out, publish what) { out.push_back({timing::when_durable, std::move(what)}); }

void answer_request(effects& out, std::uint64_t request) {
  if (request != 0) out.push_back({timing::when_durable, reply{.request = request}});
}

void start(effects& out, queue_timer timer, std::uint64_t generation, milliseconds after) {
  out.push_back({timing::at_once, start_timer{static_cast<std::uint32_t>(timer), generation, after}});
}

const queue_entry* find(const queue_state& s, call_id call) {
  const auto it = s.entries.find(call);
  return it == s.entries.end() ? nullptr : &it->second;
}

reserve reserve_of(const queue_state& s, const queue_entry& e) {
  return {.call = e.call,
          .attempt = e.attempt,
          .agent = e.agent,
          .generation = e.generation,
          .queue = s.id,
          .ring_timeout = e.ring_timeout,
          .wrap_up = e.wrap_up};
}

offer offer_of(const queue_state& s, const queue_entry& e) {
  return {.call = e.call,
          .attempt = e.attempt,
          .agent = e.agent,
          .queue = s.id,
          .agent_name = e.agent_name,
          .contacts = e.contacts,
          .ring_timeout = e.ring_timeout};
}

/// "Do you still wait here?" Attempt 0 never rings: a call that does says nothing, any other leaves.
offer still_waiting(const queue_state& s, call_id call) { return {.call = call, .attempt = 0, .queue = s.id}; }

/// A reservation that nobody needs, whether or not the agent has heard of it.
void give_back(const queue_state& s, call_id call, attempt_no attempt, agent_id agent, effects& out) {
  tell(out, ref(agent), reservation_void{call, attempt, agent});
  tell(out, ref(agent), ask_available{s.id, agent});
}

/// Says again what the entry waits for.
void say_again(const queue_state& s, const queue_entry& e, effects& out) {
  switch (e.state) {
    case entry_state::waiting: return;
    case entry_state::reserving: return tell(out, ref(e.agent), reserve_of(s, e));
    case entry_state::offering: return tell(out, ref(e.call), offer_of(s, e));
  }
}

}  // namespace

void queue_rules::derive(const queue_state& s, const queue_event& event, effects& out) {
  const auto again = [&](call_id call) {
    if (const auto* entry = find(s, call)) say_again(s, *entry, out);
  };
  std::visit(
      overload{[](const queue_configured&) {},
               [&](const call_queued& e) {
                 tell(out, ref(e.call), queued{e.call, s.id, e.place});
                 if (s.entries.size() == 1 && s.rollcall_next.empty())
                   start(out, queue_timer::members, 0, queue_limits::look_round);
                 announce(out, told(s, e));
               },
               [&](const enqueue_refused& e) {
                 tell(out, ref(e.call), queue_refused{e.call, s.id, e.why});
                 announce(out, told(s, e));
               },
               [](const agent_listed&) {}, [](const agent_unlisted&) {},
               [&](const reservation_made& e) {
                 again(e.call);
                 answer_request(out, e.request);
               },
               [&](const reservation_asked_again& e) { again(e.call); },
               [&](const reservation_failed& e) {
                 if (e.gave_up) give_back(s, e.call, e.attempt, e.agent, out);
               },
               [&](const call_offered& e) {
                 again(e.call);
                 announce(out, told(s, e));
               },
               [&](const offer_repeated& e) { again(e.call); }, [&](const attempt_failed& e) { announce(out, told(s, e)); },
               [&](const call_left& e) {
                 if (e.was_reserving) give_back(s, e.call, e.attempt, e.agent, out);
                 if (e.request != 0) tell(out, ref(e.call), queue_refused{e.call, s.id, "removed"});
                 announce(out, told(s, e));
                 answer_request(out, e.request);
               },
               [&](const call_moved& e) {
                 announce(out, told(s, e));
                 answer_request(out, e.request);
               },
               [&](const members_asked& e) {
                 for (const auto agent : e.agents) tell(out, ref(agent), ask_available{s.id, agent});
                 for (const auto call : e.waiting) tell(out, ref(call), still_waiting(s, call));
                 if (!e.next.empty())
                   start(out, queue_timer::members, 0, milliseconds{0});
                 else if (!s.entries.empty())
                   start(out, queue_timer::members, 0, queue_limits::look_round);
               },
               [](const exclusion_ended&) {},
               [&](const queue_timer_armed& e) {
                 if (e.due.us == 0) return;
                 const auto left = std::chrono::ceil<milliseconds>(e.due - e.at);
                 start(out, queue_timer::due, e.generation, std::max(left, milliseconds{0}));
               }},
      event);
}

void queue_rules::resume(const queue_state& s, turn, effects& out) {
  start(out, queue_timer::members, 0, milliseconds{0});
  for (const auto& [unused, entry] : s.entries) {
    say_again(s, entry, out);
    // The call may have ended while its word on the way to us was lost with the process.
    if (entry.state == entry_state::waiting) tell(out, ref(entry.call), still_waiting(s, entry.call));
  }
  if (s.timer_due.us != 0) start(out, queue_timer::due, s.timer_generation, queue_limits::reserve_repeat_first);
}

}  // namespace seatgrid
