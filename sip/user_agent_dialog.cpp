#include <utility>

#include "sip/text.hpp"
#include "sip/user_agent_core.hpp"

/// What happens inside a dialog: BYE, offers of both sides, transfer.
namespace seatgrid {
namespace {

int status_of(const nta_outgoing_t* orq, const sip_t* sip) {
  return sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
}

void forget_offer_in(ua_call_state& call) {
  if (call.offer_in == nullptr) return;
  nta_incoming_bind(call.offer_in, nullptr, nullptr);
  nta_incoming_destroy(std::exchange(call.offer_in, nullptr));
  call.offer_in_answered = false;
}

/// ACK for our answer to their re-INVITE, or nothing for 64*T1.
int on_reinvite_event(ua_party* party, nta_incoming_t*, const sip_t* sip) {
  auto& call = static_cast<ua_call_state&>(*party);
  if (sip == nullptr || sip->sip_request->rq_method == sip_method_ack || !call.offer_in_answered) forget_offer_in(call);
  return 0;
}

int take_offer(ua_call_state& call, nta_incoming_t* irq, const sip_t* sip, bool is_update) {
  if (call.offer_out != nullptr) return 491;  // RFC 3261 14.2
  if (call.offer_in != nullptr && !call.offer_in_answered) return 500;
  forget_offer_in(call);
  int refused = 0;
  auto offer = ua_body(sip, refused);
  if (refused != 0) return refused;
  nta_leg_server_route(call.leg, nullptr, sip->sip_contact);
  if (is_update && !offer) return 200;
  call.offer_in = irq;
  call.offer_in_is_update = is_update;
  if (!is_update) nta_incoming_bind(irq, on_reinvite_event, &call);
  const bool same = offer && call.remote && *offer == *call.remote;
  if (offer) call.remote = offer;
  if (same && call.local)
    ua_answer_offer(call, *call.local);  // a session timer's refresh
  else
    call.core.sink.on_offer(call.id, offer);
  return 0;
}

int take_notify(ua_call_state& call, const sip_t* sip) {
  if (sip->sip_event == nullptr || !text::same(sip->sip_event->o_type, "refer")) return 489;
  const auto* body = sip->sip_payload;
  auto line = body == nullptr || body->pl_data == nullptr ? std::string_view{} : std::string_view{body->pl_data, body->pl_len};
  text::word(line);
  const auto status = text::number<std::uint16_t>(text::word(line)).value_or(0);
  const auto* state = sip->sip_subscription_state;
  const bool final = status >= 200 || (state != nullptr && text::same(state->ss_substate, "terminated"));
  call.core.sink.on_transfer(call.id, status, final);
  return 200;
}

int on_offer_response(ua_party* party, nta_outgoing_t* orq, const sip_t* sip) {
  auto& call = static_cast<ua_call_state&>(*party);
  const int status = status_of(orq, sip);
  if (status < 200) return 0;
  std::optional<session_description> answer;
  if (status < 300) {
    int refused = 0;
    answer = ua_body(sip, refused);
    if (answer) call.remote = answer;
    nta_leg_client_reroute(call.leg, nullptr, sip->sip_contact, 0);
    call.invite_cseq = nta_outgoing_cseq(orq);
    ua_acknowledge(call, {});
  }
  nta_outgoing_destroy(std::exchange(call.offer_out, nullptr));
  if (status == 408 || status == 481) return ua_bye(call, status, "the dialog is gone", true), 0;  // RFC 3261 12.2.1.2
  call.core.sink.on_offer_done(call.id, static_cast<std::uint16_t>(status), answer);
  return 0;
}

int on_refer_response(ua_party* party, nta_outgoing_t* orq, const sip_t* sip) {
  auto& call = static_cast<ua_call_state&>(*party);
  const int status = status_of(orq, sip);
  if (status < 200) return 0;
  nta_outgoing_destroy(std::exchange(call.refer_out, nullptr));
  call.core.sink.on_transfer(call.id, static_cast<std::uint16_t>(status), status >= 300);
  return 0;
}

std::string reason_in(const sip_t* sip) {
  const auto* reason = sip->sip_reason;
  return reason == nullptr || reason->re_text == nullptr ? std::string{} : std::string{reason->re_text};
}

}  // namespace

int ua_in_dialog(ua_party* party, nta_leg_t*, nta_incoming_t* irq, const sip_t* sip) {
  auto& call = static_cast<ua_call_state&>(*party);
  const auto method = sip->sip_request->rq_method;
  if (call.core.call(call.id) != &call) return method == sip_method_ack ? 0 : 481;  // retired in this very step
  switch (method) {
    case sip_method_ack: return 0;
    case sip_method_bye:
      nta_incoming_treply(irq, SIP_200_OK, TAG_END());
      nta_incoming_destroy(irq);
      call.core.end(call, 200, reason_in(sip), true);
      return 0;
    case sip_method_invite: return take_offer(call, irq, sip, false);
    case sip_method_update: return take_offer(call, irq, sip, true);
    case sip_method_notify: return take_notify(call, sip);
    case sip_method_info:
    case sip_method_options:
    case sip_method_message: return 200;
    default: return 501;
  }
}

void ua_bye(ua_call_state& call, int status, const std::string& reason, bool by_peer) {
  auto* bye = ua_send(call, nullptr, SIP_METHOD_BYE);
  if (bye != nullptr) nta_outgoing_destroy(bye);  // nta repeats it by itself
  call.core.end(call, status, reason, by_peer);
}

void ua_offer(ua_call_state& call, const session_description& media) {
  if (call.phase != ua_phase::talking || call.offer_out != nullptr || (call.offer_in != nullptr && !call.offer_in_answered))
    return call.core.sink.on_offer_done(call.id, 491, {});
  const auto body = ua_sdp(call, media);
  const auto contact = "<" + call.account->contact + ">";
  call.offer_out = ua_send(call, on_offer_response, SIP_METHOD_INVITE, SIPTAG_CONTACT_STR(contact.c_str()),
                           SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(body.c_str()));
  if (call.offer_out == nullptr) call.core.sink.on_offer_done(call.id, 503, {});
}

void ua_answer_offer(ua_call_state& call, const session_description& media) {
  const auto body = ua_sdp(call, media);
  const auto contact = "<" + call.account->contact + ">";
  nta_incoming_treply(call.offer_in, SIP_200_OK, SIPTAG_CONTACT_STR(contact.c_str()), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
                      SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
  call.offer_in_answered = true;
  if (call.offer_in_is_update) forget_offer_in(call);
}

void ua_reject_offer(ua_call_state& call, int status) {
  nta_incoming_treply(call.offer_in, status, sip_status_phrase(status), TAG_END());
  forget_offer_in(call);
}

void ua_refer(ua_call_state& call, const std::string& target) {
  if (call.phase != ua_phase::talking || call.refer_out != nullptr) return call.core.sink.on_transfer(call.id, 491, true);
  const auto to = "<" + target + ">";
  const auto by = "<" + call.account->given.aor + ">";
  const auto contact = "<" + call.account->contact + ">";
  call.refer_out = ua_send(call, on_refer_response, SIP_METHOD_REFER, SIPTAG_REFER_TO_STR(to.c_str()),
                           SIPTAG_REFERRED_BY_STR(by.c_str()), SIPTAG_CONTACT_STR(contact.c_str()));
  if (call.refer_out == nullptr) call.core.sink.on_transfer(call.id, 503, true);
}

}  // namespace seatgrid
