#include <algorithm>
#include <limits>
#include <utility>

#include "apps/cluster_seat.hpp"
#include "apps/node_journal.hpp"

/// What operators see of the cluster, and their orders.
namespace seatgrid {
namespace {

std::vector<std::string> names_of(std::uint8_t roles) {
  std::vector<std::string> out;
  for (const auto& [role, name] : {std::pair{cluster::node_role::edge, "edge"}, std::pair{cluster::node_role::core, "core"},
                                   std::pair{cluster::node_role::media, "media"}, std::pair{cluster::node_role::api, "api"}})
    if (cluster::has_role(roles, role)) out.emplace_back(name);
  return out;
}

answers::node_line line_of(const cluster::node_view& one, const cluster::cluster_view& all) {
  const auto owned = std::count_if(all.lanes.begin(), all.lanes.end(),
                                   [&](const auto& lane) { return lane.owner.process == one.card.who.process; });
  return {.node = one.card.who.node,
          .process = to_text(one.card.who.process),
          .version = one.card.version,
          .roles = names_of(one.card.roles),
          .drains = one.drains,
          .here = one.is_me,
          .link = one.is_me     ? ""
                  : one.is_live ? "up"
                                : "down",
          .api = one.card.api_url,
          .slot = one.slot,
          .lanes = static_cast<std::uint32_t>(owned),
          .heard_ms = one.heard_ago ? static_cast<std::uint64_t>(one.heard_ago->count()) : 0,
          .behind = one.records_behind,
          .level = one.card.level};
}

std::uint32_t level_possible(const cluster::cluster_view& all) {
  auto lowest = std::numeric_limits<std::uint32_t>::max();
  for (const auto& one : all.nodes) lowest = std::min(lowest, one.card.level);
  return all.nodes.empty() ? all.level : lowest;
}

/// The highest that all understand, or one that somebody does not, so that the refusal names it.
std::uint32_t level_after(const cluster::cluster_view& all) { return std::max(level_possible(all), all.level + 1); }

void name_troubles(answers::cluster_state& out, const cluster::cluster_view& all) {
  const auto is_member = [&](const cluster::lane_owner& owner) {
    return std::any_of(all.nodes.begin(), all.nodes.end(),
                       [&](const auto& one) { return one.card.who.process == owner.process; });
  };
  for (const auto& one : all.lanes)
    if (!is_member(one.owner)) out.troubles.push_back("lane " + std::to_string(one.lane) + " has no owner that lives");
  for (const auto& one : out.lanes)
    if (!one.trouble.empty()) out.troubles.push_back("lane " + std::to_string(one.lane) + " stands still here: " + one.trouble);
  for (const auto& one : all.slots) {
    if (!one.holder) out.troubles.push_back("nobody speaks on the addresses of " + one.node);
    if (one.holder && one.holder->node != one.node)
      out.troubles.push_back(one.holder->node + " speaks on the addresses of " + one.node + ", which is not there");
  }
  for (const auto& one : out.nodes)
    if (one.link == "down") out.troubles.push_back("node " + one.node + " is not heard by this one");
  if (!all.speaks) out.troubles.emplace_back("this node is silent: most others have not heard it lately");
}

}  // namespace

answers::cluster_state cluster_seat::state() const {
  answers::cluster_state out{.cluster = options_.cluster.name};
  out.lanes = lane_lines(log_.lanes());
  const auto* desk = steward_.load();
  if (desk == nullptr) {
    out.troubles.emplace_back("this node has not joined yet");
    return out;
  }
  const auto all = desk->view();
  out.level = all.level;
  out.level_possible = level_possible(all);
  for (const auto& one : all.nodes) out.nodes.push_back(line_of(one, all));
  for (const auto& one : all.slots) {
    out.slots.push_back(
        {.slot = one.number, .node = one.node, .holder = one.holder ? one.holder->node : "", .listen = one.listen});
  }
  for (auto one = all.takeovers.rbegin(); one != all.takeovers.rend(); ++one)
    out.takeovers.push_back({.at = one->at,
                             .what = one->what,
                             .from = one->from,
                             .to = one->to,
                             .took_ms = static_cast<std::uint64_t>(one->took.count())});
  name_troubles(out, all);
  {
    const std::lock_guard lock{stations_mutex_};
    for (const auto& [at, one] : failed_)
      out.troubles.push_back("this node cannot open the addresses of " + one.what.node + ": " + one.why);
  }
  out.healthy = out.troubles.empty();
  return out;
}

void cluster_seat::find_file(const std::string& path, const std::function<void(std::string)>& tell) {
  auto* desk = steward_.load();
  auto others = desk == nullptr ? std::vector<cluster::member>{} : desk->members();
  std::erase_if(others, [&](const auto& one) { return one.card.who.process == me_.process; });
  if (others.empty()) return tell("");
  struct search {
    std::atomic<std::size_t> open{0};
    std::atomic<bool> told{false};
  };
  const auto all = std::make_shared<search>();
  all->open = others.size();
  for (const auto& one : others)
    router_->ask(one.card.who, file_word, path, [all, tell, url = one.card.api_url](const result<std::string>& said) {
      const bool here = said && *said == "here";
      const bool last = all->open.fetch_sub(1) == 1;
      if ((here || last) && !all->told.exchange(true)) tell(here ? url : "");
    });
}

result<void> cluster_seat::order(const cluster_order& what) {
  auto* desk = steward_.load();
  if (desk == nullptr) return fail(errc::unavailable, "this node has not joined yet");
  switch (what.what) {
    case cluster_order::kind::drain: return desk->drain(what.node, true);
    case cluster_order::kind::undrain: return desk->drain(what.node, false);
    case cluster_order::kind::fence: return desk->fence(what.node, what.why);
    case cluster_order::kind::rebalance: desk->rebalance(what.lane); return {};
    case cluster_order::kind::raise_level: return desk->raise_level(what.level == 0 ? level_after(desk->view()) : what.level);
  }
  return fail(errc::unsupported, "no such order");
}

}  // namespace seatgrid
