#include <nlohmann/json.hpp>

#include "api/answers.hpp"
#include "api/answers_cluster.hpp"
#include "domain/call_rules.hpp"
#include "domain/cdr.hpp"
#include "domain/published_schema.hpp"
#include "domain/queue.hpp"
#include "domain/registration.hpp"
#include "domain/shown.hpp"
#include "proto/json_schema.hpp"

/// Schemas of what the API answers, each from the declaration that also writes it.
namespace seatgrid::answers {
namespace {

using nlohmann::ordered_json;

template <class T>
ordered_json of() {
  return ordered_json::parse(json::schema_text<T>());
}

ordered_json reference(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }
ordered_json list_of(ordered_json item) { return {{"type", "array"}, {"items", std::move(item)}}; }
ordered_json or_null(ordered_json what) { return {{"anyOf", ordered_json::array({{{"type", "null"}}, std::move(what)})}}; }

/// One object with the members of all.
template <class... Objects>
ordered_json merged(ordered_json first, const Objects&... more) {
  const auto add = [&](const ordered_json& other) {
    for (const auto& [name, schema] : other["properties"].items()) first["properties"][name] = schema;
    for (const auto& name : other["required"]) first["required"].push_back(name);
  };
  (add(more), ...);
  return first;
}

ordered_json with_member(ordered_json object, const char* name, ordered_json schema) {
  object["properties"][name] = std::move(schema);
  object["required"].push_back(name);
  return object;
}

ordered_json call_schema() {
  ordered_json out{{"type", "object"}};
  const auto line = with_member(of<timeline_head>(), "events", list_of(reference("call_event")));
  out = with_member(std::move(out), "state", or_null(reference("call_state")));
  out = with_member(std::move(out), "timeline", list_of(line));
  return with_member(std::move(out), "cdr", or_null(reference("cdr")));
}

ordered_json event_schema() {
  auto any = ordered_json::array();
  any.push_back({{"type", "null"}});
  for (const auto& event : published::event_types()) any.push_back(reference(std::string{event.type}));
  return with_member(of<event_head>(), "data", {{"anyOf", std::move(any)}});
}

ordered_json readiness_schema() {
  auto out = of<readiness>();
  out["properties"]["lanes"] = list_of(of<lane_line>());
  return out;
}

void add_entities(ordered_json& all) {
  all["call_state"] = of<calls::call_state>();
  all["call_event"] = of<calls::call_event>();
  all["cdr"] = of<session_cdr>();
  all["call"] = call_schema();
  all["call_line"] = of<call_line>();
  all["queue"] = with_member(of<queue_counts>(), "calls", list_of(merged(of<waiting_place>(), of<queue_entry>())));
  all["queue_line"] = merged(of<named_head>(), all["queue"]);
  all["agent"] = of<agent_shown>();
  all["agent_line"] = merged(of<tenant_head>(), all["agent"]);
  all["registration"] = of<registration_state>();
  all["recording_line"] = merged(of<recording_cdr>(), of<recording_head>());
  for (const auto& event : published::event_types()) {
    auto schema = ordered_json::parse(event.schema);
    schema.erase("$schema"), schema.erase("$id");  // names of a document of its own
    all[std::string{event.type}] = std::move(schema);
  }
  all["event"] = event_schema();
}

void add_own(ordered_json& all) {
  all["done"] = of<done>();
  all["replay_verdict"] = with_member(of<replay_verdict>(), "first_difference", or_null({{"type", "object"}}));
  all["number_line"] = of<number_line>();
  all["number_check"] = of<number_check>();
  all["tenant_line"] = of<tenant_line>();
  all["trunk_line"] = of<trunk_line>();
  all["provisioned"] = of<provisioned>();
  all["removed"] = of<removed>();
  all["backup"] = of<backup>();
  all["lane_position"] = of<lane_position>();
  all["cluster_state"] = of<cluster_state>();
  all["node_line"] = of<node_line>();
  all["health"] = of<health>();
  all["readiness"] = readiness_schema();
  all["version"] = of<version>();
  all["openapi"] = {{"type", "object"}, {"required", {"openapi", "info", "paths", "components"}}};
}

}  // namespace

std::string schemas() {
  ordered_json all = ordered_json::object();
  add_entities(all);
  add_own(all);
  return all.dump();
}

}  // namespace seatgrid::answers
