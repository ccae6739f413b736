#include "sim/phones.hpp"

#include <algorithm>
#include <utility>

#include "base/overload.hpp"

namespace seatgrid::sim {
namespace {

constexpr milliseconds end_repeat{500};  // the edge repeats leg_ended
constexpr std::uint32_t end_repeats_max = 240;
constexpr seconds invite_patience{10};  // of a caller whose INVITE no edge knows any more
constexpr std::uint16_t gone = 481;

}  // namespace

std::string name_of(leg_id leg) { return to_text(leg.call).substr(7) + "/" + std::to_string(leg.index); }

phones::phones(stage& on, const run_plan& plan, const run_options& options) : stage_(on), plan_(plan), options_(options) {}

void phones::complain(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
}

phone_leg* phones::find(leg_id leg) {
  const auto it = legs_.find(leg);
  return it == legs_.end() ? nullptr : &it->second;
}

bool phones::is_alive(leg_id leg) const {
  const auto it = legs_.find(leg);
  return it != legs_.end() && it->second.state != phone_state::ended;
}

bool phones::is_over() const {
  return std::all_of(callers_.begin(), callers_.end(), [](const caller& c) { return c.done; }) &&
         std::all_of(legs_.begin(), legs_.end(), [](const auto& l) { return l.second.state == phone_state::ended; });
}

session_description phones::sdp_of(leg_id leg, direction way) const {
  session_description sdp;
  sdp.session_id = leg.call.value % 1'000'000 + leg.index;
  sdp.audio = {"10.2.0." + std::to_string(leg.index % 200 + 1), static_cast<std::uint16_t>(20'000 + leg.index * 2)};
  sdp.codecs = {{.payload_type = 8, .name = "PCMA"}, {.payload_type = 101, .name = "TELEPHONE-EVENT", .fmtp = "0-15"}};
  sdp.way = way;
  return sdp;
}

dialog phones::dialog_of(const phone_leg& phone) const {
  if (!phone.incoming) {
    auto ours = phone.names;
    ours.remote_tag = "theirs";
    return ours;
  }
  dialog d;
  d.sip_call_id = name_of(phone.leg) + "@sim";
  d.local_tag = "ours";
  d.remote_tag = phone.state == phone_state::calling ? "" : "theirs";
  d.remote_target = "sip:" + phone.device + "@10.2.0.1";
  d.incoming = phone.incoming;
  d.local_cseq = d.remote_cseq = 1;
  return d;
}

slot_number phones::slot_of(leg_id leg) const {
  const auto it = legs_.find(leg);
  return it == legs_.end() ? slot_number{0} : it->second.slot;
}

const tenant_place& phones::tenant_of(call_id call) const {
  const auto it = std::find_if(plan_.tenants.begin(), plan_.tenants.end(),
                               [&](const tenant_place& t) { return shard_of_tenant(t.name) == call.shard(); });
  return it == plan_.tenants.end() ? plan_.tenants.front() : *it;
}

void phones::to_node(leg_event event) {
  const auto slot = slot_of(leg_of(event));
  stage_.in_life_of(slot, wire, [this, event = std::move(event)] {
    const auto* phone = find(leg_of(event));
    if (phone == nullptr || phone->edge_knows) tell(event);
  });
}

void phones::tell(const leg_event& event) {
  stage_.say("event " + name_of(leg_of(event)) + " #" + std::to_string(event.index()));
  const auto& at = stage_.stations[slot_of(leg_of(event))];
  if (!at.open) return;
  at.on_leg(event);
  if (stage_.chance.chance(10)) at.on_leg(event);  // retransmitted past the edge's memory
}

void phones::begin() {
  for (std::uint32_t i = 0; i < options_.calls; ++i) {
    callers_.push_back({.name = "caller-" + std::to_string(i)});
    if (options_.nodes > 1) callers_.back().slot = static_cast<slot_number>(stage_.chance.between(1, options_.nodes));
    stage_.in(stage_.chance.wait(0, plan_.calls_over.count()), [this, i] { invite(i); });
  }
}

/// The INVITE reaches an edge; while none lives the caller repeats it.
void phones::invite(std::size_t which) {
  auto& c = callers_[which];
  if (c.done) return;
  if (!stage_.listens(c.slot)) {
    stage_.in(milliseconds{500}, [this, which] { invite(which); });
    return;
  }
  const auto old = c.leg;
  const auto& tenant = plan_.tenants[which % plan_.tenants.size()];
  const auto unique = stage_.chance.next();
  const auto shard = shard_of_tenant(tenant.name);
  c.leg = {c.slot == 0 ? call_id::make(shard, unique) : call_at(shard, c.slot, unique), 1};
  if (old) legs_.erase(old);
  auto& phone = legs_[c.leg];
  phone.leg = c.leg;
  phone.slot = c.slot;
  phone.device = c.name;
  phone.incoming = true;
  ++calls_made_;
  leg_incoming in;
  in.leg = c.leg;
  in.tenant = tenant.name;
  in.trunk = "carrier";
  in.called = in.dialled = access_number_called;
  in.caller.number = "1380013" + std::to_string(8'000 + which);
  if (!stage_.chance.chance(80)) in.offer = sdp_of(c.leg);
  in.early = dialog_of(phone);
  in.early.invite = "INVITE as received";
  stage_.say("INVITE " + name_of(c.leg) + " of " + c.name);
  to_node(in);
  if (!c.scheduled_keys) plan_caller(which);
}

void phones::plan_caller(std::size_t which) {
  auto& c = callers_[which];
  c.scheduled_keys = true;
  auto& chance = stage_.chance;
  const auto key = [this, which](milliseconds wait, char digit) {
    stage_.in(wait, [this, which, digit] {
      const auto leg = callers_[which].leg;
      if (is_alive(leg) && press) press(leg.call, digit);
    });
  };
  const auto first = chance.between(0, 9);
  if (first < 7) key(chance.wait(1'500, 9'000), static_cast<char>('1' + chance.between(0, 3)));
  if (chance.chance(100)) key(chance.wait(9'000, 40'000), chance.chance(500) ? '9' : '8');
  // Patience counts from the first ring to the end of the talk: callers abandon, and those who talk hang up in the end.
  const auto patience = chance.chance(250) ? chance.wait(500, 15'000) : chance.wait(20'000, 150'000);
  stage_.in(patience, [this, which] { hang_up(callers_[which].leg, true); });
}

void phones::hang_up(leg_id leg, bool by_cancel) {
  auto* phone = find(leg);
  if (phone == nullptr || phone->state == phone_state::ended) return;
  stage_.say("phone " + phone->device + " hangs up " + name_of(leg));
  phone->cancelled = by_cancel && phone->state != phone_state::talking;
  phone->state = phone_state::ended;
  phone->ended_at = stage_.now();
  phone->end_untold = true;
  for (auto& c : callers_)
    if (c.leg == leg) c.done = true;
  if (active_[phone->device] == leg) active_.erase(phone->device);
  repeat_end(leg, 0);
}

void phones::repeat_end(leg_id leg, std::uint32_t times) {
  auto* phone = find(leg);
  if (phone == nullptr || !phone->end_untold || times > end_repeats_max) return;
  const bool edge_follows = phone->incoming || phone->edge_answered;
  if (stage_.listens(phone->slot) && phone->edge_knows && edge_follows)
    to_node(leg_ended{.leg = leg, .at = phone->ended_at, .cancelled = phone->cancelled, .cause = {}});
  stage_.in(end_repeat, [this, leg, times] { repeat_end(leg, times + 1); });
}

void phones::hold_and_retrieve(leg_id leg) {
  const auto offer = [this, leg](milliseconds wait, direction way) {
    stage_.in(wait, [this, leg, way] {
      auto* phone = find(leg);
      if (phone == nullptr || phone->state != phone_state::talking) return;
      auto sdp = sdp_of(leg, way);
      sdp.version = ++phone->offers;
      to_node(leg_offered{.leg = leg, .offer_id = phone->offers, .is_update = false, .offer = sdp, .now = dialog_of(*phone)});
    });
  };
  offer(milliseconds{900}, direction::sendonly);
  offer(milliseconds{1'900}, direction::sendrecv);
}

/// Blind transfer: to another agent, a queue (that may be gone), a real phone, or nobody whom we know.
void phones::transfer(leg_id leg) {
  stage_.in(stage_.chance.wait(300, 8'000), [this, leg] {
    auto* phone = find(leg);
    if (phone == nullptr || phone->state != phone_state::talking || !phone->acknowledged) return;
    const auto kind = stage_.chance.between(0, 3);
    const auto& tenant = tenant_of(leg.call);
    const auto last = tenant.first_agent + tenant.agents - 1;
    const auto agent = "a" + std::to_string(stage_.chance.between(tenant.first_agent, last));
    const auto number = std::to_string(13'900'000'000 + ++transfers_);
    const auto user = kind == 0 ? agent : kind == 1 ? stage_.chance.chance(500) ? "q1" : "q2" : kind == 2 ? number : "nobody";
    stage_.say("phone " + phone->device + " transfers " + name_of(leg) + " to " + user);
    to_node(leg_refer{.leg = leg,
                      .refer_id = ++phone->offers,
                      .target = "<sip:" + user + "@sim.example>",
                      .referred_by = {},
                      .now = dialog_of(*phone)});
  });
}

void phones::power(const std::string& device, bool on) {
  if (on) {
    off_.erase(device);
    return;
  }
  off_.insert(device);
  for (auto& [unused, phone] : legs_)
    if (phone.device == device) agent_ends(phone);
}

/// CANCEL before their answer, BYE after it; a 2xx that crosses gets ACK and BYE from the edge.
void phones::on_release(leg_id leg, const release_cause& cause) {
  auto* phone = find(leg);
  if (phone == nullptr) return;
  stage_.say("phone " + phone->device + " is released from " + name_of(leg) + " (" + cause.text + ")");
  if (!phone->incoming) {
    if (!phone->end_ordered) phone->end_ordered = stage_.now();
    if (phone->edge_answered) return end_answered(*phone);
    return give_up(*phone);
  }
  phone->released = true;
  phone->end_untold = false;
  if (phone->state == phone_state::ended) return;
  phone->state = phone_state::ended;
  if (active_[phone->device] == leg) active_.erase(phone->device);
  for (auto& c : callers_)
    if (c.leg == leg) c.done = true;
}

void phones::on_restore(slot_number at, const leg_restore& order) {
  auto* phone = find(order.leg);
  if (phone == nullptr && options_.nodes > 1 && !order.saved.incoming && !order.confirmed) {
    // The order to invite was lost on its way to a process that died: the CANCEL finds nothing there.
    phone = &legs_[order.leg];
    *phone = {.leg = order.leg, .slot = at, .state = phone_state::ended, .edge_knows = false, .names = order.saved};
  }
  if (phone == nullptr) {
    complain("restored a leg that no phone ever had: " + name_of(order.leg));
    return;
  }
  if (phone->edge_knows) return tell_again(*phone, order);
  phone->edge_knows = true;
  if (phone->unknown_since && phone->was_early) ++promises_kept_;
  phone->unknown_since.reset();
  if (phone->incoming) return;
  if (!order.confirmed) return cancel_old(*phone, order);
  phone->edge_answered = phone->edge_acks = true;
}

/// The call has another owner, and the edge lived on (sip/restore.cpp).
void phones::tell_again(phone_leg& phone, const leg_restore& order) {
  if (phone.end_untold)
    return to_node(leg_ended{.leg = phone.leg, .at = phone.ended_at, .cancelled = phone.cancelled, .cause = {}});
  if (!phone.incoming && !order.confirmed) {
    if (!phone.edge_answered) return give_up(phone);
    return tell(leg_answered{.leg = phone.leg, .media = sdp_of(phone.leg), .confirmed = dialog_of(phone)});
  }
  const bool talks = phone.incoming ? phone.state == phone_state::talking : phone.edge_answered;
  if (!talks) return;
  if (order.confirmed) return to_node(leg_probed{.leg = phone.leg, .status = 200});
  to_node(leg_confirmed{.leg = phone.leg, .media = {}, .confirmed = dialog_of(phone)});
}

void phones::hear(slot_number at, const leg_command& command) {
  const auto leg = leg_of(command);
  auto* phone = find(leg);
  if (phone != nullptr && phone->slot != at) return;  // an edge that never had this dialog
  const bool makes_it_known = std::holds_alternative<leg_restore>(command) || std::holds_alternative<leg_invite>(command) ||
                              std::holds_alternative<leg_forget>(command);
  if (phone != nullptr && !phone->edge_knows && !makes_it_known) return;  // this edge has no such dialog
  std::visit(
      overload{[&](const leg_ring&) {
                 if (phone == nullptr || phone->state != phone_state::calling) return;
                 phone->state = phone_state::early;
                 phone->was_early = true;
               },
               [&](const leg_answer&) {
                 if (phone == nullptr || phone->state == phone_state::ended) return;
                 phone->state = phone_state::talking;
                 phone->was_early = true;
                 to_node(leg_confirmed{.leg = leg, .media = sdp_of(leg), .confirmed = dialog_of(*phone)});
               },
               [&](const leg_reject& c) { on_release(leg, c.cause); }, [&](const leg_invite& c) { invite_agent(at, c); },
               [&](const leg_release& c) { on_release(leg, c.cause); }, [](const leg_answer_offer&) {},
               [](const leg_reject_offer&) {},
               [&](const leg_offer&) {
                 if (phone == nullptr) return;
                 const bool there = phone->state == phone_state::talking;
                 to_node(leg_offer_done{.leg = leg,
                                        .status = there ? std::uint16_t{200} : gone,
                                        .answer = there ? std::optional{sdp_of(leg)} : std::nullopt,
                                        .now = dialog_of(*phone)});
               },
               [](const leg_refer_status&) {}, [&](const leg_restore& c) { on_restore(at, c); },
               [&](const leg_probe&) { to_node(leg_probed{.leg = leg, .status = is_alive(leg) ? std::uint16_t{200} : gone}); },
               [&](const leg_forget&) {
                 if (phone != nullptr) phone->end_untold = false;
               },
               [&](const leg_ack&) {
                 if (phone != nullptr && phone->edge_answered) acknowledge(*phone);
               }},
      command);
}

void phones::kill(slot_number at) {
  for (auto& [unused, phone] : legs_) {
    if (phone.slot != at) continue;
    if (phone.edge_knows && phone.state != phone_state::ended) phone.unknown_since = stage_.now();
    phone.end_delayed |= phone.end_ordered && phone.state != phone_state::ended;
    phone.edge_knows = phone.edge_heard = phone.edge_cancels = phone.edge_answered = phone.edge_acks = false;
    if (!phone.incoming && !phone.left) phone.state = phone_state::ended;
  }
}

/// Callers whose INVITE got no answer of any kind repeat it; the new edge takes it for a new call, unless it was restored.
void phones::restarted(slot_number at) {
  started_at_[at] = stage_.now();
  if (options_.nodes > 1) return;
  stage_.in_life_of(at, milliseconds{700}, [this] {
    for (std::size_t i = 0; i < callers_.size(); ++i) {
      const auto* phone = find(callers_[i].leg);
      if (callers_[i].done || phone == nullptr || phone->edge_knows || phone->state == phone_state::ended) continue;
      if (phone->state == phone_state::calling)
        invite(i);
      else
        complain("lost call: " + name_of(phone->leg) + " of " + phone->device + " was promised and not restored");
    }
  });
}

void phones::look_for_lost(time_point last_trouble, milliseconds patience) {
  for (auto& [leg, phone] : legs_) {
    if (phone.end_ordered && phone.state == phone_state::talking &&
        stage_.now() - std::max(*phone.end_ordered, last_trouble) > patience)
      complain("phone of " + phone.device + " is still in " + name_of(leg) + ", which was ended");
    if (!phone.incoming || !phone.unknown_since || phone.state == phone_state::ended) continue;
    const auto now = stage_.now();
    if (!phone.was_early) {
      if (now - *phone.unknown_since > invite_patience) hang_up(leg, true);
    } else if (now - std::max(*phone.unknown_since, last_trouble) > patience) {
      complain("lost call: " + name_of(leg) + " of " + phone.device + " was promised and not restored");
    }
  }
}

}  // namespace seatgrid::sim
