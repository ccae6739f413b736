#include <utility>

#include "sip/edge_core.hpp"

/// re-INVITE and UPDATE, both ways, with their collisions (RFC 3261 section 14, RFC 3311).
namespace seatgrid::sip {
namespace {

constexpr int own_call_id_min_ms = 2'100, own_call_id_max_ms = 4'000;  // RFC 3261 14.1, after 491
constexpr int their_call_id_max_ms = 2'000;

milliseconds random_between(int low, int high) {
  return milliseconds{low + static_cast<int>(random_bits() % static_cast<std::uint64_t>(high - low + 1))};
}

int refuse_overlap(leg_state& leg, nta_incoming_t* irq) {
  const auto after = std::to_string(random_bits() % 11);  // RFC 3261 14.2: 0 to 10 s
  return finish(leg.edge, irq, SIP_500_INTERNAL_SERVER_ERROR, SIPTAG_RETRY_AFTER_STR(after.c_str()));
}

void next_offer(leg_state& leg) {
  const bool busy = leg.offer_in != nullptr || leg.offer_out != nullptr || is_phone_away(leg);
  if (leg.phase != leg_phase::talking || busy || !leg.offer_waiting) return;
  auto media = std::move(*leg.offer_waiting);
  leg.offer_waiting.reset();
  offer(leg, std::move(media));
}

void drop_offer_in(leg_state& leg) {
  leg.edge.stop_wait(leg, wait_kind::offer_answer);
  nta_incoming_bind(leg.offer_in, nullptr, nullptr);
  nta_incoming_destroy(std::exchange(leg.offer_in, nullptr));
  leg.offer_in_answered = false;
}

int on_reinvite_event(leg_state* leg, nta_incoming_t*, const sip_t* sip) {
  const bool answered = leg->offer_in_answered;
  const bool ours = leg->offer_in_is_ours;
  drop_offer_in(*leg);
  if (sip == nullptr) {
    if (answered) hang_up(*leg, 408, "no ACK to a re-INVITE");
    return 0;
  }
  leg->edge.count.request_in(sip->sip_request->rq_method_name);
  if (sip->sip_request->rq_method == sip_method_cancel) return next_offer(*leg), 0;  // Sofia answers 200 and 487
  if (answered && ours) {
    auto body = read_body(sip);
    if (body.refused != 0 || !body.sdp) return hang_up(*leg, 488, "no usable answer in the ACK"), 0;
    leg->sdp_received = body.sdp;
    leg->edge.tell(leg_offer_done{.leg = leg->id, .status = 200, .answer = std::move(body.sdp), .now = record_of(*leg)});
  }
  next_offer(*leg);
  return 0;
}

void accept(leg_state& leg, const std::string& body) {
  auto& core = leg.edge;
  const auto contact = core.contact(leg);
  const auto session = session_headers(leg);
  core.stop_wait(leg, wait_kind::offer_answer);
  leg.offer_in_answered = true;
  reply(core, leg.offer_in, SIP_200_OK, SIPTAG_CONTACT_STR(contact.c_str()), SIPTAG_ALLOW_STR(allowed_methods),
        SIPTAG_SUPPORTED_STR(supported_options), TAG_IF(!session.empty(), SIPTAG_HEADER_STR(session.c_str())),
        TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
        TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())));
  start_session_timer(leg);
  if (!leg.offer_in_is_update) return;  // the transaction lives until the ACK
  drop_offer_in(leg);
  next_offer(leg);
}

/// RFC 3264 section 8: the same o= version is the same description, so the same answer holds and nobody need decide.
bool is_repeat(const leg_state& leg, const std::optional<session_description>& sdp) {
  return sdp && leg.sdp_received && *sdp == *leg.sdp_received && !leg.sdp_sent.empty();
}

int on_offer_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip);

void send_offer(leg_state& leg, const std::string& body) {
  auto& core = leg.edge;
  const auto contact = core.contact(leg);
  std::string block;
  if (leg.session_s != 0)
    block = "Session-Expires: " + std::to_string(leg.session_s) + ";refresher=" + (leg.we_refresh ? "uac" : "uas") + "\r\n";
  leg.offer_out = send_in_dialog(leg, on_offer_response, SIP_METHOD_INVITE, SIPTAG_CONTACT_STR(contact.c_str()),
                                 SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_SUPPORTED_STR("timer"),
                                 TAG_IF(!block.empty(), SIPTAG_HEADER_STR(block.c_str())),
                                 SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(body.c_str()));
  if (leg.offer_out != nullptr) {
    leg.invite_cseq = nta_outgoing_cseq(leg.offer_out);
    return;
  }
  if (!std::exchange(leg.offer_out_is_refresh, false))
    core.tell(leg_offer_done{.leg = leg.id, .status = 503, .answer = {}, .now = record_of(leg)});
}

void offer_succeeded(leg_state& leg, const sip_t* sip, bool was_refresh) {
  auto& core = leg.edge;
  agree_as_client(leg, sip);
  start_session_timer(leg);
  auto body = read_body(sip);
  if (body.sdp) leg.sdp_received = body.sdp;
  if (was_refresh)
    core.tell(leg_dialog_changed{.leg = leg.id, .now = record_of(leg)});
  else
    core.tell(leg_offer_done{.leg = leg.id,
                             .status = static_cast<std::uint16_t>(body.sdp ? sip->sip_status->st_status : 488),
                             .answer = std::move(body.sdp),
                             .now = record_of(leg)});
  next_offer(leg);
}

int on_offer_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip) {
  auto& core = leg->edge;
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  core.count.response_in(status);
  if (status < 200) return 0;
  if (status < 300) nta_leg_client_reroute(leg->dialog_leg, nullptr, sip->sip_contact, 0);
  if (status < 300) acknowledge(*leg, {});  // while its INVITE is known to Sofia
  nta_outgoing_destroy(std::exchange(leg->offer_out, nullptr));
  if (status == 491) {
    core.start_wait(
        *leg, wait_kind::offer_retry,
        leg->incoming ? random_between(0, their_call_id_max_ms) : random_between(own_call_id_min_ms, own_call_id_max_ms));
    return 0;
  }
  const bool was_refresh = std::exchange(leg->offer_out_is_refresh, false);
  if (status < 300) return offer_succeeded(*leg, sip, was_refresh), 0;
  if (!was_refresh)
    core.tell(leg_offer_done{.leg = leg->id, .status = static_cast<std::uint16_t>(status), .answer = {}, .now = record_of(*leg)});
  if (status == 481 || status == 408) return hang_up(*leg, status, "re-INVITE failed"), 0;  // RFC 3261 12.2.1.2
  next_offer(*leg);
  return 0;
}

}  // namespace

int take_offer(leg_state& leg, nta_incoming_t* irq, const sip_t* sip, bool is_update) {
  auto& core = leg.edge;
  const bool has_body = sip->sip_payload != nullptr && sip->sip_payload->pl_len > 0;
  if (leg.offer_in != nullptr || (leg.phase != leg_phase::talking && (!is_update || has_body))) return refuse_overlap(leg, irq);
  if (leg.offer_out != nullptr && (!is_update || has_body)) return finish(core, irq, SIP_491_REQUEST_PENDING);
  auto body = read_body(sip);
  if (body.refused != 0) return refuse_body(core, irq, body);
  if (check_session_expires(core, irq, sip) != 0) return 0;
  nta_leg_server_route(leg.dialog_leg, nullptr, sip->sip_contact);
  if (sip->sip_session_expires != nullptr) agree_as_server(leg, sip);
  ++leg.offer_id;
  leg.offer_in = irq;
  leg.offer_in_is_update = is_update;
  leg.offer_in_answered = false;
  leg.offer_in_is_ours = !is_update && !body.sdp;
  if (!is_update) nta_incoming_bind(irq, on_reinvite_event, &leg);
  if (is_update && !body.sdp) {
    accept(leg, {});
    core.tell(leg_dialog_changed{.leg = leg.id, .now = record_of(leg)});
    return 0;
  }
  if (is_repeat(leg, body.sdp)) {
    const auto same = leg.sdp_sent;
    accept(leg, same);
    core.tell(leg_dialog_changed{.leg = leg.id, .now = record_of(leg)});
    return 0;
  }
  if (body.sdp) leg.sdp_received = body.sdp;
  if (!is_update) reply(core, irq, SIP_100_TRYING);
  core.start_wait(leg, wait_kind::offer_answer, core.options.offer_wait);
  core.tell(leg_offered{
      .leg = leg.id, .offer_id = leg.offer_id, .is_update = is_update, .offer = std::move(body.sdp), .now = record_of(leg)});
  return 0;
}

void answer_offer(leg_state& leg, leg_answer_offer& order) {
  if (leg.offer_in == nullptr || leg.offer_in_answered || order.offer_id != leg.offer_id)
    return leg.edge.count.dropped(edge_status::drop::stale_command);
  accept(leg, sdp_for(leg, order.media));
}

void reject_offer(leg_state& leg, std::uint32_t offer_id, int status) {
  auto& core = leg.edge;
  if (leg.offer_in == nullptr || leg.offer_in_answered || offer_id != leg.offer_id)
    return core.count.dropped(edge_status::drop::stale_command);
  // What they offered was refused: the session stays as it was, so their next repeat of it is new to us.
  leg.sdp_received.reset();
  const int code = status >= 300 && status < 700 ? status : 488;
  reply(core, leg.offer_in, code, sip_status_phrase(code));
  drop_offer_in(leg);
  next_offer(leg);
}

void offer(leg_state& leg, session_description media) {
  if (leg.phase != leg_phase::talking && leg.phase != leg_phase::answered)
    return leg.edge.count.dropped(edge_status::drop::stale_command);
  const bool busy = leg.phase == leg_phase::answered || is_phone_away(leg) || leg.offer_in != nullptr ||
                    leg.offer_out != nullptr || leg.waits[static_cast<std::size_t>(wait_kind::offer_retry)].has_value();
  if (busy) {
    leg.offer_waiting = std::move(media);
    return;
  }
  send_offer(leg, sdp_for(leg, std::move(media)));
}

void offer_again(leg_state& leg) {
  if (leg.phase != leg_phase::talking) return;
  if (leg.offer_in != nullptr || leg.offer_out != nullptr) {
    if (!leg.offer_waiting) leg.edge.start_wait(leg, wait_kind::offer_retry, milliseconds{their_call_id_max_ms});
    return;
  }
  if (leg.offer_waiting) return next_offer(leg);
  send_offer(leg, leg.sdp_sent);
}

}  // namespace seatgrid::sip
