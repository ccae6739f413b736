#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/answers.hpp"
#include "api/answers_cluster.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"

namespace seatgrid {
namespace {

using state_ptr = std::shared_ptr<api_state>;

constexpr std::size_t number_bytes_max = 64;

/// Of what people write as a number.
result<std::string> number_in(std::string text) {
  if (text.empty() || text.size() > number_bytes_max) return fail(errc::invalid, "number is missing or longer than 64 bytes");
  return text;
}

void check_number(const state_ptr& state, api_call call) {
  const auto number = number_in(call.query("number"));
  if (!number) return call.exchange->respond(problem(number.error()));
  call.exchange->respond({200, "application/json", {}, state->hooks.check_number(*number)});
}

void list_numbers(const state_ptr& state, api_call call) {
  call.exchange->respond({200, "application/json", {}, R"({"items":)" + state->hooks.numbers() + "}"});
}

/// The one object of a JSON array that has these members.
void show_one_of(const api_call& call, const std::string& array, const std::map<std::string, std::string>& wanted,
                 const std::string& nothing) {
  for (const auto& item : nlohmann::json::parse(array, nullptr, false))
    if (std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) { return item.value(one.first, "") == one.second; }))
      return call.exchange->respond({200, "application/json", {}, item.dump()});
  call.exchange->respond(problem({errc::not_found, nothing}));
}

void show_number(const state_ptr& state, api_call call) {
  const auto number = number_in(call.variables.at("number"));
  if (!number) return call.exchange->respond(problem(number.error()));
  const auto known = nlohmann::json::parse(state->hooks.check_number(*number), nullptr, false);
  show_one_of(call, state->hooks.numbers(), {{"number", known.value("canonical", *number)}},
              "no access number '" + *number + "'");
}

void list_trunks(const state_ptr& state, api_call call) {
  call.exchange->respond({200, "application/json", {}, R"({"items":)" + state->hooks.trunks() + "}"});
}

void show_trunk(const state_ptr& state, api_call call) {
  const auto& name = call.variables.at("name");
  show_one_of(call, state->hooks.trunks(), {{"tenant", call.variables.at("tenant")}, {"trunk", name}},
              "tenant '" + call.variables.at("tenant") + "' has no trunk '" + name + "'");
}

void show_event(const state_ptr& state, api_call call) {
  state->to->show(collection::events, {}, call.variables.at("id"), answer_with(call.exchange));
}

/// Runs `work(hooks, call)` on the thread of `on` and answers with what it gives.
template <class Work>
void run_long(const state_ptr& state, long_work& on, api_call call, const char* busy, Work work) {
  // The thread ends before the state does: it must not hold it.
  const auto exchange = call.exchange;
  const bool begun = on.begin([raw = state.get(), call = std::move(call), work] {
    return [exchange = call.exchange, outcome = work(raw->hooks, call)] { answer_with(exchange)(outcome); };
  });
  if (!begun) exchange->respond(problem({errc::conflict, busy}));
}

/// Parsing and storing 100,000 agents takes seconds.
template <class Change>
void change_provisioning(const state_ptr& state, api_call call, Change change) {
  run_long(state, state->provisioning, std::move(call), "another provisioning is being applied: try again when it is done",
           change);
}

void apply_provisioning(const state_ptr& state, api_call call) {
  if (call.request.body.empty())
    return call.exchange->respond(problem({errc::invalid, "the body must be a provisioning file (TOML or JSON)"}));
  change_provisioning(state, std::move(call), [](const api_hooks& hooks, const api_call& asked) {
    return hooks.apply_provisioning(asked.request.body,
                                    {.check_only = asked.query("check") == "true", .prune = asked.query("prune") == "true"});
  });
}

void remove_tenant(const state_ptr& state, api_call call) {
  change_provisioning(state, std::move(call),
                      [](const api_hooks& hooks, const api_call& asked) { return hooks.remove_tenant(asked.tenant()); });
}

void list_tenants(const state_ptr& state, api_call call) {
  call.exchange->respond({200, "application/json", {}, R"({"items":)" + state->hooks.tenants() + "}"});
}

void make_backup(const state_ptr& state, api_call call) {
  const auto directory = call.query("directory");
  if (directory.empty() || directory.front() != '/' || directory.find("..") != std::string::npos)
    return call.exchange->respond(
        problem({errc::invalid, "directory must be an absolute path on the node's machine, empty or new"}));
  run_long(state, state->backup, std::move(call), "another backup is being made: try again when it is done",
           [](const api_hooks& hooks, const api_call& asked) {
             return hooks.back_up(asked.query("directory"), asked.query("journal_only") == "true");
           });
}

void show_positions(const state_ptr& state, api_call call) {
  std::vector<answers::lane_position> lanes;
  for (const auto& at : state->to->positions()) lanes.push_back({at.lane, at.epoch, at.sequence});
  call.exchange->respond({200, "application/json", {}, R"({"items":)" + answers::text(lanes) + "}"});
}

void list_events(const state_ptr& state, api_call call) {
  const auto accept = call.request.headers.find("accept");
  const bool stream = call.query("follow") == "true" ||
                      (accept != call.request.headers.end() && accept->second.find("text/event-stream") != std::string::npos);
  if (stream) return serve_events(state, std::move(call));
  list_query query{.tenant = call.tenant()};
  for (const auto& name : {"type", "call"})
    if (const auto value = call.query(name); !value.empty()) query.filters[name] = value;
  query.cursor = call.query("cursor");
  const auto limit = call.query("limit", "100");
  if (limit.empty() || limit.size() > 4 || limit.find_first_not_of("0123456789") != std::string::npos || std::stoul(limit) < 1 ||
      std::stoul(limit) > 1'000)
    return call.exchange->respond(problem({errc::invalid, "limit must be a number from 1 to 1000"}));
  query.limit = static_cast<std::uint32_t>(std::stoul(limit));
  state->to->list(collection::events, std::move(query), answer_with(call.exchange));
}

void health(const state_ptr&, api_call call) {
  call.exchange->respond({200, "application/json", {}, answers::text(answers::health{})});
}

void readiness(const state_ptr& state, api_call call) {
  auto why = state->to->why_not_ready();
  if (why.empty() && state->hooks.why_closed) why = state->hooks.why_closed();
  auto text = answers::text(answers::readiness{.ready = why.empty(), .why = why});
  if (state->hooks.cluster) text.replace(text.size() - 1, 1, R"(,"lanes":)" + answers::text(state->hooks.cluster().lanes) + "}");
  call.exchange->respond({why.empty() ? 200 : 503, "application/json", {}, std::move(text)});
}

void version(const state_ptr& state, api_call call) {
  call.exchange->respond({200, "application/json", {}, answers::text(answers::version{.version = state->hooks.version})});
}

void metrics(const state_ptr& state, api_call call) {
  call.exchange->respond({200, "text/plain; version=0.0.4; charset=utf-8", {}, metrics_text(state->to->metrics())});
}

void openapi(const state_ptr& state, api_call call) {
  std::call_once(state->openapi_made, [&] {
    state->openapi = openapi_document(state->hooks.version, state->hooks.schemas ? state->hooks.schemas() : "{}");
  });
  call.exchange->respond({200, "application/json", {}, state->openapi});
}

/// Numbers, trunks and events.
std::vector<route> look_up_routes() {
  return {
      {.method = "GET",
       .path = "/v1/numbers",
       .summary = "Access numbers of all tenants",
       .answer = "number_line",
       .is_page = true,
       .handle = list_numbers},
      {.method = "GET",
       .path = "/v1/numbers/check",
       .summary = "Kind, operator, forms and area of any number",
       .query = {{"number", "as dialled or written", true}},
       .answer = "number_check",
       .handle = check_number},
      {.method = "GET",
       .path = "/v1/numbers/{number}",
       .summary = "One access number, as written or dialled",
       .answer = "number_line",
       .handle = show_number},
      {.method = "GET",
       .path = "/v1/trunks",
       .summary = "Trunks of all tenants, and whether they answer",
       .answer = "trunk_line",
       .is_page = true,
       .handle = list_trunks},
      {.method = "GET",
       .path = "/v1/trunks/{tenant}/{name}",
       .summary = "One trunk",
       .answer = "trunk_line",
       .handle = show_trunk},
      {.method = "GET", .path = "/v1/events/{id}", .summary = "One public event", .answer = "event", .handle = show_event},
      {.method = "GET",
       .path = "/v1/events",
       .summary = "Public events; with Accept: text/event-stream or follow=true as a live stream",
       .query = {{"tenant", "only this tenant"},
                 {"type", "only types that begin so"},
                 {"call", "only this call"},
                 {"from", "id after which to begin, 0 = the oldest kept"},
                 {"follow", "true = stream"},
                 {"limit", "1-1000 (100)"},
                 {"cursor", "next_cursor of the page before"}},
       .answer = "event",
       .is_page = true,
       .answer_types = "application/json, text/event-stream",
       .handle = list_events},
  };
}

/// Tenants, and the node's own data.
std::vector<route> keeping_routes() {
  return {
      {.method = "GET",
       .path = "/v1/tenants",
       .summary = "Tenants with the version in force",
       .answer = "tenant_line",
       .is_page = true,
       .handle = list_tenants},
      {.method = "DELETE",
       .path = "/v1/tenants/{tenant}",
       .summary = "Remove a tenant; refused (409) while it has calls or stands above others",
       .answer = "removed",
       .handle = remove_tenant},
      {.method = "PUT",
       .path = "/v1/provisioning",
       .summary = "Check and apply a provisioning file: every tenant in it, or none; tenants not in it stay unless prune=true",
       .query = {{"check", "true = only check"}, {"prune", "true = tenants that the file does not hold are removed"}},
       .body = R"({"type":"object","description":"TOML text or its JSON form"})",
       .answer = "provisioned",
       .body_types = "application/toml, application/json, text/plain",
       .large_body = true,
       .handle = apply_provisioning},
      {.method = "POST",
       .path = "/v1/backup",
       .summary = "A consistent copy of journal, recordings and voicemails while running",
       .query = {{"directory", "absolute path, empty or new", true},
                 {"journal_only", "true = only the journal, without the list that a restore needs"}},
       .answer = "backup",
       .handle = make_backup},
      {.method = "GET",
       .path = "/v1/lanes",
       .summary = "Lanes with epoch and position",
       .answer = "lane_position",
       .is_page = true,
       .handle = show_positions},
  };
}

/// What machines ask: monitors, load balancers, generators of clients.
std::vector<route> machine_routes() {
  return {
      {.method = "GET", .path = "/metrics", .summary = "Prometheus metrics", .answer_types = "text/plain", .handle = metrics},
      {.method = "GET", .path = "/healthz", .summary = "The process lives", .answer = "health", .open = true, .handle = health},
      {.method = "GET",
       .path = "/readyz",
       .summary = "New calls are taken",
       .answer = "readiness",
       .also_status = 503,
       .open = true,
       .handle = readiness},
      {.method = "GET", .path = "/version", .summary = "Name and version", .answer = "version", .open = true, .handle = version},
      {.method = "GET",
       .path = "/openapi.json",
       .summary = "This document",
       .answer = "openapi",
       .open = true,
       .handle = openapi},
  };
}

}  // namespace

std::vector<route> system_routes() {
  auto rows = look_up_routes();
  for (auto* more : {&keeping_routes, &machine_routes})
    for (auto& row : (*more)()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace seatgrid
