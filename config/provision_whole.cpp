#include <algorithm>
#include <optional>

#include "config/flow_graph.hpp"
#include "config/provision_parts.hpp"

namespace seatgrid::provisioning {
namespace {

constexpr std::string_view to_mailbox = "voicemail:", to_queue = "queue:";

const queue_config* queue_of(const flow_node& node, const tenant_config& config) {
  const auto* place = std::get_if<queue_node>(&node);
  return place == nullptr ? nullptr : config.queue(place->queue);
}

std::vector<flow_edge> key_edges(const flow_node& node, const tenant_config& config) {
  std::vector<flow_edge> edges;
  if (const auto* queue = queue_of(node, config))
    for (const auto& [key, to] : queue->keys)
      if (!to.empty() && to.find(':') == std::string::npos) edges.push_back({to, edge_pace::waiting});
  return edges;
}

/// The place of a thing in the text, for what is found only when the tenant is whole.
const doc_value& place_of(const doc_value& tenant, std::initializer_list<std::string_view> keys) {
  const auto* at = &tenant;
  for (const auto key : keys) {
    const auto* next = at->member(key);
    if (next == nullptr) return *at;
    at = next;
  }
  return *at;
}

void check_key(scope& in, const tenant_config& config, const queue_config& queue, char key, const std::string& to,
               const doc_value& at, const doc_path& path) {
  constexpr std::string_view allowed = "\"\" (leave), a node of every flow that leads here, voicemail:<mailbox>, queue:<name>";
  if (to.empty()) return;
  if (to.starts_with(to_mailbox)) {
    check_reference(in, at, path, "mailbox", to.substr(to_mailbox.size()), in.mailboxes);
    return;
  }
  if (to.starts_with(to_queue)) {
    const auto name = to.substr(to_queue.size());
    if (check_reference(in, at, path, "queue", name, in.queues)) in.queues_used.insert(*in.queues.find(name));
    return;
  }
  bool is_used = false;
  for (const auto& [name, flow] : config.flows) {
    const bool leads_here = std::any_of(flow.nodes.begin(), flow.nodes.end(),
                                        [&](const auto& node) { return queue_of(node.second, config) == &queue; });
    if (!leads_here) continue;
    is_used = true;
    if (flow.nodes.contains(to)) continue;
    std::vector<std::string_view> names;
    for (const auto& [node, unused] : flow.nodes) names.push_back(node);
    auto what =
        std::string{"key "}.append(1, key).append(": flow '").append(name).append("' has no node '").append(to).append("'");
    in.found().error(at.at, path.text(), std::move(what), std::string{allowed}, nearest(to, names));
  }
  if (!is_used)
    in.found().error(at.at, path.text(), "key " + std::string{key} + ": no flow leads here, so '" + to + "' is no node",
                     std::string{allowed});
}

void check_flow(scope& in, const doc_path& path, const tenant_config& config, const flow& checked) {
  const auto& tenant = *in.self.value;
  for (const auto& flaw : flaws_of(checked, [&](const flow_node& node) { return key_edges(node, config); })) {
    const auto& at = place_of(tenant, {"flows", checked.name, "nodes", flaw.node});
    const doc_path flows{path, "flows"}, one{flows, checked.name}, nodes{one, "nodes"}, node{nodes, flaw.node};
    switch (flaw.kind) {
      case flow_flaw_kind::unreachable: in.found().warning(at.at, node.text(), "no way leads here from the flow's start"); break;
      case flow_flaw_kind::instant_loop:
        in.found().error(at.at, node.text(), "goes round without waiting for anything: " + flaw.circle,
                         "a prompt, menu, queue or hangup on the way");
        break;
      case flow_flaw_kind::playing_loop:
        in.found().warning(at.at, node.text(), "plays round and round and the caller can choose nothing: " + flaw.circle);
        break;
    }
  }
}

void check_use(scope& in, const doc_path& path, const tenant_config& config) {
  const auto& tenant = *in.self.value;
  const auto warn = [&](std::string_view kind, const std::string& name, std::string what) {
    const doc_path below{path, kind}, one{below, name};
    in.found().warning(place_of(tenant, {kind, name}).at, one.text(), std::move(what));
  };
  for (const auto& [name, unused] : config.flows)
    if (!in.flows_used.contains(name)) warn("flows", name, "no number leads to this flow");
  for (const auto& [name, unused] : config.queues) {
    if (!in.queues_used.contains(name)) warn("queues", name, "no flow leads to this queue");
    if (!in.queues_with_agents.contains(name)) warn("queues", name, "no agent serves this queue");
  }
}

}  // namespace

void check_whole(scope& in, const doc_path& path, const tenant_config& config) {
  const doc_path queues{path, "queues"};
  for (const auto& [name, queue] : config.queues)
    for (const auto& [key, to] : queue.keys) {
      const std::string key_text(1, key);
      const doc_path one{queues, name}, keys{one, "keys"}, at{keys, key_text};
      check_key(in, config, queue, key, to, place_of(*in.self.value, {"queues", name, "keys", key_text}), at);
    }
  for (const auto& [name, flow] : config.flows) check_flow(in, path, config, flow);
  check_use(in, path, config);
}

}  // namespace seatgrid::provisioning
