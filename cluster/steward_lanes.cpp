#include <algorithm>

#include "cluster/steward_internal.hpp"

/// Which lanes this process takes, and when.
namespace seatgrid::cluster::stewarding {

namespace {

constexpr seconds calm{10};                   // as owner: then earlier tries are forgotten
constexpr milliseconds reclaim_after{1'000};  // a lane that is ours by its last claim, and is not served

bool is_stuck(const steward& at, const std::string& node) {
  const auto it = at.alive.peers.find(node);
  return it != at.alive.peers.end() && it->second.stuck;
}

bool is_warm(const steward& at, const std::string& node, const lane_sight& lane) {
  if (node == at.card.who.node) return lane.warm;
  const auto it = at.alive.peers.find(node);
  if (it == at.alive.peers.end()) return false;
  for (const auto& place : it->second.last.lanes)
    if (place.lane == lane.lane) return place.warm;
  return false;
}

std::vector<std::string> owners(const steward& at) {
  const auto may = candidates(at.alive);
  return fit_nodes(at, [&](const member& one) {
    const bool listed = std::find(may.begin(), may.end(), one.card.who.node) != may.end();
    return listed && has_role(one.card.roles, node_role::core) && (one.card.who.process != at.me() || may_own(at));
  });
}

/// Why the lane must be taken without asking its owner; empty = it must not.
std::string need(const steward& at, const lane_sight& lane) {
  if (!lane.owner.process) return at.now - at.phase_since >= at.options.settle ? "nobody owns it" : "";
  const auto* owner = at.members.find(lane.owner.process);
  if (owner == nullptr) return lane.owner.node + " is out";
  if (lane.owner.process == at.me()) return "it was given up here";
  return is_stuck(at, lane.owner.node) ? lane.owner.node + " cannot write" : "";
}

void put_off(steward& at, lane_id lane, lane_course& course) {
  course.phase = course_phase::idle;
  course.not_before = at.now + claim_backoff(lane, at.card.who.node, ++course.tries);
}

void begin_claim(steward& at, lane_id lane, lane_course& course, const std::string& why, bool planned, outputs& out) {
  course.phase = course_phase::claiming;
  course.since = at.now;
  course.planned = planned;
  out.emplace_back(claim_lane{lane, why});
}

void note_owned(const steward& at, lane_course& course) {
  if (!course.owned_since) course.owned_since = at.now;
  if (at.now - *course.owned_since >= calm) course.tries = 0;
  course.needed_since.reset();
  course.phase = course_phase::idle;
}

void look_at_lane(steward& at, const lane_sight& lane, const std::vector<std::string>& names, outputs& out) {
  auto& course = at.courses[lane.lane];
  if (lane.mine) return note_owned(at, course);
  course.owned_since.reset();
  if (course.phase == course_phase::claiming) return;
  if (course.phase == course_phase::asking) {
    if (at.members.find(course.asked) == nullptr)
      course.phase = course_phase::idle;
    else if (at.now - course.since >= at.options.rest_patience)
      put_off(at, lane.lane, course);
    if (course.phase == course_phase::asking) return;
  }
  const auto why = need(at, lane);
  if (why.empty()) return course.needed_since.reset();
  if (!course.needed_since) course.needed_since = at.now;
  if (at.now < course.not_before) return;
  std::vector<candidate> ranks;
  ranks.reserve(names.size());
  for (const auto& name : names) ranks.push_back({name, is_warm(at, name, lane)});
  const auto order = successors(lane.lane, ranks);
  const auto it = std::find(order.begin(), order.end(), at.card.who.node);
  if (it == order.end()) return;
  const auto wait =
      at.options.successor_step * (it - order.begin()) + (lane.owner.process == at.me() ? reclaim_after : milliseconds{0});
  if (at.now - *course.needed_since >= wait) begin_claim(at, lane.lane, course, why, false, out);
}

std::vector<placed_lane> placed(const steward& at, const std::vector<std::string>& names) {
  std::vector<placed_lane> all;
  for (const auto& lane : at.lanes) {
    const auto* owner = at.members.find(lane.owner.process);
    const auto course = at.courses.find(lane.lane);
    if (owner == nullptr || !is_live(at, *owner) ||
        (course != at.courses.end() && (course->second.needed_since || at.now < course->second.not_before)))
      continue;
    const auto& node = owner->card.who.node;
    placed_lane one{.lane = lane.lane, .owner = node};
    one.owner_leaves = std::find(names.begin(), names.end(), node) == names.end();
    for (const auto& name : names)
      if (is_warm(at, name, lane)) one.warm.push_back(name);
    all.push_back(std::move(one));
  }
  return all;
}

std::size_t moves_under_way(const steward& at) {
  return static_cast<std::size_t>(std::count_if(at.courses.begin(), at.courses.end(), [](const auto& one) {
    return one.second.phase == course_phase::asking || (one.second.phase == course_phase::claiming && one.second.planned);
  }));
}

/// Somebody's frame is in doubt: a lane would be brought to rest for a claim that nobody reads.
bool log_stands_still(const steward& at) {
  const auto early = at.options.members.give_up / 2;
  return at.alive.mine.oldest_in_doubt >= early ||
         std::any_of(at.alive.peers.begin(), at.alive.peers.end(), [&](const auto& one) {
           return one.second.was_heard && !one.second.lost && one.second.last.oldest_in_doubt >= early;
         });
}

/// Towards everybody's rank. Not while somebody is lost: who will own its lanes is not decided yet.
void plan(steward& at, const std::vector<std::string>& names, outputs& out) {
  if (at.now - at.looked_at < at.options.move_every || at.now - at.phase_since < at.options.settle) return;
  if (!at.suspects.empty() || !may_own(at) || log_stands_still(at)) return;
  at.looked_at = at.now;
  auto running = moves_under_way(at);
  const auto all = placed(at, names);
  for (const auto& move : plan_moves(all, names, all.size())) {
    if (running >= at.options.moves_max) return;
    auto& course = at.courses[move.lane];
    if (move.to != at.card.who.node || move.warm_up || course.phase != course_phase::idle) continue;
    const auto lane = std::find_if(at.lanes.begin(), at.lanes.end(), [&](const auto& one) { return one.lane == move.lane; });
    course.phase = course_phase::asking;
    course.since = at.now;
    course.asked = lane->owner.process;
    ++running;
    out.emplace_back(ask_rest{move.lane, lane->owner});
  }
}

}  // namespace

void look_at_lanes(steward& at, outputs& out) {
  if (at.lanes.empty()) return;
  const auto names = owners(at);
  for (const auto& lane : at.lanes) look_at_lane(at, lane, names, out);
  plan(at, names, out);
}

void on_claim_ended(steward& at, const claim_ended& in, outputs&) {
  auto& course = at.courses[in.lane];
  if (course.phase != course_phase::claiming) return;
  if (!in.won) return put_off(at, in.lane, course);
  course.phase = course_phase::idle;
  if (course.planned) at.looked_at = {};  // the next one
  for (auto& lane : at.lanes)
    if (lane.lane == in.lane) lane.owner = at.card.who, lane.mine = true;
}

void on_rest_answered(steward& at, const rest_answered& in, outputs& out) {
  auto& course = at.courses[in.lane];
  if (course.phase != course_phase::asking || course.asked != in.from) return;
  if (!in.rests) return put_off(at, in.lane, course);
  begin_claim(at, in.lane, course, "a planned move", true, out);
}

void on_move_ordered(steward& at, const move_ordered& in, outputs&) {
  at.looked_at = at.now - at.options.move_every;
  for (auto& [lane, course] : at.courses)
    if (!in.lane || *in.lane == lane) course.not_before = {}, course.tries = 0;
}

}  // namespace seatgrid::cluster::stewarding
