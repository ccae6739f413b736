#include "domain/call_derive.hpp"

#include <type_traits>
#include <utility>

#include "domain/call_publish.hpp"
#include "domain/call_rules.hpp"
#include "domain/release_causes.hpp"

/// Which of these leave at once (timing::at_once): what only ends a leg, and opening a port, which nobody outside can see. All
/// else is a promise, and promises of one call keep their order.
namespace seatgrid::calls {
namespace {

leg_id id_of(const call_state& call, std::uint32_t leg) { return {call.id, leg}; }

template <class T>
void later(effects& out, T command) {
  if constexpr (std::is_constructible_v<leg_command, T>)
    out.push_back({timing::when_durable, to_leg{std::move(command)}});
  else
    out.push_back({timing::when_durable, to_media{std::move(command)}});
}

void tell(effects& out, publish what) { out.push_back({timing::when_durable, std::move(what)}); }

void tell_ended(const call_state& call, std::uint32_t index, effects& out) {
  if (call.phase == call_phase::closed) return;  // told
  if (const auto* leg = call.leg(index)) tell(out, told_ended(call, *leg));
}

void close_endpoint(const call_state& call, std::uint32_t leg, effects& out) {
  const auto* l = call.leg(leg);
  if (l != nullptr && l->media == endpoint_state::closing) later(out, media_close{id_of(call, leg)});
}

}  // namespace

void leg_following::operator()(const leg_added& e) const {
  if (const auto* leg = call.leg(e.leg)) tell(out, told_started(call, *leg));
}
void leg_following::operator()(const leg_endpoint_asked& e) const {
  out.push_back({timing::at_once, to_media{media_open{.leg = id_of(call, e.leg), .tenant = call.tenant}}});
}
void leg_following::operator()(const leg_endpoint_ready&) const {}
void leg_following::operator()(const leg_endpoint_closed&) const {}
void leg_following::operator()(const caller_rang& e) const {
  later(out, leg_ring{.leg = id_of(call, 1), .status = e.status, .media = e.media});
  if (const auto* leg = call.leg(1)) tell(out, told_ringing(call, *leg, e.status, e.at));
}
void leg_following::operator()(const caller_answered& e) const {
  later(out, leg_answer{.leg = id_of(call, 1), .media = e.media});
  tell(out, told(call, e));
  if (const auto* leg = call.leg(1)) tell(out, told_answered(call, *leg));
}
void leg_following::operator()(const leg_acknowledged&) const {}
void leg_following::operator()(const leg_invited& e) const {
  const auto* leg = call.leg(e.leg);
  if (leg == nullptr) return;
  later(out, leg_invite{.leg = id_of(call, e.leg),
                        .to = leg->to,
                        .presented = e.presented,
                        .called = e.called,
                        .offer = e.offer,
                        .expires = e.expires,
                        .hops_left = e.hops_left,
                        .diverted_from = e.diverted_from,
                        .early = e.early});
}
void leg_following::operator()(const leg_alerted& e) const {
  if (const auto* leg = call.leg(e.leg)) tell(out, told_ringing(call, *leg, e.status, e.at));
}
void leg_following::operator()(const leg_accepted& e) const {
  later(out, leg_ack{id_of(call, e.leg)});
  if (const auto* leg = call.leg(e.leg)) tell(out, told_answered(call, *leg));
}
void leg_following::operator()(const leg_lost& e) const {
  // Nobody said that it ended: it may live and hears BYE, and its edge is rid of it by any answer.
  if (e.cause.q850 == q850::recovery_on_timer)
    out.push_back({timing::at_once, to_leg{leg_release{.leg = id_of(call, e.leg), .cause = e.cause}}});
  later(out, leg_forget{id_of(call, e.leg)});
  tell_ended(call, e.leg, out);
  close_endpoint(call, e.leg, out);
}
void leg_following::operator()(const leg_dropped& e) const {
  const auto when = e.patient ? timing::when_durable : timing::at_once;
  switch (e.ending) {
    case leg_ending::nothing: break;
    case leg_ending::reject:
      later(out, leg_reject{.leg = id_of(call, e.leg), .cause = e.cause, .retry_after_s = e.retry_after_s});
      break;
    case leg_ending::release: out.push_back({when, to_leg{leg_release{.leg = id_of(call, e.leg), .cause = e.cause}}}); break;
  }
  tell_ended(call, e.leg, out);
  close_endpoint(call, e.leg, out);
}
void leg_following::operator()(const leg_cleared& e) const { later(out, leg_forget{id_of(call, e.leg)}); }
void leg_following::operator()(const leg_quieted& e) const { later(out, leg_forget{id_of(call, e.leg)}); }
void leg_following::operator()(const leg_path_set& e) const {
  if (e.changed) later(out, connect_command(id_of(call, e.leg), e.path));
}
void leg_following::operator()(const dialog_kept&) const {}
void leg_following::operator()(const play_began& e) const {
  later(out, media_play{.leg = id_of(call, e.leg), .play_id = e.play_id, .list = e.list, .loop = e.loop});
}
void leg_following::operator()(const play_ended& e) const {
  if (e.stopped) later(out, media_stop{.leg = id_of(call, e.leg), .play_id = e.play_id});
}
void leg_following::operator()(const digit_relayed& e) const {
  later(out, media_send_digit{.leg = id_of(call, e.leg), .digit = e.digit, .length = milliseconds{e.length_ms}});
}
void leg_following::operator()(const legs_bridged& e) const { later(out, media_bridge{id_of(call, e.a), id_of(call, e.b)}); }
void leg_following::operator()(const legs_unbridged& e) const { later(out, media_unbridge{id_of(call, e.a), id_of(call, e.b)}); }
void leg_following::operator()(const offer_answered& e) const {
  later(out, leg_answer_offer{.leg = id_of(call, e.leg), .offer_id = e.offer_id, .media = e.media});
}
void leg_following::operator()(const offer_refused& e) const {
  later(out, leg_reject_offer{.leg = id_of(call, e.leg), .offer_id = e.offer_id, .status = e.status});
}
void leg_following::operator()(const offer_made& e) const { later(out, leg_offer{.leg = id_of(call, e.leg), .media = e.media}); }
void leg_following::operator()(const hold_changed& e) const {
  if (call.stage == call_stage::talking) tell(out, told(call, e));
}
void leg_following::operator()(const probe_sent& e) const { later(out, leg_probe{id_of(call, e.leg)}); }
void leg_following::operator()(const probe_answered&) const {}
void leg_following::operator()(const refer_answered& e) const {
  later(out, leg_refer_status{
                 .leg = id_of(call, e.leg), .refer_id = e.refer_id, .notify = e.notify, .status = e.status, .final = e.last});
}

}  // namespace seatgrid::calls

namespace seatgrid {

void call_rules::derive(const state& after, const event& happened, effects& out) {
  std::visit(
      [&](const auto& e) {
        if constexpr (std::is_invocable_v<calls::leg_following, decltype(e)>)
          calls::leg_following{after, out}(e);
        else
          calls::call_following{after, out}(e);
      },
      happened);
}

}  // namespace seatgrid
