#include <algorithm>

#include "base/overload.hpp"
#include "tests/model/acd/call_entity.hpp"

/// The edge and the phones of one call (domain/leg_port.hpp). What is taken from the physical world, and no more: CANCEL finds a
/// phone some time or never; BYE, and what a phone says, take the way of the INVITE and are not overtaken by the next one; a
/// phone stops ringing when its INVITE expires, before the call's own wait for that (call_limits::ring_grace); a phone that
/// answered and had no ACK repeats its 2xx to a living edge before that wait ends (call_limits::adoption_listens).
namespace seatgrid::model {
namespace {

using calls::call_timer;
using calls::leg_state;

// Choices: waits by their number, then what people and the edge do.
enum code : std::uint16_t {
  first_report = 100,
  caller_leaves = 101,
  end_told = 200,
  answers = 300,
  rings_no_more = 400,
  hangs_up = 500,
  crossed = 600,
  expires = 700,
};

constexpr std::uint16_t terminated = 487, declined = 603;

auto place_of(std::vector<call_entity::phone>& phones, std::uint32_t leg) {
  return std::find_if(phones.begin(), phones.end(), [&](const auto& p) { return p.leg == leg; });
}

}  // namespace

void call_entity::to_edge(state& s, const leg_command& command, std::vector<call_command>& next) const {
  std::visit(
      overload{[&](const leg_invite& c) {
                 const auto* rung = s.rules.leg(c.leg.index);
                 s.phones.push_back({.leg = c.leg.index, .agent = cast_->number_of(ref(rung->agent)), .attempt = rung->attempt});
               },
               [&](const leg_release& c) { release(s, c.leg.index); }, [&](const leg_reject& c) { release(s, c.leg.index); },
               [&](const leg_restore& c) { restore(s, c); },
               [&](const leg_forget& c) { s.ended.erase(c.leg.index), s.known.erase(c.leg.index); },
               [&](const leg_answer& c) {
                 if (s.caller_is_there) next.emplace_back(leg_confirmed{c.leg, {}, far_end()});
               },
               [](const auto&) {}},
      command);
}

void call_entity::release(state& s, std::uint32_t index) const {
  s.ended.erase(index), s.known.erase(index);
  if (index == 1) {
    s.caller_is_there = false;
    return;
  }
  const auto at = place_of(s.phones, index);
  if (at == s.phones.end() || !at->edge_knows) return;
  if (at->is_up)
    s.phones.erase(at);
  else
    at->edge_cancels = true;
}

void call_entity::restore(state& s, const leg_restore& order) const {
  const auto index = order.leg.index;
  if (index == 1) {
    s.edge_knows_caller = true;
    if (s.ended.contains(1)) s.known.insert(1);
    return;
  }
  const auto at = place_of(s.phones, index);
  if (at != s.phones.end()) {
    at->edge_knows = true;
    at->edge_cancels = !order.confirmed;
    return;
  }
  if (order.confirmed) {
    if (s.ended.contains(index)) s.known.insert(index);
    return;
  }
  s.ended.erase(index), s.known.erase(index);
  s.reports.push_back({index, false, terminated});  // 481 to the CANCEL, and no 2xx follows
}

void call_entity::phone_takes(state& s, std::uint16_t code) const {
  const auto quiet = [&](std::size_t which, std::uint16_t status) {
    const auto at = s.phones.begin() + static_cast<std::ptrdiff_t>(which);
    if (at->edge_knows) s.reports.push_back({at->leg, false, status});
    s.phones.erase(at);
  };
  if (code >= crossed) return quiet(code - crossed, terminated);
  if (code >= hangs_up) {
    const auto at = s.phones.begin() + (code - hangs_up);
    if (at->edge_cancels) return quiet(code - hangs_up, terminated);
    s.ended.insert(at->leg);
    if (at->edge_knows) s.known.insert(at->leg);
    s.phones.erase(at);
    return;
  }
  if (code >= rings_no_more) {
    const auto which = static_cast<std::size_t>(code - rings_no_more);
    return quiet(which, s.phones[which].edge_cancels ? terminated : declined);
  }
  auto& at = s.phones[static_cast<std::size_t>(code - answers)];
  at.is_up = true;
  if (at.edge_knows && !at.edge_cancels) s.reports.push_back({at.leg, true, 200});
}

/// One INVITE's time is over, the others' is not yet.
void call_entity::expire(state& s, std::uint32_t index, std::vector<to_entity>& said) const {
  for (auto& leg : s.rules.legs)
    if (leg.state == leg_state::cancelling) leg.rings_until = leg.index == index ? noon : far_off;
  if (const auto at = place_of(s.phones, index); at != s.phones.end()) s.phones.erase(at);
  constexpr auto timer = static_cast<std::uint32_t>(call_timer::quiet);
  const auto generation = s.waits.at(timer);
  s.waits.erase(timer);
  run(s, timer_fired{timer, generation}, said);
}

void call_entity::take(state& s, std::uint16_t code, std::vector<to_entity>& said) const {
  if (code == first_report) {
    const auto first = s.reports.front();
    s.reports.erase(s.reports.begin());
    if (first.answered) return run(s, leg_answered{leg(first.leg), voice(), far_end()}, said);
    return run(s, leg_failed{.leg = leg(first.leg), .cause = {.q850 = 0, .sip = first.status, .text = ""}}, said);
  }
  if (code == caller_leaves) {
    s.caller_is_there = false;
    s.ended.insert(1);
    if (s.edge_knows_caller) s.known.insert(1);
    return;
  }
  if (code >= expires) return expire(s, code - expires, said);
  if (code >= answers) return phone_takes(s, code);
  if (code >= end_told) return run(s, leg_ended{.leg = leg(code - end_told), .at = noon}, said);
  const auto wait = s.waits.find(code);
  const auto generation = wait->second;
  s.waits.erase(wait);
  run(s, timer_fired{code, generation}, said);
}

void call_entity::phone_choices(const state& s, std::vector<choice>& out) const {
  const auto add = [&](std::size_t code, choice_kind kind, std::string name) {
    out.push_back({static_cast<std::uint16_t>(code), kind, std::move(name), false});
  };
  for (std::size_t i = 0; i < s.phones.size(); ++i) {
    const auto& p = s.phones[i];
    const auto who = "phone of " + cast_->name_of(p.agent);
    if (!p.is_up) {
      add(answers + i, choice_kind::world, who + " answers");
      // CANCEL, or the INVITE's Expires while no edge lives (RFC 3261 13.2.1): not of a person's doing.
      const bool is_person = p.edge_knows && !p.edge_cancels;
      add(rings_no_more + i, is_person ? choice_kind::world : choice_kind::inner,
          who + (is_person        ? " refuses"
                 : p.edge_cancels ? " hears CANCEL"
                                  : " rings no more"));
      continue;
    }
    add(hangs_up + i, choice_kind::world, who + " hangs up");
    if (p.edge_cancels) add(crossed + i, choice_kind::inner, "edge ends the answer of " + who + " with ACK and BYE");
  }
  if (!s.waits.contains(static_cast<std::uint32_t>(call_timer::quiet))) return;
  for (const auto& leg : s.rules.legs) {
    const bool is_up =
        std::any_of(s.phones.begin(), s.phones.end(), [&](const phone& p) { return p.leg == leg.index && p.is_up; });
    if (leg.state == leg_state::cancelling && !is_up)
      add(expires + leg.index, choice_kind::inner, "the INVITE of leg " + std::to_string(leg.index) + " expires");
  }
}

std::vector<choice> call_entity::choices(const state& s) const {
  std::vector<choice> out;
  const auto add = [&](std::size_t code, choice_kind kind, std::string name, bool gives_up = false) {
    out.push_back({static_cast<std::uint16_t>(code), kind, std::move(name), gives_up});
  };
  // It takes no time, and its lane hears it before anything that the new edge reports.
  constexpr auto recovered = static_cast<std::uint32_t>(call_timer::recovered);
  if (s.waits.contains(recovered)) {
    add(recovered, choice_kind::inner, "looks at itself after the takeover");
    return out;
  }
  const bool can_be_answered = std::any_of(s.phones.begin(), s.phones.end(), [](const phone& p) { return p.edge_knows; });
  for (const auto& [timer, unused] : s.waits) {
    const auto which = static_cast<call_timer>(timer);
    if (which == call_timer::quiet || !is_modelled(timer)) continue;
    add(timer, which == call_timer::wait ? choice_kind::world : choice_kind::inner,
        "deadline '" + std::string{to_string(which)} + "' passes", which == call_timer::ring && can_be_answered);
  }
  if (!s.reports.empty()) {
    const auto& next = s.reports.front();
    add(first_report, choice_kind::inner, "edge reports " + std::to_string(next.answered ? 200 : next.status));
  }
  for (const auto index : s.known)
    add(end_told + index, choice_kind::inner, "edge reports the end of leg " + std::to_string(index));
  if (s.caller_is_there && !is_over(s) && cast_->sizes().callers_hang_up)
    add(caller_leaves, choice_kind::world, "caller hangs up");
  phone_choices(s, out);
  return out;
}

}  // namespace seatgrid::model
