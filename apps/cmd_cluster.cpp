#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/url.hpp"
#include "apps/cli.hpp"

/// `seatgrid node ...` and `seatgrid cluster ...`: who is there, who owns what, and orders of operators.
namespace seatgrid {
namespace {

using nlohmann::json;

constexpr const char* alone = "this node stands alone: give it a [cluster] in its settings";
const std::vector<column> node_columns{{"NODE", "node"},         {"ROLES", "roles"},   {"SLOT", "slot"},
                                       {"LANES", "lanes"},       {"DRAINS", "drains"}, {"LINK", "link"},
                                       {"HEARD MS", "heard_ms"}, {"BEHIND", "behind"}, {"VERSION", "version"},
                                       {"LEVEL", "level"},       {"API", "api"}};
const std::vector<column> slot_columns{{"SLOT", "slot"}, {"NODE", "node"}, {"HOLDER", "holder"}, {"ADDRESSES", "listen"}};
const std::vector<column> lane_columns{{"LANE", "lane"},
                                       {"OWNER", "owner"},
                                       {"EPOCH", "epoch"},
                                       {"SEQUENCE", "sequence"},
                                       {"TO FOLD", "to_fold"},
                                       {"WAITING", "waiting"},
                                       {"IN DOUBT MS", "in_doubt_ms"},
                                       {"TROUBLE", "trouble"}};
const std::vector<column> takeover_columns{{"AT", "at"}, {"WHAT", "what"}, {"FROM", "from"}, {"TO", "to"}, {"MS", "took_ms"}};

struct watch_options {
  bool watch = false;
  std::string every{"1s"};
  std::string node{};
  std::string lane{};
  std::string level{};
};

void add_watch(CLI::App& command, watch_options& options) {
  command.add_flag("--watch", options.watch, "show it again and again until Ctrl-C");
  command.add_option("--every", options.every, "pause between two looks, with --watch")
      ->check(check_duration)
      ->capture_default_str();
}

/// Shows once, or until it fails or the terminal says stop.
template <class Show>
void show_or_watch(cli_context& context, const watch_options& options, Show show) {
  do {
    if (options.watch && !context.as_json()) std::fputs("\x1b[H\x1b[2J", stdout);
    show();
    std::fflush(stdout);
    if (!options.watch || context.exit_code != 0) return;
    std::this_thread::sleep_for(parse_duration(options.every));
  } while (true);
}

void print_table(const char* title, const json& rows, const std::vector<column>& columns, const char* nothing) {
  std::printf("%s\n%s\n", title, render_table(rows, columns, nothing).c_str());
}

void show_health(cli_context& context) {
  const auto state = context.call("GET", "/v1/cluster");
  if (!state) return;
  const bool healthy = state->value("healthy", false);
  if (context.as_json()) {
    context.print(*state);
  } else {
    std::printf("cluster %s, level %d: %s\n", state->value("cluster", "").c_str(), state->value("level", 1),
                healthy ? "healthy / 正常" : "NOT healthy / 异常");
    for (const auto& trouble : state->value("troubles", json::array()))
      std::printf("  - %s\n", trouble.get<std::string>().c_str());
    std::puts("");
    print_table("Nodes", state->value("nodes", json::array()), node_columns, alone);
    print_table("Addresses", state->value("slots", json::array()), slot_columns, "no node has addresses");
    print_table("Lanes", state->value("lanes", json::array()), lane_columns, "no lanes");
    print_table("Last takeovers", state->value("takeovers", json::array()), takeover_columns, "none since this node started");
  }
  if (!healthy) context.exit_code = 1;
}

void show_member(cli_context& context, const std::string& member, const std::vector<column>& columns, const char* nothing) {
  const auto state = context.call("GET", "/v1/cluster");
  if (!state) return;
  const auto rows = state->value(member, json::array());
  if (context.as_json()) return context.print(rows);
  std::fputs(render_table(rows, columns, nothing).c_str(), stdout);
}

void show_node(cli_context& context, const std::string& name) {
  const auto state = context.call("GET", "/v1/cluster");
  if (!state) return;
  for (auto node : state->value("nodes", json::array())) {
    if (node.value("node", "") != name) continue;
    node["owns_lanes"] = json::array();
    for (const auto& lane : state->value("lanes", json::array()))
      if (lane.value("owner", "") == name) node["owns_lanes"].push_back(lane.at("lane"));
    node["holds_slots_of"] = json::array();
    for (const auto& slot : state->value("slots", json::array()))
      if (slot.value("holder", "") == name) node["holds_slots_of"].push_back(slot.at("node"));
    return context.print(node);
  }
  context.complain({errc::not_found, "no node '" + name + "': `seatgrid node list` shows those there are"});
}

void add_order(CLI::App& group, cli_context& context, const std::shared_ptr<watch_options>& options, const char* verb,
               const char* help) {
  auto* command = group.add_subcommand(verb, help);
  add_node_options(*command, context);
  command->add_option("node", options->node, "name of the node")->required();
  command->callback([&context, options, verb = std::string{verb}] {
    if (const auto answer = context.call("POST", "/v1/nodes/" + url_escape(options->node) + "/" + verb)) context.print(*answer);
  });
}

void show_level(cli_context& context) {
  const auto state = context.call("GET", "/v1/cluster");
  if (!state) return;
  if (context.as_json())
    return context.print({{"level", state->value("level", 1)}, {"level_possible", state->value("level_possible", 1)}});
  std::printf("level %d is in force; all nodes understand %d\n", state->value("level", 1), state->value("level_possible", 1));
  std::fputs(render_table(state->value("nodes", json::array()),
                          {{"NODE", "node"}, {"VERSION", "version"}, {"UNDERSTANDS", "level"}}, alone)
                 .c_str(),
             stdout);
}

void add_level(CLI::App& cluster, cli_context& context, const std::shared_ptr<watch_options>& options) {
  auto* level = cluster.add_subcommand("level", "What the cluster's nodes may write for each other: show, raise / 版本级别")
                    ->require_subcommand(1);
  auto* show = level->add_subcommand("show", "The level in force, and what each node understands");
  add_node_options(*show, context);
  show->callback([&context] { show_level(context); });
  auto* raise = level->add_subcommand("raise", "For good: older programs can no longer join. When all nodes run the new version");
  add_node_options(*raise, context);
  raise->add_option("--to", options->level, "the level (default: the highest that all nodes understand)");
  raise->callback([&context, options] {
    const auto query = options->level.empty() ? std::string{} : "?to=" + url_escape(options->level);
    if (const auto answer = context.call("POST", "/v1/cluster/level" + query)) context.print(*answer);
  });
}

}  // namespace

void add_cluster_commands(CLI::App& app, cli_context& context) {
  const auto options = std::make_shared<watch_options>();
  auto* node = app.add_subcommand("node", "Nodes of a cluster: list, drain, fence / 节点")->require_subcommand(1);
  auto* list = node->add_subcommand("list", "All nodes with what they own");
  add_node_options(*list, context);
  add_watch(*list, *options);
  list->callback([&context, options] {
    show_or_watch(context, *options, [&context] { show_member(context, "nodes", node_columns, alone); });
  });
  auto* show = node->add_subcommand("show", "One node: lanes and addresses that it holds");
  add_node_options(*show, context);
  show->add_option("node", options->node, "name of the node")->required();
  show->callback([&context, options] { show_node(context, options->node); });
  add_order(*node, context, options, "drain", "Its lanes go to other nodes, trunks hear 503, it takes no new calls / 排空");
  add_order(*node, context, options, "undrain", "It serves again / 恢复");
  add_order(*node, context, options, "fence", "Puts its process out of the cluster: it ends, others take its place / 隔离");

  auto* cluster =
      app.add_subcommand("cluster", "A cluster as a whole: health, lanes, rebalance, level / 集群")->require_subcommand(1);
  auto* health = cluster->add_subcommand("health", "Everything at a glance; exit status 1 when it is not healthy");
  add_node_options(*health, context);
  add_watch(*health, *options);
  health->callback([&context, options] { show_or_watch(context, *options, [&context] { show_health(context); }); });
  auto* lanes = cluster->add_subcommand("lanes", "Lanes: owner, epoch, how far this node has folded them");
  add_node_options(*lanes, context);
  add_watch(*lanes, *options);
  lanes->callback([&context, options] {
    show_or_watch(context, *options, [&context] { show_member(context, "lanes", lane_columns, "no lanes"); });
  });
  auto* rebalance = cluster->add_subcommand("rebalance", "Look at once whether lanes should move");
  add_node_options(*rebalance, context);
  rebalance->add_option("--lane", options->lane, "only this lane");
  rebalance->callback([&context, options] {
    const auto query = options->lane.empty() ? std::string{} : "?lane=" + url_escape(options->lane);
    if (const auto answer = context.call("POST", "/v1/cluster/rebalance" + query)) context.print(*answer);
  });
  add_level(*cluster, context, options);
}

}  // namespace seatgrid
