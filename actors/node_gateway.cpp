#include "actors/node_gateway.hpp"

#include <algorithm>
#include <utility>

#include "actors/pages.hpp"
#include "actors/shell_row.hpp"
#include "domain/call_rules.hpp"

namespace seatgrid {

std::string_view to_string(collection what) noexcept {
  switch (what) {
    case collection::calls: return "calls";
    case collection::queues: return "queues";
    case collection::agents: return "agents";
    case collection::registrations: return "registrations";
    case collection::recordings: return "recordings";
    case collection::voicemails: return "voicemails";
    case collection::cdrs: return "cdrs";
    case collection::events: return "events";
  }
  return "unknown";
}

namespace actors {
namespace {

constexpr std::size_t filtered_asked_max = 5'000;  // entities that one filtered list asks at most
constexpr std::size_t looked_at_max = 100'000;     // CDRs or steps that one list reads at most
constexpr std::uint64_t latest_steps = 2'000;      // `event list` without a cursor begins here
constexpr std::size_t timeline_max = 10'000;

template <class Config>
std::vector<std::string> names_of(const std::map<std::string, Config>& all, const std::string& after, std::size_t most) {
  std::vector<std::string> names;
  for (auto it = after.empty() ? all.begin() : all.upper_bound(after); it != all.end() && names.size() < most; ++it)
    names.push_back(it->first);
  return names;
}

constexpr std::size_t names_told_max = 5;

/// "no queue 'x'", with the first names that there are: most such tenants have few.
template <class Config>
error unknown_name(std::string_view kind, const std::string& name, const std::map<std::string, Config>& all) {
  std::string text = "no " + std::string{kind} + " '" + name + "'";
  const char* before = "; there are ";
  for (const auto& known : names_of(all, "", names_told_max)) text += std::exchange(before, ", ") + known;
  if (all.size() > names_told_max) text += " and " + std::to_string(all.size() - names_told_max) + " more";
  return {errc::not_found, std::move(text)};
}

/// How an item of a list begins: whose it is, and what people call it where its own JSON does not say.
std::string head_of(const config_ptr& config, entity_ref entity) {
  if (!config || (entity.kind != entity_kind::queue && entity.kind != entity_kind::agent)) return "{";
  std::string head = "{\"tenant\":\"" + config->tenant + "\",";
  if (entity.kind == entity_kind::queue)
    if (const auto* queue = config->queue(queue_id{entity.id})) head += "\"name\":\"" + queue->name + "\",";
  return head;
}

}  // namespace

void node_gateway::submit(control::command order, std::string tenant, answer done) {
  engine_.submit(std::move(order), std::move(tenant), std::move(done));
}

void node_gateway::ask(entity_ref entity, std::string tenant, answer done) const {
  engine_.ask(entity, std::move(tenant), std::move(done));
}

void node_gateway::list(collection what, list_query query, answer done) const {
  if (const auto good = check_query(query); !good) return done(tl::unexpected(good.error()));
  switch (what) {
    case collection::calls:
    case collection::queues:
    case collection::agents:
    case collection::registrations: return list_entities(what, std::move(query), std::move(done));
    case collection::recordings:
    case collection::voicemails:
    case collection::cdrs: return done(list_cdrs(what, query));
    case collection::events: return done(list_events(query));
  }
}

result<node_gateway::page> node_gateway::live_calls(const list_query& query, std::size_t most) const {
  page found;
  const auto shard = shard_of_tenant(query.tenant);
  const auto lane = engine_.lane_of({entity_kind::call, std::uint64_t{shard} << (64 - shard_bits)}).id();
  const auto after = from_text(query.cursor);
  if (!query.cursor.empty() && !after) return fail(errc::invalid, "cursor: as next_cursor gave it");
  const auto scanned = engine_.log().scan(lane, live_prefix(shard), [&](std::string_view key, std::string_view) {
    const auto entity = entity_of_live_key(key);
    if (entity.kind != entity_kind::call || (after && entity.id <= *after)) return true;
    if (found.ids.size() == most) {
      found.next = to_text(found.ids.back().id);
      return false;
    }
    found.ids.push_back(entity);
    return true;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  return found;
}

result<node_gateway::page> node_gateway::page_of(collection what, const list_query& query, std::size_t most) const {
  if (what == collection::calls) return live_calls(query, most);
  const auto config = config_.current(query.tenant);
  if (!config) return fail(errc::not_found, "no tenant '" + query.tenant + "'");
  page found;
  const auto is_queue = what == collection::queues;
  auto names = is_queue ? names_of(config->queues, query.cursor, most + 1) : names_of(config->agents, query.cursor, most + 1);
  if (names.size() > most) {
    names.pop_back();
    found.next = names.back();
  }
  for (const auto& name : names)
    if (is_queue)
      found.ids.push_back(ref(config->queue_of(name)));
    else if (what == collection::agents)
      found.ids.push_back(ref(config->agent_of(name)));
    else
      found.ids.push_back(ref(registration_id::named(config->tenant, "sip:" + name + "@" + config->domain)));
  return found;
}

/// Asks each entity of the page for its JSON. With filters, more are asked until the page is full or the bound is met.
void node_gateway::list_entities(collection what, list_query query, answer done) const {
  const auto asked = query.filters.empty() ? std::size_t{query.limit} : filtered_asked_max;
  auto found = page_of(what, query, asked);
  if (!found) return done(tl::unexpected(found.error()));
  if (found->ids.empty()) return done(page_json({}, {}));
  const auto filter = [filters = query.filters](const std::string& head, result<std::string> item) -> result<std::string> {
    if (item && item->size() > 2) item->replace(0, 1, head);
    if (item && !item_matches(*item, filters)) return fail(errc::not_found, "filtered");
    return item;
  };
  const auto gather = std::make_shared<page_gatherer>(found->ids.size(), found->next, std::move(done));
  const auto config = config_.current(query.tenant);
  for (std::size_t i = 0; i < found->ids.size(); ++i)
    ask(found->ids[i], query.tenant, [gather, i, filter, head = head_of(config, found->ids[i])](result<std::string> item) {
      gather->put(i, filter(head, std::move(item)));
    });
}

result<std::string> node_gateway::cdr_of(entity_ref call) const {
  const auto bytes = engine_.log().get(engine_.lane_of(call).id(), row_key(call, cdr_element));
  if (!bytes) return tl::unexpected(bytes.error());
  const auto cdr = decode_cdr(*bytes);
  if (!cdr) return tl::unexpected(cdr.error());
  return describe(*cdr);
}

result<std::string> node_gateway::list_cdrs(collection what, const list_query& query) const {
  const auto shard = shard_of_tenant(query.tenant);
  const auto lane = engine_.lane_of({entity_kind::call, std::uint64_t{shard} << (64 - shard_bits)}).id();
  std::vector<std::string> items;
  std::string next, last = query.cursor;
  std::size_t looked = 0;
  auto filters = query.filters;
  filters["tenant"] = query.tenant;
  const auto scanned = engine_.log().scan(lane, cdr_prefix(shard), [&](std::string_view key, std::string_view) {
    const auto place = place_of_cdr_key(key);
    if (!place) return true;
    const auto here = std::to_string(INT64_MAX - place->at.us) + "-" + to_text(place->call.id);  // ascends as the index does
    if (!query.cursor.empty() && here <= query.cursor) return true;
    if (items.size() >= query.limit || ++looked > looked_at_max) {
      next = last;
      return false;
    }
    last = here;
    if (const auto cdr = cdr_of(place->call); cdr && item_matches(*cdr, filters)) {
      if (what == collection::cdrs)
        items.push_back(*cdr);
      else
        for (auto& one : recordings_of_cdr(*cdr, what == collection::voicemails ? "voicemail" : "talk"))
          items.push_back(std::move(one));
    }
    return true;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  return page_json(items, next);
}

result<std::string> node_gateway::list_events(const list_query& query) const {
  const auto after = query.cursor.empty() ? std::optional<event_place>{} : place_from_text(query.cursor);
  if (!query.cursor.empty() && !after) return fail(errc::invalid, "cursor: an event id, or 0 for the oldest kept");
  auto filters = query.filters;
  auto type = std::move(filters["type"]);  // how it begins
  filters.erase("type");
  if (type.ends_with('*')) type.pop_back();
  std::vector<std::string> items;
  std::string next, last;
  std::size_t looked = 0;
  for (const auto& one : engine_.lanes()) {
    const auto end = engine_.log().end(one->id()).first.sequence;
    std::uint64_t from = end > latest_steps ? end - latest_steps : 1;
    if (after && after->lane > one->id()) continue;
    if (after) from = after->lane == one->id() ? after->sequence : 1;
    const auto read = engine_.log().read(one->id(), from, [&](const recorded_step& recorded) {
      for (const auto& event : events_of(recorded)) {
        const auto place = place_from_text(event.id);
        if (!place || (after && *place <= *after)) continue;
        if (!query.tenant.empty() && event.tenant != query.tenant) continue;
        if (event.type.rfind(type, 0) != 0) continue;
        auto item = event_json(event);
        if (!item_matches(item, filters)) continue;
        if (items.size() >= query.limit || ++looked > looked_at_max) {
          next = last;
          return false;
        }
        last = event.id;
        items.push_back(std::move(item));
      }
      return true;
    });
    if (!read) return tl::unexpected(read.error());
    if (!next.empty()) break;
  }
  return page_json(items, next);
}

result<std::string> node_gateway::timeline(entity_ref entity) const {
  const auto core = engine_.core(entity.kind);
  std::vector<std::string> lines;
  const auto read = engine_.log().read_entity(entity, [&](const recorded_step& recorded) {
    std::vector<std::string> events;
    for (const auto& bytes : recorded.step.events)
      if (auto text = core->describe_event(bytes)) events.push_back(std::move(*text));
    lines.push_back(timeline_json(recorded.step.at, recorded.position.sequence, events));
    return lines.size() < timeline_max;
  });
  if (!read) return tl::unexpected(read.error());
  std::string out{"["};
  for (std::size_t i = 0; i < lines.size(); ++i) out += (i == 0 ? "" : ",") + lines[i];
  return out + "]";
}

result<std::string> node_gateway::event_at(const std::string& id) const {
  const auto place = place_from_text(id);
  if (!place) return fail(errc::invalid, "an event id looks like 00001-00000000000000000042-0000");
  std::string found;
  const auto read = engine_.log().read(place->lane, place->sequence, [&](const recorded_step& recorded) {
    for (const auto& event : events_of(recorded))
      if (event.id == id) found = event_json(event);
    return false;
  });
  if (!read) return tl::unexpected(read.error());
  if (found.empty()) return fail(errc::not_found, "no event '" + id + "': there was none, or its retention is over");
  return found;
}

void node_gateway::show(collection what, std::string tenant, std::string id, answer done) const {
  if (what == collection::events) return done(event_at(id));
  const auto config = config_.current(tenant);
  if (!config) return done(fail(errc::not_found, "no tenant '" + tenant + "'"));
  switch (what) {
    case collection::queues:
      if (config->queue(id) == nullptr) return done(tl::unexpected(unknown_name("queue", id, config->queues)));
      return ask(ref(config->queue_of(id)), tenant, std::move(done));
    case collection::agents:
      if (config->agent(id) == nullptr) return done(tl::unexpected(unknown_name("agent", id, config->agents)));
      return ask(ref(config->agent_of(id)), tenant, std::move(done));
    case collection::registrations: return ask(ref(registration_id::named(tenant, id)), tenant, std::move(done));
    case collection::events:
    case collection::calls:
    case collection::cdrs:
    case collection::recordings:
    case collection::voicemails: break;
  }
  const auto number = from_text(id);
  const entity_ref call{entity_kind::call, number.value_or(0)};
  if (!number || call.shard() != shard_of_tenant(tenant)) return done(fail(errc::not_found, "no call '" + id + "'"));
  if (what != collection::calls) return done(cdr_of(call));
  auto lines = timeline(call);
  auto cdr = cdr_of(call);
  const auto tail = ",\"timeline\":" + lines.value_or("[]") + ",\"cdr\":" + cdr.value_or("null") + "}";
  const bool known = (lines && *lines != "[]") || cdr;
  ask(call, tenant, [tail, known, done = std::move(done)](result<std::string> state) {
    if (!state && !known) return done(std::move(state));
    done("{\"state\":" + (state ? *state : std::string{"null"}) + tail);
  });
}

void node_gateway::replay(entity_ref entity, answer done) const { done(replay_entity(engine_, entity)); }

result<std::shared_ptr<event_subscription>> node_gateway::subscribe(std::string tenant, std::string after,
                                                                    std::function<void()> wake) {
  return engine_.events().subscribe(std::move(tenant), std::move(after), std::move(wake));
}

std::vector<metric> node_gateway::metrics() const {
  std::vector<metric> out;
  engine_.count().write(out);
  out.push_back({"seatgrid_requests_waiting",
                 "Orders and queries without an answer yet.",
                 false,
                 {},
                 static_cast<double>(engine_.requests().waiting())});
  out.push_back({"seatgrid_event_subscribers",
                 "Listeners of live events.",
                 false,
                 {},
                 static_cast<double>(engine_.events().subscribers())});
  const auto journal = engine_.log().status();
  out.push_back(
      {"seatgrid_journal_free_bytes", "Free space of the journal's disk.", false, {}, static_cast<double>(journal.free_bytes)});
  out.push_back(
      {"seatgrid_journal_low_space", "1 = the reserve is in use: no new calls.", false, {}, journal.low_space ? 1.0 : 0.0});
  for (const auto& one : engine_.lanes()) {
    const std::map<std::string, std::string> label{{"lane", std::to_string(one->id())}};
    const auto add = [&](const char* name, const char* help, double value) { out.push_back({name, help, false, label, value}); };
    add("seatgrid_lane_backlog", "Inputs in mailboxes.", static_cast<double>(one->backlog()));
    add("seatgrid_lane_unsynced_steps", "Steps that do not count yet.", static_cast<double>(one->unsynced()));
    add("seatgrid_lane_stalled_seconds", "Age of the last word of the journal while steps wait.",
        static_cast<double>(one->stalled_for().count()) / 1e6);
    add("seatgrid_lane_timers", "Running waits.", static_cast<double>(one->timers_running()));
    add("seatgrid_lane_ready", "1 = takes new calls.", one->ready() ? 1 : 0);
    add("seatgrid_lane_sequence", "Last step that counts.", static_cast<double>(engine_.log().end(one->id()).first.sequence));
  }
  if (more_metrics_) more_metrics_(out);
  if (const auto& more = engine_.ports().metrics)
    for (auto& one : more()) out.push_back(std::move(one));
  return out;
}

std::vector<journal_position> node_gateway::positions() const {
  std::vector<journal_position> out;
  for (const auto& one : engine_.lanes()) {
    const auto [position, at] = engine_.log().end(one->id());
    const auto epoch = one->epoch();
    out.push_back({one->id(), epoch ? epoch->epoch : 0, position.sequence, at});
  }
  return out;
}

result<std::uint64_t> node_gateway::apply(std::vector<config_ptr> tenants, std::vector<std::string> removed) {
  const auto changed = config_.apply(std::move(tenants), std::move(removed));
  if (!changed) return tl::unexpected(changed.error());
  return changed->size();
}

}  // namespace actors
}  // namespace seatgrid
