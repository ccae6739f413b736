#include <algorithm>
#include <utility>

#include "sip/edge_core.hpp"

/// Dialogs of an earlier life of this address (DESIGN section 5): rebuilt from their records.
namespace seatgrid::sip {
namespace {

constexpr std::int64_t epoch_of_cseq_s = 1'767'225'600;  // 2026-01-01

/// Above every CSeq that the dead edge can have used: a thousand steps on, and never behind a second adoption from the same
/// record, because the clock has moved since. Stays below 2^31 (RFC 3261 8.1.1.5) until 2094.
std::uint32_t adopted_cseq(const edge_core& core, std::uint32_t saved) {
  const auto since = core.clock.now().us / 1'000'000 - epoch_of_cseq_s;
  const auto by_clock = static_cast<std::uint32_t>(std::clamp<std::int64_t>(since, 0, 0x7ffffffe));
  return std::max(std::min(saved, 0x7ffff000U) + cseq_step_of_adoption, by_clock);
}

void fill(leg_state& leg, const dialog& saved) {
  leg.incoming = saved.incoming;
  leg.sip_call_id = saved.sip_call_id;
  leg.local_uri = saved.local_uri;
  leg.remote_uri = saved.remote_uri;
  leg.local_tag = saved.local_tag;
  leg.remote_tag = saved.remote_tag;
  leg.peer_address = saved.peer_address;
  leg.flow = saved.flow;
  know_phone(leg);
  leg.edge.admit_peer(leg, saved.peer_address);
  leg.via = saved.via;
  leg.sdp_session = saved.sdp_session_id;
  leg.sdp_version = saved.sdp_version;
  leg.session_s = saved.session_expires_s;
  leg.we_refresh = saved.we_refresh;
  leg.invite_text = saved.invite;
  leg.peer_takes_update = true;  // not in the record: tried, and unlearned on 405
}

std::string joined(const std::vector<std::string>& routes) {
  std::string all;
  for (const auto& r : routes) all += (all.empty() ? "" : ", ") + r;
  return all;
}

/// Leg, tags, CSeqs, target and routes. False when the record does not parse.
bool rebuild_dialog(leg_state& leg, const dialog& saved) {
  auto& core = leg.edge;
  scratch pool;
  sip_cseq_t cseq[1];
  sip_cseq_init(cseq);
  cseq->cs_seq = adopted_cseq(core, saved.local_cseq);
  const auto from = saved.local_uri + ";tag=" + saved.local_tag;
  const auto to = saved.remote_uri + (saved.remote_tag.empty() ? "" : ";tag=" + saved.remote_tag);
  if (saved.sip_call_id.empty() || saved.local_tag.empty()) return false;
  leg.dialog_leg = nta_leg_tcreate(core.agent, on_in_dialog, &leg, SIPTAG_CALL_ID_STR(saved.sip_call_id.c_str()),
                                   SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()), SIPTAG_CSEQ(cseq),
                                   NTATAG_REMOTE_CSEQ(saved.remote_cseq), TAG_END());
  if (leg.dialog_leg == nullptr) return false;
  auto* target = saved.remote_target.empty() ? nullptr : sip_contact_make(pool, ("<" + saved.remote_target + ">").c_str());
  // server_route keeps the order, and the record already has ours.
  const auto list = joined(saved.route_set);
  auto* routes = list.empty() ? nullptr : sip_record_route_make(pool, list.c_str());
  return nta_leg_server_route(leg.dialog_leg, routes, target) == 0 && target != nullptr;
}

/// Whether the peer's trunk takes no word from another address than the one that died.
bool must_end(const leg_state& leg) {
  const auto& core = leg.edge;
  if (!core.options.is_elsewhere() || !core.directory) return false;
  const auto match = core.directory->trunk_at(leg.peer_address.substr(0, leg.peer_address.rfind(':')), 0);
  return match && match->trunk->adopt == adoption_way::end;
}

void restore_confirmed(leg_state& leg, const dialog& saved) {
  auto& core = leg.edge;
  leg.phase = leg_phase::talking;
  leg.invite_text.clear();
  if (!rebuild_dialog(leg, saved)) return end(leg, false, {.q850 = 41, .sip = 481, .text = "record does not restore"});
  if (core.directory) {
    const auto colon = leg.peer_address.rfind(':');
    const auto match = core.directory->trunk_at(leg.peer_address.substr(0, colon), 0);
    if (match) core.load.begin(leg.trunk_key = match->tenant + "/" + match->trunk->name);
  }
  core.count.restored();
  if (must_end(leg)) return hang_up(leg, 503, "its edge died, and its trunk takes no re-INVITE");
  miss_connection(leg);
  start_session_timer(leg);
  core.tell(leg_probed{.leg = leg.id, .status = 200});
}

/// Their INVITE, which they will not repeat: its server transaction again, so that 18x and 200 can still be sent.
void restore_ringing(leg_state& leg, const dialog& saved) {
  auto& core = leg.edge;
  leg.phase = leg_phase::ringing;
  leg.rseq = saved.rseq;
  leg.rseq_is_inherited = true;
  auto lost = [&] { end(leg, false, {.q850 = 41, .sip = 481, .text = "record does not restore"}); };
  if (!rebuild_dialog(leg, saved)) return lost();
  msg_t* msg = msg_make(sip_default_mclass(), 0, saved.invite.data(), static_cast<ssize_t>(saved.invite.size()));
  sip_t* sip = msg == nullptr ? nullptr : sip_object(msg);
  if (sip == nullptr || sip->sip_request == nullptr || sip->sip_via == nullptr || sip->sip_cseq == nullptr) {
    if (msg != nullptr) msg_destroy(msg);
    return lost();
  }
  leg.peer_wants_reliable = has_option(sip->sip_require, "100rel");
  leg.peer_takes_reliable = leg.peer_wants_reliable || has_option(sip->sip_supported, "100rel");
  leg.peer_takes_update = sip->sip_allow != nullptr && sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE) != 0;
  auto body = read_body(sip);
  leg.offer_is_ours = !body.sdp;
  leg.sdp_received = std::move(body.sdp);
  agree_as_server(leg, sip);
  auto* path = tport_by_protocol(nta_agent_tports(core.agent), saved.via == transport::udp ? "udp" : "tcp");
  leg.invite_in = nta_incoming_create(core.agent, leg.dialog_leg, msg, sip, NTATAG_TPORT(path), TAG_END());
  if (leg.invite_in == nullptr) return lost();
  nta_incoming_tag(leg.invite_in, leg.local_tag.c_str());
  nta_incoming_bind(leg.invite_in, on_invite_event, &leg);
  core.count.restored();
  if (must_end(leg)) {
    reply(core, leg.invite_in, SIP_503_SERVICE_UNAVAILABLE);
    return end(leg, false, {.q850 = 41, .sip = 503, .text = "its edge died, and its trunk takes no word from elsewhere"});
  }
  core.tell(leg_probed{.leg = leg.id, .status = 200});
}

std::string branch_of(const leg_state& leg) { return leg.invite_text.substr(0, leg.invite_text.find(' ')); }

void use_branch(leg_state& leg, const std::string& branch, const std::string& target) {
  leg.edge.old_branches.erase(branch_of(leg));
  leg.invite_text = branch + " " + target;
  leg.edge.old_branches[branch] = leg.id;
}

void send_old_cancel(leg_state& leg);

/// 481: the phone has no such INVITE. It may have the second one, which its 422 asked for (RFC 4028 section 7.1).
bool cancel_second_try(leg_state& leg) {
  const auto branch = branch_of(leg);
  if (branch.ends_with(retry_suffix)) return false;
  use_branch(leg, retry_branch(branch), leg.invite_text.substr(branch.size() + 1));
  ++leg.invite_cseq;
  send_old_cancel(leg);
  return true;
}

int on_old_cancel_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip) {
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  auto& core = leg->edge;
  core.count.response_in(status);
  if (status < 200) return 0;
  nta_outgoing_destroy(std::exchange(leg->probe_out, nullptr));
  // 2xx: now the INVITE's own final response follows. A failure that is not 481 says nothing about the phone: it may ring on. Nor
  // does 481 when the Via of the INVITE is only presumed.
  if (status != 481 || core.options.is_elsewhere() || cancel_second_try(*leg)) return 0;
  leg->cancel_status = 481;
  // It does not ring. If it answered, it repeats its 2xx every T2, because nobody has sent ACK (RFC 3261 13.3.1.4): one of them
  // may be lost.
  core.start_wait(*leg, wait_kind::final_after_cancel, 2 * core.options.t2 + core.options.t1);
  return 0;
}

/// host:port of the slot's own address; empty = it had none of this transport.
std::string former_address(const edge_options& options, bool tcp) {
  for (const auto& listen : options.former_listen) {
    if ((listen.find("transport=tcp") != std::string::npos) != tcp) continue;
    scratch pool;
    const auto* url = url_make(pool, listen.c_str());
    if (url == nullptr || url->url_host == nullptr) continue;
    const auto host = options.former_advertised_host.empty() ? std::string{url->url_host} : options.former_advertised_host;
    return host + ":" + (url->url_port == nullptr ? "5060" : url->url_port);
  }
  return {};
}

/// The Via that INVITEs of this slot bore at its own addresses: a CANCEL must bear the same (RFC 3261 9.1, 17.2.3). Empty = ours.
/// With rport, so that the answer comes here.
std::string former_via(const leg_state& leg, const std::string& branch) {
  if (!leg.edge.options.is_elsewhere()) return {};
  const bool tcp = leg.via != transport::udp;
  const auto address = leg.old_address.empty() ? former_address(leg.edge.options, tcp) : leg.old_address;
  return address.empty() ? address : std::string{"SIP/2.0/"} + (tcp ? "TCP " : "UDP ") + address + ";rport;branch=" + branch;
}

void send_old_cancel(leg_state& leg) {
  auto& core = leg.edge;
  const auto branch = branch_of(leg);
  const auto target = leg.invite_text.substr(branch.size() + 1);
  const auto from = leg.local_uri + ";tag=" + leg.local_tag;
  const auto cseq = std::to_string(leg.invite_cseq) + " CANCEL";
  const auto next_hop = flow_url(leg.flow);
  const auto via = former_via(leg, branch);
  scratch pool;
  auto* line = sip_request_create(pool, SIP_METHOD_CANCEL, URL_STRING_MAKE(target.c_str()), nullptr);
  core.count.request_out("CANCEL");
  leg.probe_out = nta_outgoing_mcreate(
      core.agent, on_old_cancel_response, &leg, next_hop.empty() ? nullptr : URL_STRING_MAKE(next_hop.c_str()),
      nta_msg_create(core.agent, 0), SIPTAG_REQUEST(line), SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(leg.remote_uri.c_str()),
      SIPTAG_CALL_ID_STR(leg.sip_call_id.c_str()), SIPTAG_CSEQ_STR(cseq.c_str()), SIPTAG_MAX_FORWARDS_STR("70"),
      TAG_IF(!leg.old_routes.empty(), SIPTAG_ROUTE_STR(leg.old_routes.c_str())),
      TAG_IF(!via.empty(), SIPTAG_VIA_STR(via.c_str())), NTATAG_USER_VIA(via.empty() ? 0 : 1), NTATAG_BRANCH_KEY(branch.c_str()),
      TAG_END());
}

/// host:port to which an INVITE went; bindings come back later than this.
std::string peer_of(const std::string& target, const std::string& flow) {
  if (!flow.empty()) return flow.substr(flow.find(':') + 1);
  scratch pool;
  const auto* url = url_make(pool, target.c_str());
  if (url == nullptr) return {};
  const auto port = text_or_empty(url->url_port);
  return text_or_empty(url->url_host) + ":" + (port.empty() ? "5060" : port);
}

/// Our INVITE, perhaps still ringing somewhere: CANCEL with its branch and CSeq (RFC 3261 9.1). Silence when that cannot be: the
/// call knows when the INVITE expires.
void restore_calling(leg_state& leg, const leg_restore& order) {
  auto& core = leg.edge;
  const auto& saved = order.saved;
  leg.phase = leg_phase::cancelling;
  const auto space = saved.invite.find(' ');
  const auto target = request_uri_of(space == std::string::npos ? saved.remote_target : saved.invite.substr(space + 1));
  if (saved.invite.empty() || target.empty() || saved.sip_call_id.empty()) {
    core.count.dropped(edge_status::drop::stale_command);
    return core.retire(leg);
  }
  if (leg.peer_address.empty()) core.admit_peer(leg, peer_of(target, leg.flow));
  if (leg.local_uri.empty()) leg.local_uri = from_of_invite(core, order.presented);
  if (leg.remote_uri.empty()) leg.remote_uri = to_of_invite(order.called, target);
  leg.invite_cseq = saved.local_cseq;
  leg.old_routes = joined(saved.route_set);
  leg.old_address = saved.local_address;
  use_branch(leg, saved.invite.substr(0, space), target);
  miss_connection(leg);
  if (!is_phone_away(leg)) send_old_cancel(leg);
  core.count.restored();
  core.start_wait(leg, wait_kind::final_after_cancel, core.options.t1x64 + milliseconds{500});
}

}  // namespace

void cancel_old_again(leg_state& leg) {
  if (leg.probe_out == nullptr) send_old_cancel(leg);
}

namespace {

/// ACK of a 2xx that we know: its first one was lost, or our predecessor died before it left.
void acknowledge_again(edge_core& core, const sip_t* response, const leg_state& leg) {
  scratch pool;
  const sip_route_t* route = nullptr;
  const sip_contact_t* target = nullptr;
  nta_leg_get_route(leg.dialog_leg, &route, &target);
  if (target == nullptr) return;
  const auto branch = "z9hG4bK" + random_hex(12);
  const auto cseq = std::to_string(response->sip_cseq->cs_seq) + " ACK";
  const auto next_hop = flow_url(leg.flow);
  const auto uri = url_text(target->m_url);
  auto* line = sip_request_create(pool, SIP_METHOD_ACK, URL_STRING_MAKE(uri.c_str()), nullptr);
  core.count.request_out("ACK");
  auto* ack = nta_outgoing_mcreate(
      core.agent, nullptr, nullptr, next_hop.empty() ? nullptr : URL_STRING_MAKE(next_hop.c_str()), nta_msg_create(core.agent, 0),
      SIPTAG_REQUEST(line), SIPTAG_FROM(response->sip_from), SIPTAG_TO(response->sip_to), SIPTAG_CALL_ID(response->sip_call_id),
      SIPTAG_CSEQ_STR(cseq.c_str()), SIPTAG_MAX_FORWARDS_STR("70"), TAG_IF(route != nullptr, SIPTAG_ROUTE(route)),
      NTATAG_BRANCH_KEY(branch.c_str()), NTATAG_STATELESS(1), TAG_END());
  if (ack != nullptr && ack != no_transaction) nta_outgoing_destroy(ack);
}

/// The talking leg whose dialog this response belongs to; null = none.
const leg_state* talking_leg(edge_core& core, const sip_t* response) {
  auto* dialog = nta_leg_by_dialog(core.agent, nullptr, response->sip_call_id, response->sip_to->a_tag, nullptr,
                                   response->sip_from->a_tag, nullptr);
  const auto* leg = dialog == nullptr ? nullptr : nta_leg_magic(dialog, on_in_dialog);
  return leg != nullptr && leg->phase == leg_phase::talking ? leg : nullptr;
}

/// ACK of a failure is the transaction's (RFC 3261 17.1.1.3), and that transaction died with its edge.
void acknowledge_failure(edge_core& core, const sip_t* response, const leg_state& leg) {
  scratch pool;
  const auto target = leg.invite_text.substr(leg.invite_text.find(' ') + 1);
  const auto cseq = std::to_string(response->sip_cseq->cs_seq) + " ACK";
  const auto next_hop = flow_url(leg.flow);
  auto* line = sip_request_create(pool, SIP_METHOD_ACK, URL_STRING_MAKE(target.c_str()), nullptr);
  core.count.request_out("ACK");
  auto* ack = nta_outgoing_mcreate(core.agent, nullptr, nullptr, next_hop.empty() ? nullptr : URL_STRING_MAKE(next_hop.c_str()),
                                   nta_msg_create(core.agent, 0), SIPTAG_REQUEST(line), SIPTAG_FROM(response->sip_from),
                                   SIPTAG_TO(response->sip_to), SIPTAG_CALL_ID(response->sip_call_id),
                                   SIPTAG_CSEQ_STR(cseq.c_str()), SIPTAG_MAX_FORWARDS_STR("70"),
                                   NTATAG_BRANCH_KEY(response->sip_via->v_branch), NTATAG_STATELESS(1), TAG_END());
  if (ack != nullptr && ack != no_transaction) nta_outgoing_destroy(ack);
}

}  // namespace

/// The call has another owner, and this edge lived on: what the former owner may have taken with it is told again.
void tell_again(edge_core& core, leg_state& leg, const leg_restore& order) {
  if (leg.phase == leg_phase::ended) return core.tell_last(leg);
  // An early INVITE of ours is given up by whoever restores it (domain/call_resume.cpp); the word for that may have been lost.
  const bool is_given_up = !leg.incoming && !order.confirmed;
  if (is_given_up && leg.phase == leg_phase::calling) return cancel_call(leg, {.q850 = 16, .sip = 0, .text = "given up"});
  if (leg.phase != leg_phase::talking) return;
  if (is_given_up) return core.tell(leg_answered{.leg = leg.id, .media = leg.sdp_received, .confirmed = record_of(leg)});
  if (order.confirmed) return core.tell(leg_probed{.leg = leg.id, .status = 200});
  core.tell(leg_confirmed{.leg = leg.id, .media = {}, .confirmed = record_of(leg)});
}

void restore(edge_core& core, const leg_restore& order) {
  if (auto* leg = core.find(order.leg)) return tell_again(core, *leg, order);
  auto& leg = core.add(order.leg);
  fill(leg, order.saved);
  if (order.confirmed) return restore_confirmed(leg, order.saved);
  if (order.saved.incoming) return restore_ringing(leg, order.saved);
  restore_calling(leg, order);
}

void on_stray_response(edge_core& core, msg_t* msg, sip_t* sip) {
  core.count.response_in(sip->sip_status->st_status);
  const auto* via = sip->sip_via;
  const bool ours = via != nullptr && via->v_next == nullptr && core.is_own_via(via) && via->v_branch != nullptr;
  const int status = sip->sip_status->st_status;
  if (!ours || sip->sip_cseq->cs_method != sip_method_invite || status < 200) return msg_destroy(msg);
  const auto old = core.old_branches.find(via->v_branch);
  auto* leg = old == core.old_branches.end() ? nullptr : core.find(old->second);
  if (status >= 300) {
    if (leg != nullptr) {
      acknowledge_failure(core, sip, *leg);
      if (leg->phase != leg_phase::ended) fail_leg(*leg, cause_in(sip, status));
    }
    return msg_destroy(msg);
  }
  if (const auto* talks = leg == nullptr ? talking_leg(core, sip) : nullptr) {
    acknowledge_again(core, sip, *talks);
    return msg_destroy(msg);
  }
  // It is repeated, and by then we know which dialogs we have.
  if (leg == nullptr && !core.sink.accepting_calls()) return msg_destroy(msg);
  // Answered after all, by a fork or across our CANCEL: ACK, then BYE (RFC 3261 13.2.2.4).
  nta_msg_ackbye(core.agent, msg);
  if (leg != nullptr && leg->phase != leg_phase::ended)
    fail_leg(*leg, {.q850 = 16, .sip = 487, .text = "answered across our CANCEL"});
}

}  // namespace seatgrid::sip
