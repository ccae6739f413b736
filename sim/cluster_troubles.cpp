#include <algorithm>
#include <utility>

#include "sim/cluster_world.hpp"

/// What befalls nodes, network, log and clocks.
namespace seatgrid::sim {

void cluster_world::begin_trouble(const std::string& what, milliseconds length) {
  ++troubles_;
  if (!what.empty()) stage_.say("TROUBLE " + what + " for " + std::to_string(length.count()) + " ms");
  trouble_until_ = std::max(trouble_until_, stage_.now() + length);
  referee_->on_trouble();
}

void cluster_world::plan_troubles() {
  if (plan_.trouble_every_ms != 0) stage_.in(stage_.chance.wait(3'000, 8'000), [this] { plan_next_trouble(); });
}

void cluster_world::plan_next_trouble() {
  if (ms_between(stage_.now(), began_) > plan_.trouble_over) return;
  trouble();
  const auto mean = plan_.trouble_every_ms;
  stage_.in(stage_.chance.wait(mean / 3, mean * 5 / 3), [this] { plan_next_trouble(); });
}

void cluster_world::trouble() {
  if (stage_.now() < alone_until_) return;
  auto& chance = stage_.chance;
  auto& at = any_host();
  auto& other = any_host();
  switch (chance.between(0, 13)) {
    case 0:
    case 1: return kill(at, chance.chance(250), chance.wait(100, 6'000));
    case 2: return pause(at, chance.wait(100, 6'000));
    case 3: return part(at, other, true, chance.wait(200, 6'000));
    case 4: return part(at, other, false, chance.wait(200, 6'000));
    case 5: return part_from_all(at, chance.wait(200, 6'000));
    case 6: return swizzle(at);
    case 7: return cut(at, false, chance.wait(200, 8'000));
    case 8:  // the roster too: then nothing else may be wrong (cluster/steward.hpp, "Assumed")
      if (stage_.now() < trouble_until_) return;
      alone_until_ = stage_.now() + seconds{12};
      return cut(at, true, chance.wait(200, 8'000));
    case 9: return stall(chance.wait(100, 4'000));
    case 10: return spoil_append();
    case 11: return shift_clock(at);
    case 12: return move_lane();
    default:
      if (const auto* a = at.live(), *b = other.live(); a != nullptr && b != nullptr && a != b)
        network_.break_link(a->me().process, b->me().process);
  }
}

void cluster_world::pause(node_host& at, milliseconds length) {
  auto* process = at.live();
  if (process == nullptr || process->is_paused()) return;
  begin_trouble(process->me().node + " is stopped", length);
  process->pause(true);
  stage_.in(length, [this, process] {
    if (process->is_dead()) return;
    stage_.say(process->me().node + " goes on");
    process->pause(false);
  });
}

/// Between hosts: whatever processes they have at the end.
void cluster_world::part(node_host& a, node_host& b, bool both_ways, milliseconds length) {
  auto* one = a.live();
  auto* two = b.live();
  if (one == nullptr || two == nullptr || one == two) return;
  begin_trouble("nothing passes from " + one->me().node + " to " + two->me().node + (both_ways ? " and back" : ""), length);
  const auto from = one->me().process, to = two->me().process;
  network_.partition(from, to);
  if (both_ways) network_.partition(to, from);
  stage_.in(length, [this, from, to] {
    network_.heal(from, to);
    network_.heal(to, from);
  });
}

void cluster_world::part_from_all(node_host& at, milliseconds length) {
  for (auto& other : hosts_)
    if (&other != &at) part(at, other, true, length);
}

/// Links of a node end one after the other and come back in another order.
void cluster_world::swizzle(node_host& at) {
  for (auto& other : hosts_)
    if (&other != &at)
      stage_.in(stage_.chance.wait(0, 1'500),
                [this, &at, &other, length = stage_.chance.wait(300, 4'000)] { part(at, other, true, length); });
}

void cluster_world::cut(node_host& at, bool roster_too, milliseconds length) {
  auto* process = at.live();
  if (process == nullptr) return;
  begin_trouble(process->me().node + " does not reach the log", length);
  process->cut_from_log(roster_too, true);
  stage_.in(length, [process, roster_too] { process->cut_from_log(roster_too, false); });
}

void cluster_world::drain(node_host& at, milliseconds length) {
  auto* process = at.live();
  if (process == nullptr) return;
  begin_trouble(process->me().node + " is drained", length);
  process->drain(true);
  stage_.in(milliseconds{3'500}, [this, process, &at] {
    if (at.live() != process || process->is_dead()) return;
    for (lane_id lane = 1; lane <= plan_.lanes; ++lane)
      if (process->owns(lane)) complain(process->me().node + " is drained and still owns lane " + std::to_string(lane));
  });
  stage_.in(length, [process] { process->drain(false); });
}

void cluster_world::stall(milliseconds length) {
  begin_trouble("the log stands still", length);
  ground_.lanes->stall(true);
  ground_.nodes->stall(true);
  stage_.in(length, [this] {
    ground_.lanes->stall(false);
    ground_.nodes->stall(false);
    log_moved();
  });
}

void cluster_world::spoil_append() {
  const auto lane = static_cast<lane_id>(stage_.chance.between(0, plan_.lanes));
  const auto fault = static_cast<log_fault>(stage_.chance.between(1, 4));
  begin_trouble("an append to lane " + std::to_string(lane) + " meets fault " + std::to_string(static_cast<int>(fault)),
                milliseconds{3'000});
  ground_.lanes->inject(lane, fault);
  if (stage_.chance.chance(200)) ground_.nodes->inject(0, fault);
  stage_.in(stage_.chance.wait(10, 2'500), [this] {
    ground_.lanes->let_late_land();
    ground_.nodes->let_late_land();
    log_moved();
  });
}

/// A step of some tenths of a second, now and then of seconds: then the node's lanes must go elsewhere until it is right again.
void cluster_world::shift_clock(node_host& at) {
  const bool far = stage_.chance.chance(250);
  const auto by = far ? stage_.chance.wait(-3'000, 3'000) : stage_.chance.wait(-200, 200);
  begin_trouble("the clock of n" + std::to_string(at.number) + " jumps by " + std::to_string(by.count()) + " ms", seconds{6});
  at.clock->off = by;
  stage_.in(stage_.chance.wait(500, 6'000), [&at, by = stage_.chance.wait(-40, 40)] { at.clock->off = by; });
}

void cluster_world::move_lane() {
  auto* process = any_host().live();
  if (process == nullptr || process->is_paused()) return;
  const auto lane = static_cast<lane_id>(stage_.chance.between(1, plan_.lanes));
  begin_trouble(process->me().node + " is ordered to look at lane " + std::to_string(lane), milliseconds{0});
  process->desk().rebalance(lane);
}

}  // namespace seatgrid::sim
