#include "tests/model/acd/call_entity.hpp"

#include <algorithm>

#include "base/overload.hpp"
#include "proto/wire.hpp"

namespace seatgrid::model {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

bool is_over(const calls::call_state& s) { return s.phase == call_phase::closed || s.phase == call_phase::forgotten; }

/// A leg without what only statistics, SDP and the CDR read.
calls::call_leg bare(const calls::call_leg& leg) {
  calls::call_leg out;
  out.role = leg.role;
  out.state = leg.state;
  out.agent = leg.agent;
  out.attempt = leg.attempt;
  out.media = leg.media;
  out.ended_by_them = leg.ended_by_them;
  out.dialog.sip_call_id = leg.dialog.sip_call_id.empty() ? "" : "model";
  return out;
}

bool matters(const calls::call_leg& leg) {
  return !leg.is_over() || (leg.media != calls::endpoint_state::none && leg.media != calls::endpoint_state::closed);
}

calls::call_state bare(const calls::call_state& s) {
  calls::call_state out;
  out.phase = s.phase;
  out.stage = is_over(s) ? call_stage::none : s.stage;
  out.attempt = s.attempt;
  out.last_word = s.last_word;
  out.last_word.after = {};  // only said
  if (is_over(s)) return out;
  out.flow = s.flow;
  out.wait = s.wait;
  if (out.wait) {
    out.wait->repeat = milliseconds{0};
    out.wait->position = 0;
  }
  out.answered_at = s.answered_at;
  for (const auto& leg : s.legs)
    if (matters(leg)) out.legs.push_back(bare(leg));
  for (const auto& t : s.timers) out.timers.push_back({.timer = t.timer});
  std::sort(out.timers.begin(), out.timers.end(), [](const auto& a, const auto& b) { return a.timer < b.timer; });
  return out;
}

}  // namespace

session_description call_entity::voice() {
  session_description sdp;
  sdp.session_id = 1;
  sdp.audio = {"10.0.0.9", 20'000};
  sdp.codecs = {{.payload_type = 8, .name = "PCMA"}};
  return sdp;
}

dialog call_entity::far_end() {
  dialog d;
  d.sip_call_id = "model";
  d.local_tag = "ours";
  d.remote_tag = "theirs";
  d.remote_target = "sip:far@10.0.0.9";
  return d;
}

bool call_entity::is_over(const state& s) { return model::is_over(s.rules); }

bool call_entity::is_modelled(std::uint32_t timer) const {
  switch (static_cast<call_timer>(timer)) {
    case call_timer::enqueue:
    case call_timer::ring:
    case call_timer::quiet:
    case call_timer::recovered: return true;
    case call_timer::wait: return cast_->sizes().waits_end;
    case call_timer::length:
    case call_timer::endpoint:
    case call_timer::digit:
    case call_timer::announce:
    case call_timer::empty:
    case call_timer::prompt:
    case call_timer::voicemail:
    case call_timer::silence:
    case call_timer::closing:
    case call_timer::recording:
    case call_timer::tombstone: return false;
  }
  return false;
}

call_entity::state call_entity::start(std::vector<to_entity>& said) {
  state s;
  s.rules = read_rows<call_rules>(id_.value, {});
  leg_incoming in;
  in.leg = leg(1);
  in.tenant = cast_->config().tenant;
  in.trunk = "carrier";
  in.called = in.dialled = "4001234567";
  in.offer = voice();
  in.early = far_end();
  in.early.incoming = true;
  run(s, in, said);
  if (s.rules.stage != call_stage::queue) throw std::logic_error("the call does not wait at the start");
  return s;
}

/// One command and what the media engine and the edge answer at once.
void call_entity::run(state& s, call_command input, std::vector<to_entity>& said) const {
  std::vector<call_command> next{std::move(input)};
  for (std::size_t i = 0; i < next.size(); ++i) {
    auto out = step(s, next[i], noon, cast_->config(), bends_);
    follow_all(s, out, said, next);
  }
  const auto stored = [](const calls::call_state& c) { return wire::encode(bare(c)); };
  if (s.wrong.empty() && !bends_.after && !bends_.before && stored(read_rows<call_rules>(id_.value, s.rows)) != stored(s.rules))
    s.wrong = "the call's row is not its state";
}

void call_entity::follow_all(state& s, effects& out, std::vector<to_entity>& said, std::vector<call_command>& next) const {
  follow(s, out, said, [&](const effect& one) {
    if (const auto* to = std::get_if<to_leg>(&one.what)) return to_edge(s, to->command, next);
    if (const auto* to = std::get_if<to_media>(&one.what))
      std::visit(overload{[&](const media_open& c) {
                            next.emplace_back(media_opened{c.leg, {"10.0.0.1", 30'000}});
                          },
                          [&](const media_close& c) {
                            next.emplace_back(media_closed{c.leg, {}});
                          },
                          [](const auto&) {}},
                 to->command);
  });
}

void call_entity::hear(state& s, const acd_message& message, std::vector<to_entity>& said) const {
  run(s, command_of<call_command>(message), said);
}

/// The process that holds actor, edge and media is gone.
void call_entity::take_over(state& s, std::vector<to_entity>& said) const {
  s.reports.clear();
  s.known.clear();
  s.edge_knows_caller = false;
  for (auto& p : s.phones) p.edge_knows = p.edge_cancels = false;
  auto out = resume(s, id_.value, bends_);
  std::vector<call_command> next;
  follow_all(s, out, said, next);
  for (auto& command : next) run(s, std::move(command), said);
}

void call_entity::make_same(state&) const {}

/// Legs by their order, not by their number.
std::string call_entity::key(const state& s) const {
  auto key = wire::encode(bare(s.rules));
  const auto place = [&](std::uint32_t index) {
    std::size_t before = 0;
    for (const auto& leg : s.rules.legs) {
      if (leg.index == index) return matters(leg) ? before : before + 100;
      before += matters(leg) ? 1 : 0;
    }
    return std::size_t{99};
  };
  for (const auto& [timer, generation] : s.waits) {
    if (!is_modelled(timer)) continue;
    const auto* running = s.rules.timer(static_cast<call_timer>(timer));
    const bool is_current = timer == static_cast<std::uint32_t>(call_timer::recovered)
                                ? generation == s.rules.recoveries + 1
                                : running != nullptr && running->generation == generation;
    key += "t" + std::to_string(timer) + (is_current ? "=" : "!");
  }
  for (const auto& p : s.phones) {
    key += "p" + std::to_string(place(p.leg)) + "/" + std::to_string(p.agent) + "/" + std::to_string(p.attempt);
    key += std::string{p.is_up ? "u" : "r"} + (p.edge_knows ? "k" : "-") + (p.edge_cancels ? "c" : "-");
  }
  for (const auto& r : s.reports) key += "r" + std::to_string(place(r.leg)) + "/" + std::to_string(r.status);
  for (const auto e : s.ended) key += "e" + std::to_string(place(e)) + (s.known.contains(e) ? "k" : "-");
  key += s.caller_is_there ? 'c' : '-';
  key += s.edge_knows_caller ? 'e' : '-';
  return key;
}

summary call_entity::view(const state& s) const {
  const auto& attempt = s.rules.attempt;
  summary v;
  v.is_live = !is_over(s);
  v.has_reports = !s.reports.empty() || !s.known.empty();
  v.talks = attempt.state == attempt_state::talking;
  v.rings = attempt.state == attempt_state::ringing;
  const bool queues = v.is_live && s.rules.phase == call_phase::running && s.rules.stage == call_stage::queue && s.rules.wait;
  v.waits = queues && attempt.state == attempt_state::waiting;
  v.is_asked = queues && !s.rules.wait->joined;
  if (queues) v.queue = cast_->number_of(ref(s.rules.wait->queue));
  if (attempt.is_active()) {
    v.attempt = attempt.attempt;
    v.other = cast_->number_of(ref(attempt.agent));
  }
  for (const auto& l : s.rules.legs) v.answers += l.index != 1 && l.is_up() ? 1 : 0;
  for (const auto& p : s.phones) {
    v.phones.push_back({.agent = p.agent, .attempt = p.attempt});
    if (attempt.is_active() && p.attempt == v.attempt && p.edge_knows && !p.edge_cancels) v.phone_is_live = true;
  }
  return v;
}

std::string call_entity::describe(const state& s) const {
  const auto& attempt = s.rules.attempt;
  std::string out{to_string(s.rules.phase)};
  out += "/" + std::string{to_string(s.rules.stage)} + ", " + std::string{to_string(attempt.state)};
  if (attempt.is_active()) out += " attempt " + std::to_string(attempt.attempt) + " at " + cast_->name_of(ref(attempt.agent));
  out += ", floor " + std::to_string(attempt.floor);
  for (const auto& p : s.phones)
    out += ", phone of " + cast_->name_of(p.agent) + (p.is_up ? " is up" : " rings") +
           (p.edge_cancels ? " (cancelled)"
            : p.edge_knows ? ""
                           : " (edge gone)");
  for (const auto& f : attempt.fading)
    out += ", attempt " + std::to_string(f.attempt) + " at " + cast_->name_of(ref(f.agent)) + " fades";
  return out;
}

}  // namespace seatgrid::model
