#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "storage/journal.hpp"

/// Which node takes which lane: pure, the same on every node that sees the same members. DESIGN section 3.
namespace seatgrid::cluster {

struct candidate {
  std::string node{};
  bool warm = false;  ///< its fold of the lane is at most a moment behind
};

/// All candidates of `lane`, best first, by rendezvous hash: when a node comes or goes only its own lanes move.
std::vector<std::string> ranked(lane_id lane, const std::vector<std::string>& nodes);
/// The same for anything that has a name; a lane's is its number.
std::vector<std::string> ranked(const std::string& thing, const std::vector<std::string>& nodes);
/// Who would take a lane whose owner is gone, in order: the warm ones by rank, then the others by rank.
std::vector<std::string> successors(lane_id lane, const std::vector<candidate>& nodes);
/// The first of them. Empty without candidates.
std::string successor(lane_id lane, const std::vector<candidate>& nodes);
/// Who folds the lane beside `owner`, so that it is warm: the best `count` others.
std::vector<std::string> standbys(lane_id lane, const std::string& owner, const std::vector<std::string>& nodes,
                                  std::size_t count);

/// A lane as the cluster sees it.
struct placed_lane {
  lane_id lane = 0;
  std::string owner{};              ///< lives; a lane without living owner is no planned move
  bool owner_leaves = false;        ///< drains: must not stay
  std::vector<std::string> warm{};  ///< nodes that hold it warm
};
struct planned_move {
  lane_id lane = 0;
  std::string to{};
  bool warm_up = false;  ///< first fold it; the claim comes when it is warm
  bool operator==(const planned_move&) const = default;
};
/// The next moves towards everybody's rank, at most `claims_max` claims at a time; warm-ups are not counted. Draining owners
/// first.
std::vector<planned_move> plan_moves(const std::vector<placed_lane>& lanes, const std::vector<std::string>& nodes,
                                     std::size_t claims_max);

/// How long `node` waits before its claim number `tries` (0 = first) in a row on `lane` that did not last: none, then 50 ms
/// doubling to 5 s, each shifted by up to half, differently per node and lane, so that two nodes do not meet again.
milliseconds claim_backoff(lane_id lane, const std::string& node, unsigned tries);

}  // namespace seatgrid::cluster
