#include <algorithm>
#include <utility>

#include "base/ids.hpp"
#include "sip/edge_core.hpp"
#include "sip/release_causes.hpp"

/// Reliable provisional responses, both ways (RFC 3262). Ours and not nta's: an edge that adopts a ringing caller has to go on
/// with the RSeq of the dead one, and a fork's early dialog is no dialog of Sofia's.
namespace seatgrid::sip {
namespace {

constexpr int inherited_repeats_max = 4;  ///< times T1 between the last two repetitions

/// The first RSeq follows from the leg's tag, so that a process that died before its record counted has used the same.
std::uint32_t first_rseq(const leg_state& leg) { return static_cast<std::uint32_t>(stable_hash(leg.local_tag) >> 34) + 1; }

void send_provisional(leg_state& leg, int status, const std::string& body, const std::string& rseq) {
  auto& core = leg.edge;
  const auto contact = core.contact(leg);
  reply(core, leg.invite_in, status, sip_status_phrase(status), SIPTAG_CONTACT_STR(contact.c_str()),
        SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_SUPPORTED_STR(supported_options),
        TAG_IF(!rseq.empty(), SIPTAG_REQUIRE_STR("100rel")), TAG_IF(!rseq.empty(), SIPTAG_RSEQ_STR(rseq.c_str())),
        TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
        TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())));
}

void transmit(leg_state& leg) {
  auto& p = *leg.unacknowledged;
  send_provisional(leg, p.status, p.body, std::to_string(leg.rseq));
  leg.edge.start_wait(leg, wait_kind::prack, p.interval);
}

void go_on(leg_state& leg) {
  leg.edge.stop_wait(leg, wait_kind::prack);
  leg.unacknowledged.reset();
  leg.rseq_is_inherited = false;
  if (auto next = std::exchange(leg.answer_waiting, std::nullopt)) return answer(leg, *next);
  if (auto next = std::exchange(leg.ring_waiting, std::nullopt)) ring(leg, *next);
}

/// Whether this PRACK is for a provisional of this leg that still waits, in this life or in the one before.
bool is_awaited(const leg_state& leg, const sip_rack_t* rack) {
  if (leg.invite_in == nullptr || rack->ra_cseq != nta_incoming_cseq(leg.invite_in)) return false;
  if (leg.rseq_is_inherited)
    return rack->ra_response >= first_rseq(leg) && rack->ra_response <= std::max(leg.rseq, first_rseq(leg));
  return leg.unacknowledged && rack->ra_response == leg.rseq;
}

fork_state* fork_of(leg_state& leg, const char* tag) {
  if (tag == nullptr) return nullptr;
  for (auto& f : leg.forks)
    if (f.tag == tag) return &f;
  if (leg.forks.size() >= forks_max) return nullptr;
  return &leg.forks.emplace_back(fork_state{.tag = tag});
}

void send_prack(leg_state& leg, const sip_t* sip) {
  auto& core = leg.edge;
  scratch pool;
  const auto rack = std::to_string(sip->sip_rseq->rs_response) + " " + std::to_string(sip->sip_cseq->cs_seq) + " INVITE";
  const auto target = url_text(sip->sip_contact->m_url);
  const auto* routes = sip_route_reverse(pool, sip->sip_record_route);
  const auto hop = flow_url(leg.flow);
  core.count.request_out("PRACK");
  auto* prack = nta_outgoing_tcreate(
      leg.dialog_leg, nullptr, nullptr, hop.empty() ? nullptr : URL_STRING_MAKE(hop.c_str()), SIP_METHOD_PRACK,
      URL_STRING_MAKE(target.c_str()), SIPTAG_TO(sip->sip_to), SIPTAG_RACK_STR(rack.c_str()), SIPTAG_ROUTE(routes),
      SIPTAG_USER_AGENT_STR(core.options.user_agent.c_str()), SIPTAG_MAX_FORWARDS_STR("70"), TAG_END());
  if (prack != nullptr) nta_outgoing_destroy(prack);  // goes on until it is answered or 64*T1 are over
}

}  // namespace

void provide(leg_state& leg, int status, std::string body, const leg_ring& order) {
  const bool reliable = leg.peer_wants_reliable || (leg.peer_takes_reliable && order.media);
  if (!reliable) return send_provisional(leg, status, body, {});
  if (leg.unacknowledged) {
    leg.ring_waiting = order;  // RFC 3262 section 3: one at a time; only the newest is still true
    return;
  }
  // Inherited: they may have heard it or not, and only the same number is right in both cases.
  if (leg.rseq == 0)
    leg.rseq = first_rseq(leg);
  else if (!leg.rseq_is_inherited)
    ++leg.rseq;
  leg.unacknowledged = {.status = status, .body = std::move(body), .interval = leg.edge.options.t1};
  transmit(leg);
  leg.edge.tell(leg_dialog_changed{.leg = leg.id, .now = record_of(leg)});
}

bool waits_for_prack(const leg_state& leg) { return leg.unacknowledged && !leg.unacknowledged->body.empty(); }

void provide_again(leg_state& leg) {
  if (!leg.unacknowledged || leg.invite_in == nullptr) return;
  auto& p = *leg.unacknowledged;
  p.interval *= 2;
  const auto& o = leg.edge.options;
  // Whoever acknowledged it to the process before us discards the repetition without a word.
  if (leg.rseq_is_inherited && p.interval > o.t1 * inherited_repeats_max) return go_on(leg);
  if (p.interval < o.t1x64) return transmit(leg);
  reply(leg.edge, leg.invite_in, SIP_504_GATEWAY_TIME_OUT);
  end(leg, false, {.q850 = 102, .sip = 504, .text = "no PRACK"});
}

int take_prack(leg_state& leg, nta_incoming_t* irq, const sip_t* sip) {
  auto& core = leg.edge;
  if (sip->sip_rack == nullptr) return finish(core, irq, 400, "Missing RAck Header");
  if (leg.phase != leg_phase::ringing || !is_awaited(leg, sip->sip_rack)) return finish(core, irq, SIP_481_NO_TRANSACTION);
  // Our 18x carried an answer or nothing: there is no room for an offer in PRACK that we would take (RFC 3262 section 5).
  if (sip->sip_payload != nullptr && sip->sip_payload->pl_len > 0)
    finish(core, irq, SIP_488_NOT_ACCEPTABLE);
  else
    finish(core, irq, SIP_200_OK);
  if (leg.rseq == 0) leg.rseq = sip->sip_rack->ra_response;  // of a provisional whose record did not count in time
  if (leg.rseq == sip->sip_rack->ra_response) go_on(leg);
  return 0;
}

bool take_reliable(leg_state& leg, const sip_t* sip) {
  auto* fork = fork_of(leg, sip->sip_to->a_tag);
  if (sip->sip_rseq == nullptr || !has_option(sip->sip_require, "100rel")) return true;
  // RFC 3262 section 4: in order within its early dialog, repetitions and gaps are not processed.
  if (fork == nullptr || sip->sip_contact == nullptr) return false;
  const auto rseq = static_cast<std::uint32_t>(sip->sip_rseq->rs_response);  // Sofia has bounded it
  if (fork->rseq != 0 && rseq != fork->rseq + 1) return false;
  fork->rseq = rseq;
  send_prack(leg, sip);
  return true;
}

void remember_media(leg_state& leg, const char* tag, const session_description& media) {
  if (auto* fork = fork_of(leg, tag)) fork->media = media;
}

std::optional<session_description> media_of_fork(leg_state& leg, const char* tag) {
  const auto* fork = fork_of(leg, tag);
  return fork == nullptr ? std::nullopt : fork->media;
}

}  // namespace seatgrid::sip
