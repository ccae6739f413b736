#include <algorithm>
#include <utility>

#include "sim/phones.hpp"

/// An INVITE of ours between edge and phone: packets that take their time or are lost, phones that ring on when the process that
/// invited them is dead, and what a new edge can still do about it (sip/calling.cpp, sip/restore.cpp).
namespace seatgrid::sim {
namespace {

constexpr milliseconds edge_wait{1};  // in the edge's queue: lost with its process
constexpr milliseconds t1{500}, t2{4'000};
constexpr milliseconds final_wait{32'500};           // RFC 3261 9.1: 64*T1 after CANCEL
constexpr milliseconds stray_answer{32'000};         // RFC 3261 13.3.1.4: a 2xx without ACK ends the dialog
constexpr milliseconds restoring{700};               // until then an edge leaves strays to their repetition
constexpr milliseconds restoring_elsewhere{15'000};  // the lane of the call may need an owner first
constexpr std::int64_t lost_per_mille = 20;
constexpr std::uint16_t busy_here = 486, decline = 603, request_terminated = 487, gone = 481, request_timeout = 408;

}  // namespace

void phones::to_phone(leg_id leg, bool may_be_lost, std::function<void(phone_leg&)> arrives) {
  const auto wait = edge_wait + (may_be_lost && stage_.chance.chance(lost_per_mille) ? t1 : milliseconds{0});
  stage_.in_life_of(slot_of(leg), wait, [this, leg, may_be_lost, arrives = std::move(arrives)] {
    if (!stage_.speaks(slot_of(leg))) {  // nothing leaves; the edge repeats it
      if (auto* phone = find(leg)) phone->end_delayed |= phone->end_ordered.has_value();
      stage_.in_life_of(slot_of(leg), t1, [this, leg, may_be_lost, arrives] { to_phone(leg, may_be_lost, arrives); });
      return;
    }
    if (auto* phone = find(leg)) phone->left = true;
    stage_.in(wire, [this, leg, arrives] {
      auto* phone = find(leg);
      if (phone == nullptr) return;
      if (off_.contains(phone->device)) return agent_ends(*phone);
      arrives(*phone);
    });
  });
}

void phones::to_edge(leg_id leg, std::function<void(phone_leg&)> arrives) {
  stage_.in_life_of(slot_of(leg), wire, [this, leg, arrives = std::move(arrives)] {
    auto* phone = find(leg);
    if (phone == nullptr || !phone->edge_knows) return;
    const bool first = !std::exchange(phone->edge_heard, true);
    arrives(*phone);
    if (first && phone->edge_knows && phone->edge_cancels) send_cancel(*phone);
  });
}

/// The final response to our INVITE, or the edge's word that none will come.
void phones::fail(phone_leg& phone, std::uint16_t status) {
  phone.edge_knows = false;
  tell(leg_failed{.leg = phone.leg, .cause = {.q850 = 0, .sip = status, .text = ""}, .retry_after_s = 0});
}

void phones::invite_agent(slot_number at_slot, const leg_invite& order) {
  const auto at = order.to.target.find(':');
  const auto end = order.to.target.find('@');
  auto& phone = legs_[order.leg];
  if (phone.leg) return;  // the order repeated: the dialog exists
  phone.leg = order.leg;
  phone.slot = at_slot;
  phone.device = order.to.target.substr(at + 1, end - at - 1);
  phone.asked = order.to;
  phone.names = order.early;
  to_phone(order.leg, true, [this, expires = order.expires](phone_leg& there) { ring_agent(there, expires); });
}

void phones::ring_agent(phone_leg& phone, milliseconds expires) {
  if (phone.state != phone_state::calling) return;
  const auto leg = phone.leg;
  const bool is_agent = phone.asked.trunk.empty();  // the rest of the world may have what it likes
  const auto taken = active_.find(phone.device);
  // A talk that is over for the rules, while its edge may not say so, is no second call.
  const auto* other = taken == active_.end() ? nullptr : find(taken->second);
  // Nor is one whose BYE is on the wire from another edge: two edges do not order what they send.
  const auto crosses = [&] {
    return other->end_ordered && other->slot != phone.slot && ms_between(stage_.now(), *other->end_ordered) <= 2 * wire;
  };
  const bool is_ending = other != nullptr && other->state == phone_state::talking && (other->end_delayed || crosses());
  if (is_agent && other != nullptr && is_alive(taken->second) && !is_ending)
    complain("I1: phone of " + phone.device + " rings for " + name_of(leg) + " while it has " + name_of(taken->second));
  active_[phone.device] = leg;
  phone.state = phone_state::ringing;
  auto& chance = stage_.chance;
  const auto talk_ms = chance.between(1'000, 60'000);
  const auto mood = chance.between(1, 100);
  phone.is_mute = mood <= 4;
  // The INVITE's Expires ends ringing even if nobody ever cancels it (RFC 3261 13.2.1).
  stage_.in(expires + seconds{1}, [this, leg] {
    auto* late = find(leg);
    if (late == nullptr || late->state != phone_state::ringing) return;
    if (late->is_mute) return agent_ends(*late);
    agent_refuses(leg, request_terminated);
  });
  if (phone.is_mute) return;
  stage_.in(chance.wait(20, 200), [this, leg] {
    auto* rings = find(leg);
    if (rings == nullptr || rings->state != phone_state::ringing) return;
    to_edge(leg, [this](phone_leg& there) {
      tell(leg_progress{.leg = there.leg, .status = 180, .media = {}, .early = dialog_of(there)});
    });
  });
  if (mood <= 14) return;  // rings and rings
  if (mood <= 22) {
    const auto status = static_cast<std::uint16_t>(chance.chance(500) ? busy_here : decline);
    stage_.in(chance.wait(100, 4'000), [this, leg, status] { agent_refuses(leg, status); });
  } else if (mood <= 30) {  // around the moment at which the queue gives up
    stage_.in(expires + chance.wait(-40, 40), [this, leg, talk_ms] { agent_answers(leg, talk_ms); });
  } else {
    stage_.in(chance.wait(300, 4'000), [this, leg, talk_ms] { agent_answers(leg, talk_ms); });
  }
}

void phones::agent_answers(leg_id leg, std::int64_t talk_ms) {
  auto* phone = find(leg);
  if (phone == nullptr || phone->state != phone_state::ringing) return;
  phone->state = phone_state::talking;
  stage_.say("phone " + phone->device + " answers " + name_of(leg));
  repeat_answer(leg, t1);
  stage_.in(stray_answer, [this, leg] {
    auto* unheard = find(leg);
    if (unheard != nullptr && unheard->state == phone_state::talking && !unheard->acknowledged) hang_up(leg, false);
  });
  if (stage_.chance.chance(150)) hold_and_retrieve(leg);
  if (phone->asked.trunk.empty() && stage_.chance.chance(150)) transfer(leg);
  stage_.in(milliseconds{talk_ms}, [this, leg] { hang_up(leg, false); });
}

/// RFC 3261 13.3.1.4: 2xx at T1, doubling to T2, until ACK.
void phones::repeat_answer(leg_id leg, milliseconds wait) {
  auto* phone = find(leg);
  if (phone == nullptr || phone->state != phone_state::talking || phone->acknowledged) return;
  if (!stage_.chance.chance(lost_per_mille))
    stage_.in_life_of(phone->slot, wire, [this, leg] {
      auto* there = find(leg);
      if (there != nullptr && there->state == phone_state::talking && !there->acknowledged) on_answer(*there);
    });
  stage_.in(wait, [this, leg, wait] { repeat_answer(leg, std::min(2 * wait, t2)); });
}

void phones::on_answer(phone_leg& phone) {
  if (!phone.edge_knows && stage_.now() - started_at_[phone.slot] < (options_.nodes > 1 ? restoring_elsewhere : restoring))
    return;
  if (!phone.edge_knows) return end_answered(phone);
  phone.edge_heard = true;
  if (phone.edge_cancels) {
    end_answered(phone);
    return fail(phone, request_terminated);
  }
  if (phone.edge_acks) return acknowledge(phone);
  if (!std::exchange(phone.edge_answered, true))
    tell(leg_answered{.leg = phone.leg, .media = sdp_of(phone.leg), .confirmed = dialog_of(phone)});
}

void phones::acknowledge(phone_leg& phone) {
  phone.edge_acks = true;
  to_phone(phone.leg, true, [](phone_leg& there) { there.acknowledged = true; });
}

/// ACK and BYE. BYE takes the way of the next INVITE: it needs no word of the phone before that leaves.
void phones::end_answered(phone_leg& phone) {
  phone.edge_knows = false;
  phone.end_untold = false;
  to_phone(phone.leg, false, [this](phone_leg& there) { agent_ends(there); });
}

void phones::agent_ends(phone_leg& phone) {
  if (phone.state == phone_state::ended) return;
  stage_.say("phone " + phone.device + " is quiet again: " + name_of(phone.leg));
  phone.state = phone_state::ended;
  phone.end_untold = false;
  if (active_[phone.device] == phone.leg) active_.erase(phone.device);
}

void phones::agent_refuses(leg_id leg, std::uint16_t status) {
  auto* phone = find(leg);
  if (phone == nullptr || phone->state != phone_state::ringing) return;
  stage_.say("phone " + phone->device + " says " + std::to_string(status) + " to " + name_of(leg));
  agent_ends(*phone);
  to_edge(leg, [this, status](phone_leg& there) { fail(there, status); });
}

/// Before the answer: CANCEL as soon as the phone has said anything (RFC 3261 9.1).
void phones::give_up(phone_leg& phone) {
  if (phone.edge_cancels) return;
  phone.edge_cancels = true;
  if (phone.edge_heard) send_cancel(phone);
  no_final_response(phone.leg, final_wait, request_terminated);
}

/// In the place of an edge that died, so without knowing whether the phone said anything.
void phones::cancel_old(phone_leg& phone, const leg_restore& order) {
  if (order.saved.invite != phone.names.invite || order.saved.sip_call_id != phone.names.sip_call_id)
    complain("the CANCEL for " + name_of(phone.leg) + " meets no INVITE");
  phone.edge_cancels = phone.edge_heard = true;
  send_cancel(phone);
  no_final_response(phone.leg, final_wait, request_timeout);
}

void phones::send_cancel(phone_leg& phone) {
  to_phone(phone.leg, true, [this](phone_leg& there) { on_cancel(there); });
}

void phones::on_cancel(phone_leg& phone) {
  const auto leg = phone.leg;
  switch (phone.state) {
    case phone_state::ringing:
      if (!phone.is_mute) agent_refuses(leg, request_terminated);
      return;
    case phone_state::talking: return;  // 200 to the CANCEL; the 2xx to the INVITE is repeated
    case phone_state::calling:          // the INVITE never came
    case phone_state::early:
    case phone_state::ended:
      phone.state = phone_state::ended;
      // 481. The edge waits for a 2xx that crossed.
      return to_edge(leg, [this, leg](phone_leg&) { no_final_response(leg, t1 + 2 * t2, gone); });
  }
}

void phones::no_final_response(leg_id leg, milliseconds wait, std::uint16_t status) {
  stage_.in_life_of(slot_of(leg), wait, [this, leg, status] {
    auto* phone = find(leg);
    if (phone != nullptr && phone->edge_knows && phone->edge_cancels) fail(*phone, status);
  });
}

}  // namespace seatgrid::sim
