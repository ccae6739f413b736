#include "api/routes.hpp"

#include "api/problem.hpp"

namespace seatgrid {

std::string api_call::query(const std::string& name, const std::string& otherwise) const {
  const auto it = request.query.find(name);
  return it == request.query.end() ? otherwise : it->second;
}

std::string api_call::tenant() const {
  const auto it = variables.find("tenant");
  return it != variables.end() ? it->second : query("tenant");
}

const std::vector<route>& all_routes() {
  static const std::vector<route> table = [] {
    auto rows = entity_routes();
    for (auto& row : system_routes()) rows.push_back(std::move(row));
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

gateway::answer answer_with(std::shared_ptr<http_exchange> exchange, int status) {
  return [exchange = std::move(exchange), status](result<std::string> outcome) {
    if (!outcome) return exchange->respond(problem(outcome.error()));
    exchange->respond({status, "application/json", {}, outcome->empty() ? std::string{R"({"done":true})"} : std::move(*outcome)});
  };
}

}  // namespace seatgrid
