#include <utility>

#include "domain/release_causes.hpp"
#include "sip/edge_core.hpp"
#include "sip/identity.hpp"
#include "sip/release_causes.hpp"

/// An INVITE of ours, from its first byte to ACK or failure.
namespace seatgrid::sip {
namespace {

constexpr milliseconds ring_grace{2'000};  ///< after Expires, before we cancel by ourselves
constexpr int refusal_without_route = 503;
constexpr int refusal_without_names = 500;

/// Sofia takes CSeq 0 for "none given", and it gets the number before ours.
bool is_named(const dialog& d) { return !d.sip_call_id.empty() && !d.local_tag.empty() && !d.invite.empty() && d.local_cseq > 1; }

void fail_call(edge_core& core, leg_id id, int status, std::string text = {}, std::uint32_t retry_after_s = 0) {
  core.tell(leg_failed{.leg = id,
                       .cause = {.q850 = calls::q850_of_sip(static_cast<std::uint16_t>(status)),
                                 .sip = static_cast<std::uint16_t>(status),
                                 .text = std::move(text)},
                       .retry_after_s = retry_after_s});
}

int on_invite_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip);

/// Route, identity and session headers of the INVITE as one block.
std::string header_block(leg_state& leg) {
  auto& core = leg.edge;
  const auto& order = *leg.invite;
  auto block = present(order.presented, core.host, !order.to.trunk.empty()).headers;
  std::string routes;
  for (const auto& r : order.to.route) routes += (routes.empty() ? "" : ", ") + one_line(r);
  if (!routes.empty()) block += "Route: " + routes + "\r\n";
  block += "Session-Expires: " + std::to_string(std::max<std::int64_t>(core.options.session_expires.count(), leg.min_se_s)) +
           "\r\nMin-SE: " + std::to_string(std::max<std::int64_t>(core.options.session_expires_min.count(), leg.min_se_s)) +
           "\r\n";
  if (order.diverted_from.empty()) return block;
  // No Diversion may show an access number to the network (I10).
  if (!order.to.trunk.empty() && core.directory && core.directory->is_access_number(order.diverted_from))
    core.count.dropped(edge_status::drop::forbidden_identity);
  else
    block += "Diversion: <sip:" + user_part(order.diverted_from) + "@" + core.host + ">;reason=unconditional\r\n";
  return block;
}

bool send_invite(leg_state& leg) {
  auto& core = leg.edge;
  const auto& order = *leg.invite;
  const bool again = leg.invite_cseq != 0;
  const auto branch = again ? retry_branch(order.early.invite) : order.early.invite;
  const auto body = order.offer ? sdp_for(leg, *order.offer) : std::string{};
  const auto contact = core.contact(leg);
  const auto block = header_block(leg);
  const auto expires = std::to_string(std::chrono::ceil<seconds>(order.expires).count());
  const auto hops = std::to_string(order.hops_left);
  const auto route = flow_url(leg.flow);
  const auto target = request_uri_of(order.to.target);
  leg.invite_text = branch + " " + target;
  core.count.request_out("INVITE");
  leg.invite_out =
      nta_outgoing_tcreate(leg.dialog_leg, on_invite_response, &leg, route.empty() ? nullptr : URL_STRING_MAKE(route.c_str()),
                           SIP_METHOD_INVITE, URL_STRING_MAKE(target.c_str()), NTATAG_BRANCH_KEY(branch.c_str()),
                           SIPTAG_CONTACT_STR(contact.c_str()), SIPTAG_USER_AGENT_STR(core.options.user_agent.c_str()),
                           SIPTAG_MAX_FORWARDS_STR(hops.c_str()), SIPTAG_EXPIRES_STR(expires.c_str()),
                           SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_SUPPORTED_STR(order.offer ? "100rel, timer" : "timer"),
                           SIPTAG_HEADER_STR(block.c_str()), TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                           TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())), TAG_END());
  if (leg.invite_out == nullptr) return false;
  leg.invite_cseq = nta_outgoing_cseq(leg.invite_out);
  return true;
}

/// Whence their responses come: there their own requests will come from, too.
void learn_peer(leg_state& leg) {
  msg_t* msg = nta_outgoing_getresponse(leg.invite_out);
  if (msg == nullptr) return;
  const auto from = source_of(leg.edge.agent, msg);
  msg_destroy(msg);
  if (from.ip.empty()) return;
  leg.peer_address = from.host_port();
  leg.edge.admit_peer(leg, leg.peer_address);
}

void take_progress(leg_state& leg, const sip_t* sip) {
  const int status = sip->sip_status->st_status;
  if (status == 100 || !take_reliable(leg, sip) || leg.cancelled) return;
  // Each fork is an early dialog of its own; the record shows the one that spoke last.
  leg.remote_tag = text_or_empty(sip->sip_to->a_tag);
  auto body = read_body(sip);
  if (body.sdp) leg.sdp_received = body.sdp, remember_media(leg, sip->sip_to->a_tag, *body.sdp);
  auto early = record_of(leg);
  if (sip->sip_contact != nullptr) early.remote_target = url_text(sip->sip_contact->m_url);
  leg.edge.tell(leg_progress{
      .leg = leg.id, .status = static_cast<std::uint16_t>(status), .media = std::move(body.sdp), .early = std::move(early)});
}

void take_success(leg_state& leg, const sip_t* sip) {
  auto& core = leg.edge;
  nta_leg_rtag(leg.dialog_leg, sip->sip_to->a_tag);
  nta_leg_client_reroute(leg.dialog_leg, sip->sip_record_route, sip->sip_contact, 1);
  leg.remote_tag = text_or_empty(sip->sip_to->a_tag);
  leg.peer_takes_update = sip->sip_allow != nullptr && sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE) != 0;
  leg.invite_text.clear();
  auto body = read_body(sip);
  const bool offered = leg.invite->offer.has_value();
  // Without a body their reliable 18x was the answer: that of this fork, not of the one that spoke last.
  leg.sdp_received = body.sdp ? body.sdp : media_of_fork(leg, sip->sip_to->a_tag);
  const bool usable = body.refused == 0 && leg.sdp_received.has_value();
  if (leg.cancelled || !usable) {
    acknowledge(leg, {});
    const auto id = leg.id;
    const auto status = leg.cancelled ? 487 : 488;
    leg.phase = leg_phase::talking;
    say_bye(leg, leg.cancelled ? leg.ending_cause : release_cause{.q850 = 88, .sip = 0, .text = "unusable media"});
    return fail_call(core, id, status);
  }
  agree_as_client(leg, sip);
  core.stop_wait(leg, wait_kind::ring_expiry);
  leg.phase = leg_phase::talking;
  leg.ack_waits = true;
  leg.ack_waits_for_answer = !offered;
  core.start_wait(leg, wait_kind::offer_answer, offered ? core.options.t1x64 : core.options.offer_wait);
  leg.invite.reset();
  start_session_timer(leg);
  core.tell(leg_answered{.leg = leg.id, .media = leg.sdp_received, .confirmed = record_of(leg)});
}

/// RFC 4028 section 7.1: once more with what they ask for. False when that cannot help.
bool retry_with_min_se(leg_state& leg, const sip_t* sip) {
  if (sip->sip_min_se == nullptr || leg.min_se_s != 0 || leg.cancelled) return false;
  leg.min_se_s = static_cast<std::uint32_t>(std::min(sip->sip_min_se->min_delta, 86'400UL));
  nta_outgoing_destroy(std::exchange(leg.invite_out, nullptr));
  return send_invite(leg);
}

int on_invite_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip) {
  auto& core = leg->edge;
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  core.count.response_in(status);
  if (status < 300 && sip != nullptr) learn_peer(*leg);
  if (status < 200) {
    if (sip != nullptr) take_progress(*leg, sip);
    return 0;
  }
  if (status < 300 && leg->phase != leg_phase::calling) return 0;  // repeated, because ACK waits for the journal
  if (status < 300) return take_success(*leg, sip), 0;
  if (status == 422 && sip != nullptr && retry_with_min_se(*leg, sip)) return 0;
  std::uint32_t after = 0;
  if (sip != nullptr && sip->sip_retry_after != nullptr)
    after = static_cast<std::uint32_t>(std::min(sip->sip_retry_after->af_delta, 86'400UL));
  auto cause = sip == nullptr ? release_cause{.q850 = calls::q850_of_sip(static_cast<std::uint16_t>(status)),
                                              .sip = static_cast<std::uint16_t>(status)}
                              : cause_in(sip, status);
  fail_leg(*leg, std::move(cause), after);
  return 0;
}

}  // namespace

void fail_leg(leg_state& leg, release_cause cause, std::uint32_t retry_after_s) {
  auto& core = leg.edge;
  core.stop_waits(leg);
  for (auto** orq : {&leg.invite_out, &leg.probe_out})
    if (*orq != nullptr) nta_outgoing_destroy(std::exchange(*orq, nullptr));
  core.tell_until_kept(leg, leg_failed{.leg = leg.id, .cause = std::move(cause), .retry_after_s = retry_after_s});
}

void call(edge_core& core, leg_invite order) {
  const auto id = order.leg;
  if (core.find(id) != nullptr) return core.count.dropped(edge_status::drop::stale_command);
  if (core.legs.size() >= core.options.legs_max) return fail_call(core, id, 503, "legs_max");
  // It would leave when the lease is back, and the phone ring on after the rules have counted its Expires to the end.
  if (core.guard.is_silent()) return fail_call(core, id, 503, "this node may not speak now");
  if (!order.to.trunk.empty() && core.directory && core.directory->is_access_number(order.presented.number)) {
    // An access number is never shown as caller (N16): refused here whatever the rules decided.
    core.count.dropped(edge_status::drop::forbidden_identity);
    return fail_call(core, id, 403, "an access number must not be presented");
  }
  if (auto why = core.paths.open(order.to); !why.empty()) return fail_call(core, id, 503, std::move(why));
  if (!is_named(order.early)) return fail_call(core, id, refusal_without_names, "an INVITE without Call-ID, tag, CSeq or branch");
  auto& leg = core.add(id);
  leg.phase = leg_phase::calling;
  leg.flow = order.to.flow;
  know_phone(leg);
  const bool tcp = leg.flow.rfind("tcp:", 0) == 0 || order.to.target.find(";transport=tcp") != std::string::npos;
  leg.via = tcp ? transport::tcp : transport::udp;
  leg.local_uri = from_of_invite(core, order.presented);
  leg.remote_uri = to_of_invite(order.called, order.to.target);
  leg.local_tag = order.early.local_tag;
  leg.sip_call_id = order.early.sip_call_id;
  leg.invite = std::make_unique<leg_invite>(std::move(order));
  const auto from = leg.local_uri + ";tag=" + leg.local_tag;
  sip_cseq_t cseq[1];
  sip_cseq_init(cseq);
  cseq->cs_seq = leg.invite->early.local_cseq - 1;  // Sofia counts on from here
  leg.dialog_leg =
      nta_leg_tcreate(core.agent, on_in_dialog, &leg, SIPTAG_CALL_ID_STR(leg.sip_call_id.c_str()), SIPTAG_FROM_STR(from.c_str()),
                      SIPTAG_TO_STR(leg.remote_uri.c_str()), SIPTAG_CSEQ(cseq), TAG_END());
  if (leg.dialog_leg == nullptr || !send_invite(leg)) {
    core.retire(leg);
    return fail_call(core, id, refusal_without_route, "no route to the target");
  }
  core.start_wait(leg, wait_kind::ring_expiry, leg.invite->expires + ring_grace);
}

std::string from_of_invite(const edge_core& core, const caller_identity& presented) {
  return present(presented, core.host, false).from;
}

std::string to_of_invite(const std::string& called, const std::string& target) {
  scratch pool;
  const auto* url = url_make(pool, target.c_str());
  if (called.find(':') != std::string::npos) return "<" + one_line(called) + ">";
  const auto host = url == nullptr ? std::string{} : text_or_empty(url->url_host);
  const auto port = url == nullptr ? std::string{} : text_or_empty(url->url_port);
  if (called.empty() || host.empty()) return "<" + target + ">";
  return "<sip:" + user_part(called) + "@" + host + (port.empty() ? "" : ":" + port) + ">";
}

std::string request_uri_of(const std::string& target) { return target.substr(0, target.find('?')); }

std::string retry_branch(const std::string& first) { return first + std::string{retry_suffix}; }

void cancel_call(leg_state& leg, const release_cause& cause) {
  if (leg.cancelled || leg.invite_out == nullptr) return;
  auto& core = leg.edge;
  leg.cancelled = true;
  leg.ending_cause = cause;
  core.stop_wait(leg, wait_kind::ring_expiry);
  const auto reason = reason_of(cause);
  core.count.request_out("CANCEL");
  // Sofia holds it back until a provisional response has come (RFC 3261 9.1).
  auto* cancel = nta_outgoing_tcancel(leg.invite_out, nullptr, nullptr, SIPTAG_REASON_STR(reason.c_str()), TAG_END());
  if (cancel != nullptr && cancel != no_transaction) nta_outgoing_destroy(cancel);
  core.start_wait(leg, wait_kind::final_after_cancel, core.options.t1x64 + milliseconds{500});
}

void acknowledge_answer(leg_state& leg) {
  if (leg.ack_waits && !leg.ack_waits_for_answer) acknowledge(leg, {});
}

void acknowledge(leg_state& leg, const std::string& body) {
  leg.ack_waits = leg.ack_waits_for_answer = false;
  leg.edge.stop_wait(leg, wait_kind::offer_answer);
  sip_cseq_t cseq[1];
  sip_cseq_init(cseq);
  cseq->cs_seq = leg.invite_cseq;
  cseq->cs_method = sip_method_ack;
  cseq->cs_method_name = "ACK";
  auto* ack = send_in_dialog(leg, nullptr, SIP_METHOD_ACK, SIPTAG_CSEQ(cseq),
                             TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                             TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())));
  if (ack != nullptr) nta_outgoing_destroy(ack);
  // Not before: Sofia aborts the process when it finds no INVITE for an ACK.
  if (leg.invite_out != nullptr) nta_outgoing_destroy(std::exchange(leg.invite_out, nullptr));
}

}  // namespace seatgrid::sip
