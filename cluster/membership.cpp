#include "cluster/membership.hpp"

#include <algorithm>

#include "base/overload.hpp"

namespace seatgrid::cluster {

namespace {

using outputs = std::vector<membership_output>;

void note(progress& of, std::uint64_t amount, node_time now) {
  if (amount == of.amount && of.since.count() != 0) return;
  of = {amount, now};
}

bool differs(time_point a, time_point b, milliseconds most) {
  const auto apart = a > b ? a - b : b - a;
  return apart > most;
}

/// Off from more than half of those who say what time it is. The log's voice settles it between two nodes.
void judge_clock(membership& at, outputs& out) {
  std::size_t voices = at.log_differs ? 1 : 0;
  std::size_t against = at.log_differs.value_or(false) ? 1 : 0;
  for (const auto& [name, one] : at.peers) {
    if (one.lost || !one.was_heard) continue;
    ++voices;
    if (one.clock_differs) ++against;
  }
  const bool off = 2 * against > voices;
  if (off == at.clock_is_off) return;
  at.clock_is_off = off;
  out.emplace_back(clock_off{off});
}

void lose(membership& at, const std::string& name, std::string why, outputs& out) {
  const auto it = at.peers.find(name);
  if (it == at.peers.end() || it->second.lost) return;
  it->second.lost = true;
  out.emplace_back(node_lost{name, std::move(why)});
  judge_clock(at, out);
}

void on_heard(membership& at, const heard& in, outputs& out) {
  at.now = std::max(at.now, in.now);
  auto [it, added] = at.peers.try_emplace(in.node);
  auto& one = it->second;
  if (added || one.lost || !one.was_heard) one = {}, out.emplace_back(node_came{in.node});
  one.was_heard = true;
  one.last_heard = at.now;
  one.asked.reset();
  one.vouched = false;
  one.last = in.said;
  note(one.read, in.said.records_read, at.now);
  note(one.counted, in.said.frames_counted, at.now);
  one.clock_differs = differs(in.said.clock, in.clock, at.options.skew_max);
  judge_clock(at, out);
}

void on_expected(membership& at, const peer_expected& in) {
  at.now = std::max(at.now, in.now);
  peer fresh;
  fresh.last_heard = at.now;
  at.peers.insert_or_assign(in.node, fresh);
}

void on_opinion(membership& at, const opinion& in, outputs& out) {
  const auto it = at.peers.find(in.about);
  if (it == at.peers.end() || it->second.lost || !it->second.asked) return;  // it spoke meanwhile
  if (in.hears_it)
    it->second.vouched = true;
  else if (!it->second.vouched)
    lose(at, in.about, "silent here, and " + in.from + " does not hear it either", out);
}

/// With a third node alive its word decides; without one the silence must last twice as long.
void judge_silence(membership& at, const std::string& name, peer& one, outputs& out) {
  const auto silence = at.now - one.last_heard;
  if (silence < at.options.suspect_after) return;
  const bool ask_again = one.asked && one.vouched && at.now - *one.asked >= at.options.suspect_after;
  if (!one.asked || ask_again) {
    one.asked = at.now;
    one.vouched = false;
    for (const auto& [other, its] : at.peers)
      if (other != name && !its.lost && its.was_heard && at.now - its.last_heard < at.options.suspect_after)
        out.emplace_back(ask_opinion{other, name});
    return;
  }
  const bool answered_in_time = one.vouched || at.now - *one.asked < at.options.suspect_after;
  if (!answered_in_time) lose(at, name, "silent for " + std::to_string(silence / milliseconds{1}) + " ms", out);
}

bool is_stuck(const membership& at, const heartbeat& said, const progress& read) {
  return said.oldest_in_doubt >= at.options.give_up && at.now - read.since >= at.options.give_up;
}
bool can_write(const membership& at, const heartbeat& said, const progress& counted) {
  return said.oldest_in_doubt < at.options.give_up && at.now - counted.since < at.options.give_up;
}

void judge_stuck(membership& at, outputs& out) {
  const bool i_can = can_write(at, at.mine, at.counted);
  bool another_can = false;
  for (auto& [name, one] : at.peers) {
    if (one.lost || !one.was_heard) continue;
    another_can |= can_write(at, one.last, one.counted);
    const bool stuck = is_stuck(at, one.last, one.read);
    if (stuck && i_can && !one.stuck) out.emplace_back(node_stuck{name});
    one.stuck = stuck && (one.stuck || i_can);
  }
  const bool stuck = is_stuck(at, at.mine, at.read);
  if (stuck && another_can && !at.given_up)
    out.emplace_back(give_up_lanes{"a frame is in doubt for " + std::to_string(at.mine.oldest_in_doubt / milliseconds{1}) +
                                   " ms and nothing is read, while others write"});
  at.given_up = stuck && (at.given_up || another_can);
}

void on_tick(membership& at, const membership_tick& in, outputs& out) {
  const bool was_stopped = at.began && in.now - at.now > at.options.pause_max;
  at.began = true;
  at.now = std::max(at.now, in.now);
  at.mine = in.mine;
  note(at.read, in.mine.records_read, at.now);
  note(at.counted, in.mine.frames_counted, at.now);
  for (auto& [name, one] : at.peers) {
    if (one.lost) continue;
    // What others said while this node stood still lies unread in its sockets.
    if (was_stopped) one.last_heard = at.now, one.asked.reset(), one.read.since = one.counted.since = at.now;
    judge_silence(at, name, one, out);
  }
  if (was_stopped) at.read.since = at.counted.since = at.now;
  judge_stuck(at, out);
}

}  // namespace

std::vector<membership_output> handle(membership& at, const membership_input& in) {
  outputs out;
  std::visit(overload{[&](const heard& i) { on_heard(at, i, out); }, [&](const peer_expected& i) { on_expected(at, i); },
                      [&](const link_reset& i) { lose(at, i.node, "its link was reset", out); },
                      [&](const peer_left& i) { lose(at, i.node, "it left", out); },
                      [&](const opinion& i) { on_opinion(at, i, out); }, [&](const membership_tick& i) { on_tick(at, i, out); },
                      [&](const log_time_seen& i) {
                        at.log_differs = differs(i.log, i.clock, at.options.skew_max);
                        judge_clock(at, out);
                      }},
             in);
  return out;
}

bool hears(const membership& at, const std::string& node) {
  const auto it = at.peers.find(node);
  return it != at.peers.end() && !it->second.lost && it->second.was_heard &&
         at.now - it->second.last_heard < at.options.suspect_after;
}

std::vector<std::string> candidates(const membership& at) {
  std::vector<std::string> all;
  if (at.mine.owns_lanes_allowed && !at.clock_is_off && !at.given_up) all.push_back(at.me);
  for (const auto& [name, one] : at.peers)
    if (!one.lost && one.was_heard && !one.stuck && one.last.owns_lanes_allowed) all.push_back(name);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace seatgrid::cluster
