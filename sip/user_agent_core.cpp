#include "sip/user_agent_core.hpp"

#include <algorithm>
#include <utility>

#include "sip/digest.hpp"
#include "sip/sdp.hpp"
#include "sip/text.hpp"

namespace seatgrid {
namespace {

constexpr unsigned receive_buffer_bytes = 4U << 20;
constexpr unsigned message_bytes_max = 65'535;

std::string hex(std::uint64_t bits) {
  std::string out(16, '0');
  for (auto& c : out) c = "0123456789abcdef"[bits & 15], bits >>= 4;
  return out;
}

bool over_tcp(const std::string& uri) { return uri.find(";transport=tcp") != std::string::npos; }

/// Requests outside of our dialogs.
int on_outside(ua_party* party, nta_leg_t*, nta_incoming_t* irq, const sip_t* sip) {
  switch (sip->sip_request->rq_method) {
    case sip_method_ack: return 0;
    case sip_method_invite: return sip->sip_to->a_tag != nullptr ? 481 : ua_take_invite(party->core, irq, sip);
    case sip_method_options:
    case sip_method_notify:
    case sip_method_message: return 200;
    case sip_method_bye:
    case sip_method_cancel:
    case sip_method_prack:
    case sip_method_update: return 481;
    default: return 501;
  }
}

}  // namespace

ua_call_state::~ua_call_state() {
  for (auto* irq : {invite_in, offer_in}) {
    if (irq == nullptr) continue;
    nta_incoming_bind(irq, nullptr, nullptr);
    nta_incoming_destroy(irq);
  }
  for (auto* orq : {invite_out, offer_out, refer_out})
    if (orq != nullptr) nta_outgoing_destroy(orq);
  if (leg != nullptr) nta_leg_destroy(leg);
}

ua_core::ua_core(const user_agent_options& given, user_agent_sink& to, ua_shared& with)
    : options(given), sink(to), shared(with) {}

ua_core::~ua_core() {
  retired.clear();
  calls.clear();
  for (auto& [id, account] : accounts)
    if (account->request != nullptr) nta_outgoing_destroy(account->request);
  if (outside != nullptr) nta_leg_destroy(outside);
  if (agent != nullptr) nta_agent_destroy(agent);
  if (root != nullptr) su_root_destroy(root);
}

result<void> ua_core::open() {
  root = su_root_create(this);
  if (root == nullptr) return fail(errc::unavailable, "no su_root");
  su_root_threading(root, 0);
  for (const auto& url : options.listen) {
    if (agent == nullptr) {
      agent = nta_agent_create(root, URL_STRING_MAKE(url.c_str()), nullptr, nullptr, NTATAG_UA(1), NTATAG_USE_NAPTR(0),
                               NTATAG_USE_SRV(0), NTATAG_MAXSIZE(message_bytes_max), NTATAG_UDP_MTU(message_bytes_max),
                               NTATAG_SIP_T1(static_cast<unsigned>(options.t1.count())),
                               NTATAG_SIP_T1X64(static_cast<unsigned>(options.t1x64.count())),
                               TPTAG_UDP_RMEM(receive_buffer_bytes), TAG_END());
      if (agent == nullptr) return fail(errc::unavailable, "cannot bind " + url);
    } else if (nta_agent_add_tport(agent, URL_STRING_MAKE(url.c_str()), TAG_END()) != 0) {
      return fail(errc::unavailable, "cannot bind " + url);
    }
  }
  if (agent == nullptr) return fail(errc::unavailable, "nothing to listen on");
  for (const auto* via = nta_agent_via(agent); via != nullptr; via = via->v_next) {
    auto& at = via->v_protocol != nullptr && text::same(via->v_protocol, "SIP/2.0/TCP") ? tcp_port : port;
    if (at.empty()) at = via->v_port == nullptr ? "5060" : via->v_port;
    if (host.empty() && via->v_host != nullptr) host = via->v_host;
  }
  if (port.empty()) port = tcp_port;
  outside = nta_leg_tcreate(agent, on_outside, &outsider, NTATAG_NO_DIALOG(1), TAG_END());
  return outside == nullptr ? result<void>{fail(errc::unavailable, "no default leg")} : result<void>{};
}

milliseconds ua_core::run_timers(milliseconds longest) {
  const auto now = std::chrono::steady_clock::now();
  while (!timers.empty() && timers.top().due <= now) {
    const auto due = timers.top();
    timers.pop();
    auto* known = account({due.account});
    if (known != nullptr && known->turn == due.turn) ua_send_register(*known);
  }
  if (timers.empty()) return longest;
  return std::clamp(std::chrono::ceil<milliseconds>(timers.top().due - now), milliseconds{0}, longest);
}

void ua_core::add_account(ua_account_id id, ua_account given) {
  auto state = std::make_unique<ua_account_state>(*this);
  const bool tcp = over_tcp(given.server) && !tcp_port.empty();
  state->id = id;
  state->contact = "sip:a" + std::to_string(id.value) + "@" + host + ":" + (tcp ? tcp_port + ";transport=tcp" : port);
  state->sip_call_id = random_text();
  state->tag = random_text();
  if (given.user.empty()) {
    const auto begin = given.aor.find(':') + 1;
    given.user = given.aor.substr(begin, given.aor.rfind('@') - begin);
  }
  state->given = std::move(given);
  accounts[id.value] = std::move(state);
}

ua_account_state* ua_core::account(ua_account_id id) {
  const auto at = accounts.find(id.value);
  return at == accounts.end() ? nullptr : at->second.get();
}

ua_call_state* ua_core::call(ua_call_id id) {
  const auto at = calls.find(id.value);
  return at == calls.end() ? nullptr : at->second.get();
}

ua_call_state& ua_core::add_call(ua_call_id id, ua_account_state& of) {
  auto state = std::make_unique<ua_call_state>(*this);
  state->id = id;
  state->account = &of;
  state->sdp_session = chance() >> 33;  // 31 bits: some peers keep o= in an int
  auto& place = calls[id.value];
  place = std::move(state);
  shared.calls.store(calls.size());
  return *place;
}

void ua_core::end(ua_call_state& call, int status, const std::string& reason, bool by_peer) {
  const auto id = call.id;
  const auto at = calls.find(id.value);
  if (at == calls.end()) return;
  retired.push_back(std::move(at->second));
  calls.erase(at);
  shared.calls.store(calls.size());
  sink.on_ended(id, static_cast<std::uint16_t>(status), reason, by_peer);
}

std::string ua_core::random_text() { return hex(chance()); }

std::string ua_url_text(const url_t* url) {
  if (url == nullptr) return {};
  su_home_t home[1] = {SU_HOME_INIT(home)};
  su_home_init(home);
  const char* text = url_as_string(home, url);
  std::string out{text == nullptr ? "" : text};
  su_home_deinit(home);
  return out;
}

std::optional<session_description> ua_body(const sip_t* sip, int& refused) {
  const auto* body = sip->sip_payload;
  if (body == nullptr || body->pl_data == nullptr || body->pl_len == 0) return std::nullopt;
  const auto* type = sip->sip_content_type;
  if (type == nullptr || type->c_type == nullptr || !text::same(type->c_type, "application/sdp")) {
    refused = 415;
    return std::nullopt;
  }
  auto parsed = parse_sdp({body->pl_data, body->pl_len});
  if (parsed) return std::move(*parsed);
  refused = 488;
  return std::nullopt;
}

std::string ua_sdp(ua_call_state& call, session_description media) {
  media.session_id = call.sdp_session;
  media.version = call.sdp_version;
  if (!call.local || *call.local != media) media.version = ++call.sdp_version;
  call.local = media;
  return print_sdp(media, call.core.host);
}

ua_digest ua_challenged(const sip_t* sip) {
  ua_digest out{.challenges = {}, .nc = 0, .by_proxy = sip->sip_status->st_status == 407};
  for (const auto* h = out.by_proxy ? sip->sip_proxy_authenticate : sip->sip_www_authenticate; h != nullptr; h = h->au_next) {
    std::string text{h->au_scheme == nullptr ? "" : h->au_scheme};
    const char* separator = " ";
    for (const auto* p = h->au_params; p != nullptr && *p != nullptr; ++p) text.append(std::exchange(separator, ", ")).append(*p);
    out.challenges.push_back(std::move(text));
  }
  return out;
}

std::string ua_authorization(ua_account_state& account, const char* method, const std::string& uri) {
  if (account.digest.challenges.empty()) return {};
  return make_authorization(account.digest.challenges, {account.given.user, account.given.password}, method, uri,
                            ++account.digest.nc, account.core.random_text())
      .value_or("");
}

}  // namespace seatgrid
