#include "cluster/steward.hpp"

#include <algorithm>

#include "base/overload.hpp"
#include "cluster/steward_internal.hpp"

/// Who is in and who is out. Lanes: steward_lanes.cpp; slots and the lease: steward_slots.cpp.
namespace seatgrid::cluster {

namespace stewarding {

namespace {

constexpr seconds remembers_gone{60};
constexpr seconds probe_again{10};  // while the last one has not come back
constexpr std::size_t gone_told_max = 32;

void enter(steward& at, steward_phase phase) {
  at.phase = phase;
  at.phase_since = at.now;
}

void end(steward& at, error why, outputs& out) {
  if (at.phase == steward_phase::over) return;
  for (const auto number : at.open) out.emplace_back(close_slot{number});
  at.open.clear();
  enter(at, steward_phase::over);
  out.emplace_back(end_process{std::move(why)});
}

void pass_time(steward& at, node_time now, outputs& out) {
  at.now = std::max(at.now, now);
  const bool was_stopped = at.ticked_at.count() != 0 && at.now - at.ticked_at > at.options.lease;
  if (!was_stopped || !at.rules.checks_after_pause || at.phase != steward_phase::serving) return;
  if (!at.is_unsure) out.emplace_back(note{"this process was stopped: it asks the roster what it has missed"});
  at.is_unsure = true;
  at.check_awaited = at.checks + 1;  // those that were written before the pause prove nothing
  at.ticked_at = at.now;
}

process_sight& sight_of(steward& at, process_id process) {
  auto& one = at.processes[process];
  if (one.since.count() == 0) one.since = at.now;
  return one;
}

void act(steward& at, const membership_output& said, outputs& out) {
  const auto suspect = [&](const std::string& node, const std::string& why) {
    const auto* one = at.members.of_node(node);
    if (one == nullptr || one->card.who.process == at.me()) return;
    at.suspects.try_emplace(one->card.who.process, suspicion{why, at.now});
    out.emplace_back(note{node + " is lost: " + why});
  };
  std::visit(overload{[&](const node_came& came) {
                        if (const auto* one = at.members.of_node(came.node)) at.suspects.erase(one->card.who.process);
                      },
                      [&](const node_lost& lost) { suspect(lost.node, lost.why); },
                      [&](const ask_opinion& ask) {
                        const auto* of = at.members.of_node(ask.of);
                        const auto* about = at.members.of_node(ask.about);
                        if (of != nullptr && about != nullptr)
                          out.emplace_back(ask_about{of->card.who.process, about->card.who.process});
                      },
                      [&](const node_stuck& stuck) {
                        out.emplace_back(note{stuck.node + " cannot write: its lanes are claimed from it"});
                      },
                      [&](const give_up_lanes& give) { out.emplace_back(give_up_all{give.why}); },
                      [&](const clock_off& clock) {
                        if (clock.off) out.emplace_back(give_up_all{"this node's clock is off from most others'"});
                        if (!clock.off) out.emplace_back(note{"this node's clock agrees with the others' again"});
                      }},
             said);
}

void tell_membership(steward& at, const membership_input& in, outputs& out) {
  for (const auto& said : handle(at.alive, in)) act(at, said, out);
}

void begin_to_join(steward& at, bool former_is_dead) {
  at.former_is_dead = former_is_dead;
  enter(at, steward_phase::joining);
}

/// As soon as it is a member: everybody who is in may be dead or alive, and has its time to say so.
void begin_to_serve(steward& at, outputs& out) {
  enter(at, steward_phase::serving);
  out.emplace_back(note{"joined the cluster as " + at.card.who.node + ", process " + to_text(at.me())});
  for (const auto& [process, one] : at.members.members) {
    if (process == at.me()) continue;
    auto& sight = sight_of(at, process);
    sight.since = at.now;
    tell_membership(at, peer_expected{one.card.who.node, at.now}, out);
    if (sight.is_dead) tell_membership(at, link_reset{one.card.who.node}, out);
  }
}

void on_came(steward& at, const member_came& came, outputs& out) {
  const auto process = came.who.card.who.process;
  if (process == at.me()) {
    if (at.phase == steward_phase::joining) begin_to_serve(at, out);
    return;
  }
  sight_of(at, process).since = at.now;
  if (at.phase != steward_phase::serving) return;
  tell_membership(at, peer_expected{came.who.card.who.node, at.now}, out);
}

void on_gone(steward& at, const member_gone& gone, const roster_read& in, outputs& out) {
  const auto& who = gone.who.card.who;
  const auto seen = at.processes.find(who.process);
  departure left{.node = who.node, .offset = in.offset, .log = in.log, .speaks_no_more = gone.speaks_no_more, .read_at = at.now};
  if (seen != at.processes.end()) {
    left.speaks_no_more |= seen->second.is_dead;
    left.heard_at = std::max(seen->second.heard_at, seen->second.since);
  }
  if (at.phase != steward_phase::reading) keep_words_of(at, who.process);
  at.departures.insert_or_assign(who.process, left);
  at.suspects.erase(who.process);
  if (at.phase == steward_phase::reading) return;
  out.emplace_back(note{who.node + " is out: " + gone.why});
  if (who.process == at.me() && gone.by_leaving) return enter(at, steward_phase::over);
  if (who.process == at.me()) return end(at, {errc::conflict, "this process is out of the cluster: " + gone.why}, out);
  if (at.phase == steward_phase::knocking && who.process == at.former) begin_to_join(at, left.speaks_no_more);
  // What that loses is known already; its node may have another process by now.
  for (const auto& said : handle(at.alive, peer_left{who.node}))
    if (!std::holds_alternative<node_lost>(said)) act(at, said, out);
}

void on_slot_moved(steward& at, const slot_moved& moved) {
  auto& former = at.former_holders[moved.number];
  if (!moved.to) former.push_back(moved.from);
  if (moved.to && moved.from) former.clear();  // its holder has closed it and handed it over
  at.free_since.erase(moved.number);
  at.written.erase("take " + std::to_string(moved.number));
  at.written.erase("give " + std::to_string(moved.number));
}

void on_check(steward& at, const node_checked& check, outputs& out) {
  if (check.process == at.me()) ++at.checks_read;
  if (check.process == at.me() && check.number >= at.check_awaited) at.is_unsure = false;
  if (at.phase == steward_phase::knocking && check.process == at.former)
    end(at, {errc::conflict, "node " + at.card.who.node + " runs already, as process " + to_text(at.former)}, out);
}

void on_knock(steward& at, const node_knocked& knock, outputs& out) {
  if (at.phase != steward_phase::serving || knock.who.node != at.card.who.node || knock.who.process == at.me()) return;
  out.emplace_back(note{"another process of this node's name, " + to_text(knock.who.process) + ", wants to join: refused"});
  out.emplace_back(write_roster{node_checked{at.me(), ++at.checks}});
}

void on_roster(steward& at, const roster_read& in, outputs& out) {
  pass_time(at, in.now, out);
  at.log = std::max(at.log, in.log);
  for (const auto& change : fold(at.members, in.offset, in.what))
    std::visit(
        overload{[&](const member_came& c) { on_came(at, c, out); }, [&](const member_gone& c) { on_gone(at, c, in, out); },
                 [&](const slot_moved& c) { on_slot_moved(at, c); }, [](const drain_changed&) {}, [](const level_changed&) {},
                 [&](const join_refused& c) {
                   if (c.who.process == at.me()) end(at, c.why, out);
                 }},
        change);
  if (!in.what || at.phase == steward_phase::reading) return;
  if (const auto* check = std::get_if<node_checked>(&*in.what)) on_check(at, *check, out);
  if (const auto* knock = std::get_if<node_knocked>(&*in.what)) on_knock(at, *knock, out);
}

void on_caught_up(steward& at, const roster_caught_up& in, outputs& out) {
  pass_time(at, in.now, out);
  if (at.phase != steward_phase::reading) return;
  for (auto& [process, one] : at.departures) one.read_at = one.heard_at = at.now;  // whatever it did: not seen from here
  // A cluster that is made now is not older than the program that makes it.
  if (at.members.next == 0 && at.card.level > at.members.level) out.emplace_back(write_roster{level_raised{at.card.level}});
  const auto* former = at.members.of_node(at.card.who.node);
  if (former == nullptr) return begin_to_join(at, false);
  at.former = former->card.who.process;
  if (sight_of(at, at.former).is_dead) return begin_to_join(at, true);
  enter(at, steward_phase::knocking);
}

void on_heard(steward& at, const peer_heard& in, outputs& out) {
  pass_time(at, in.now, out);
  if (at.phase == steward_phase::knocking && in.from == at.former)
    return end(at, {errc::conflict, "node " + at.card.who.node + " runs already, as process " + to_text(at.former)}, out);
  const auto* one = at.members.find(in.from);
  if (one == nullptr && (at.rules.ignores_the_gone || !at.departures.contains(in.from))) return;
  auto& sight = sight_of(at, in.from);
  sight.heard_at = at.now;
  sight.echo = std::max(sight.echo, in.said.echo);
  sight.is_dead = false;
  sight.last = in.said;
  if (one != nullptr && at.phase == steward_phase::serving)
    tell_membership(at, heard{one->card.who.node, in.said, at.now, in.clock}, out);
}

void on_reset(steward& at, const peer_reset& in, outputs& out) {
  if (const auto gone = at.departures.find(in.process); gone != at.departures.end()) gone->second.speaks_no_more = true;
  sight_of(at, in.process).is_dead = true;
  if (at.phase == steward_phase::knocking && in.process == at.former) return begin_to_join(at, true);
  const auto* one = at.members.find(in.process);
  if (one != nullptr && at.phase == steward_phase::serving) tell_membership(at, link_reset{one->card.who.node}, out);
  if (const auto suspect = at.suspects.find(in.process); suspect != at.suspects.end())
    at.written.erase("fence " + to_text(in.process));
}

void on_opinion(steward& at, const peer_opinion& in, outputs& out) {
  const auto* from = at.members.find(in.from);
  const auto* about = at.members.find(in.about);
  if (from != nullptr && about != nullptr)
    tell_membership(at, opinion{from->card.who.node, about->card.who.node, in.hears_it}, out);
}

/// A fence that lies in a log that stands still would hit a process that is long heard again: a silent one waits for the log.
void pursue_suspects(steward& at, outputs& out) {
  const bool log_moves = at.alive.mine.oldest_in_doubt <= at.options.members.suspect_after / 2;
  for (const auto& [process, why] : at.suspects) {
    const bool is_dead = sight_of(at, process).is_dead;
    if (is_dead || (log_moves && at.rules.fences_the_silent))
      write_once(at, "fence " + to_text(process), node_fenced{at.me(), process, why.why.substr(0, why_bytes_max), is_dead}, out);
  }
}

void come_or_go(steward& at, outputs& out) {
  if (at.phase == steward_phase::knocking) {
    write_once(at, "knock", node_knocked{at.card.who}, out);
    if (at.now - at.phase_since >= 2 * at.options.members.suspect_after) begin_to_join(at, false);
  }
  if (at.phase == steward_phase::leaving) write_once(at, "leave", node_left{at.me()}, out);
  if (at.phase == steward_phase::joining) write_once(at, "join", node_joined{at.card, at.former_is_dead}, out);
}

void forget(steward& at) {
  std::erase_if(at.written, [&](const auto& one) { return at.now - one.second >= at.options.write_again; });
  std::erase_if(at.departures, [&](const auto& one) {
    const auto& [process, gone] = one;
    return at.now - gone.read_at > remembers_gone &&
           std::none_of(at.former_holders.begin(), at.former_holders.end(), [&id = process](const auto& held) {
             return std::find(held.second.begin(), held.second.end(), id) != held.second.end();
           });
  });
  std::erase_if(at.processes, [&](const auto& one) {
    return at.members.find(one.first) == nullptr && !at.departures.contains(one.first) &&
           at.now - std::max(one.second.heard_at, one.second.since) > remembers_gone;
  });
}

/// Somebody's frame is in doubt. Is it that node or Kafka? Who has written nothing lately cannot say, and writes a word. One at a
/// time: while Kafka is away they would heap up.
void probe_the_log(steward& at, outputs& out) {
  const auto early = at.options.members.give_up / 2;
  if (at.now - at.alive.counted.since < early || at.alive.mine.oldest_in_doubt >= early) return;
  if (at.checks_read < at.probe_awaited && at.now - at.probed_at < probe_again) return;
  const bool asked = std::any_of(at.alive.peers.begin(), at.alive.peers.end(), [&](const auto& one) {
    return one.second.was_heard && !one.second.lost && one.second.last.oldest_in_doubt >= early;
  });
  if (!asked) return;
  at.probed_at = at.now;
  at.probe_awaited = at.checks_read + 1;
  out.emplace_back(write_roster{node_checked{at.me(), ++at.checks}});
}

void on_tick(steward& at, const steward_tick& in, outputs& out) {
  pass_time(at, in.now, out);
  at.ticked_at = at.now;
  if (at.phase == steward_phase::serving) {
    auto mine = in.mine;
    mine.frames_counted += at.checks_read;
    tell_membership(at, membership_tick{in.now, mine}, out);
    probe_the_log(at, out);
  }
  if (at.is_unsure && !at.written.contains("check")) {
    at.checks = std::max(at.checks + 1, at.check_awaited);
    write_once(at, "check", node_checked{at.me(), at.checks}, out);
  }
  forget(at);
}

void on_leave(steward& at, outputs& out) {
  if (at.phase == steward_phase::over || at.phase == steward_phase::leaving) return;
  for (const auto number : at.open) out.emplace_back(close_slot{number});
  at.open.clear();
  enter(at, steward_phase::leaving);
  out.emplace_back(give_up_all{"this node leaves"});
}

}  // namespace

void write_once(steward& at, const std::string& key, roster_record what, outputs& out) {
  const auto [it, added] = at.written.try_emplace(key, at.now);
  if (!added && at.now - it->second < at.options.write_again) return;
  it->second = at.now;
  out.emplace_back(write_roster{std::move(what)});
}

bool is_live(const steward& at, const member& one) {
  if (one.card.who.process == at.me()) return true;
  const auto it = at.alive.peers.find(one.card.who.node);
  return it != at.alive.peers.end() && it->second.was_heard && !it->second.lost;
}

bool may_own(const steward& at) {
  return at.phase == steward_phase::serving && has_role(at.card.roles, node_role::core) && at.alive.mine.owns_lanes_allowed &&
         !at.alive.clock_is_off && !at.alive.given_up;
}

}  // namespace stewarding

steward make_steward(node_card card, steward_options options, steward_rules rules) {
  steward made{.card = std::move(card), .options = options, .rules = rules};
  made.alive = {.me = made.card.who.node, .options = options.members};
  return made;
}

std::vector<steward_output> handle(steward& at, const steward_input& in) {
  using namespace stewarding;
  outputs out;
  if (at.phase == steward_phase::over) return out;
  std::visit(
      overload{[&](const roster_read& i) { on_roster(at, i, out); }, [&](const roster_caught_up& i) { on_caught_up(at, i, out); },
               [&](const peer_heard& i) { on_heard(at, i, out); }, [&](const peer_reset& i) { on_reset(at, i, out); },
               [&](const peer_opinion& i) { on_opinion(at, i, out); },
               [&](const log_time_seen& i) { tell_membership(at, i, out); }, [&](const lanes_seen& i) { at.lanes = i.lanes; },
               [&](const claim_ended& i) { on_claim_ended(at, i, out); },
               [&](const rest_answered& i) { on_rest_answered(at, i, out); },
               [&](const move_ordered& i) { on_move_ordered(at, i, out); }, [&](const leave_ordered&) { on_leave(at, out); },
               [&](const steward_tick& i) { on_tick(at, i, out); }},
      in);
  come_or_go(at, out);
  if (at.phase != steward_phase::serving) return out;
  pursue_suspects(at, out);
  look_at_slots(at, out);
  look_at_lanes(at, out);
  return out;
}

heartbeat heartbeat_for(const steward& at, process_id to) {
  auto said = at.alive.mine;
  said.owns_lanes_allowed = stewarding::may_own(at);
  said.sent = at.ticked_at;
  if (const auto it = at.processes.find(to); it != at.processes.end()) said.echo = it->second.last.sent;
  said.roster_next = at.members.next;
  for (const auto& one : at.lanes) said.lanes.push_back({one.lane, one.next, one.warm, one.owner.process, one.epoch});
  for (const auto& [process, gone] : at.departures)
    if (!gone.speaks_no_more && at.now - gone.read_at <= stewarding::remembers_gone &&
        said.gone.size() < stewarding::gone_told_max)
      said.gone.push_back({process, std::chrono::duration_cast<milliseconds>(at.now - gone.heard_at)});
  return said;
}

lane_claimed claimed_by(const steward& at, lane_id lane) {
  lane_claimed best{};
  for (const auto& one : at.lanes)
    if (one.lane == lane) best = {one.owner.process, one.epoch};
  for (const auto& [process, sight] : at.processes) {
    if (at.members.find(process) == nullptr) continue;
    for (const auto& said : sight.last.lanes)
      if (said.lane == lane && said.owner && said.epoch > best.epoch) best = {said.owner, said.epoch};
  }
  return best;
}

std::vector<node_card> wanted_peers(const steward& at) {
  std::vector<node_card> all;
  for (const auto& [process, one] : at.members.members)
    if (process != at.me() && (at.phase == steward_phase::serving || process == at.former)) all.push_back(one.card);
  return all;
}

bool hears(const steward& at, process_id process) {
  const auto* one = at.members.find(process);
  return one != nullptr && hears(at.alive, one->card.who.node);
}

}  // namespace seatgrid::cluster
