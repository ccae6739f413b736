#pragma once

#include <cstdint>
#include <optional>

#include "cluster/lane.hpp"
#include "cluster/link_stream.hpp"
#include "cluster/links.hpp"

/// When a peer is tried again, and when it is told to be up or down. Pure; time comes in.
namespace seatgrid::cluster {

/// on_down's `reset`.
struct link_down {
  bool reset = false;
};

struct link_course {
  enum class told : std::uint8_t { nothing, up, down, gone };
  told last_told = told::nothing;
  bool connected = false;
  node_time broke_at{};
  std::uint32_t quick = 0;  ///< tries at once that a break still has
  milliseconds pause{};     ///< before the next try
  node_time next_dial{};
};

/// A connection serves. True when the peer is to be told up: not while `full`, what waits for it has reached its bound.
bool came_up(link_course& at, bool full);
/// What waits for it has reached its bound.
std::optional<link_down> filled(link_course& at);
/// What waits for it is less than half of its bound. True when the peer is to be told up.
bool relieved(link_course& at);
/// The connection that served ended.
std::optional<link_down> broke(link_course& at, link_end how, const link_options& options, node_time now);
/// A try to connect ended without one that serves.
std::optional<link_down> dial_failed(link_course& at, link_end how, const link_options& options, node_time now);
/// A break that did not heal in time.
std::optional<link_down> passed(link_course& at, const link_options& options, node_time now);
/// Of two connections between the same processes the one that stays: both sides must say the same. A process dials only when it
/// has none, so a second one of the same dialer replaces the first, which is dead.
bool replaces(bool old_dialed_by_lower, bool new_dialed_by_lower);

}  // namespace seatgrid::cluster
