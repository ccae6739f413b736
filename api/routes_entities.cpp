#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/call_summary.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"
#include "domain/tenant_config.hpp"

namespace seatgrid {
namespace {

using state_ptr = std::shared_ptr<api_state>;

constexpr std::string_view transfer_schema =
    R"({"type":"object","required":["target"],"properties":{"target":{"type":"string","description":"queue:NAME, agent:NAME, a number or a sip: URI"}}})";
constexpr std::string_view reason_schema = R"({"type":"object","properties":{"reason":{"type":"string","maxLength":100}}})";
constexpr std::string_view pause_schema =
    R"({"type":"object","properties":{"reason":{"type":"string","minLength":1,"maxLength":64,"description":"manual when absent"},"for_ms":{"type":"integer","minimum":1,"maximum":86400000,"description":"ends by itself after this long; absent = no end"}}})";
constexpr std::uint64_t pause_ms_max = 86'400'000;

/// In a list a call is a line: what the rules hold of it is shown by /v1/calls/{id}.
class call_summaries final : public http_exchange {
 public:
  call_summaries(std::shared_ptr<http_exchange> inner, std::string state) : inner_(std::move(inner)), state_(std::move(state)) {}
  void respond(http_response response) override {
    if (response.status == 200) response.body = summarise_calls(response.body, state_);
    inner_->respond(std::move(response));
  }
  void stream(std::function<void(std::shared_ptr<http_stream>)> open, std::function<void()> closed) override {
    inner_->stream(std::move(open), std::move(closed));
  }

 private:
  std::shared_ptr<http_exchange> inner_;
  std::string state_;
};

/// Lists one tenant after the other when none is named. The cursor is then "<tenant> <cursor within it>".
class all_tenants_list : public std::enable_shared_from_this<all_tenants_list> {
 public:
  all_tenants_list(state_ptr state, collection what, list_query query, std::shared_ptr<http_exchange> exchange)
      : state_(std::move(state)), what_(what), query_(std::move(query)), exchange_(std::move(exchange)), left_(query_.limit) {
    for (const auto& tenant : state_->to->tenants()) names_.push_back(tenant->tenant);
    std::sort(names_.begin(), names_.end());
    const auto space = query_.cursor.find(' ');
    if (space == std::string::npos) return;
    at_ =
        static_cast<std::size_t>(std::lower_bound(names_.begin(), names_.end(), query_.cursor.substr(0, space)) - names_.begin());
    query_.cursor = query_.cursor.substr(space + 1);
  }
  void next() {
    if (at_ >= names_.size()) return finish({});
    query_.tenant = names_[at_];
    query_.limit = left_;
    state_->to->list(what_, query_, [self = shared_from_this()](result<std::string> page) { self->take(std::move(page)); });
  }

 private:
  void take(result<std::string> page) {
    if (!page) return exchange_->respond(problem(page.error()));
    auto json = nlohmann::json::parse(*page, nullptr, false);
    for (auto& item : json["items"]) items_.push_back(std::move(item));
    const auto inner = json.value("next_cursor", "");
    left_ = query_.limit - std::min<std::uint32_t>(query_.limit, static_cast<std::uint32_t>(json["items"].size()));
    query_.cursor = inner;
    if (inner.empty()) ++at_;
    if (left_ == 0 || !inner.empty()) return finish(at_ < names_.size() ? names_[at_] + " " + inner : "");
    next();
  }
  void finish(const std::string& cursor) {
    nlohmann::json out{{"items", std::move(items_)}};
    if (!cursor.empty()) out["next_cursor"] = cursor;
    exchange_->respond({200, "application/json", {}, out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
  }

  state_ptr state_;
  collection what_;
  list_query query_;
  std::shared_ptr<http_exchange> exchange_;
  std::uint32_t left_;
  std::vector<std::string> names_{};
  std::size_t at_ = 0;
  nlohmann::json items_ = nlohmann::json::array();
};

template <collection What>
void list_items(const state_ptr& state, api_call call) {
  list_query query{.tenant = call.tenant()};
  std::string state_wanted;
  for (const auto& [name, value] : call.request.query) {
    if (name == "limit") {
      const auto end = value.data() + value.size();
      const auto read = std::from_chars(value.data(), end, query.limit);
      if (read.ec != std::errc{} || read.ptr != end || query.limit < 1 || query.limit > 1'000)
        return call.exchange->respond(problem({errc::invalid, "limit must be a number from 1 to 1000"}));
    } else if (name == "cursor") {
      query.cursor = value;
    } else if (name == "state" && What == collection::calls) {
      state_wanted = value;
    } else if (name != "tenant" && name != "follow") {
      query.filters[name] = value;
    }
  }
  if constexpr (What == collection::calls)
    call.exchange = std::make_shared<call_summaries>(std::move(call.exchange), state_wanted);
  if (query.tenant.empty()) return std::make_shared<all_tenants_list>(state, What, std::move(query), call.exchange)->next();
  state->to->list(What, std::move(query), answer_with(call.exchange));
}

template <collection What>
void show_item(const state_ptr& state, api_call call) {
  auto id = call.variables.contains("id") ? call.variables["id"] : call.variables["name"];
  const auto tenant = tenant_of(state, call);
  if (tenant.empty()) return call.exchange->respond(problem(unknown_call(id)));
  state->to->show(What, tenant, std::move(id), answer_with(call.exchange));
}

result<call_id> call_named(const api_call& call) {
  const auto value = from_text(call.variables.at("id"));
  if (!value)
    return fail(errc::invalid,
                "'" + call.variables.at("id") + "' is not a call id: 13 characters of 0-9 and a-z without i, l, o, u");
  return call_id{*value};
}

/// The JSON object of the body; {} when there is none. @error invalid
result<nlohmann::json> body_of(const api_call& call) {
  if (call.request.body.empty()) return nlohmann::json::object();
  auto json = nlohmann::json::parse(call.request.body, nullptr, false);
  if (!json.is_object()) return fail(errc::invalid, "the body must be a JSON object");
  return json;
}

result<std::string> text_member(const nlohmann::json& body, const char* name, std::size_t longest) {
  if (!body.contains(name)) return std::string{};
  if (!body[name].is_string()) return fail(errc::invalid, std::string{name} + " must be a string");
  auto text = body[name].get<std::string>();
  if (text.size() > longest)
    return fail(errc::invalid, std::string{name} + " is longer than " + std::to_string(longest) + " bytes");
  return text;
}

void hangup_call(const state_ptr& state, api_call call) {
  const auto id = call_named(call);
  const auto body = body_of(call);
  if (!id) return call.exchange->respond(problem(id.error()));
  if (!body) return call.exchange->respond(problem(body.error()));
  const auto why = text_member(*body, "reason", 100);
  if (!why) return call.exchange->respond(problem(why.error()));
  state->to->submit(control::hangup{*id, *why}, tenant_of(state, call), answer_with(call.exchange));
}

void transfer_call(const state_ptr& state, api_call call) {
  const auto id = call_named(call);
  const auto body = body_of(call);
  if (!id) return call.exchange->respond(problem(id.error()));
  if (!body) return call.exchange->respond(problem(body.error()));
  const auto target = text_member(*body, "target", 255);
  if (!target) return call.exchange->respond(problem(target.error()));
  if (target->empty())
    return call.exchange->respond(problem({errc::invalid, "target is missing: queue:NAME, agent:NAME, a number or a sip: URI"}));
  state->to->submit(control::transfer{*id, *target}, tenant_of(state, call), answer_with(call.exchange));
}

void replay_call(const state_ptr& state, api_call call) {
  const auto id = call_named(call);
  if (!id) return call.exchange->respond(problem(id.error()));
  state->to->replay(ref(*id), answer_with(call.exchange));
}

agent_id agent_named(const api_call& call) { return agent_id::named(call.variables.at("tenant"), call.variables.at("name")); }

template <class Order>
void order_agent(const state_ptr& state, api_call call) {
  Order order{.agent = agent_named(call)};
  const auto body = body_of(call);
  if (!body) return call.exchange->respond(problem(body.error()));
  if constexpr (requires { order.reason; }) {
    const auto reason = text_member(*body, "reason", 100);
    if (!reason) return call.exchange->respond(problem(reason.error()));
    order.reason = body->contains("reason") ? *reason : "manual";
    if (const auto length = body->value("for_ms", nlohmann::json{}); !length.is_null()) {
      if (!length.is_number_unsigned() || length.get<std::uint64_t>() < 1 || length.get<std::uint64_t>() > pause_ms_max)
        return call.exchange->respond(problem({errc::invalid, "for_ms: 1 to " + std::to_string(pause_ms_max) + " ms"}));
      order.length = milliseconds{length.get<std::int64_t>()};
    }
  }
  state->to->submit(std::move(order), call.tenant(), answer_with(call.exchange));
}

const std::vector<route_parameter> paging{
    {"tenant", "only this tenant"}, {"limit", "items per page, 1-1000 (100)"}, {"cursor", "next_cursor of the page before"}};

std::vector<route_parameter> with_paging(std::vector<route_parameter> more) {
  more.insert(more.end(), paging.begin(), paging.end());
  return more;
}

}  // namespace

std::vector<route> entity_routes() {
  using enum collection;
  const auto of = [](std::string_view method, std::string_view path, std::string_view summary, std::string_view answer,
                     auto handle) {
    return route{.method = method, .path = path, .summary = summary, .answer = answer, .handle = handle};
  };
  const auto page = [](std::string_view path, std::string_view summary, std::string_view item, std::vector<route_parameter> query,
                       auto handle) {
    return route{.method = "GET",
                 .path = path,
                 .summary = summary,
                 .query = with_paging(std::move(query)),
                 .answer = item,
                 .is_page = true,
                 .handle = handle};
  };
  std::vector<route> rows{
      page("/v1/calls", "Calls, newest first", "call_line", {{"state", "only calls in this state"}}, list_items<calls>),
      of("GET", "/v1/calls/{id}", "One call with legs, timeline and CDR", "call", show_item<calls>),
      of("POST", "/v1/calls/{id}/hangup", "End a call", "done", hangup_call),
      of("POST", "/v1/calls/{id}/transfer", "Blind transfer of a talking call", "done", transfer_call),
      of("POST", "/v1/calls/{id}/replay", "Decide the recorded call again and compare", "replay_verdict", replay_call),
      page("/v1/queues", "Queues", "queue_line", {}, list_items<queues>),
      of("GET", "/v1/queues/{tenant}/{name}", "One queue with its waiting calls in order", "queue", show_item<queues>),
      page("/v1/agents", "Agents", "agent_line", {{"state", "only agents in this state"}}, list_items<agents>),
      of("GET", "/v1/agents/{tenant}/{name}", "One agent", "agent", show_item<agents>),
      of("POST", "/v1/agents/{tenant}/{name}/login", "Log in", "done", order_agent<control::agent_login>),
      of("POST", "/v1/agents/{tenant}/{name}/ready", "Ready for calls", "done", order_agent<control::agent_ready>),
      of("POST", "/v1/agents/{tenant}/{name}/pause", "No calls until ready", "done", order_agent<control::agent_pause>),
      of("POST", "/v1/agents/{tenant}/{name}/logout", "Log out", "done", order_agent<control::agent_logout>),
      page("/v1/registrations", "Registered devices", "registration", {}, list_items<registrations>),
      page("/v1/cdrs", "Call detail records", "cdr", {}, list_items<cdrs>),
      of("GET", "/v1/cdrs/{id}", "One call detail record", "cdr", show_item<cdrs>),
      page("/v1/recordings", "Recordings", "recording_line", {}, list_items<recordings>),
      of("GET", "/v1/recordings/{id}", "The record of a call with its recordings", "cdr", show_item<recordings>),
      page("/v1/voicemails", "Voicemails", "recording_line", {{"mailbox", "only this mailbox"}}, list_items<voicemails>),
      of("GET", "/v1/voicemails/{id}", "The record of a call with its voicemails", "cdr", show_item<voicemails>),
  };
  for (auto& row : rows) {
    if (row.path.ends_with("/transfer")) row.body = transfer_schema;
    if (row.path.ends_with("/pause")) row.body = pause_schema;
    if (row.path.ends_with("/hangup")) row.body = reason_schema;
  }
  return rows;
}

}  // namespace seatgrid
