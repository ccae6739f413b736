#include <algorithm>

#include "domain/agent_internal.hpp"
#include "domain/published_acd.hpp"
#include "domain/published_codec.hpp"
#include "domain/shown.hpp"
#include "proto/json.hpp"
#include "proto/wire.hpp"

namespace seatgrid {

std::string_view to_string(agent_status status) noexcept {
  switch (status) {
    case agent_status::logged_out: return "logged_out";
    case agent_status::ready: return "ready";
    case agent_status::reserved: return "reserved";
    case agent_status::talking: return "talking";
    case agent_status::wrap_up: return "wrap_up";
    case agent_status::paused: return "paused";
    case agent_status::unreachable: return "unreachable";
  }
  return "unknown";
}

std::string_view to_string(state_owner owner) noexcept {
  switch (owner) {
    case state_owner::system: return "system";
    case state_owner::agent: return "agent";
    case state_owner::supervisor: return "supervisor";
  }
  return "unknown";
}

void agent_rules::rows(const agent_state& s, const std::vector<agent_event>& events, entity_rows& out) {
  const auto is_stored = [](const agent_event& e) {
    return std::holds_alternative<agent_moved>(e) || std::holds_alternative<agent_noted>(e) ||
           std::holds_alternative<device_changed>(e);
  };
  if (std::any_of(events.begin(), events.end(), is_stored))
    out.push_back({"", wire::encode(agent_row{s.facts, s.device_version, s.contacts})});
}

result<agent_state> agent_rules::load(std::uint64_t id, const entity_rows& stored) {
  agent_state s{.id = agent_id{id}, .timer_generation = 1};
  for (const auto& row : stored) {
    if (!row.key.empty() || !row.value) continue;
    auto read = wire::decode<agent_row>(*row.value);
    if (!read) return tl::unexpected(read.error());
    s.facts = std::move(read->facts);
    s.device_version = read->device_version;
    s.contacts = std::move(read->contacts);
  }
  return s;
}

std::string agent_rules::encode(const agent_command& c) { return wire::encode(c); }
result<agent_command> agent_rules::decode_command(std::string_view bytes) { return wire::decode<agent_command>(bytes); }
std::string agent_rules::encode(const agent_event& e) { return wire::encode(e); }
result<agent_event> agent_rules::decode_event(std::string_view bytes) { return wire::decode<agent_event>(bytes); }
std::string agent_rules::describe(const agent_event& e) { return json::text(e); }

publish told(const agent_state& s, const agent_moved& e) {
  published::agent_state_changed made;
  made.agent = s.id;
  made.name = s.name;
  made.from = e.from;
  made.to = e.after.status;
  made.at = e.after.since;
  made.duration_ms = e.duration;
  made.reason = e.after.reason;
  made.by = e.after.by;
  made.why = e.why;
  made.until = e.after.until;
  made.call = e.after.call;
  made.queue = e.after.queue;
  return published::told(made);
}

std::string agent_rules::show(const agent_state& s) {
  return json::text(agent_shown{.agent = s.id,
                                .name = s.name,
                                .display = s.display,
                                .state = s.facts.status,
                                .since = s.facts.since,
                                .reason = s.facts.reason,
                                .by = s.facts.by,
                                .until = s.facts.until,
                                .next = s.facts.next,
                                .call = s.facts.call,
                                .queue = s.facts.queue,
                                .calls = s.facts.calls,
                                .is_reachable = !ways_to(s).empty(),
                                .contacts = s.contacts});
}

}  // namespace seatgrid
