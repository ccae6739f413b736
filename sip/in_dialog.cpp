#include <utility>

#include "domain/release_causes.hpp"
#include "sip/edge_core.hpp"
#include "sip/release_causes.hpp"
#include "sip/text.hpp"

/// Requests within a dialog, and its end from either side.
namespace seatgrid::sip {
namespace {

/// Where they speak from now; a phone behind NAT may have moved to another port of its address.
void follow(leg_state& leg, nta_incoming_t* irq) {
  msg_t* msg = nta_incoming_getrequest(irq);
  const auto from = source_of(leg.edge.agent, msg);
  msg_destroy(msg);
  if (from.ip.empty()) return;
  const auto now = from.host_port();
  if (now == leg.peer_address) return;
  const auto same_host = leg.peer_address.rfind(now.substr(0, now.rfind(':') + 1), 0) == 0;
  if (!leg.flow.empty() && same_host && !from.tcp) leg.flow = from.flow();
  leg.peer_address = now;
  leg.edge.admit_peer(leg, now);
}

int take_bye(leg_state& leg, nta_incoming_t* irq, const sip_t* sip) {
  auto& core = leg.edge;
  reply(core, irq, SIP_200_OK);
  nta_incoming_destroy(irq);
  if (leg.phase == leg_phase::ended || leg.phase == leg_phase::ending) return 0;
  if (leg.phase == leg_phase::calling || leg.phase == leg_phase::cancelling) return 0;  // the INVITE's final response decides
  end(leg, false, cause_in(sip, 0));
  return 0;
}

int on_bye_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip) {
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  leg->edge.count.response_in(status);
  if (status < 200) return 0;
  nta_outgoing_destroy(orq);
  if (leg->probe_out == orq) leg->probe_out = nullptr;
  if (leg->phase == leg_phase::ending) leg->edge.retire(*leg);
  return 0;
}

int on_probe_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip) {
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  leg->edge.count.response_in(status);
  if (status < 200) return 0;
  nta_outgoing_destroy(std::exchange(leg->probe_out, nullptr));
  leg->edge.tell(leg_probed{.leg = leg->id, .status = static_cast<std::uint16_t>(status)});
  return 0;
}

int take_notify(edge_core& core, nta_incoming_t* irq, const sip_t* sip) {
  const auto* event = sip->sip_event;
  if (event == nullptr) return finish(core, irq, SIP_489_BAD_EVENT);
  // We subscribe to nothing; the only NOTIFY that may come is of a REFER, and we send none.
  return finish(core, irq, SIP_481_NO_TRANSACTION);
}

}  // namespace

int on_in_dialog(leg_state* leg, nta_leg_t*, nta_incoming_t* irq, const sip_t* sip) {
  auto& core = leg->edge;
  core.let_prack_through(false);
  const auto method = sip->sip_request->rq_method;
  core.count.request_in(sip->sip_request->rq_method_name);
  if (method == sip_method_ack) return nta_incoming_destroy(irq), 0;
  if (sip->sip_to->a_tag == nullptr) return finish(core, irq, 482, "Request merged");
  follow(*leg, irq);
  if (method == sip_method_bye) return take_bye(*leg, irq, sip);
  if (leg->phase == leg_phase::ended || leg->phase == leg_phase::ending) return finish(core, irq, SIP_481_NO_TRANSACTION);
  if (nta_check_required(irq, sip, core.supported, TAG_END()) != 0) {
    core.count.response_out(420);
    nta_incoming_destroy(irq);
    return 0;
  }
  switch (method) {
    case sip_method_invite: return take_offer(*leg, irq, sip, false);
    case sip_method_update: return take_offer(*leg, irq, sip, true);
    case sip_method_info: return take_info(*leg, irq, sip);
    case sip_method_refer: return take_refer(*leg, irq, sip);
    case sip_method_notify: return take_notify(core, irq, sip);
    case sip_method_options:
      return finish(core, irq, SIP_200_OK, SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_ACCEPT_STR(accepted_bodies),
                    SIPTAG_SUPPORTED_STR(supported_options));
    case sip_method_unknown:
    case sip_method_invalid: return finish(core, irq, SIP_501_NOT_IMPLEMENTED, SIPTAG_ALLOW_STR(allowed_methods));
    case sip_method_prack: return take_prack(*leg, irq, sip);
    case sip_method_cancel: return finish(core, irq, SIP_481_NO_TRANSACTION);
    case sip_method_ack:
    case sip_method_bye:
    case sip_method_register:
    case sip_method_message:
    case sip_method_subscribe:
    case sip_method_publish: break;
  }
  return finish(core, irq, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(allowed_methods));
}

release_cause cause_in(const sip_t* sip, int status) {
  release_cause cause{.q850 = status == 0 ? std::uint16_t{16} : calls::q850_of_sip(static_cast<std::uint16_t>(status)),
                      .sip = static_cast<std::uint16_t>(status)};
  if (sip->sip_status != nullptr) cause.text = one_line(text_or_empty(sip->sip_status->st_phrase));
  for (const auto* r = sip->sip_reason; r != nullptr; r = r->re_next) {
    if (r->re_protocol == nullptr || !text::same(r->re_protocol, "Q.850") || r->re_cause == nullptr) continue;
    cause.q850 = text::number<std::uint16_t>(r->re_cause).value_or(cause.q850);
    if (r->re_text != nullptr) cause.text = one_line(r->re_text);
  }
  return cause;
}

void end(leg_state& leg, bool cancelled, release_cause cause) {
  auto& core = leg.edge;
  core.stop_waits(leg);
  if (leg.invite_in != nullptr && nta_incoming_status(leg.invite_in) < 200 && !cancelled && cause.sip == 0)
    reply(core, leg.invite_in, SIP_487_REQUEST_CANCELLED);
  for (auto** irq : {&leg.invite_in, &leg.offer_in, &leg.refer_in}) {
    if (*irq == nullptr) continue;
    nta_incoming_bind(*irq, nullptr, nullptr);
    // The CANCEL that brought us here is answered by Sofia itself, with 487.
    if (irq == &leg.offer_in && nta_incoming_status(*irq) < 200) reply(core, *irq, SIP_487_REQUEST_CANCELLED);
    nta_incoming_destroy(std::exchange(*irq, nullptr));
  }
  core.tell_until_kept(leg, leg_ended{.leg = leg.id, .at = core.clock.now(), .cancelled = cancelled, .cause = std::move(cause)});
}

void say_bye(leg_state& leg, const release_cause& cause) {
  auto& core = leg.edge;
  const auto reason = reason_of(cause);
  core.stop_waits(leg);
  leg.phase = leg_phase::ending;
  leg.probe_out = send_in_dialog(leg, on_bye_response, SIP_METHOD_BYE, SIPTAG_REASON_STR(reason.c_str()));
  if (leg.probe_out == nullptr) core.retire(leg);
}

void hang_up(leg_state& leg, int sip_status, const char* why) {
  const release_cause cause{.q850 = calls::q850_of_sip(static_cast<std::uint16_t>(sip_status)),
                            .sip = static_cast<std::uint16_t>(sip_status),
                            .text = why};
  const auto reason = reason_of(cause);
  auto* bye = send_in_dialog(leg, nullptr, SIP_METHOD_BYE, SIPTAG_REASON_STR(reason.c_str()));
  if (bye != nullptr) nta_outgoing_destroy(bye);
  end(leg, false, cause);
}

void release(leg_state& leg, const release_cause& cause) {
  switch (leg.phase) {
    case leg_phase::ringing: return reject(leg, cause, 0);
    case leg_phase::answered:
      // RFC 3261 section 15: no BYE before the ACK or its time-out.
      leg.release_after_ack = true;
      leg.ending_cause = cause;
      return;
    case leg_phase::calling: return cancel_call(leg, cause);
    case leg_phase::talking:
      if (leg.ack_waits) acknowledge(leg, {});
      if (!is_phone_away(leg)) return say_bye(leg, cause);
      leg.phase = leg_phase::ending;
      leg.ending_cause = cause;
      leg.phone->held.bye = true;
      return;
    case leg_phase::cancelling:
    case leg_phase::ending:
    case leg_phase::ended: return;  // told until forgotten, also when both hang up at once
  }
}

void probe(leg_state& leg) {
  if (is_phone_away(leg)) {
    leg.phone->held.probe = true;
    return;
  }
  if (leg.phase != leg_phase::talking || leg.probe_out != nullptr)
    return leg.edge.count.dropped(edge_status::drop::stale_command);
  leg.probe_out = send_in_dialog(leg, on_probe_response, SIP_METHOD_OPTIONS, SIPTAG_ACCEPT_STR("application/sdp"));
  if (leg.probe_out == nullptr) leg.edge.tell(leg_probed{.leg = leg.id, .status = 503});
}

}  // namespace seatgrid::sip
