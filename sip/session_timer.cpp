#include <algorithm>
#include <utility>

#include "sip/edge_core.hpp"
#include "sip/text.hpp"

/// Session timers (RFC 4028): a call whose far end died without a word ends within one interval.
namespace seatgrid::sip {
namespace {

constexpr seconds expiry_margin_max{32};  ///< RFC 4028 section 10
constexpr milliseconds busy_retry{2'000};
constexpr unsigned long interval_max_s = 86'400;

std::uint32_t bounded(unsigned long delta) { return static_cast<std::uint32_t>(std::min(delta, interval_max_s)); }

void drop_refresh(leg_state& leg) { nta_outgoing_destroy(std::exchange(leg.refresh_out, nullptr)); }

int on_refresh_response(leg_state* leg, nta_outgoing_t* orq, const sip_t* sip) {
  auto& core = leg->edge;
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  core.count.response_in(status);
  if (status < 200) return 0;
  drop_refresh(*leg);
  if (status < 300) {
    nta_leg_client_reroute(leg->dialog_leg, nullptr, sip->sip_contact, 0);
    agree_as_client(*leg, sip);
    start_session_timer(*leg);
    core.tell(leg_dialog_changed{.leg = leg->id, .now = record_of(*leg)});
  } else if (status == 422 && sip != nullptr && sip->sip_min_se != nullptr &&
             bounded(sip->sip_min_se->min_delta) > leg->session_s) {
    leg->session_s = bounded(sip->sip_min_se->min_delta);
    refresh_session(*leg);
  } else if (status == 405 || status == 501) {
    leg->peer_takes_update = false;
    if (!leg->sdp_sent.empty()) return refresh_session(*leg), 0;
    // A restored dialog whose SDP we no longer know cannot be refreshed; media silence will have to tell.
    leg->session_s = 0;
    start_session_timer(*leg);
  } else if (status == 481 || status == 408) {
    hang_up(*leg, status, "session refresh failed");
  } else {
    core.start_wait(*leg, wait_kind::session_refresh, busy_retry);
  }
  return 0;
}

}  // namespace

int check_session_expires(edge_core& core, nta_incoming_t* irq, const sip_t* sip) {
  const auto* asked = sip->sip_session_expires;
  const auto least = static_cast<unsigned long>(core.options.session_expires_min.count());
  if (asked == nullptr || asked->x_delta >= least || !has_option(sip->sip_supported, "timer")) return 0;
  const auto min_se = std::to_string(least);
  finish(core, irq, SIP_422_SESSION_TIMER_TOO_SMALL, SIPTAG_MIN_SE_STR(min_se.c_str()));
  return 422;
}

std::string agree_as_server(leg_state& leg, const sip_t* request) {
  const auto& o = leg.edge.options;
  const auto* asked = request->sip_session_expires;
  leg.peer_takes_timer = has_option(request->sip_supported, "timer");
  auto interval = bounded(static_cast<unsigned long>(o.session_expires.count()));
  if (asked != nullptr) interval = std::min(interval, bounded(asked->x_delta));
  interval = std::max(interval, bounded(static_cast<unsigned long>(o.session_expires_min.count())));
  if (request->sip_min_se != nullptr) interval = std::max(interval, bounded(request->sip_min_se->min_delta));
  leg.session_s = interval;
  const auto refresher = asked == nullptr ? std::string{} : text_or_empty(asked->x_refresher);
  if (text::same(refresher, "uas"))
    leg.we_refresh = true;
  else if (text::same(refresher, "uac"))
    leg.we_refresh = false;
  else
    leg.we_refresh = asked == nullptr || !leg.peer_takes_timer;
  return session_headers(leg);
}

std::string session_headers(const leg_state& leg) {
  if (leg.session_s == 0) return {};
  auto block = "Session-Expires: " + std::to_string(leg.session_s) + ";refresher=" + (leg.we_refresh ? "uas" : "uac") + "\r\n";
  // RFC 4028 section 9: Require only when it is they who refresh.
  if (!leg.we_refresh) block += "Require: timer\r\n";
  return block;
}

void agree_as_client(leg_state& leg, const sip_t* response) {
  const auto* agreed = response->sip_session_expires;
  leg.session_s = agreed == nullptr ? 0 : bounded(agreed->x_delta);
  leg.we_refresh = agreed != nullptr && !text::same(text_or_empty(agreed->x_refresher), "uas");
}

void start_session_timer(leg_state& leg) {
  auto& core = leg.edge;
  core.stop_wait(leg, wait_kind::session_refresh);
  core.stop_wait(leg, wait_kind::session_expiry);
  if (leg.session_s == 0) return;
  const seconds whole{leg.session_s};
  if (leg.we_refresh) core.start_wait(leg, wait_kind::session_refresh, milliseconds{whole} / 2);
  core.start_wait(leg, wait_kind::session_expiry, whole - std::min(expiry_margin_max, whole / 3));
}

void refresh_session(leg_state& leg) {
  auto& core = leg.edge;
  if (leg.phase != leg_phase::talking) return;
  if (leg.offer_in != nullptr || leg.offer_out != nullptr || leg.refresh_out != nullptr || is_phone_away(leg))
    return core.start_wait(leg, wait_kind::session_refresh, busy_retry);
  if (!leg.peer_takes_update && !leg.sdp_sent.empty()) {
    leg.offer_out_is_refresh = true;
    return offer_again(leg);
  }
  const auto contact = core.contact(leg);
  const auto block =
      "Session-Expires: " + std::to_string(leg.session_s) + ";refresher=" + (leg.we_refresh ? "uac" : "uas") + "\r\n";
  leg.refresh_out = send_in_dialog(leg, on_refresh_response, SIP_METHOD_UPDATE, SIPTAG_CONTACT_STR(contact.c_str()),
                                   SIPTAG_SUPPORTED_STR("timer"), SIPTAG_HEADER_STR(block.c_str()));
}

}  // namespace seatgrid::sip
