#include <nlohmann/json.hpp>

#include "api/url.hpp"
#include "apps/cli.hpp"
#include "apps/robot_commands.hpp"

namespace seatgrid {
namespace {

/// "demo/1001" or "1001" (tenant demo) as the path below /v1/<kind>/.
std::string named_path(const std::string& kind, const std::string& name, const std::string& tenant) {
  const auto slash = name.find('/');
  const auto owner = slash == std::string::npos ? tenant : name.substr(0, slash);
  const auto rest = slash == std::string::npos ? name : name.substr(slash + 1);
  return "/v1/" + kind + "/" + url_escape(owner) + "/" + url_escape(rest);
}

struct named_options {
  std::string tenant{"demo"};
  std::string name{};
  std::string reason{};
  std::string length{};
};

void add_name(CLI::App& command, named_options& options, const char* what) {
  command.add_option("name", options.name, what)->required();
  command.add_option("--tenant", options.tenant, "tenant of a name without one")->capture_default_str();
}

}  // namespace

void add_queue_commands(CLI::App& app, cli_context& context) {
  auto* queue = app.add_subcommand("queue", "Queues: who waits, who serves / 队列")->require_subcommand(1);
  auto options = std::make_shared<named_options>();
  auto* list = queue->add_subcommand("list", "All queues with waiting calls and free agents");
  add_node_options(*list, context);
  list->callback([&context] {
    context.print_list("/v1/queues",
                       {{"TENANT", "tenant"},
                        {"QUEUE", "name"},
                        {"WAITING", "waiting"},
                        {"FREE", "agents_free"},
                        {"LOGGED IN", "agents_logged_in"},
                        {"CONNECTED", "totals.connected"},
                        {"ABANDONED", "totals.abandoned"},
                        {"TIMEOUT", "totals.timeout"}},
                       "no queues: provision some with `seatgrid provision apply FILE`");
  });
  auto* show = queue->add_subcommand("show", "One queue with its waiting calls in order");
  add_node_options(*show, context);
  add_name(*show, *options, "queue, as support or demo/support");
  show->callback([&context, options] { context.print_object(named_path("queues", options->name, options->tenant)); });
  add_tail_command(*queue, context, "queue.", "Follow who joins, is offered and leaves");
}

void add_agent_commands(CLI::App& app, cli_context& context) {
  auto* agent = app.add_subcommand("agent", "Agents: state, ready, pause, logout / 座席")->require_subcommand(1);
  auto options = std::make_shared<named_options>();
  auto* list = agent->add_subcommand("list", "All agents with their state");
  add_node_options(*list, context);
  list->callback([&context] {
    context.print_list("/v1/agents",
                       {{"TENANT", "tenant"},
                        {"AGENT", "name"},
                        {"STATE", "state"},
                        {"REASON", "reason"},
                        {"SINCE", "since"},
                        {"CALL", "call"},
                        {"REACHABLE", "is_reachable"},
                        {"CALLS", "calls"}},
                       "no agents: provision some with `seatgrid provision apply FILE`");
  });
  auto* show = agent->add_subcommand("show", "One agent");
  add_node_options(*show, context);
  add_name(*show, *options, "agent, as 1001 or demo/1001");
  show->callback([&context, options] { context.print_object(named_path("agents", options->name, options->tenant)); });
  add_tail_command(*agent, context, "agent.", "Follow the agents' states");

  const auto order = [&context, agent, options](const char* verb, const char* help, bool pause) {
    auto* command = agent->add_subcommand(verb, help);
    add_node_options(*command, context);
    add_name(*command, *options, "agent, as 1001 or demo/1001");
    if (pause) {
      command->add_option("--reason", options->reason, "why, as in lunch / 原因")->default_str("manual");
      command->add_option("--for", options->length, "ends by itself after this long, as 15m")->check(check_duration);
    }
    command->callback([&context, options, verb = std::string{verb}] {
      nlohmann::json body = nlohmann::json::object();
      if (!options->reason.empty()) body["reason"] = options->reason;
      if (!options->length.empty()) body["for_ms"] = parse_duration(options->length).count();
      if (const auto answer =
              context.call("POST", named_path("agents", options->name, options->tenant) + "/" + verb, body.dump()))
        context.print(*answer);
    });
  };
  order("login", "Log in: the agent gets calls once its device is reachable / 签入", false);
  order("ready", "Ready for calls: ends a pause or wrap-up / 示闲", false);
  order("pause", "No calls until ready; a talking agent pauses after the call / 示忙", true);
  order("logout", "Log out; after the call if one is up / 签出", false);
  add_robot_agents(*agent, context);
}

void add_trunk_commands(CLI::App& app, cli_context& context) {
  auto* trunk =
      app.add_subcommand("trunk", "Trunks: who may send calls, where ours leave, who answers / 中继")->require_subcommand(1);
  auto options = std::make_shared<named_options>();
  auto* list = trunk->add_subcommand("list", "All trunks");
  add_node_options(*list, context);
  list->callback([&context] {
    context.print_list("/v1/trunks",
                       {{"TENANT", "tenant"},
                        {"TRUNK", "trunk"},
                        {"ADDRESSES", "addresses"},
                        {"OUTBOUND", "outbound"},
                        {"PROBED", "probed"},
                        {"REACHABLE", "reachable"},
                        {"CALLS MAX", "calls_max"}},
                       "no trunks: provision some with `seatgrid provision apply FILE`");
  });
  auto* show = trunk->add_subcommand("show", "One trunk");
  add_node_options(*show, context);
  add_name(*show, *options, "trunk, as carrier/loopback, or its name alone with --tenant");
  show->callback([&context, options] { context.print_object(named_path("trunks", options->name, options->tenant)); });
}

}  // namespace seatgrid
