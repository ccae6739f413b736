#include <algorithm>
#include <utility>

#include "api/answers.hpp"
#include "api/answers_cluster.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"

/// The nodes of a cluster: who owns what, and orders of operators. A node alone answers 404.
namespace seatgrid {
namespace {

using state_ptr = std::shared_ptr<api_state>;
constexpr std::size_t node_bytes_max = 64;
constexpr std::size_t lane_digits_max = 5;
constexpr std::size_t level_digits_max = 9;

bool is_alone(const state_ptr& state, const api_call& call) {
  if (state->hooks.cluster) return false;
  call.exchange->respond(problem({errc::not_found, "this node belongs to no cluster: it has no [cluster] in its settings"}));
  return true;
}

void show_cluster(const state_ptr& state, api_call call) {
  if (is_alone(state, call)) return;
  call.exchange->respond({200, "application/json", {}, answers::text(state->hooks.cluster())});
}

void list_nodes(const state_ptr& state, api_call call) {
  if (is_alone(state, call)) return;
  call.exchange->respond({200, "application/json", {}, R"({"items":)" + answers::text(state->hooks.cluster().nodes) + "}"});
}

/// Waits until the order is in the roster: on the thread of long work.
void order(const state_ptr& state, api_call call, cluster_order what) {
  if (is_alone(state, call)) return;
  if (what.node.size() > node_bytes_max)
    return call.exchange->respond(problem({errc::invalid, "a node's name has at most 64 bytes"}));
  const auto exchange = call.exchange;
  const bool begun = state->cluster_orders.begin([raw = state.get(), exchange, what = std::move(what)] {
    const auto done = raw->hooks.order_cluster(what);
    return [exchange, done] {
      if (done)
        exchange->respond({200, "application/json", {}, answers::text(answers::done{})});
      else
        exchange->respond(problem(done.error()));
    };
  });
  if (!begun) exchange->respond(problem({errc::conflict, "another order to the cluster is being carried out: try again"}));
}

void drain(const state_ptr& state, api_call call) {
  const auto node = call.variables.at("node");
  order(state, std::move(call), {.what = cluster_order::kind::drain, .node = node, .lane = {}, .level = 0, .why = {}});
}
void undrain(const state_ptr& state, api_call call) {
  const auto node = call.variables.at("node");
  order(state, std::move(call), {.what = cluster_order::kind::undrain, .node = node, .lane = {}, .level = 0, .why = {}});
}
void fence(const state_ptr& state, api_call call) {
  const auto node = call.variables.at("node");
  order(state, std::move(call),
        {.what = cluster_order::kind::fence, .node = node, .lane = {}, .level = 0, .why = "an operator's order"});
}
void rebalance(const state_ptr& state, api_call call) {
  const auto lane = call.query("lane");
  if (lane.size() > lane_digits_max || lane.find_first_not_of("0123456789") != std::string::npos)
    return call.exchange->respond(problem({errc::invalid, "lane must be a number, as in /v1/cluster"}));
  cluster_order what{.what = cluster_order::kind::rebalance, .node = {}, .lane = {}, .level = 0, .why = {}};
  if (!lane.empty()) what.lane = static_cast<std::uint16_t>(std::min(std::stoul(lane), 65'535UL));
  order(state, std::move(call), std::move(what));
}

void raise_level(const state_ptr& state, api_call call) {
  const auto to = call.query("to");
  if (to.size() > level_digits_max || to.find_first_not_of("0123456789") != std::string::npos)
    return call.exchange->respond(problem({errc::invalid, "to must be a number: a level of the cluster, as in /v1/cluster"}));
  cluster_order what{.what = cluster_order::kind::raise_level, .node = {}, .lane = {}, .level = 0, .why = {}};
  if (!to.empty()) what.level = static_cast<std::uint32_t>(std::stoul(to));
  order(state, std::move(call), std::move(what));
}

}  // namespace

std::vector<route> cluster_routes() {
  return {
      {.method = "GET",
       .path = "/v1/cluster",
       .summary = "Nodes, lanes and their owners, slots and their holders, the last takeovers",
       .answer = "cluster_state",
       .handle = show_cluster},
      {.method = "GET",
       .path = "/v1/nodes",
       .summary = "Nodes of the cluster",
       .answer = "node_line",
       .is_page = true,
       .handle = list_nodes},
      {.method = "POST",
       .path = "/v1/nodes/{node}/drain",
       .summary = "Its lanes go to other nodes, trunks hear 503, it takes no new calls",
       .answer = "done",
       .handle = drain},
      {.method = "POST", .path = "/v1/nodes/{node}/undrain", .summary = "It serves again", .answer = "done", .handle = undrain},
      {.method = "POST",
       .path = "/v1/nodes/{node}/fence",
       .summary = "Puts its process out of the cluster: it ends, others take its lanes and addresses",
       .answer = "done",
       .handle = fence},
      {.method = "POST",
       .path = "/v1/cluster/rebalance",
       .summary = "Look at once whether lanes should move",
       .query = {{"lane", "only this one"}},
       .answer = "done",
       .handle = rebalance},
      {.method = "POST",
       .path = "/v1/cluster/level",
       .summary = "Raises the cluster's level, for good: nodes that do not understand it can no longer join",
       .query = {{"to", "the level; absent = the highest that all nodes understand"}},
       .answer = "done",
       .handle = raise_level},
  };
}

}  // namespace seatgrid
