#include "sip/edge_core.hpp"
#include "sip/identity.hpp"
#include "sip/text.hpp"

/// A new INVITE: may it become a call, and of whom?
namespace seatgrid::sip {
namespace {

using drop = edge_status::drop;

/// What let the caller in: a trunk by address, or a registered phone by its flow.
struct admission {
  std::string tenant{};
  trunk_config trunk{};
  std::string aor{};  ///< of the phone; empty = trunk
};

std::optional<admission> admitted(edge_core& core, const source_address& from) {
  if (const auto match = core.directory->trunk_at(from.ip, from.port))
    return admission{.tenant = match->tenant, .trunk = *match->trunk, .aor = {}};
  const auto& aor = core.registry.aor_of_flow(from.flow());
  scratch pool;
  const auto* url = aor.empty() ? nullptr : url_make(pool, aor.c_str());
  if (url == nullptr) return std::nullopt;
  const auto who = core.directory->user(text_or_empty(url->url_host), text_or_empty(url->url_user));
  if (!who) return std::nullopt;
  admission phone{.tenant = who->tenant, .trunk = {}, .aor = aor};
  phone.trunk.caller = caller_from::from;
  return phone;
}

int busy(edge_core& core, nta_incoming_t* irq, int status, const char* phrase, drop why) {
  core.count.dropped(why);
  const auto after = std::to_string(core.options.overload_retry_after.count());
  return finish(core, irq, status, phrase, SIPTAG_RETRY_AFTER_STR(after.c_str()));
}

/// Our own Via below theirs: the INVITE left us and came back. With another number it is a spiral and lawful (RFC 3261 16.3).
bool is_loop(edge_core& core, nta_incoming_t* irq, const sip_t* sip) {
  msg_t* msg = nta_incoming_getrequest(irq);
  bool loop = false;
  for (const auto* via = sip->sip_via; via != nullptr && !loop; via = via->v_next) {
    if (!core.is_own_via(via)) continue;
    const auto* ours = nta_outgoing_find(core.agent, msg, sip, via);
    loop = ours == nullptr || number_in(nta_outgoing_request_uri(ours)) == number_in(sip->sip_request->rq_url);
  }
  msg_destroy(msg);
  return loop;
}

/// An Accept without SDP leaves us nothing to answer with (RFC 3261 20.1; none means SDP).
bool takes_sdp(const sip_t* sip) {
  if (sip->sip_accept == nullptr) return true;
  for (const auto* a = sip->sip_accept; a != nullptr; a = a->ac_next) {
    const auto type = text_or_empty(a->ac_type);
    if (text::same(type, "application/sdp") || text::same(type, "application/*") || type == "*/*") return true;
  }
  return false;
}

/// What RFC 3261 8.2 asks of any INVITE. True when it was refused.
bool is_refused(edge_core& core, nta_incoming_t* irq, const sip_t* sip) {
  if (!is_known_scheme(sip->sip_request->rq_url)) return finish(core, irq, SIP_416_UNSUPPORTED_URI), true;
  if (!takes_sdp(sip)) return finish(core, irq, SIP_406_NOT_ACCEPTABLE, SIPTAG_ACCEPT_STR(accepted_bodies)), true;
  if (sip->sip_max_forwards != nullptr && sip->sip_max_forwards->mf_count == 0)
    return finish(core, irq, SIP_483_TOO_MANY_HOPS), true;
  if (nta_check_required(irq, sip, core.supported, SIPTAG_SERVER_STR(core.options.user_agent.c_str()), TAG_END()) != 0)
    return core.count.response_out(420), nta_incoming_destroy(irq), true;
  if (is_loop(core, irq, sip)) {
    core.count.dropped(drop::loop);
    return finish(core, irq, 482, "Loop Detected"), true;
  }
  if (sip->sip_contact == nullptr || sip->sip_contact->m_url->url_host == nullptr)
    return finish(core, irq, 400, "Missing Contact Header"), true;
  return check_session_expires(core, irq, sip) != 0;
}

/// Rates and limits of trunk and edge. True when it was refused.
bool is_too_much(edge_core& core, nta_incoming_t* irq, const admission& by, const std::string& trunk_key) {
  if (!core.sink.accepting_calls() || core.legs.size() >= core.options.legs_max)
    return busy(core, irq, SIP_503_SERVICE_UNAVAILABLE, drop::overload), true;
  if (trunk_key.empty()) return false;
  if (!core.load.take_rate(trunk_key, by.trunk.calls_per_second_max))
    return busy(core, irq, SIP_503_SERVICE_UNAVAILABLE, drop::trunk_rate), true;
  if (core.load.calls(trunk_key) >= by.trunk.calls_max) return busy(core, irq, SIP_486_BUSY_HERE, drop::trunk_full), true;
  return false;
}

leg_state& begin(edge_core& core, nta_incoming_t* irq, const sip_t* sip, msg_t* msg, const source_address& from, leg_id id) {
  auto& leg = core.add(id);
  leg.incoming = true;
  leg.sip_call_id = sip->sip_call_id->i_id;
  leg.local_uri = address_text(sip->sip_to->a_display, sip->sip_to->a_url);
  leg.remote_uri = address_text(sip->sip_from->a_display, sip->sip_from->a_url);
  leg.local_tag = random_hex(8);
  leg.remote_tag = text_or_empty(sip->sip_from->a_tag);
  leg.via = from.tcp ? transport::tcp : transport::udp;
  leg.peer_address = from.host_port();
  scratch pool;
  size_t size = 0;
  if (const char* raw = msg_as_string(pool, msg, nullptr, 0, &size); raw != nullptr) leg.invite_text.assign(raw, size);
  leg.peer_wants_reliable = has_option(sip->sip_require, "100rel");
  leg.peer_takes_reliable = leg.peer_wants_reliable || has_option(sip->sip_supported, "100rel");
  leg.peer_takes_update = sip->sip_allow != nullptr && sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE) != 0;
  auto* local = sip_to_dup(pool, sip->sip_to);
  sip_to_tag(pool, local, ("tag=" + leg.local_tag).c_str());
  leg.dialog_leg = nta_leg_tcreate(core.agent, on_in_dialog, &leg, SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(local),
                                   SIPTAG_TO(sip->sip_from), NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
  nta_leg_server_route(leg.dialog_leg, sip->sip_record_route, sip->sip_contact);
  leg.invite_in = irq;
  nta_incoming_tag(irq, leg.local_tag.c_str());
  nta_incoming_bind(irq, on_invite_event, &leg);
  return leg;
}

}  // namespace

void take_invite(edge_core& core, msg_t* msg, sip_t* sip, const source_address& from) {
  const auto by = admitted(core, from);
  if (!by) {
    core.count.dropped(drop::unknown_source);
    return msg_destroy(msg);
  }
  auto* irq = nta_incoming_create(core.agent, nullptr, msg, sip, TAG_END());
  if (irq == nullptr) return;
  const auto trunk_key = by->trunk.name.empty() ? std::string{} : by->tenant + "/" + by->trunk.name;
  if (is_too_much(core, irq, *by, trunk_key) || is_refused(core, irq, sip)) return;
  auto body = read_body(sip);
  if (body.refused != 0) {
    refuse_body(core, irq, body);
    return;
  }
  const auto dialled = dialled_number(sip, by->trunk.dialled);
  const auto called = core.options.canonical_number(dialled);
  const auto number = core.directory->number(called);
  if (!number || (!by->aor.empty() && number->tenant != by->tenant)) {
    finish(core, irq, SIP_404_NOT_FOUND);
    return;
  }
  const auto number_key = number->tenant + "#" + called;
  if (core.load.calls(number_key) >= number->number->calls_max) {
    busy(core, irq, SIP_486_BUSY_HERE, drop::number_full);
    return;
  }
  reply(core, irq, SIP_100_TRYING);
  auto& leg = begin(core, irq, sip, msg, from, {core.names.next(number->tenant), 1});
  leg.trunk_key = trunk_key;
  leg.number_key = number_key;
  core.load.begin(trunk_key);
  core.load.begin(number_key);
  leg.offer_is_ours = !body.sdp;
  leg.sdp_received = body.sdp;
  if (!by->aor.empty()) leg.flow = from.flow(), know_phone(leg);
  core.admit_peer(leg, from.host_port());
  agree_as_server(leg, sip);
  leg_incoming event{.leg = leg.id,
                     .tenant = number->tenant,
                     .trunk = by->trunk.name,
                     .called = called,
                     .dialled = dialled,
                     .caller = caller_of(sip, by->trunk.caller, core.options.canonical_number),
                     .offer = std::move(body.sdp),
                     .early = record_of(leg)};
  if (sip->sip_max_forwards != nullptr)
    event.hops_left = static_cast<std::uint32_t>(std::max(1UL, sip->sip_max_forwards->mf_count)) - 1;
  core.tell(std::move(event));
}

}  // namespace seatgrid::sip
