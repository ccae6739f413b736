#include <utility>

#include "sip/user_agent_core.hpp"

/// The first INVITE of a call, theirs and ours.
namespace seatgrid {
namespace {

constexpr const char* allowed = "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, NOTIFY";
constexpr unsigned tries_max = 3;

int on_invite_response(ua_party* party, nta_outgoing_t* orq, const sip_t* sip);

bool send_invite(ua_call_state& call) {
  auto& core = call.core;
  const auto& account = *call.account;
  const auto body = call.order.offer ? ua_sdp(call, *call.order.offer) : std::string{};
  const auto contact = "<" + account.contact + ">";
  const auto authorization = ua_authorization(*call.account, "INVITE", call.order.target);
  std::string more;
  for (const auto& [name, value] : call.order.headers) more += name + ": " + value + "\r\n";
  call.invite_out = nta_outgoing_tcreate(
      call.leg, on_invite_response, &call, account.given.server.empty() ? nullptr : URL_STRING_MAKE(account.given.server.c_str()),
      SIP_METHOD_INVITE, URL_STRING_MAKE(call.order.target.c_str()), SIPTAG_CONTACT_STR(contact.c_str()),
      SIPTAG_USER_AGENT_STR(core.options.name.c_str()), SIPTAG_ALLOW_STR(allowed),
      TAG_IF(!authorization.empty() && !account.digest.by_proxy, SIPTAG_AUTHORIZATION_STR(authorization.c_str())),
      TAG_IF(!authorization.empty() && account.digest.by_proxy, SIPTAG_PROXY_AUTHORIZATION_STR(authorization.c_str())),
      TAG_IF(!more.empty(), SIPTAG_HEADER_STR(more.c_str())), TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
      TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())), TAG_END());
  if (call.invite_out != nullptr) call.invite_cseq = nta_outgoing_cseq(call.invite_out);
  return call.invite_out != nullptr;
}

void take_success(ua_call_state& call, const sip_t* sip) {
  nta_leg_rtag(call.leg, sip->sip_to->a_tag);
  nta_leg_client_reroute(call.leg, sip->sip_record_route, sip->sip_contact, 1);
  nta_outgoing_destroy(std::exchange(call.invite_out, nullptr));
  call.phase = ua_phase::talking;
  int refused = 0;
  auto media = ua_body(sip, refused);
  if (media) call.remote = media;
  if (call.cancelled || refused != 0) {
    ua_acknowledge(call, {});
    return ua_bye(call, call.cancelled ? 487 : 488, call.cancelled ? "" : "unusable media", !call.cancelled);
  }
  call.ack_waits = !call.order.offer.has_value();
  if (!call.ack_waits) ua_acknowledge(call, {});
  call.core.sink.on_answered(call.id, call.remote);
}

int on_invite_response(ua_party* party, nta_outgoing_t* orq, const sip_t* sip) {
  auto& call = static_cast<ua_call_state&>(*party);
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  if (status < 200) {
    if (sip == nullptr || status == 100 || call.cancelled) return 0;
    int refused = 0;
    const auto media = ua_body(sip, refused);
    if (media) call.remote = media;
    call.core.sink.on_progress(call.id, static_cast<std::uint16_t>(status), media);
    return 0;
  }
  if (status < 300) return take_success(call, sip), 0;
  nta_outgoing_destroy(std::exchange(call.invite_out, nullptr));
  if ((status == 401 || status == 407) && sip != nullptr && !call.cancelled && ++call.tries < tries_max) {
    call.account->digest = ua_challenged(sip);
    if (!call.account->digest.challenges.empty() && send_invite(call)) return 0;
  }
  const auto phrase = sip != nullptr && sip->sip_status != nullptr && sip->sip_status->st_phrase != nullptr
                          ? std::string{sip->sip_status->st_phrase}
                          : std::string{};
  call.core.end(call, status, phrase, !call.cancelled);
  return 0;
}

/// ACK, CANCEL or the end of patience for our answer to their INVITE.
int on_invite_event(ua_party* party, nta_incoming_t*, const sip_t* sip) {
  auto& call = static_cast<ua_call_state&>(*party);
  if (sip == nullptr) {
    if (call.phase == ua_phase::answered) ua_bye(call, 408, "no ACK", true);
    return 0;
  }
  if (sip->sip_request->rq_method == sip_method_cancel) {
    if (call.phase == ua_phase::ringing) call.core.end(call, 487, "cancelled", true);  // nta answers 200 and 487
    return 0;
  }
  if (call.phase != ua_phase::answered) return 0;
  call.phase = ua_phase::talking;
  nta_incoming_bind(call.invite_in, nullptr, nullptr);
  nta_incoming_destroy(std::exchange(call.invite_in, nullptr));
  if (call.hang_up_after_ack) return ua_bye(call, 200, "", false), 0;
  int refused = 0;
  std::optional<session_description> media;
  if (call.offer_is_ours) media = ua_body(sip, refused);
  if (call.offer_is_ours && !media) return ua_bye(call, 488, "no usable answer in the ACK", true), 0;
  if (media) call.remote = media;
  call.core.sink.on_confirmed(call.id, media);
  return 0;
}

ua_account_state* called_account(ua_core& core, const sip_t* sip) {
  const auto* user = sip->sip_request->rq_url->url_user;
  if (user == nullptr || user[0] != 'a') return nullptr;
  std::uint64_t id = 0;
  for (const char* c = user + 1; *c != '\0'; ++c) {
    if (*c < '0' || *c > '9' || id > UINT64_MAX / 10 - 1) return nullptr;
    id = id * 10 + static_cast<std::uint64_t>(*c - '0');
  }
  return core.account({id});
}

}  // namespace

void ua_call(ua_core& core, ua_call_id id, ua_outgoing order) {
  auto* account = core.account(order.account);
  if (account == nullptr || core.calls.size() >= core.options.calls_max)
    return core.sink.on_ended(id, 503, account == nullptr ? "unknown account" : "calls_max", false);
  auto& call = core.add_call(id, *account);
  call.order = std::move(order);
  const auto display = account->given.display.empty() ? std::string{} : "\"" + account->given.display + "\" ";
  const auto from = display + "<" + account->given.aor + ">;tag=" + core.random_text();
  call.remote_uri = "<" + call.order.target + ">";
  const auto sip_call_id = core.random_text() + core.random_text();
  call.leg = nta_leg_tcreate(core.agent, ua_in_dialog, &call, SIPTAG_CALL_ID_STR(sip_call_id.c_str()),
                             SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(call.remote_uri.c_str()), TAG_END());
  if (call.leg == nullptr || !send_invite(call)) core.end(call, 503, "the INVITE could not be sent", false);
}

void ua_acknowledge(ua_call_state& call, const std::string& body) {
  call.ack_waits = false;
  const auto cseq = std::to_string(call.invite_cseq) + " ACK";
  auto* ack = ua_send(call, nullptr, SIP_METHOD_ACK, SIPTAG_CSEQ_STR(cseq.c_str()),
                      TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                      TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())));
  if (ack != nullptr) nta_outgoing_destroy(ack);  // nta repeats it for each repeated 200
}

int ua_take_invite(ua_core& core, nta_incoming_t* irq, const sip_t* sip) {
  auto* account = called_account(core, sip);
  if (account == nullptr) {
    core.catch_up();  // the order that adds it may have come together with this INVITE
    account = called_account(core, sip);
  }
  if (account == nullptr) return 404;
  if (sip->sip_contact == nullptr) return 400;
  if (core.calls.size() >= core.options.calls_max) return 503;
  int refused = 0;
  auto offer = ua_body(sip, refused);
  if (refused != 0) return refused;
  auto& call = core.add_call({core.shared.next_id.fetch_add(1)}, *account);
  call.phase = ua_phase::ringing;
  call.invite_in = irq;
  call.remote = offer;
  call.offer_is_ours = !offer.has_value();
  call.remote_uri = ua_url_text(sip->sip_from->a_url);
  const auto* tag = nta_incoming_tag(irq, nullptr);
  auto* local = reinterpret_cast<const sip_from_t*>(sip->sip_to);
  auto* remote = reinterpret_cast<const sip_to_t*>(sip->sip_from);
  call.leg = nta_leg_tcreate(core.agent, ua_in_dialog, &call, SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(local),
                             SIPTAG_TO(remote), NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
  if (call.leg == nullptr) return core.calls.erase(call.id.value), 500;
  nta_leg_tag(call.leg, tag);
  nta_leg_server_route(call.leg, sip->sip_record_route, sip->sip_contact);
  nta_incoming_bind(irq, on_invite_event, &call);
  core.sink.on_incoming(call.id, {.account = account->id,
                                  .from_uri = call.remote_uri,
                                  .from_display = sip->sip_from->a_display == nullptr ? "" : sip->sip_from->a_display,
                                  .to_uri = ua_url_text(sip->sip_to->a_url),
                                  .sip_call_id = sip->sip_call_id->i_id,
                                  .offer = std::move(offer)});
  return 0;
}

void ua_ring(ua_call_state& call, const std::optional<session_description>& early) {
  if (call.phase != ua_phase::ringing || call.invite_in == nullptr) return;
  const auto body = early ? ua_sdp(call, *early) : std::string{};
  const auto contact = "<" + call.account->contact + ">";
  const int status = early ? 183 : 180;
  nta_incoming_treply(call.invite_in, status, sip_status_phrase(status), SIPTAG_CONTACT_STR(contact.c_str()),
                      TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                      TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())), TAG_END());
}

void ua_answer(ua_call_state& call, const session_description& media) {
  if (call.ack_waits) return ua_acknowledge(call, ua_sdp(call, media));
  if (call.offer_in != nullptr) return ua_answer_offer(call, media);
  if (call.phase != ua_phase::ringing || call.invite_in == nullptr) return;
  const auto body = ua_sdp(call, media);
  const auto contact = "<" + call.account->contact + ">";
  call.phase = ua_phase::answered;
  nta_incoming_treply(call.invite_in, SIP_200_OK, SIPTAG_CONTACT_STR(contact.c_str()), SIPTAG_ALLOW_STR(allowed),
                      SIPTAG_SERVER_STR(call.core.options.name.c_str()), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
                      SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
}

void ua_reject(ua_call_state& call, int status) {
  if (call.offer_in != nullptr) return ua_reject_offer(call, status);
  if (call.phase != ua_phase::ringing || call.invite_in == nullptr) return;
  nta_incoming_treply(call.invite_in, status, sip_status_phrase(status), TAG_END());
  call.core.end(call, status, "", false);
}

void ua_hang_up(ua_call_state& call) {
  switch (call.phase) {
    case ua_phase::calling: {
      if (std::exchange(call.cancelled, true) || call.invite_out == nullptr) return;
      auto* cancel = nta_outgoing_tcancel(call.invite_out, nullptr, nullptr, TAG_END());
      if (cancel != nullptr) nta_outgoing_destroy(cancel);
      return;
    }
    case ua_phase::ringing: return ua_reject(call, 603);
    case ua_phase::answered: call.hang_up_after_ack = true; return;
    case ua_phase::talking:
      if (call.ack_waits) ua_acknowledge(call, {});
      return ua_bye(call, 200, "", false);
  }
}

}  // namespace seatgrid
