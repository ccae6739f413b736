#include <algorithm>
#include <utility>

#include "sip/text.hpp"
#include "sip/user_agent_core.hpp"

/// REGISTER, its challenges and its refreshes.
namespace seatgrid {
namespace {

constexpr unsigned tries_max = 3;
constexpr int refresh_percent_min = 75, refresh_percent_max = 90;

void schedule(ua_account_state& account, ua_time at) { account.core.timers.push({at, account.id.value, ++account.turn}); }

std::string domain_of(const std::string& aor) {
  const auto at = aor.rfind('@');
  return at == std::string::npos ? aor : "sip:" + aor.substr(at + 1);
}

seconds granted(const ua_account_state& account, const sip_t* sip) {
  for (const auto* c = sip->sip_contact; c != nullptr; c = c->m_next)
    if (c->m_expires != nullptr && ua_url_text(c->m_url) == account.contact)
      return seconds{text::number<std::uint32_t>(c->m_expires).value_or(0)};
  if (sip->sip_expires != nullptr) return seconds{static_cast<std::int64_t>(sip->sip_expires->ex_delta)};
  return account.expires;
}

/// RFC 7616 3.5: the nonce for next time, which saves the challenge.
void take_next_nonce(ua_account_state& account, const sip_t* sip) {
  const char* value = nullptr;
  for (const auto* h = sip->sip_unknown; h != nullptr; h = h->un_next)
    if (h->un_name != nullptr && text::same(h->un_name, "Authentication-Info")) value = h->un_value;
  if (value == nullptr || account.digest.challenges.empty()) return;
  const auto next = std::string_view{value};
  const auto begin = next.find("nextnonce=\"");
  const auto end = begin == std::string_view::npos ? begin : next.find('"', begin + 11);
  if (end == std::string_view::npos) return;
  for (auto& c : account.digest.challenges) {
    const auto from = c.find("nonce=\"");
    const auto to = from == std::string::npos ? from : c.find('"', from + 7);
    if (to != std::string::npos) c.replace(from + 7, to - from - 7, next.substr(begin + 11, end - begin - 11));
  }
  account.digest.nc = 0;
}

void retry_later(ua_account_state& account) {
  auto& options = account.core.options;
  account.retry = std::clamp(account.retry * 2, options.register_retry, options.register_retry_max);
  account.tries = 0;
  schedule(account, std::chrono::steady_clock::now() + account.retry);
}

void registered(ua_account_state& account, const sip_t* sip) {
  take_next_nonce(account, sip);
  account.tries = 0, account.retry = seconds{0};
  const auto expires = account.wanted ? granted(account, sip) : seconds{0};
  if (account.wanted && expires > seconds{0}) {
    // Spread, so that robots started together do not refresh together.
    std::uniform_int_distribution<std::int64_t> percent{refresh_percent_min, refresh_percent_max};
    schedule(account, std::chrono::steady_clock::now() + milliseconds{expires.count() * 10 * percent(account.core.chance)});
  }
  account.core.sink.on_registered(account.id, 200, expires);
}

int on_response(ua_party* party, nta_outgoing_t* orq, const sip_t* sip) {
  auto& account = static_cast<ua_account_state&>(*party);
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  if (status < 200) return 0;
  nta_outgoing_destroy(orq);
  account.request = nullptr;
  if (status < 300 && sip != nullptr) return registered(account, sip), 0;
  if ((status == 401 || status == 407) && sip != nullptr && ++account.tries < tries_max) {
    account.digest = ua_challenged(sip);
    return ua_send_register(account), 0;
  }
  if (status == 423 && sip != nullptr && sip->sip_min_expires != nullptr && ++account.tries < tries_max) {
    account.expires = seconds{static_cast<std::int64_t>(sip->sip_min_expires->me_delta)};
    return ua_send_register(account), 0;
  }
  account.digest = {};
  if (account.wanted && (status == 408 || status >= 500)) retry_later(account);
  account.core.sink.on_registered(account.id, static_cast<std::uint16_t>(status), seconds{0});
  return 0;
}

}  // namespace

void ua_send_register(ua_account_state& account) {
  if (account.request != nullptr) nta_outgoing_destroy(std::exchange(account.request, nullptr));
  auto& core = account.core;
  const auto uri = domain_of(account.given.aor);
  const auto to = "<" + account.given.aor + ">";
  const auto from = to + ";tag=" + account.tag;
  const auto contact = "<" + account.contact + ">";
  const auto cseq = std::to_string(++account.cseq) + " REGISTER";
  const auto expires = std::to_string(account.wanted ? account.expires.count() : 0);
  const auto authorization = ua_authorization(account, "REGISTER", uri);
  account.request = nta_outgoing_tcreate(
      core.outside, on_response, &account, URL_STRING_MAKE(account.given.server.c_str()), SIP_METHOD_REGISTER,
      URL_STRING_MAKE(uri.c_str()), SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()),
      SIPTAG_CALL_ID_STR(account.sip_call_id.c_str()), SIPTAG_CSEQ_STR(cseq.c_str()), SIPTAG_CONTACT_STR(contact.c_str()),
      SIPTAG_EXPIRES_STR(expires.c_str()), SIPTAG_USER_AGENT_STR(core.options.name.c_str()),
      TAG_IF(!authorization.empty() && !account.digest.by_proxy, SIPTAG_AUTHORIZATION_STR(authorization.c_str())),
      TAG_IF(!authorization.empty() && account.digest.by_proxy, SIPTAG_PROXY_AUTHORIZATION_STR(authorization.c_str())),
      TAG_END());
  if (account.request == nullptr) core.sink.on_registered(account.id, 503, seconds{0});
}

void ua_register(ua_account_state& account, ua_time at) {
  account.wanted = true;
  account.tries = 0;
  account.expires = account.given.expires;
  schedule(account, at);
}

void ua_unregister(ua_account_state& account) {
  account.wanted = false;
  account.tries = 0;
  ++account.turn;
  ua_send_register(account);
}

}  // namespace seatgrid
