#include <algorithm>
#include <utility>

#include "sip/edge_core.hpp"
#include "sip/register_request.hpp"

/// Legs of phones that are reached only over the flow by which they registered (TCP, NAT; compare RFC 5626). When the phone
/// registers over another one its legs follow. A process that restores a dialog has no connection of its predecessor: what it
/// would send waits until the phone registers, or `edge.flow_return`; then the phone's Contact must do.
namespace seatgrid::sip {
namespace {

bool is_connection(const std::string& flow) { return flow.rfind("tcp:", 0) == 0; }

std::string host_in(const std::string& target) {
  scratch pool;
  const auto* url = url_make(pool, target.c_str());
  return url == nullptr ? std::string{} : text_or_empty(url->url_host);
}

/// Whether `now` is the phone of `leg` again: by its instance or Contact; a phone behind NAT may show another port each time.
bool is_phone_of(const leg_state& leg, const binding& now) {
  const auto& then = *leg.phone;
  if (is_same_contact(then.what, now)) return true;
  const bool both_named = !then.what.instance.empty() && !now.instance.empty();
  return !both_named && host_in(then.what.contact.target) == host_in(now.contact.target);
}

/// What was held back is said now.
void catch_up(leg_state& leg) {
  auto& core = leg.edge;
  core.stop_wait(leg, wait_kind::flow_return);
  const auto held = std::exchange(leg.phone->held, {});
  leg.phone->is_away = false;
  if (leg.phase == leg_phase::cancelling) return cancel_old_again(leg);
  if (held.bye) return say_bye(leg, leg.ending_cause);
  if (leg.phase != leg_phase::talking) return;
  if (held.probe) probe(leg);
  if (leg.offer_waiting) offer_again(leg);
}

void take_flow(leg_state& leg, const binding& now) {
  leg.phone->what = now;
  leg.flow = now.contact.flow;
  leg.peer_address = leg.flow.substr(leg.flow.find(':') + 1);
  leg.edge.admit_peer(leg, leg.peer_address);
  if (leg.phase == leg_phase::talking) leg.edge.tell(leg_dialog_changed{.leg = leg.id, .now = record_of(leg)});
  if (leg.phone->is_away) catch_up(leg);
}

}  // namespace

void know_phone(leg_state& leg) {
  auto& core = leg.edge;
  if (leg.flow.empty()) return;
  auto known = core.registry.phone_behind(leg.flow);
  if (!known) return;
  leg.phone = std::make_unique<leg_phone>(leg_phone{.aor = known->aor, .what = std::move(known->what)});
  core.legs_of_phones.emplace(leg.phone->aor, leg.id);
}

void forget_phone(leg_state& leg) {
  if (!leg.phone) return;
  const auto [from, to] = leg.edge.legs_of_phones.equal_range(leg.phone->aor);
  const auto it = std::find_if(from, to, [&](const auto& one) { return one.second == leg.id; });
  if (it != to) leg.edge.legs_of_phones.erase(it);
  leg.phone.reset();
}

void miss_connection(leg_state& leg) {
  if (!leg.phone || !is_connection(leg.flow)) return;
  // A phone is often back before the call's owner has its legs made anew.
  const auto then = leg.phone->what.at;
  for (const auto& h : leg.edge.registry.bindings(leg.phone->aor, leg.edge.clock.now()))
    if (h.what.at > then && !h.what.contact.flow.empty() && h.what.contact.flow != leg.flow && is_phone_of(leg, h.what))
      return take_flow(leg, binding{h.what});
  leg.phone->is_away = true;
  leg.edge.start_wait(leg, wait_kind::flow_return, leg.edge.options.flow_return);
}

void give_flow_up(leg_state& leg) {
  if (!leg.phone || !leg.phone->is_away) return;
  leg.flow.clear();
  catch_up(leg);
}

void phone_registered(edge_core& core, const register_request& asked) {
  std::vector<leg_id> those;
  const auto [from, to] = core.legs_of_phones.equal_range(asked.aor);
  for (auto it = from; it != to; ++it) those.push_back(it->second);
  for (const auto id : those) {
    auto* leg = core.find(id);
    if (leg == nullptr || !leg->phone) continue;
    const auto now = std::find_if(asked.contacts.begin(), asked.contacts.end(), [&](const binding& b) {
      return b.expires_s > 0 && !b.contact.flow.empty() && is_phone_of(*leg, b);
    });
    if (now != asked.contacts.end() && (leg->phone->is_away || now->contact.flow != leg->flow)) take_flow(*leg, *now);
  }
}

}  // namespace seatgrid::sip
