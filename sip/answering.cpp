#include <utility>

#include "sip/edge_core.hpp"
#include "sip/release_causes.hpp"

/// Our side of their INVITE: 18x, 200, refusals, ACK, CANCEL.
namespace seatgrid::sip {
namespace {

void confirm(leg_state& leg, const sip_t* ack) {
  auto& core = leg.edge;
  leg.phase = leg_phase::talking;
  leg.invite_text.clear();
  nta_incoming_bind(leg.invite_in, nullptr, nullptr);
  nta_incoming_destroy(std::exchange(leg.invite_in, nullptr));
  leg_confirmed event{.leg = leg.id};
  if (leg.offer_is_ours) {
    auto body = read_body(ack);
    if (body.refused != 0 || !body.sdp) return hang_up(leg, 488, "no usable answer in the ACK");
    leg.sdp_received = body.sdp;
    event.media = std::move(body.sdp);
  }
  start_session_timer(leg);
  event.confirmed = record_of(leg);
  core.tell(std::move(event));
  if (leg.release_after_ack) say_bye(leg, leg.ending_cause);
}

}  // namespace

int on_invite_event(leg_state* leg, nta_incoming_t*, const sip_t* sip) {
  auto& core = leg->edge;
  if (sip == nullptr) {
    if (leg->phase == leg_phase::answered) {
      // RFC 3261 13.3.1.4: 64*T1 without ACK.
      if (leg->release_after_ack) return say_bye(*leg, leg->ending_cause), 0;
      return hang_up(*leg, 408, "no ACK"), 0;
    }
    if (leg->phase == leg_phase::ringing) end(*leg, false, {.q850 = 102, .sip = 504, .text = "transaction timed out"});
    return 0;
  }
  if (sip->sip_request->rq_method == sip_method_cancel) {
    core.count.request_in("CANCEL");
    if (leg->phase == leg_phase::ringing) end(*leg, true, cause_in(sip, 487));
    return 0;
  }
  core.count.request_in("ACK");
  if (leg->phase == leg_phase::answered) confirm(*leg, sip);
  return 0;
}

void ring(leg_state& leg, leg_ring& order) {
  auto& core = leg.edge;
  if (leg.phase != leg_phase::ringing || leg.invite_in == nullptr || order.status <= 100 || order.status >= 200)
    return core.count.dropped(edge_status::drop::stale_command);
  const auto body = order.media ? sdp_for(leg, *order.media) : std::string{};
  const int status = order.media && order.status == 180 ? 183 : order.status;
  provide(leg, status, body, order);
}

void answer(leg_state& leg, leg_answer& order) {
  auto& core = leg.edge;
  if (leg.ack_waits_for_answer) return acknowledge(leg, sdp_for(leg, order.media));
  if (leg.phase != leg_phase::ringing || leg.invite_in == nullptr) return core.count.dropped(edge_status::drop::stale_command);
  if (waits_for_prack(leg)) {
    leg.answer_waiting = std::move(order);
    return;
  }
  core.stop_wait(leg, wait_kind::prack);
  leg.unacknowledged.reset();
  const auto body = sdp_for(leg, order.media);
  const auto contact = core.contact(leg);
  const auto session = session_headers(leg);
  leg.phase = leg_phase::answered;
  reply(core, leg.invite_in, SIP_200_OK, SIPTAG_CONTACT_STR(contact.c_str()), SIPTAG_ALLOW_STR(allowed_methods),
        SIPTAG_SUPPORTED_STR(supported_options), TAG_IF(!session.empty(), SIPTAG_HEADER_STR(session.c_str())),
        SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(body.c_str()));
}

void reject(leg_state& leg, const release_cause& cause, std::uint32_t retry_after_s) {
  auto& core = leg.edge;
  if (leg.phase != leg_phase::ringing || leg.invite_in == nullptr) return release(leg, cause);
  const int status = refusal_of(cause);
  const auto reason = reason_of(cause);
  const auto after = std::to_string(retry_after_s);
  reply(core, leg.invite_in, status, sip_status_phrase(status), SIPTAG_REASON_STR(reason.c_str()),
        TAG_IF(retry_after_s != 0, SIPTAG_RETRY_AFTER_STR(after.c_str())));
  core.retire(leg);
}

}  // namespace seatgrid::sip
