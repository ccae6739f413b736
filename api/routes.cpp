#include "api/routes.hpp"

#include <algorithm>
#include <cctype>

#include "api/problem.hpp"
#include "domain/tenant_config.hpp"

namespace seatgrid {
namespace {

constexpr std::size_t id_text_length = 13;

}  // namespace

std::string api_call::query(const std::string& name, const std::string& otherwise) const {
  const auto it = request.query.find(name);
  return it == request.query.end() ? otherwise : it->second;
}

std::string api_call::tenant() const {
  const auto it = variables.find("tenant");
  return it != variables.end() ? it->second : query("tenant");
}

std::string media_type(std::string_view header) {
  header = header.substr(0, header.find_first_of(";,"));
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  std::string out{header};
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<std::string> media_types(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    out.push_back(media_type(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

bool route::takes(std::string_view given) const {
  const auto taken = media_types(body_types);
  return std::find(taken.begin(), taken.end(), given) != taken.end();
}

bool route::gives(std::string_view accept) const {
  const auto given = media_types(answer_types);
  const auto ranges = media_types(accept);
  return std::any_of(ranges.begin(), ranges.end(), [&](const std::string& range) {
    if (range == "*/*" || range == "application/problem+json") return true;
    return std::any_of(given.begin(), given.end(), [&](const std::string& type) {
      return range == type || (range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1)));
    });
  });
}

const std::vector<route>& all_routes() {
  static const std::vector<route> table = [] {
    auto rows = entity_routes();
    for (auto* more : {&audio_routes, &cluster_routes, &system_routes})
      for (auto& row : (*more)()) rows.push_back(std::move(row));
    return rows;
  }();
  return table;
}

std::optional<std::map<std::string, std::string>> match_path(std::string_view pattern, std::string_view path) {
  std::map<std::string, std::string> variables;
  while (!pattern.empty()) {
    if (pattern.front() == '{') {
      const auto close = pattern.find('}');
      const auto value = path.substr(0, path.find('/'));
      if (value.empty()) return std::nullopt;
      variables.emplace(pattern.substr(1, close - 1), value);
      pattern.remove_prefix(close + 1);
      path.remove_prefix(value.size());
    } else {
      if (path.empty() || path.front() != pattern.front()) return std::nullopt;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
    }
  }
  if (!path.empty()) return std::nullopt;
  return variables;
}

std::string tenant_of(const std::shared_ptr<api_state>& state, const api_call& call) {
  auto named = call.tenant();
  const auto id = call.variables.find("id");
  if (!named.empty() || id == call.variables.end()) return named;
  const auto value = from_text(std::string_view{id->second}.substr(0, id_text_length));
  if (!value) return named;
  for (const auto& tenant : state->to->tenants())
    if (shard_of_tenant(tenant->tenant) == entity_ref{entity_kind::call, *value}.shard()) return tenant->tenant;
  return named;
}

error unknown_call(const std::string& id) {
  return {errc::not_found, from_text(id) ? "no call '" + id + "'"
                                         : "'" + id + "' is not a call id: 13 characters of 0-9 and a-z without i, l, o, u"};
}

gateway::answer answer_with(std::shared_ptr<http_exchange> exchange, int status) {
  return [exchange = std::move(exchange), status](result<std::string> outcome) {
    if (!outcome) return exchange->respond(problem(outcome.error()));
    exchange->respond({status, "application/json", {}, outcome->empty() ? std::string{R"({"done":true})"} : std::move(*outcome)});
  };
}

}  // namespace seatgrid
