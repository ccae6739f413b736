#include <algorithm>
#include <utility>

#include "sim/cluster_world.hpp"

/// Named courses of trouble: one thing at one moment, while calls ring and talk.
namespace seatgrid::sim {

namespace {

constexpr milliseconds calls_run{9'000};  // after the start: some talk, some ring, some wait

}  // namespace

void cluster_world::when_calls_talk(std::function<void()> what) { stage_.in(calls_run, std::move(what)); }

node_host& cluster_world::owner_host(lane_id lane) {
  if (auto* owner = owner_of(lane))
    if (auto* host = host_of(owner)) return *host;
  return hosts_.front();
}

void cluster_world::plan_scenario() {
  const auto next_to = [this](node_host& at) -> node_host& { return hosts_[at.number % hosts_.size()]; };
  switch (plan_.what) {
    case scenario::random:
    case scenario::quiet:
    case scenario::count: return;
    case scenario::owner_killed: return when_calls_talk([this] { kill(owner_host(1), false, milliseconds{12'000}); });
    case scenario::edge_killed:
      return when_calls_talk([this, next_to] { kill(next_to(owner_host(1)), false, milliseconds{12'000}); });
    case scenario::both_killed:
      return when_calls_talk([this, next_to] {
        auto& owner = owner_host(1);
        kill(owner, false, milliseconds{9'000});
        kill(next_to(owner), false, milliseconds{12'000});
      });
    case scenario::planned_moves:
      for (milliseconds at{5'000}; at < plan_.calls.calls_over + seconds{20}; at += milliseconds{700})
        stage_.in(at, [this] { move_lane(); });
      return;
    case scenario::owner_without_log: return when_calls_talk([this] { cut(owner_host(1), true, milliseconds{7'000}); });
    case scenario::two_parted: return when_calls_talk([this] { part_from_all(hosts_.front(), milliseconds{8'000}); });
    case scenario::paused: return when_calls_talk([this] { pause(owner_host(1), milliseconds{5'000}); });
    case scenario::three_moves:
      for (int i = 0; i < 3; ++i)
        stage_.in(calls_run + i * seconds{6}, [this] { kill(owner_host(1), false, milliseconds{3'000}); });
      return;
    case scenario::drained:
      return when_calls_talk([this, next_to] {
        auto& owner = owner_host(1);
        drain(owner, milliseconds{9'000});
        stage_.in(milliseconds{4'000}, [this, next_to, &owner] { kill(next_to(owner), false, milliseconds{3'000}); });
      });
    case scenario::empty_restart: return when_calls_talk([this] { kill(owner_host(1), true, milliseconds{2'000}); });
  }
}

}  // namespace seatgrid::sim
