#include "domain/registration.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/overload.hpp"

namespace seatgrid {
namespace {

using namespace registration_limits;

/// One device is one binding: by +sip.instance where both give one (RFC 5626 section 6), else by the contact URI.
bool is_same(const binding& a, const binding& b) {
  if (!a.instance.empty() && !b.instance.empty()) return a.instance == b.instance;
  return a.contact.target == b.contact.target;
}

/// RFC 3261 10.3 step 7: within one Call-ID only a higher CSeq may change a binding.
bool is_out_of_order(const binding& have, const std::string& sip_call_id, std::uint32_t cseq) {
  return have.sip_call_id == sip_call_id && cseq <= have.cseq;
}

bool is_repetition(const binding& have, const binding& said, const register_request& m) {
  return have.sip_call_id == m.sip_call_id && have.cseq == m.cseq && have.contact == said.contact &&
         have.expires_s == std::min(said.expires_s, expires_max_s);
}

bool goes_before(const binding& a, const binding& b) {
  return a.q_thousandths != b.q_thousandths ? a.q_thousandths > b.q_thousandths : a.at > b.at;
}

/// What a REGISTER comes to; the bindings count only when `status` is 200. All of it or nothing.
struct verdict {
  std::uint16_t status = 200;
  std::vector<binding> bindings{};
  bool is_changed = false;
};

verdict refuse(std::uint16_t status) { return {.status = status}; }

verdict consider_removal(const registration_state& s, const register_request& m) {
  for (const auto& have : s.bindings)
    if (is_out_of_order(have, m.sip_call_id, m.cseq)) return refuse(500);
  return {.is_changed = !s.bindings.empty()};
}

verdict consider(const registration_state& s, const register_request& m, time_point now) {
  if (m.remove_all) return consider_removal(s, m);
  verdict v{.bindings = s.bindings};
  std::erase_if(v.bindings, [&](const binding& b) { return lapses_at(b) <= now; });
  v.is_changed = v.bindings.size() != s.bindings.size();
  for (const auto& said : m.contacts) {
    const auto have = std::find_if(v.bindings.begin(), v.bindings.end(), [&](const auto& b) { return is_same(b, said); });
    const bool is_new = have == v.bindings.end();
    if (is_new && said.expires_s == 0) continue;
    if (!is_new && is_repetition(*have, said, m)) continue;
    if (!is_new && is_out_of_order(*have, m.sip_call_id, m.cseq)) return refuse(500);
    v.is_changed = true;
    if (!is_new) v.bindings.erase(have);
    if (said.expires_s == 0) continue;
    auto& made = v.bindings.emplace_back(said);
    made.sip_call_id = m.sip_call_id;
    made.cseq = m.cseq;
    made.expires_s = std::min(said.expires_s, expires_max_s);
    made.at = now;
  }
  if (v.bindings.size() > contacts_max && v.bindings.size() > s.bindings.size()) return refuse(503);
  std::stable_sort(v.bindings.begin(), v.bindings.end(), goes_before);
  return v;
}

std::vector<destination> ways_of(const std::vector<binding>& bindings) {
  std::vector<destination> ways;
  ways.reserve(bindings.size());
  for (const auto& b : bindings) ways.push_back(b.contact);
  return ways;
}

/// Those of `some` of whose way there is none in `others`.
std::vector<binding> only_in(const std::vector<binding>& some, const std::vector<binding>& others) {
  std::vector<binding> out;
  for (const auto& one : some)
    if (std::none_of(others.begin(), others.end(), [&](const binding& b) { return b.contact == one.contact; }))
      out.push_back(one);
  return out;
}

bindings_changed change_to(const registration_state& s, std::vector<binding> bindings, time_point at) {
  bindings_changed e{.tenant = s.tenant, .aor = s.aor, .bindings = std::move(bindings), .version = s.version, .at = at};
  e.ways_changed = ways_of(e.bindings) != ways_of(s.bindings);
  e.made = only_in(e.bindings, s.bindings);
  for (auto& gone : only_in(s.bindings, e.bindings)) (lapses_at(gone) <= at ? e.lapsed : e.removed).push_back(std::move(gone));
  // Grows over the loss of the row too: an agent ignores what is older than it knows.
  if (e.ways_changed) e.version = std::max(s.version + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(at.us, 0)));
  return e;
}

register_reply reply_to(std::uint64_t request, const std::vector<binding>& bindings, time_point now) {
  register_reply r{.request = request};
  for (const auto& b : bindings) {
    const auto gone = std::chrono::floor<seconds>(now - b.at).count();
    const auto left = std::max<std::int64_t>(std::int64_t{b.expires_s} - std::max<std::int64_t>(gone, 0), 1);
    r.contacts.push_back({b.contact, static_cast<std::uint32_t>(left)});
  }
  return r;
}

device_contacts contacts_of(const registration_state& s) {
  return {.agent = agent_behind(s.tenant, s.aor), .version = s.version, .contacts = ways_of(s.bindings)};
}

void arm(const registration_state& s, time_point now, effects& out) {
  const auto timer = static_cast<std::uint32_t>(registration_timer::expiry);
  const auto next = std::min_element(s.bindings.begin(), s.bindings.end(),
                                     [](const binding& a, const binding& b) { return lapses_at(a) < lapses_at(b); });
  if (next == s.bindings.end()) {
    out.push_back({timing::at_once, stop_timer{timer}});
    return;
  }
  const auto left = std::max(std::chrono::ceil<milliseconds>(lapses_at(*next) - now), milliseconds{1});
  out.push_back({timing::at_once, start_timer{timer, s.timer_generation, left}});
}

}  // namespace

agent_id agent_behind(const std::string& tenant, std::string_view aor) {
  const auto colon = aor.find(':');
  const auto begin = colon == std::string_view::npos ? 0 : colon + 1;
  const auto at = aor.find('@', begin);
  return agent_id::named(tenant, aor.substr(begin, at == std::string_view::npos ? at : at - begin));
}

time_point lapses_at(const binding& b) { return b.at + seconds{b.expires_s + b.expires_s / 4}; }

result<std::vector<registration_event>> registration_rules::decide(const registration_state& s, const registration_command& c,
                                                                   turn t, const tenant_config&) {
  std::vector<registration_event> out;
  std::visit(overload{[&](const register_request& m) {
                        auto v = consider(s, m, t.at);
                        if (v.status != 200 || !v.is_changed) return;
                        auto e = change_to(s, std::move(v.bindings), t.at);
                        e.tenant = m.tenant;
                        e.aor = m.aor;
                        e.request = m.request;
                        out.push_back(std::move(e));
                      },
                      [&](const timer_fired& m) {
                        if (m.generation != s.timer_generation || s.bindings.empty()) return;
                        auto left = s.bindings;
                        std::erase_if(left, [&](const binding& b) { return lapses_at(b) <= t.at; });
                        if (left.size() == s.bindings.size())
                          out.push_back(expiry_postponed{t.at});
                        else
                          out.push_back(change_to(s, std::move(left), t.at));
                      },
                      [](const config_changed&) {}},
             c);
  return out;
}

void registration_rules::answer(const registration_state& s, const registration_command& c, turn t, const tenant_config&,
                                effects& out) {
  const auto* m = std::get_if<register_request>(&c);
  if (m == nullptr) return;
  const auto v = consider(s, *m, t.at);
  if (v.status == 200)
    out.push_back({timing::at_once, reply_to(m->request, s.bindings, t.at)});
  else
    out.push_back({timing::at_once, register_reply{.request = m->request, .status = v.status}});
}

void registration_rules::apply(registration_state& s, const registration_event& event) {
  if (const auto* e = std::get_if<bindings_changed>(&event)) {
    s.tenant = e->tenant;
    s.aor = e->aor;
    s.bindings = e->bindings;
    s.version = e->version;
  }
  ++s.timer_generation;
}

void registration_rules::derive(const registration_state& s, const registration_event& event, effects& out) {
  std::visit(overload{[&](const bindings_changed& e) {
                        if (e.request != 0) out.push_back({timing::when_durable, reply_to(e.request, s.bindings, e.at)});
                        if (e.ways_changed) {
                          const auto word = contacts_of(s);
                          out.push_back({timing::when_durable, to_entity{ref(word.agent), word}});
                          out.push_back({timing::when_durable, told_changed(s, e.at)});
                          for (auto& told : told_bindings(e)) out.push_back({timing::when_durable, std::move(told)});
                        }
                        arm(s, e.at, out);
                      },
                      [&](const expiry_postponed& e) { arm(s, e.at, out); }},
             event);
}

void registration_rules::resume(const registration_state& s, turn t, effects& out) {
  if (s.aor.empty()) return;
  const auto word = contacts_of(s);
  out.push_back({timing::when_durable, to_entity{ref(word.agent), word}});
  arm(s, t.at, out);
}

}  // namespace seatgrid
