#include <array>
#include <utility>

#include "sip/edge_core.hpp"
#include "sip/identity.hpp"
#include "sip/text.hpp"

/// REFER with its NOTIFYs (RFC 3515), and keys that come by INFO.
namespace seatgrid::sip {
namespace {

constexpr std::uint16_t digit_duration_default_ms = 160;
constexpr std::uint32_t subscription_s = 60;

/// '0'-'9', '*', '#', 'A'-'D', also as RFC 4733 event numbers 10 and 11; nothing else.
std::optional<char> key_of(std::string_view word) {
  word = text::trim(word);
  if (word == "10") return '*';
  if (word == "11") return '#';
  if (word.size() != 1) return std::nullopt;
  const char key = text::upper(word.front());
  return text::is_digit(key) || key == '*' || key == '#' || (key >= 'A' && key <= 'D') ? std::optional{key} : std::nullopt;
}

struct relayed_key {
  std::optional<char> key{};
  std::uint16_t duration_ms = digit_duration_default_ms;
};
relayed_key parse_relay(std::string_view body) {
  relayed_key found;
  while (!body.empty()) {
    auto line = text::cut(body, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const auto name = text::trim(text::cut(line, '='));
    if (text::same(name, "Signal")) found.key = key_of(line);
    if (text::same(name, "Duration"))
      found.duration_ms = text::number<std::uint16_t>(text::trim(line)).value_or(digit_duration_default_ms);
  }
  return found;
}

std::string refer_target(edge_core& core, const url_t* url) {
  const auto host = text_or_empty(url->url_host);
  const bool here = url->url_type == url_tel || host == core.host || (core.directory && core.directory->serves_domain(host));
  const auto number = number_in(url);
  return here && !number.empty() ? core.options.canonical_number(number) : url_text(url);
}

}  // namespace

int take_info(leg_state& leg, nta_incoming_t* irq, const sip_t* sip) {
  auto& core = leg.edge;
  const auto body = body_of(sip);
  if (body.empty()) return finish(core, irq, SIP_200_OK);
  const auto type = sip->sip_content_type == nullptr ? std::string{} : text_or_empty(sip->sip_content_type->c_type);
  relayed_key found;
  if (text::same(type, "application/dtmf-relay"))
    found = parse_relay(body);
  else if (text::same(type, "application/dtmf"))
    found.key = key_of(std::string_view{body}.substr(0, body.find_first_of("\r\n")));
  else
    return finish(core, irq, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR("application/dtmf-relay, application/dtmf"));
  if (!found.key) return finish(core, irq, 400, "Not a key");
  finish(core, irq, SIP_200_OK);
  core.tell(leg_digit{.leg = leg.id, .digit = *found.key, .duration_ms = found.duration_ms});
  return 0;
}

int take_refer(leg_state& leg, nta_incoming_t* irq, const sip_t* sip) {
  auto& core = leg.edge;
  const auto* to = sip->sip_refer_to;
  if (to == nullptr || to->r_url->url_type == url_unknown || to->r_url->url_type == url_any)
    return finish(core, irq, 400, "Bad Refer-To Header");
  if (leg.phase != leg_phase::talking || leg.refer_in != nullptr) return finish(core, irq, SIP_491_REQUEST_PENDING);
  leg.refer_in = irq;
  leg.refer_id = sip->sip_cseq->cs_seq;
  core.start_wait(leg, wait_kind::refer_answer, core.options.offer_wait);
  core.tell(leg_refer{.leg = leg.id,
                      .refer_id = leg.refer_id,
                      .target = refer_target(core, to->r_url),
                      .referred_by = sip->sip_referred_by == nullptr ? std::string{} : url_text(sip->sip_referred_by->b_url),
                      .now = record_of(leg)});
  return 0;
}

void refer_status(leg_state& leg, const leg_refer_status& order) {
  auto& core = leg.edge;
  if (!order.notify) {
    if (leg.refer_in == nullptr || order.refer_id != leg.refer_id) return core.count.dropped(edge_status::drop::stale_command);
    core.stop_wait(leg, wait_kind::refer_answer);
    const auto contact = core.contact(leg);
    auto* irq = std::exchange(leg.refer_in, nullptr);
    finish(core, irq, order.status, sip_status_phrase(order.status), SIPTAG_CONTACT_STR(contact.c_str()));
    return;
  }
  if (leg.phase != leg_phase::talking) return core.count.dropped(edge_status::drop::stale_command);
  const auto* phrase = sip_status_phrase(order.status);
  const auto body = "SIP/2.0 " + std::to_string(order.status) + " " + (phrase == nullptr ? "Unknown" : phrase) + "\r\n";
  const auto event = "refer;id=" + std::to_string(order.refer_id);
  const auto state =
      order.final ? std::string{"terminated;reason=noresource"} : "active;expires=" + std::to_string(subscription_s);
  const auto contact = core.contact(leg);
  auto* notify = send_in_dialog(leg, nullptr, SIP_METHOD_NOTIFY, SIPTAG_EVENT_STR(event.c_str()),
                                SIPTAG_SUBSCRIPTION_STATE_STR(state.c_str()), SIPTAG_CONTACT_STR(contact.c_str()),
                                SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"), SIPTAG_PAYLOAD_STR(body.c_str()));
  if (notify != nullptr) nta_outgoing_destroy(notify);
}

}  // namespace seatgrid::sip
