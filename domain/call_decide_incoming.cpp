#include "domain/call_decision.hpp"

/// From INVITE to the caller's audio.
namespace seatgrid::calls {
namespace {

void begin(decision& d, const std::string& why) {
  clear_timer(d, call_timer::endpoint);
  d.emit(call_running{why});
  const auto* number = d.config.number(d.call.number);
  if (number == nullptr) return release(d, call_side::system, cause_of(q850::unallocated, 404), "unknown_number");
  if (number->ringback.empty()) return start_flow(d);
  d.emit(ringback_began{.early = !d.call.is_answered()});
  play(d, 1, number->ringback, false);
}

void caller_ready(decision& d) {
  const auto& caller = d.call.caller_leg();
  if (!caller.remote) return answer_caller(d, "offerless INVITE: our offer goes out in the 200");
  auto agreed = answer_offer(*caller.remote, caller.endpoint, sdp_session_id(d.call, caller.index));
  if (!agreed) return release(d, call_side::system, cause_of(q850::incompatible, 488), "no_common_codec");
  d.emit(leg_path_set{.leg = 1, .path = agreed->path, .remote = caller.remote});
  if (d.call.policy == answer_policy::at_once)
    answer_caller(d, "answer policy at_once");
  else
    d.emit(caller_rang{.status = 183, .media = agreed->answer, .at = d.at()});
  begin(d, "audio agreed");
}

void their_answer(decision& d, std::uint32_t leg, const std::optional<session_description>& media) {
  const auto* l = d.call.leg(leg);
  auto path = media ? accept_answer(l->local, *media) : fail(errc::invalid, "ACK without the answer to our offer");
  if (!path) return release(d, call_side::system, cause_of(q850::incompatible), "no_answer_in_ack");
  d.emit(leg_path_set{.leg = leg, .path = *path, .remote = media});
  if (d.call.phase == call_phase::opening && leg == 1) return begin(d, "answer came with ACK");
  refresh_audio(d);
}

void offer_again(decision& d, std::uint32_t leg) {
  const auto* l = d.call.leg(leg);
  auto next = l->local;
  next.audio = l->endpoint;
  next.way = direction::sendrecv;
  d.emit(offer_made{leg, following(l->local, std::move(next))});
}

}  // namespace

void on_incoming(decision& d, const leg_incoming& c) {
  if (d.call.phase != call_phase::none) return;
  const auto* number = d.config.number(c.called);
  const auto* flow = number == nullptr ? nullptr : d.config.flow_named(number->flow);
  call_started started{.call = c.leg.call,
                       .tenant = c.tenant,
                       .config_version = d.config.version,
                       .trunk = c.trunk,
                       .number = c.called,
                       .dialled = c.dialled,
                       .caller = c.caller,
                       .offer = c.offer,
                       .early = c.early,
                       .hops_left = c.hops_left,
                       .at = d.at()};
  started.language = d.config.language;
  if (number != nullptr) {
    started.policy = number->answer;
    started.flow = number->flow;
    if (!number->language.empty()) started.language = number->language;
  }
  d.emit(std::move(started));
  if (flow == nullptr)
    return release(d, call_side::system, cause_of(q850::unallocated, 404), number == nullptr ? "unknown_number" : "no_flow");
  if (c.offer && !answer_offer(*c.offer, {}, 1))
    return release(d, call_side::system, cause_of(q850::incompatible, 488), "no_common_codec");
  set_timer(d, call_timer::length, number->call_length_max);
  set_timer(d, call_timer::endpoint, call_limits::endpoint_wait);
  d.emit(leg_endpoint_asked{1});
}

void on_endpoint_open(decision& d, const media_opened& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_live()) return;
  const bool repeated = leg->media == endpoint_state::open && leg->endpoint == c.local;
  if (repeated) return;
  if (leg->media != endpoint_state::opening && leg->media != endpoint_state::open) return;
  const bool moved = leg->path.has_value();
  d.emit(leg_endpoint_ready{c.leg.index, c.local});
  leg = d.call.leg(c.leg.index);
  if (moved) {
    d.emit(leg_path_set{.leg = leg->index, .path = *leg->path, .remote = leg->remote});
    if (leg->state == leg_state::confirmed) offer_again(d, c.leg.index);
    return;
  }
  if (leg->role == leg_role::caller) {
    if (d.call.phase == call_phase::opening) caller_ready(d);
  } else if (leg->state == leg_state::opening) {
    send_invite(d, c.leg.index);
  }
}

void on_endpoint_failed(decision& d, const media_open_failed& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_live()) return;
  if (leg->media == endpoint_state::open) {  // the old port of a restored leg is taken: any port, and a re-INVITE
    d.emit(leg_endpoint_asked{c.leg.index});
    return;
  }
  if (leg->media != endpoint_state::opening) return;
  if (leg->role == leg_role::caller || leg->is_up())
    return release(d, call_side::system, cause_of(q850::resource_unavailable, 503), "no_rtp_port");
  on_leg_gone(d, c.leg, d.at(), false, cause_of(q850::resource_unavailable, 503, c.why));
}

void on_acknowledged(decision& d, const leg_confirmed& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_live()) return;
  const bool first = leg->state == leg_state::answered;
  const bool awaits = leg->awaits_answer;
  if (first)
    d.emit(leg_acknowledged{c.leg.index, c.confirmed});
  else if (!(leg->dialog == c.confirmed))
    d.emit(dialog_kept{c.leg.index, c.confirmed});
  if (awaits) their_answer(d, c.leg.index, c.media);
  leg = d.call.leg(c.leg.index);
  // Their edge died before it was answered, and ours is elsewhere: the 200 had to repeat the SDP of the 183 (RFC 3261 13.2.1).
  if (first && leg->is_live() && leg->local.audio != leg->endpoint) offer_again(d, c.leg.index);
}

}  // namespace seatgrid::calls
