#include "apps/cli.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace seatgrid {

void cli_context::complain(const error& why) {
  if (as_json()) {
    const nlohmann::json problem{{"code", std::string{to_string(why.code)}}, {"detail", why.what}};
    std::fprintf(stderr, "%s\n", problem.dump().c_str());
  } else {
    std::fprintf(stderr, "seatgrid: %s\n", why.what.c_str());
  }
  exit_code = 1;
}

std::optional<api_target> cli_context::target() {
  auto found = find_api(url, token, data);
  if (found) return *found;
  complain(found.error());
  return std::nullopt;
}

std::optional<nlohmann::json> cli_context::call(const std::string& method, const std::string& path, const std::string& body,
                                                const std::string& content_type, seconds longest) {
  const auto to = target();
  if (!to) return std::nullopt;
  auto answer = call_api(*to, method, path, body, content_type, longest);
  if (answer) return std::move(*answer);
  complain(answer.error());
  return std::nullopt;
}

void cli_context::print(const nlohmann::json& value) {
  const auto text = as_json() || !value.is_object() ? value.dump(2) + "\n" : render_details(value);
  std::fputs(text.c_str(), stdout);
}

void cli_context::print_list(const std::string& path, const std::vector<column>& columns, const std::string& nothing) {
  const auto answer = call("GET", path);
  if (!answer) return;
  if (as_json()) return print(*answer);
  const auto items = answer->is_object() ? answer->value("items", nlohmann::json::array()) : *answer;
  std::fputs(render_table(items, columns, nothing).c_str(), stdout);
  if (answer->is_object() && answer->contains("next_cursor") && (*answer)["next_cursor"].is_string())
    std::printf("more: --cursor '%s'\n", (*answer)["next_cursor"].get<std::string>().c_str());
}

void cli_context::print_object(const std::string& path) {
  if (const auto answer = call("GET", path)) print(*answer);
}

void add_output_option(CLI::App& command, cli_context& context) {
  command.add_option("-o,--output", context.output, "json or table")->check(CLI::IsMember({"json", "table"}));
}

void add_node_options(CLI::App& command, cli_context& context) {
  command.add_option("--api", context.url, "address of the node, http://HOST:PORT (default: SEATGRID_URL, else DATA/api.json)");
  command.add_option("--token", context.token, "admin token (default: SEATGRID_TOKEN, else DATA/api.json)");
  command.add_option("--data", context.data, "data directory of a node on this machine")->capture_default_str();
  add_output_option(command, context);
}

std::string check_duration(const std::string& text) {
  const auto end = text.find_first_not_of("0123456789");
  const auto unit = end == std::string::npos ? std::string{} : text.substr(end);
  if (end == 0 || text.empty() || text.size() - unit.size() > 9 || (unit != "ms" && unit != "s" && unit != "m" && unit != "h"))
    return "'" + text + "' is not a length of time: write 500ms, 5s, 2m or 1h";
  return {};
}

milliseconds parse_duration(const std::string& text) {
  const auto end = text.find_first_not_of("0123456789");
  const long long value = std::stoll(text.substr(0, end));
  const auto unit = text.substr(end);
  if (unit == "ms") return milliseconds{value};
  if (unit == "s") return milliseconds{value * 1'000};
  if (unit == "m") return milliseconds{value * 60'000};
  return milliseconds{value * 3'600'000};
}

}  // namespace seatgrid
