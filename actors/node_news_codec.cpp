#include <algorithm>

#include "actors/node_events.hpp"
#include "domain/published_codec.hpp"
#include "domain/published_nodes.hpp"

namespace seatgrid::actors {
namespace {

std::vector<std::string> names_of(std::uint8_t roles) {
  std::vector<std::string> out;
  for (const auto& [role, name] : {std::pair{cluster::node_role::edge, "edge"}, std::pair{cluster::node_role::core, "core"},
                                   std::pair{cluster::node_role::media, "media"}, std::pair{cluster::node_role::api, "api"}})
    if (cluster::has_role(roles, role)) out.emplace_back(name);
  return out;
}

std::string node_of(const cluster::roster& at, cluster::process_id process) {
  const auto* one = at.find(process);
  return one == nullptr ? std::string{} : one->card.who.node;
}

published::node_joined told_of(const cluster::member& who, time_point at) {
  return {.node = who.card.who.node,
          .process = to_text(who.card.who.process),
          .at = at,
          .version = who.card.version,
          .level = who.card.level,
          .roles = names_of(who.card.roles),
          .slot = who.slot};
}

/// Why a member is gone stands in the record that put it out.
publish told_of(const cluster::member_gone& gone, const cluster::roster& after, const cluster::roster_record& what,
                time_point at) {
  const auto& who = gone.who.card.who;
  const auto process = to_text(who.process);
  if (const auto* fence = std::get_if<cluster::node_fenced>(&what))
    return published::told(published::node_fenced{.node = who.node,
                                                  .process = process,
                                                  .at = at,
                                                  .by = fence->by == who.process ? who.node : node_of(after, fence->by),
                                                  .why = fence->why,
                                                  .is_dead = fence->is_dead});
  if (const auto* joined = std::get_if<cluster::node_joined>(&what))
    return published::told(
        published::node_replaced{.node = who.node, .process = process, .at = at, .successor = to_text(joined->card.who.process)});
  return published::told(published::node_left{.node = who.node, .process = process, .at = at});
}

}  // namespace

node_news news_of(const cluster::roster& after, const cluster::roster_record& what,
                  const std::vector<cluster::roster_change>& changes, time_point at) {
  node_news out{.at = at};
  const auto add = [&](const std::string& node, publish event) {
    out.node = node;
    out.events.push_back(std::move(event));
  };
  for (const auto& change : changes)
    std::visit(
        overload{[&](const cluster::member_came& came) { add(came.who.card.who.node, published::told(told_of(came.who, at))); },
                 [&](const cluster::member_gone& gone) { add(gone.who.card.who.node, told_of(gone, after, what, at)); },
                 [&](const cluster::slot_moved& moved) {
                   if (!moved.to) return;  // that its holder is out is told already
                   const auto node = node_of(after, moved.to);
                   add(node, published::told(published::node_addresses_taken{.node = node,
                                                                             .process = to_text(moved.to),
                                                                             .at = at,
                                                                             .slot = moved.number,
                                                                             .addresses = after.slots.at(moved.number).node,
                                                                             .handed_by = node_of(after, moved.from)}));
                 },
                 [&](const cluster::drain_changed& drain) {
                   add(drain.node, drain.drains ? published::told(published::node_drained{.node = drain.node, .at = at})
                                                : published::told(published::node_undrained{.node = drain.node, .at = at}));
                 },
                 [](const cluster::level_changed&) {}, [](const cluster::join_refused&) {}},
        change);
  return out;
}

publish news_of_owner(const lane_epoch& claimed, const cluster::lane_owner& owner, const cluster::lane_owner& former,
                      time_point at) {
  return published::told(published::lane_taken{.lane = claimed.lane,
                                               .node = owner.node,
                                               .process = to_text(owner.process),
                                               .at = at,
                                               .epoch = claimed.epoch,
                                               .former = former.node,
                                               .former_process = former.process ? to_text(former.process) : std::string{}});
}

}  // namespace seatgrid::actors
