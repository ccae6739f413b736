#include <algorithm>
#include <utility>

#include "base/overload.hpp"
#include "domain/agent_internal.hpp"
#include "domain/tenant_config.hpp"

namespace seatgrid {
namespace {

using status = agent_status;

void tell(effects& out, entity_ref who, acd_message message) {
  out.push_back({timing::when_durable, to_entity{who, std::move(message)}});
}

void answer_request(effects& out, std::uint64_t request) {
  if (request != 0) out.push_back({timing::when_durable, reply{.request = request}});
}

void start(effects& out, agent_timer timer, std::uint64_t generation, std::chrono::microseconds after) {
  const auto left = std::max(std::chrono::ceil<milliseconds>(after), milliseconds{0});
  out.push_back({timing::at_once, start_timer{static_cast<std::uint32_t>(timer), generation, left}});
}

/// Better levels and heavier queues hear first; queues that are equal take turns, so that none of them always wins the agent.
template <class Tell>
void each_queue(const agent_state& s, Tell tell_one) {
  const auto& all = s.queues;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    while (end < all.size() && all[end].level == all[begin].level && all[end].weight == all[begin].weight) ++end;
    const auto count = end - begin;
    for (std::size_t i = 0; i < count; ++i) tell_one(all[begin + (i + s.facts.generation) % count]);
  }
}

void announce(const agent_state& s, effects& out, queue_id but = {}) {
  each_queue(s, [&](const agent_membership& in) {
    if (in.queue != but) tell(out, ref(in.queue), view_for(s, in));
  });
}

void arm(const agent_state& s, time_point at, effects& out) {
  if (s.facts.until.us != 0)
    start(out, agent_timer::deadline, s.timer_generation, s.facts.until - at);
  else
    out.push_back({timing::at_once, stop_timer{static_cast<std::uint32_t>(agent_timer::deadline)}});
}

void ask_call(const agent_state& s, effects& out) {
  tell(out, ref(s.facts.call), agent_query{s.facts.call, s.facts.attempt, s.id});
}

void derive_moved(const agent_state& s, const agent_moved& e, effects& out) {
  const auto to = e.after.status;
  if (to == status::reserved) tell(out, ref(e.after.queue), reserved_word(s));
  if (to == status::reserved)
    announce(s, out, e.after.queue);
  else if (to == status::ready || e.from == status::ready || is_present(e.from) != is_present(to))
    announce(s, out);
  arm(s, e.at, out);
  out.push_back({timing::when_durable, told(s, e)});
  answer_request(out, e.request);
}

}  // namespace

milliseconds ask_wait(std::uint32_t times) {
  auto wait = agent_limits::ask_first;
  for (; times > 1 && wait < agent_limits::ask_max; --times) wait *= 2;
  return std::min(wait, agent_limits::ask_max);
}

milliseconds rest_after(const queue_config& queue, attempt_failure why) {
  switch (why) {
    case attempt_failure::no_answer: return queue.no_answer_delay;
    case attempt_failure::busy: return queue.busy_delay;
    case attempt_failure::rejected: return queue.reject_delay;
    case attempt_failure::unreachable: return queue.unreachable_delay;
    case attempt_failure::none:
    case attempt_failure::caller_gone:
    case attempt_failure::answered_elsewhere:
    case attempt_failure::gave_up:
    case attempt_failure::not_waiting:
    case attempt_failure::agent_hung_up:
    case attempt_failure::ended:
    case attempt_failure::unknown_call: return milliseconds{0};
  }
  return milliseconds{0};
}

std::vector<destination> ways_to(const agent_state& s) {
  if (!s.facts.device.empty()) return {destination{.target = s.facts.device}};
  if (!s.fixed_device.empty()) return {destination{.target = s.fixed_device}};
  return s.contacts;
}

acd_message view_for(const agent_state& s, const agent_membership& in) {
  if (s.facts.status != status::ready) return agent_unavailable{s.id, s.facts.generation, !is_present(s.facts.status)};
  return agent_available{.agent = s.id,
                         .generation = s.facts.generation,
                         .idle_since = s.facts.idle_since,
                         .skills = s.skills,
                         .level = in.level,
                         .calls = s.facts.calls,
                         .last_offered_at = s.facts.last_offered_at};
}

agent_reserved reserved_word(const agent_state& s) {
  return {.call = s.facts.call,
          .attempt = s.facts.attempt,
          .agent = s.id,
          .name = s.display.empty() ? s.name : s.display,
          .contacts = ways_to(s),
          .wrap_up = s.facts.wrap_up};
}

void agent_rules::apply(agent_state& s, const agent_event& event) {
  std::visit(overload{[&](const agent_configured& e) {
                        s.is_configured = true;
                        s.config_version = e.version;
                        s.name = e.name;
                        s.display = e.display;
                        s.fixed_device = e.device;
                        s.queues = e.queues;
                        s.skills = e.skills;
                        s.own_wrap_up = e.wrap_up;
                      },
                      [&](const device_changed& e) {
                        s.device_version = e.version;
                        s.contacts = e.contacts;
                      },
                      [&](const agent_moved& e) {
                        s.facts = e.after;
                        s.asked = 0;
                        ++s.timer_generation;
                      },
                      [&](const agent_noted& e) {
                        s.facts = e.after;
                        s.asked = 0;
                        ++s.timer_generation;
                      },
                      [&](const call_asked& e) {
                        s.asked = e.times;
                        ++s.timer_generation;
                      },
                      [](const release_asked&) {}},
             event);
}

void agent_rules::derive(const agent_state& s, const agent_event& event, effects& out) {
  std::visit(overload{[&](const agent_configured& e) {
                        for (const auto queue : e.left) tell(out, ref(queue), agent_unavailable{s.id, s.facts.generation, true});
                        announce(s, out);
                      },
                      [](const device_changed&) {}, [&](const agent_moved& e) { derive_moved(s, e, out); },
                      [&](const agent_noted& e) {
                        if (e.after.status == status::ready) announce(s, out);
                        if (e.after.until.us != 0) arm(s, e.at, out);
                        answer_request(out, e.request);
                      },
                      [&](const call_asked& e) {
                        ask_call(s, out);
                        start(out, agent_timer::deadline, s.timer_generation, e.wait);
                      },
                      [&](const release_asked& e) {
                        tell(out, ref(s.facts.call), agent_release{s.facts.call, s.facts.attempt, s.id});
                        answer_request(out, e.request);
                      }},
             event);
}

void agent_rules::resume(const agent_state& s, turn t, effects& out) {
  start(out, agent_timer::announce, 0, milliseconds{0});
  switch (s.facts.status) {
    case status::reserved:
    case status::talking: ask_call(s, out); return start(out, agent_timer::deadline, s.timer_generation, agent_limits::ask_first);
    case status::wrap_up:
    case status::paused:
      if (s.facts.until.us != 0) start(out, agent_timer::deadline, s.timer_generation, s.facts.until - t.at);
      return;
    case status::logged_out:
    case status::ready:
    case status::unreachable: return;
  }
}

void agent_rules::answer(const agent_state& s, const agent_command& c, turn, const tenant_config&, effects& out) {
  std::visit(overload{[&](const reserve& m) {
                        const bool has_call = s.facts.status == status::reserved || s.facts.status == status::talking;
                        if (has_call && s.facts.call == m.call && s.facts.attempt == m.attempt)
                          tell(out, ref(m.queue), reserved_word(s));
                        else
                          tell(out, ref(m.queue), agent_refused{m.call, m.attempt, s.id});
                      },
                      [&](const ask_available& m) {
                        const auto in =
                            std::find_if(s.queues.begin(), s.queues.end(), [&](const auto& q) { return q.queue == m.queue; });
                        if (in == s.queues.end())
                          tell(out, ref(m.queue), agent_unavailable{s.id, s.facts.generation, true});
                        else
                          tell(out, ref(m.queue), view_for(s, *in));
                      },
                      [&](const agent_login& m) { answer_request(out, m.request); },
                      [&](const agent_logout& m) { answer_request(out, m.request); },
                      [&](const agent_pause& m) { answer_request(out, m.request); },
                      [&](const agent_ready& m) { answer_request(out, m.request); }, [](const auto&) {}},
             c);
}

}  // namespace seatgrid
