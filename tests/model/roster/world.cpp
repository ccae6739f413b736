#include "tests/model/roster/world.hpp"

#include <algorithm>

#include "base/overload.hpp"

namespace seatgrid::model {

using namespace std::chrono_literals;
using namespace cluster;

namespace {

constexpr node_time step_time = 10ms;
constexpr node_time on_the_way = 2ms;

std::string name_of(std::size_t n) { return {static_cast<char>('a' + n)}; }
time_point utc(node_time now) { return {1'700'000'000'000'000 + now.count()}; }

}  // namespace

steward_world::steward_world(world_options what) : options_(what), lanes_(what.lanes) {}

std::size_t steward_world::start(std::size_t n) {
  steward_run one;
  one.node = name_of(n);
  node_card card{.who = {one.node, {++processes_, 7}}, .link_host = "10.0.0.1", .link_port = 1};
  card.slot = {.listen = {"sip:10.0.0." + std::to_string(n)}, .rtp_first = 1, .rtp_last = 9};
  one.at = make_steward(card, options_.steward, options_.rules);
  one.to_catch_up = log_.size();
  runs_.push_back(std::move(one));
  note(runs_.back(), "starts");
  return runs_.size() - 1;
}

void steward_world::kill(std::size_t process, bool host_too) {
  auto& one = runs_.at(process);
  note(one, host_too ? "loses its host" : "is killed");
  one.runs = false;
  one.refuses_links = !host_too;
}

void steward_world::pause(std::size_t process, milliseconds time) {
  note(runs_.at(process), "is stopped for " + std::to_string(time.count()) + " ms");
  runs_.at(process).paused_until = now_ + time;
}

void steward_world::block(std::size_t from, std::size_t to, bool blocked) {
  if (blocked)
    blocked_.insert({name_of(from), name_of(to)});
  else
    blocked_.erase({name_of(from), name_of(to)});
  story.push_back(std::to_string(now_.count() / 1'000) + (blocked ? " silence from " : " words again from ") + name_of(from) +
                  " to " + name_of(to));
}

void steward_world::stall(bool away) {
  story.push_back(std::to_string(now_.count() / 1'000) + (away ? " the log stands still" : " the log moves"));
  stalled_ = away;
  stalled_since_ = now_;
  if (away) return;
  for (auto& one : std::exchange(waiting_, {})) write(one);
}

void steward_world::write(const roster_record& what) {
  if (stalled_) return waiting_.push_back(what);
  log_.push_back({what, now_});
  fold(truth_, log_.size() - 1, what);
  anybody_joined_ = anybody_joined_ || !truth_.members.empty();
  if (anybody_joined_ && truth_.members.empty() && !std::holds_alternative<node_left>(what))
    violation_ = "nobody is a member any more";
}

void steward_world::give(std::size_t process, const steward_input& in) { hand_in(runs_.at(process), in); }

std::optional<std::size_t> steward_world::process_of(std::size_t n) const {
  for (auto p = runs_.size(); p-- > 0;)
    if (runs_[p].node == name_of(n)) return p;
  return std::nullopt;
}

steward_run* steward_world::find(process_id process) {
  for (auto& one : runs_)
    if (one.at.me() == process) return &one;
  return nullptr;
}

void steward_world::run(milliseconds time) {
  for (const auto until = now_ + time; now_ < until && violation_.empty();) {
    now_ += step_time;
    check();  // before anybody notices what time it is
    for (std::size_t p = 0; p < runs_.size(); ++p) {
      auto& one = runs_[p];
      if (!is_awake(one)) continue;
      read(one);
      while (one.runs && !one.inbox.empty() && one.inbox.front().first <= now_) {
        auto in = std::move(one.inbox.front().second);
        one.inbox.pop_front();
        if (auto* word = std::get_if<peer_heard>(&in)) word->now = now_, word->clock = utc(now_);
        hand_in(one, in);
      }
      if (now_.count() % node_time{options_.steward.members.heartbeat}.count() == 0 && one.runs) tick(one);
    }
    check();
    for (std::size_t n = 0; n < options_.nodes && starts_again; ++n) {
      const auto last = process_of(n);
      if (!last || runs_[*last].runs || runs_[*last].ended.empty()) continue;
      const auto due = restarts_.try_emplace(name_of(n), now_ + 500ms).first->second;
      if (now_ < due) continue;
      restarts_.erase(name_of(n));
      start(n);
    }
  }
}

void steward_world::read(steward_run& one) {
  if (one.cut_since) return;
  while (one.runs && one.read < log_.size() && std::max(log_[one.read].at, one.paused_until) + one.lag < now_) {
    const auto& next = log_[one.read];
    hand_in(one, roster_read{one.read, next.what, utc(next.at), now_});
    ++one.read;
  }
  if (one.caught_up || one.read < one.to_catch_up) return;
  one.caught_up = true;
  hand_in(one, roster_caught_up{now_});
}

void steward_world::tick(steward_run& one) {
  std::vector<lane_sight> seen;
  for (lane_id id = 0; id < options_.lanes; ++id)
    seen.push_back({id, lanes_[id], lanes_[id].process == one.at.me() && !one.given_up.contains(id), true, 1});
  hand_in(one, lanes_seen{std::move(seen)});
  const auto moved = options_.is_quiet ? node_time{} : one.cut_since.value_or(now_);
  heartbeat mine{.clock = utc(now_), .records_read = static_cast<std::uint64_t>(moved.count())};
  mine.frames_counted = mine.records_read;
  if (stalled_) mine.oldest_in_doubt = now_ - stalled_since_;
  if (one.cut_since) mine.oldest_in_doubt = now_ - *one.cut_since;
  hand_in(one, steward_tick{now_, mine});
  tell_resets(one);
  if (one.runs && one.at.phase == steward_phase::serving) say_all(one);
}

void steward_world::tell_resets(steward_run& one) {
  for (const auto& peer : wanted_peers(one.at)) {
    const auto* other = find(peer.who.process);
    if (other == nullptr || other->runs || !other->refuses_links || !one.told_dead.insert(peer.who.process).second) continue;
    one.inbox.push_back({now_ + step_time, peer_reset{peer.who.process}});
  }
}

void steward_world::say_all(steward_run& one) {
  for (const auto& peer : wanted_peers(one.at))
    send(one, peer.who.process, peer_heard{one.at.me(), heartbeat_for(one.at, peer.who.process)});
  if (options_.rules.ignores_the_gone) return;
  for (const auto& [process, gone] : one.at.departures)
    send(one, process, peer_heard{one.at.me(), heartbeat_for(one.at, process)});
}

void steward_world::send(const steward_run& from, process_id to, steward_input in) {
  auto* other = find(to);
  if (other == nullptr || !other->runs || blocked_.contains({from.node, other->node})) return;
  other->inbox.push_back({now_ + on_the_way, std::move(in)});
}

void steward_world::hand_in(steward_run& one, const steward_input& in) {
  for (const auto& out : handle(one.at, in)) act(one, out);
}

void steward_world::act(steward_run& one, const steward_output& out) {
  std::visit(overload{[&](const write_roster& o) {
                        if (!one.cut_since) write(o.what);
                      },
                      [&](const claim_lane& o) {
                        note(one, "claims lane " + std::to_string(o.lane) + ": " + o.why);
                        if (stalled_ || one.cut_since) return one.inbox.push_back({now_ + 1s, claim_ended{o.lane, false}});
                        lanes_.at(o.lane) = one.at.card.who;
                        one.given_up.erase(o.lane);
                        one.inbox.push_back({now_ + on_the_way, claim_ended{o.lane, true}});
                      },
                      [&](const ask_rest& o) {
                        const auto* owner = find(o.owner.process);
                        const bool answers = owner != nullptr && is_awake(*owner) && !blocked_.contains({one.node, owner->node});
                        if (answers) send(*owner, one.at.me(), rest_answered{o.lane, o.owner.process, true});
                      },
                      [&](const open_slot& o) { one.open.insert(o.slot), note(one, "opens slot " + std::to_string(o.slot)); },
                      [&](const close_slot& o) { one.open.erase(o.slot), note(one, "closes slot " + std::to_string(o.slot)); },
                      [&](const give_up_all& o) {
                        note(one, "gives up: " + o.why);
                        for (lane_id id = 0; id < options_.lanes; ++id) one.given_up.insert(id);
                      },
                      [&](const ask_about& o) {
                        auto* of = find(o.of);
                        if (of == nullptr || !is_awake(*of) || blocked_.contains({one.node, of->node})) return;
                        send(*of, one.at.me(), peer_opinion{o.of, o.about, hears(of->at, o.about)});
                      },
                      [&](const end_process& o) {
                        note(one, "ends: " + o.why.what);
                        one.runs = false, one.refuses_links = true, one.ended = o.why.what;
                        one.open.clear();
                      },
                      [&](const cluster::note& o) { note(one, o.text); }},
             out);
}

std::optional<std::size_t> steward_world::speaker(slot_number number) const {
  for (std::size_t p = 0; p < runs_.size(); ++p)
    if (is_awake(runs_[p]) && runs_[p].open.contains(number) && may_speak(runs_[p].at, now_)) return p;
  return std::nullopt;
}

void steward_world::check() {
  if (!violation_.empty()) return;
  for (const auto& [number, what] : truth_.slots) {
    std::string speaking;
    std::size_t count = 0;
    for (const auto& one : runs_)
      if (is_awake(one) && one.open.contains(number) && may_speak(one.at, now_))
        ++count, speaking += " " + one.node + "/" + std::to_string(one.at.me().high);
    if (count > 1) violation_ = "slot " + std::to_string(number) + " has two speakers:" + speaking;
  }
  if (!violation_.empty()) story.push_back(std::to_string(now_.count() / 1'000) + " " + violation_);
}

std::string steward_world::unserved() const {
  for (const auto& [number, what] : truth_.slots)
    if (!speaker(number)) return "slot " + std::to_string(number) + " has no speaker";
  for (lane_id id = 0; id < options_.lanes; ++id) {
    const auto it = std::find_if(runs_.begin(), runs_.end(), [&](const auto& one) { return one.at.me() == lanes_[id].process; });
    if (it == runs_.end() || !it->runs || truth_.find(lanes_[id].process) == nullptr || it->given_up.contains(id))
      return "lane " + std::to_string(id) + " has no owner";
  }
  return {};
}

void steward_world::note(const steward_run& one, const std::string& what) {
  story.push_back(std::to_string(now_.count() / 1'000) + " " + one.node + "/" + std::to_string(one.at.me().high) + " " + what);
}

}  // namespace seatgrid::model
