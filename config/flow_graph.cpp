#include "config/flow_graph.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/overload.hpp"

namespace seatgrid {
namespace {

using graph = std::map<std::string_view, std::vector<flow_edge>>;

void add(std::vector<flow_edge>& edges, std::string_view to, edge_pace pace) {
  if (!to.empty()) edges.push_back({to, pace});
}

std::set<std::string_view> reachable(const graph& nodes, std::string_view start) {
  std::set<std::string_view> seen;
  std::vector<std::string_view> open{start};
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    const auto node = nodes.find(at);
    if (node == nodes.end() || !seen.insert(at).second) continue;
    for (const auto& edge : node->second) open.push_back(edge.to);
  }
  return seen;
}

/// Depth-first over edges up to `slowest`; a step back onto the current way is a circle. Each circle is told once, by the node
/// through which it was entered.
class circle_search {
 public:
  circle_search(const graph& nodes, edge_pace slowest) : nodes_(nodes), slowest_(slowest) {}

  std::vector<std::vector<std::string_view>> run() {
    for (const auto& [name, unused] : nodes_) visit(name);
    return std::move(circles_);
  }

 private:
  struct frame {
    std::string_view node;
    std::size_t next = 0;
  };

  void visit(std::string_view from) {
    if (done_.contains(from)) return;
    std::vector<frame> way{{from}};
    on_way_.insert(from);
    while (!way.empty()) {
      auto& top = way.back();
      const auto& edges = nodes_.at(top.node);
      if (top.next == edges.size()) {
        on_way_.erase(top.node);
        done_.insert(top.node);
        way.pop_back();
        continue;
      }
      const auto edge = edges[top.next++];
      if (edge.pace > slowest_ || !nodes_.contains(edge.to) || done_.contains(edge.to)) continue;
      if (on_way_.insert(edge.to).second)
        way.push_back({edge.to});
      else
        keep_circle(way, edge.to);
    }
  }

  void keep_circle(const std::vector<frame>& way, std::string_view back_to) {
    std::vector<std::string_view> circle;
    const auto begin = std::find_if(way.begin(), way.end(), [&](const frame& f) { return f.node == back_to; });
    for (auto at = begin; at != way.end(); ++at) circle.push_back(at->node);
    circles_.push_back(std::move(circle));
  }

  const graph& nodes_;
  edge_pace slowest_;
  std::set<std::string_view> done_{};
  std::set<std::string_view> on_way_{};
  std::vector<std::vector<std::string_view>> circles_{};
};

std::string circle_text(const std::vector<std::string_view>& circle) {
  std::string out;
  for (const auto node : circle) out.append(node).append(" > ");
  return out.append(circle.front());
}

}  // namespace

std::vector<flow_edge> edges_of(const flow_node& node) {
  std::vector<flow_edge> edges;
  using enum edge_pace;
  std::visit(overload{
                 [&](const play_node& n) { add(edges, n.next, n.prompts.empty() ? instant : playing); },
                 [&](const menu_node& n) {
                   for (const auto& [key, to] : n.choices) add(edges, to, waiting);
                   add(edges, n.otherwise, waiting);
                 },
                 [&](const collect_node& n) { add(edges, n.next, waiting), add(edges, n.otherwise, waiting); },
                 [&](const branch_node& n) {
                   for (const auto& [value, to] : n.cases) add(edges, to, instant);
                   add(edges, n.otherwise, instant);
                 },
                 [&](const set_node& n) { add(edges, n.next, instant); },
                 [&](const queue_node& n) {
                   add(edges, n.on_timeout, waiting), add(edges, n.on_key, waiting);
                   add(edges, n.on_full, instant);  // a full queue refuses at once
                 },
                 [&](const voicemail_node& n) { add(edges, n.next, waiting); },
                 [&](const bridge_node& n) {
                   add(edges, n.on_busy, waiting), add(edges, n.on_no_answer, waiting), add(edges, n.next, waiting);
                   add(edges, n.on_fail, instant);  // so does a full trunk
                 },
                 [](const hangup_node&) {},
             },
             node);
  return edges;
}

std::vector<flow_flaw> flaws_of(const flow& checked, const std::function<std::vector<flow_edge>(const flow_node&)>& more_edges) {
  graph nodes;
  for (const auto& [name, node] : checked.nodes) {
    auto edges = edges_of(node);
    for (const auto& edge : more_edges(node)) edges.push_back(edge);
    nodes.emplace(name, std::move(edges));
  }
  std::vector<flow_flaw> flaws;
  const auto reached = reachable(nodes, checked.start);
  for (const auto& [name, unused] : nodes)
    if (!reached.contains(name)) flaws.push_back({flow_flaw_kind::unreachable, std::string{name}, {}});
  std::set<std::string_view> spinning;
  for (const auto& circle : circle_search{nodes, edge_pace::instant}.run()) {
    spinning.insert(circle.begin(), circle.end());
    flaws.push_back({flow_flaw_kind::instant_loop, std::string{circle.front()}, circle_text(circle)});
  }
  for (const auto& circle : circle_search{nodes, edge_pace::playing}.run())
    if (!std::all_of(circle.begin(), circle.end(), [&](const auto node) { return spinning.contains(node); }))
      flaws.push_back({flow_flaw_kind::playing_loop, std::string{circle.front()}, circle_text(circle)});
  return flaws;
}

}  // namespace seatgrid
