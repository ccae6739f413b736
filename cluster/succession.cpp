#include "cluster/succession.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid::cluster {

namespace {

std::uint64_t weight(const std::string& thing, const std::string& node) { return stable_hash(thing + '@' + node); }

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::vector<std::string> ranked(lane_id lane, const std::vector<std::string>& nodes) {
  return ranked(std::to_string(lane), nodes);
}

std::vector<std::string> ranked(const std::string& thing, const std::vector<std::string>& nodes) {
  std::vector<std::pair<std::uint64_t, std::string>> weighed;
  weighed.reserve(nodes.size());
  for (const auto& node : nodes) weighed.emplace_back(weight(thing, node), node);
  std::sort(weighed.rbegin(), weighed.rend());
  std::vector<std::string> names;
  names.reserve(weighed.size());
  for (auto& one : weighed) names.push_back(std::move(one.second));
  return names;
}

std::vector<std::string> successors(lane_id lane, const std::vector<candidate>& nodes) {
  std::vector<std::string> warm, cold;
  for (const auto& one : nodes) (one.warm ? warm : cold).push_back(one.node);
  auto names = ranked(lane, warm);
  for (auto& name : ranked(lane, cold)) names.push_back(std::move(name));
  return names;
}

std::string successor(lane_id lane, const std::vector<candidate>& nodes) {
  const auto names = successors(lane, nodes);
  return names.empty() ? std::string{} : names.front();
}

std::vector<std::string> standbys(lane_id lane, const std::string& owner, const std::vector<std::string>& nodes,
                                  std::size_t count) {
  auto names = ranked(lane, nodes);
  std::erase(names, owner);
  names.resize(std::min(count, names.size()));
  return names;
}

std::vector<planned_move> plan_moves(const std::vector<placed_lane>& lanes, const std::vector<std::string>& nodes,
                                     std::size_t claims_max) {
  std::vector<planned_move> moves;
  std::size_t claims = 0;
  for (const bool leaving : {true, false})
    for (const auto& lane : lanes) {
      if (lane.owner_leaves != leaving) continue;
      auto names = nodes;
      if (leaving) std::erase(names, lane.owner);
      if (names.empty()) continue;
      const auto best = ranked(lane.lane, names).front();
      if (best == lane.owner) continue;
      const bool warm = contains(lane.warm, best);
      if (warm && claims == claims_max) continue;
      if (warm) ++claims;
      moves.push_back({lane.lane, best, !warm});
    }
  return moves;
}

milliseconds claim_backoff(lane_id lane, const std::string& node, unsigned tries) {
  if (tries == 0) return milliseconds{0};
  constexpr milliseconds first{50};
  constexpr milliseconds longest{5'000};
  constexpr unsigned doublings_max = 16;
  const auto pause = std::min(longest, first * (1U << std::min(tries - 1, doublings_max)));
  const auto chance = stable_hash(node + '/' + std::to_string(lane) + '/' + std::to_string(tries));
  return pause + milliseconds{chance % static_cast<std::uint64_t>(pause.count() / 2 + 1)};
}

}  // namespace seatgrid::cluster
