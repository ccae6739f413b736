#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "api/url.hpp"
#include "apps/checks.hpp"
#include "apps/cli.hpp"

namespace seatgrid {
namespace {

struct file_options {
  std::string file{};
  std::string number{};
  bool prune = false;
};

std::optional<std::string> read_file(cli_context& context, const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) {
    context.complain({errc::not_found, "cannot read " + path});
    return std::nullopt;
  }
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

/// Findings of a check, one a line as file:line: text; exit code 1 when one of them is an error.
void print_findings(cli_context& context, const result<std::string>& findings, const std::string& good) {
  if (!findings) return context.complain(findings.error());
  const auto json = nlohmann::json::parse(*findings, nullptr, false);
  if (context.as_json()) return context.print(json);
  for (const auto& one : json) std::printf("%s\n", one.is_string() ? one.get<std::string>().c_str() : one.dump().c_str());
  std::printf("%s\n", good.c_str());
}

}  // namespace

void add_number_commands(CLI::App& app, cli_context& context) {
  auto options = std::make_shared<file_options>();
  auto* number = app.add_subcommand("number", "Numbers: what they are, which are provisioned / 号码")->require_subcommand(1);
  auto* check = number->add_subcommand("check", "Kind, operator, canonical and dialled form, area of any mainland number");
  check->add_option("number", options->number, "as dialled or written, e.g. 400-812-3123")->required();
  add_output_option(*check, context);
  check->callback([&context, options] {
    const auto json = nlohmann::json::parse(check_number_json(options->number));
    context.print(json);
    if (json.value("kind", "") == "invalid") context.exit_code = 1;
  });
  auto* show = number->add_subcommand("show", "One access number: tenant, flow, answer policy");
  add_node_options(*show, context);
  show->add_option("number", options->number, "as dialled or written")->required();
  show->callback([&context, options] { context.print_object("/v1/numbers/" + url_escape(options->number)); });
  auto* list = number->add_subcommand("list", "Access numbers of all tenants");
  add_node_options(*list, context);
  list->callback([&context] {
    context.print_list(
        "/v1/numbers",
        {{"NUMBER", "number"}, {"TENANT", "tenant"}, {"FLOW", "flow"}, {"ANSWER", "answer"}, {"CALLS MAX", "calls_max"}},
        "no numbers: provision some with `seatgrid provision apply FILE`");
  });
}

void add_config_commands(CLI::App& app, cli_context& context) {
  auto options = std::make_shared<file_options>();
  auto* provision = app.add_subcommand("provision", "The file that describes tenants, numbers, flows, queues, agents / 开通")
                        ->require_subcommand(1);
  auto* check = provision->add_subcommand("check", "Check a file; needs no node");
  check->add_option("file", options->file, "TOML (or JSON) file")->required();
  add_output_option(*check, context);
  check->callback([&context, options] {
    if (const auto text = read_file(context, options->file))
      print_findings(context, check_provisioning_json(*text, options->file), options->file + ": good");
  });
  auto* apply = provision->add_subcommand("apply", "Check a file and make it the node's, whole or not at all");
  apply->add_flag("--prune", options->prune, "remove the tenants that the file does not hold; refused while they have calls");
  apply->add_option("file", options->file, "TOML (or JSON) file")->required();
  add_node_options(*apply, context);
  apply->callback([&context, options] {
    const auto text = read_file(context, options->file);
    if (!text) return;
    if (const auto bad = check_provisioning_json(*text, options->file); !bad) return context.complain(bad.error());
    const std::string path = options->prune ? "/v1/provisioning?prune=true" : "/v1/provisioning";
    if (const auto answer = context.call("PUT", path, *text, "application/toml")) context.print(*answer);
  });
  auto* remove = provision->add_subcommand("remove", "Remove a tenant; refused while it has calls or stands above others");
  remove->add_option("tenant", options->file, "its name")->required();
  add_node_options(*remove, context);
  remove->callback([&context, options] {
    if (const auto answer = context.call("DELETE", "/v1/tenants/" + url_escape(options->file))) context.print(*answer);
  });
  auto* list = provision->add_subcommand("list", "Tenants with the version in force");
  add_node_options(*list, context);
  list->callback([&context] {
    context.print_list("/v1/tenants",
                       {{"TENANT", "tenant"},
                        {"VERSION", "version"},
                        {"DOMAIN", "domain"},
                        {"NUMBERS", "numbers"},
                        {"QUEUES", "queues"},
                        {"AGENTS", "agents"}},
                       "no tenants yet: `seatgrid provision apply FILE`");
  });
  auto* config = app.add_subcommand("config", "Settings of a server")->require_subcommand(1);
  auto* config_check = config->add_subcommand("check", "Check a server's settings file; needs no node");
  config_check->add_option("file", options->file, "TOML file")->required();
  add_output_option(*config_check, context);
  config_check->callback([&context, options] {
    if (const auto text = read_file(context, options->file))
      print_findings(context, check_settings_json(*text, options->file), options->file + ": good");
  });
}

}  // namespace seatgrid
