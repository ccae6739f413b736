#include "cluster/link_course.hpp"

#include <algorithm>

namespace seatgrid::cluster {

namespace {

/// A connection can end before its answer because the dying process still listened when it was made: the next try is refused.
constexpr std::uint32_t quick_tries = 3;
constexpr milliseconds quick_pause{1};

std::optional<link_down> tell(link_course& at, bool reset) {
  const auto word = reset ? link_course::told::gone : link_course::told::down;
  if (at.last_told >= word) return std::nullopt;
  at.last_told = word;
  return link_down{reset};
}

void pause_longer(link_course& at, const link_options& options, node_time now) {
  at.pause = std::clamp(at.pause * 2, options.reconnect, std::max(options.reconnect, options.reconnect_max));
  at.next_dial = now + at.pause;
}

}  // namespace

bool came_up(link_course& at, bool full) {
  at.connected = true;
  at.pause = {};
  return !full && relieved(at);
}

std::optional<link_down> filled(link_course& at) {
  return at.last_told == link_course::told::up ? tell(at, false) : std::nullopt;
}

bool relieved(link_course& at) {
  if (!at.connected || at.last_told == link_course::told::up) return false;
  at.last_told = link_course::told::up;
  return true;
}

std::optional<link_down> broke(link_course& at, link_end how, const link_options& options, node_time now) {
  at.connected = false;
  at.broke_at = now;
  at.pause = {};
  switch (how) {
    case link_end::reset:
    case link_end::refused:
      at.quick = quick_tries;
      at.next_dial = now;
      return std::nullopt;
    case link_end::silent: at.next_dial = now; return tell(at, false);
    case link_end::wrong: pause_longer(at, options, now); return tell(at, false);
  }
  return std::nullopt;
}

std::optional<link_down> dial_failed(link_course& at, link_end how, const link_options& options, node_time now) {
  const bool again_at_once = how == link_end::reset && at.quick > 0;
  if (again_at_once) {
    --at.quick;
    at.next_dial = now + quick_pause;
    return std::nullopt;
  }
  at.quick = 0;
  pause_longer(at, options, now);
  if (at.connected) return std::nullopt;
  return how == link_end::refused ? tell(at, true) : std::nullopt;
}

std::optional<link_down> passed(link_course& at, const link_options& options, node_time now) {
  const bool healing = !at.connected && at.last_told == link_course::told::up;
  if (!healing || now - at.broke_at < options.heal) return std::nullopt;
  return tell(at, false);
}

bool replaces(bool old_dialed_by_lower, bool new_dialed_by_lower) {
  return old_dialed_by_lower == new_dialed_by_lower || new_dialed_by_lower;
}

}  // namespace seatgrid::cluster
