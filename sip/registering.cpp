#include "sip/registering.hpp"

#include <algorithm>
#include <utility>

#include "sip/register_request.hpp"
#include "sip/text.hpp"

namespace seatgrid::sip {
namespace {

using drop = edge_status::drop;
constexpr unsigned retry_after_min_s = 2, retry_after_spread_s = 9;

template <class... Tags>
void respond(edge_core& core, msg_t* msg, tport_t* path, int status, const char* phrase, Tags... tags) {
  core.count.response_out(status);
  nta_msg_treply(core.agent, msg, status, phrase, SIPTAG_SERVER_STR(core.options.user_agent.c_str()), tags...,
                 TAG_IF(path != nullptr, NTATAG_TPORT(path)), TAG_END());
}

challenge_options challenge_for(const edge_core& core, const std::string& realm) {
  return {.realm = realm,
          .key = core.options.nonce_key,
          .nonce_lifetime = core.options.nonce_lifetime,
          .offered = core.directory->digest_of(realm)};
}

void challenge(edge_core& core, msg_t* msg, const std::string& realm, const std::string& ip, bool stale) {
  std::string block;
  for (const auto& value : challenges(challenge_for(core, realm), ip, core.clock.now(), stale))
    block += "WWW-Authenticate: " + value + "\r\n";
  respond(core, msg, nullptr, SIP_401_UNAUTHORIZED, SIPTAG_HEADER_STR(block.c_str()));
}

/// Whoever failed too often is not answered. A phone that is registered from there keeps its word, or knowing a name were
/// enough to lock its owner out.
bool must_wait(edge_core& core, const std::string& aor, const source_address& from) {
  const auto now = core.clock.now();
  if (core.registry.slow_down.wait("ip " + from.ip, now).count() > 0) return true;
  return core.registry.aor_of_flow(from.flow()) != aor && core.registry.slow_down.wait("aor " + aor, now).count() > 0;
}

/// The header's value again; Debian's sip_header_as_string loses the last parameter.
std::string credentials_text(const sip_authorization_t* a) {
  auto value = text_or_empty(a->au_scheme);
  const char* before = " ";
  for (const auto* p = a->au_params; p != nullptr && *p != nullptr; ++p) {
    value += std::exchange(before, ", ");
    value += *p;
  }
  return value;
}

struct proof {
  digest_verdict verdict = digest_verdict::missing;
  digest_parameters given{};
};
proof check_credentials(edge_core& core, const sip_t* sip, const std::string& realm, const std::string& ip) {
  proof best;
  for (const auto* a = sip->sip_authorization; a != nullptr; a = a->au_next) {
    const auto value = credentials_text(a);
    const auto lookup = [&](std::string_view user) -> std::optional<std::string> {
      const auto known = core.directory->user(realm, std::string{user});
      return known ? std::optional{known->password} : std::nullopt;
    };
    const auto verdict =
        check_digest(challenge_for(core, realm), value, "REGISTER", ip, core.clock.now(), lookup, &core.registry.used);
    if (verdict == digest_verdict::missing) continue;
    best = {.verdict = verdict, .given = parse_digest(value).value_or(digest_parameters{})};
    if (verdict == digest_verdict::ok) return best;
  }
  return best;
}

std::string contact_line(const registrar::held& h, time_point now) {
  const auto left = std::max<std::int64_t>(1, (h.expires - now).count() / 1'000'000);
  auto line = "Contact: <" + h.what.contact.target + ">;expires=" + std::to_string(left);
  if (h.what.q_thousandths < 1'000) {
    auto q = std::to_string(1'000 + h.what.q_thousandths);
    line += ";q=0." + q.substr(1);
  }
  if (!h.what.instance.empty()) line += ";+sip.instance=" + h.what.instance;
  return line + "\r\n";
}

void accept(edge_core& core, msg_t* msg, tport_t* path, const std::string& aor, const std::string& info) {
  const auto now = core.clock.now();
  std::string block;
  for (const auto& h : core.registry.bindings(aor, now)) block += contact_line(h, now);
  if (!info.empty()) block += "Authentication-Info: " + info + "\r\n";
  const auto* sip = sip_object(msg);
  for (const auto* p = sip->sip_path; p != nullptr; p = p->r_next) block += "Path: <" + url_text(p->r_url) + ">\r\n";
  respond(core, msg, path, SIP_200_OK, TAG_IF(!block.empty(), SIPTAG_HEADER_STR(block.c_str())));
}

const registrar::held* find_same(const std::vector<registrar::held>& all, const binding& b) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const registrar::held& h) { return is_same_contact(h.what, b); });
  return it == all.end() ? nullptr : &*it;
}

/// True when every contact is known and alive and stays as it is: only the clock moves.
bool is_refresh(const register_request& asked, const std::vector<registrar::held>& held) {
  return !asked.remove_all && std::all_of(asked.contacts.begin(), asked.contacts.end(), [&](const binding& b) {
    const auto* h = find_same(held, b);
    return b.expires_s > 0 && h != nullptr && h->what.contact == b.contact && h->what.q_thousandths == b.q_thousandths &&
           h->what.sip_call_id == b.sip_call_id;
  });
}

void refresh(edge_core& core, const register_request& asked) {
  const auto now = core.clock.now();
  auto all = core.registry.bindings(asked.aor, now);
  register_request rewrite{
      .request = 0, .tenant = asked.tenant, .aor = asked.aor, .sip_call_id = asked.sip_call_id, .cseq = asked.cseq};
  for (const auto& b : asked.contacts)
    for (auto& h : all) {
      if (!is_same_contact(h.what, b)) continue;
      const auto row_age = now - h.what.at;
      h.expires = now + seconds{b.expires_s};
      h.what.cseq = b.cseq;
      // The row may lag by a quarter of its length, no more: after a restart it is all we know.
      if (row_age < std::chrono::microseconds{seconds{h.what.expires_s}} / 4) continue;
      h.what.at = now;
      h.what.expires_s = b.expires_s;
      rewrite.contacts.push_back(h.what);
    }
  core.registry.replace(asked.aor, std::move(all));
  core.count.refreshed();
  if (!rewrite.contacts.empty()) core.sink.on_register(std::move(rewrite));
}

void ask_owner(edge_core& core, msg_t* msg, register_request asked, std::string info) {
  auto& reg = core.registry;
  const auto key = asked.sip_call_id + " " + std::to_string(asked.cseq);
  if (!reg.waiting_keys.insert(key).second) return msg_destroy(msg);  // a retransmission: the answer is under way
  if (reg.waiting.size() >= core.options.register_waiting_max ||
      (reg.size() >= core.options.registrations_max && reg.bindings(asked.aor, core.clock.now()).empty())) {
    reg.waiting_keys.erase(key);
    core.count.dropped(drop::overload);
    const auto after = std::to_string(retry_after_min_s + random_bits() % retry_after_spread_s);
    return respond(core, msg, nullptr, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR(after.c_str()));
  }
  asked.request = reg.next_request++;
  reg.waiting[asked.request] = {.message = msg,
                                .path = nta_incoming_transport(core.agent, nullptr, msg),
                                .asked = asked,
                                .deadline = core.clock.now() + core.options.register_wait,
                                .info = std::move(info)};
  core.sink.on_register(std::move(asked));
}

/// The new state of memory after the owner's word.
std::vector<registrar::held> merged(edge_core& core, const registrar::pending& p, const register_reply& answer) {
  const auto now = core.clock.now();
  const auto& old = core.registry.bindings(p.asked.aor, now);
  std::vector<registrar::held> all;
  for (const auto& [to, left] : answer.contacts) {
    registrar::held h{.what = {.contact = to, .expires_s = left, .at = now}, .expires = now + seconds{left}};
    for (const auto& known : old)
      if (known.what.contact == to) h.what = known.what;
    for (const auto& asked : p.asked.contacts)
      if (asked.contact == to && asked.expires_s > 0) h.what = asked;
    all.push_back(std::move(h));
  }
  return all;
}

}  // namespace

void take_register(edge_core& core, msg_t* msg, sip_t* sip, const source_address& from) {
  const auto realm = text_or_empty(sip->sip_to->a_url->url_host);
  const auto asked_host = text_or_empty(sip->sip_request->rq_url->url_host);
  if (!core.directory || !core.directory->serves_domain(realm) ||
      (asked_host != core.host && !core.directory->serves_domain(asked_host))) {
    core.count.dropped(drop::foreign_domain);
    return msg_destroy(msg);
  }
  const auto user = text_or_empty(sip->sip_to->a_url->url_user);
  const auto aor = "sip:" + user + "@" + realm;
  if (must_wait(core, aor, from)) {
    core.count.dropped(drop::digest_backoff);
    return msg_destroy(msg);
  }
  const auto now = core.clock.now();
  const auto who = check_credentials(core, sip, realm, from.ip);
  if (who.verdict == digest_verdict::wrong) {
    core.registry.slow_down.failed("ip " + from.ip, now);
    core.registry.slow_down.failed("aor " + aor, now);
  }
  if (who.verdict != digest_verdict::ok) return challenge(core, msg, realm, from.ip, who.verdict == digest_verdict::stale);
  core.registry.slow_down.succeeded("ip " + from.ip);
  core.registry.slow_down.succeeded("aor " + aor);
  const auto* by = sip->sip_from->a_url;
  if (who.given.username != user || text_or_empty(by->url_user) != user || text_or_empty(by->url_host) != realm)
    return respond(core, msg, nullptr, SIP_403_FORBIDDEN);
  if (!has_matching_uri(who.given.uri, sip->sip_request->rq_url)) return respond(core, msg, nullptr, 400, "Digest URI Mismatch");
  if (const auto unsupported = unsupported_in(sip); !unsupported.empty())
    return respond(core, msg, nullptr, SIP_420_BAD_EXTENSION, SIPTAG_UNSUPPORTED_STR(unsupported.c_str()));
  auto parsed = parse_register(core.options, sip, from, now);
  if (parsed.refused != 0) {
    const auto least = std::to_string(core.options.register_min.count());
    return respond(core, msg, nullptr, parsed.refused, parsed.phrase,
                   TAG_IF(parsed.refused == 423, SIPTAG_MIN_EXPIRES_STR(least.c_str())));
  }
  auto& asked = parsed.asked;
  asked.aor = aor;
  asked.tenant = core.directory->user(realm, user).value_or(credential{}).tenant;
  const auto& held = core.registry.bindings(aor, now);
  auto info = authentication_info(challenge_for(core, realm), from.ip, now);
  for (const auto& h : held)
    if (h.what.sip_call_id == asked.sip_call_id && h.what.cseq > asked.cseq)
      return respond(core, msg, nullptr, 500, "Old CSeq");  // RFC 3261 10.3 step 7
  if (!asked.remove_all && asked.contacts.empty()) return accept(core, msg, nullptr, aor, info);
  if (!is_refresh(asked, held)) return ask_owner(core, msg, std::move(asked), std::move(info));
  refresh(core, asked);
  accept(core, msg, nullptr, aor, info);
  phone_registered(core, asked);
}

void finish_register(edge_core& core, const register_reply& answer) {
  auto& reg = core.registry;
  const auto it = reg.waiting.find(answer.request);
  if (it == reg.waiting.end()) return;
  auto p = std::move(it->second);
  reg.waiting.erase(it);
  reg.waiting_keys.erase(p.asked.sip_call_id + " " + std::to_string(p.asked.cseq));
  auto* msg = static_cast<msg_t*>(p.message);
  auto* path = static_cast<tport_t*>(p.path);
  if (answer.status >= 200 && answer.status < 300) {
    reg.replace(p.asked.aor, merged(core, p, answer));
    accept(core, msg, path, p.asked.aor, p.info);
    phone_registered(core, p.asked);
  } else {
    const auto after = std::to_string(retry_after_min_s + random_bits() % retry_after_spread_s);
    respond(core, msg, path, answer.status, sip_status_phrase(answer.status),
            TAG_IF(answer.status == 503, SIPTAG_RETRY_AFTER_STR(after.c_str())));
  }
  if (path != nullptr) tport_unref(path);
}

void load_bindings(edge_core& core, const std::string& aor, std::vector<binding> all) {
  std::vector<registrar::held> held;
  for (auto& b : all) {
    const auto expires = b.at + seconds{b.expires_s};
    held.push_back({.what = std::move(b), .expires = expires});
  }
  core.registry.replace(aor, std::move(held));
}

void time_out_registers(edge_core& core) {
  if (core.registry.waiting.empty()) return;
  const auto now = core.clock.now();
  std::vector<std::uint64_t> late;
  for (const auto& [id, p] : core.registry.waiting)
    if (p.deadline <= now) late.push_back(id);
  for (const auto id : late) finish_register(core, {.request = id, .status = 503, .contacts = {}});
}

void drop_waiting(edge_core& core) {
  for (auto& [id, p] : core.registry.waiting) {
    msg_destroy(static_cast<msg_t*>(p.message));
    if (p.path != nullptr) tport_unref(static_cast<tport_t*>(p.path));
  }
  core.registry.waiting.clear();
  core.registry.waiting_keys.clear();
}

}  // namespace seatgrid::sip
