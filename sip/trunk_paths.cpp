#include "sip/trunk_paths.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "domain/ip_prefix.hpp"
#include "sip/edge_core.hpp"
#include "sip/text.hpp"

namespace seatgrid::sip {
namespace {

constexpr milliseconds look_every{200};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), text::lower);
  return text;
}
/// Where a trunk is called; nothing for one that only calls us.
std::optional<hop> hop_of_trunk(const trunk_config& trunk) {
  auto to = hop_of(trunk.outbound);
  if (!to) return std::nullopt;
  to->tcp = to->tcp || trunk.via == transport::tcp;
  return *to;
}
bool is_literal(const std::string& host) { return parse_ip_address(host).has_value(); }

/// A directory with the addresses that trunks' names have now; rebuilt when they change.
class resolved_directory final : public edge_directory {
 public:
  resolved_directory(edge_directory_ptr plain, std::map<ip_address, trunk_match> by_name)
      : plain_(std::move(plain)), by_name_(std::move(by_name)) {}
  std::optional<trunk_match> trunk_at(const std::string& ip, std::uint16_t port) const override {
    if (auto found = plain_->trunk_at(ip, port)) return found;
    const auto address = parse_ip_address(ip);
    const auto at = address ? by_name_.find(*address) : by_name_.end();
    return at == by_name_.end() ? std::nullopt : std::optional{at->second};
  }
  std::optional<number_match> number(const std::string& canonical) const override { return plain_->number(canonical); }
  bool serves_domain(const std::string& domain) const override { return plain_->serves_domain(domain); }
  std::optional<credential> user(const std::string& domain, const std::string& user) const override {
    return plain_->user(domain, user);
  }
  digest_policy digest_of(const std::string& domain) const override { return plain_->digest_of(domain); }
  bool is_access_number(const std::string& canonical) const override { return plain_->is_access_number(canonical); }
  std::vector<trunk_match> trunks() const override { return plain_->trunks(); }

 private:
  edge_directory_ptr plain_;
  std::map<ip_address, trunk_match> by_name_;
};

}  // namespace

struct trunk_paths::probe {
  trunk_paths* paths = nullptr;
  hop to{};
  std::string uri{};
  milliseconds every{};
  std::uint32_t misses_max = 3;
  std::uint32_t misses = 0, cseq = 0;
  bool reachable = true;
  time_point next{};
  std::string call_id{}, tag{};
  nta_outgoing_t* pending = nullptr;
  ~probe() {
    if (pending != nullptr) nta_outgoing_destroy(pending);
  }
};

std::string hop::key() const {
  const auto literal = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (tcp ? "tcp:" : "udp:") + literal + ":" + std::to_string(port);
}

result<hop> hop_of(const std::string& uri) {
  scratch pool;
  const auto* url = url_make(pool, uri.c_str());
  if (url == nullptr || url->url_host == nullptr) return fail(errc::invalid, "'" + uri + "' is no SIP URI");
  hop out{.host = lower(url->url_host)};
  if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
  if (url->url_port != nullptr) out.port = text::number<std::uint16_t>(url->url_port).value_or(out.port);
  out.tcp = lower(text_or_empty(url->url_params)).find("transport=tcp") != std::string::npos;
  return out;
}

trunk_paths::trunk_paths(edge_core& edge) : edge_(edge), names_(edge.options.names) {}
trunk_paths::~trunk_paths() = default;

edge_directory_ptr trunk_paths::use(edge_directory_ptr plain) {
  plain_ = std::move(plain);
  if (!plain_) return plain_;
  std::set<std::string> names;
  std::map<ip_address, trunk_match> by_name;
  for (const auto& match : plain_->trunks()) {
    for (const auto& address : match.trunk->addresses)
      if (is_host_name(address)) names.insert(lower(address));
    const auto out = hop_of_trunk(*match.trunk);
    if (out && is_host_name(out->host)) names.insert(out->host);
  }
  names_.keep(names);
  next_look_ = {};
  for (const auto& match : plain_->trunks())
    for (const auto& address : match.trunk->addresses)
      if (const auto* known = names_.find(lower(address)); known != nullptr)
        for (const auto& ip : *known) by_name.emplace(*parse_ip_address(ip), match);
  keep_probes();
  return names.empty() ? plain_ : std::make_shared<resolved_directory>(plain_, std::move(by_name));
}

bool trunk_paths::take_answer(const std::string& name, std::vector<std::string> addresses, seconds ttl) {
  return names_.answer(name, std::move(addresses), ttl, edge_.clock.now());
}

std::string trunk_paths::flow_to(const hop& to) const {
  if (is_literal(to.host)) return to.key();
  const auto* known = names_.find(to.host);
  if (known == nullptr) return {};
  // Of several addresses one of the family that we are bound to; which one is the zone's affair.
  const bool six = edge_.host.find(':') != std::string::npos;
  for (const auto& ip : *known)
    if ((ip.find(':') != std::string::npos) == six) return hop{.host = ip, .port = to.port, .tcp = to.tcp}.key();
  return {};
}

std::string trunk_paths::open(destination& to) const {
  if (to.trunk.empty() || !to.flow.empty()) return {};
  const auto way = hop_of(to.target);
  if (!way) return way.error().what;
  const auto at = probes_.find(way->key());
  if (at != probes_.end() && !at->second->reachable)
    return "trunk '" + to.trunk + "' is unreachable: " + std::to_string(at->second->misses) + " OPTIONS without an answer";
  if (is_literal(way->host)) return {};
  to.flow = flow_to(*way);
  if (!to.flow.empty()) return {};
  return "trunk '" + to.trunk + "': no address is known for '" + way->host + "'";
}

void trunk_paths::keep_probes() {
  std::map<std::string, std::unique_ptr<probe>> kept;
  const auto now = edge_.clock.now();
  for (const auto& match : plain_->trunks()) {
    const auto& trunk = *match.trunk;
    const auto to = hop_of_trunk(trunk);
    if (!to || trunk.probe_every.count() == 0) continue;
    auto& slot = kept[to->key()];
    if (const auto old = probes_.find(to->key()); slot == nullptr && old != probes_.end()) slot = std::move(old->second);
    if (slot == nullptr) {
      slot = std::make_unique<probe>(
          probe{.paths = this, .to = *to, .call_id = random_hex(12) + "@" + edge_.host, .tag = random_hex(8)});
      const auto spread = static_cast<std::uint64_t>(trunk.probe_every.count());
      slot->next = now + milliseconds{random_bits() % spread};  // not all trunks in one instant
    }
    slot->uri = trunk.outbound;
    slot->every = trunk.probe_every;
    slot->misses_max = trunk.probe_misses;
  }
  probes_ = std::move(kept);
  publish();
}

void trunk_paths::tick() {
  const auto now = edge_.clock.now();
  if (now < next_look_) return;
  next_look_ = now + look_every;
  if (auto due = names_.take_due(now); !due.empty() && edge_.ask_names) edge_.ask_names(due);
  for (auto& [key, p] : probes_) {
    if (p->next > now) continue;
    p->next = now + p->every;
    if (p->pending != nullptr) {
      nta_outgoing_destroy(std::exchange(p->pending, nullptr));
      judge(*p, false);
    }
    send(*p);
  }
}

void trunk_paths::send(probe& p) {
  const auto flow = flow_to(p.to);
  if (flow.empty()) return judge(p, false);
  scratch pool;
  auto* line = sip_request_create(pool, SIP_METHOD_OPTIONS, URL_STRING_MAKE(p.uri.c_str()), nullptr);
  const auto from = "<sip:" + edge_.host + ">;tag=" + p.tag, to = "<" + p.uri + ">";
  const auto cseq = std::to_string(++p.cseq) + " OPTIONS";
  const auto contact = "<sip:" + edge_.host + ":" + (p.to.tcp ? edge_.tcp_port : edge_.udp_port) + ">";
  edge_.count.request_out("OPTIONS");
  p.pending = nta_outgoing_mcreate(
      edge_.agent, on_probe_response, reinterpret_cast<leg_state*>(&p), URL_STRING_MAKE(flow_url(flow).c_str()),
      nta_msg_create(edge_.agent, 0), SIPTAG_REQUEST(line), SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()),
      SIPTAG_CALL_ID_STR(p.call_id.c_str()), SIPTAG_CSEQ_STR(cseq.c_str()), SIPTAG_CONTACT_STR(contact.c_str()),
      SIPTAG_MAX_FORWARDS_STR("70"), SIPTAG_ACCEPT_STR(accepted_bodies), SIPTAG_USER_AGENT_STR(edge_.options.user_agent.c_str()),
      TAG_END());
  if (p.pending == nullptr) judge(p, false);
}

int trunk_paths::on_probe_response(leg_state* context, nta_outgoing_t* orq, const sip_t* sip) {
  auto& p = *reinterpret_cast<probe*>(context);
  const int status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status : nta_outgoing_status(orq);
  p.paths->edge_.count.response_in(status);
  if (status < 200) return 0;
  nta_outgoing_destroy(std::exchange(p.pending, nullptr));
  // Any word but "time-out" (also Sofia's own) and "overloaded" (also: no connection) is a sign of life.
  p.paths->judge(p, status != 408 && status != 503);
  return 0;
}

void trunk_paths::judge(probe& p, bool answered) {
  p.misses = answered ? 0 : p.misses + 1;
  const bool reachable = answered || (p.reachable && p.misses < p.misses_max);
  p.reachable = reachable;
  publish();
}

void trunk_paths::publish() {
  std::vector<trunk_state> all;
  if (plain_)
    for (const auto& match : plain_->trunks()) {
      const auto to = hop_of_trunk(*match.trunk);
      const auto at = to ? probes_.find(to->key()) : probes_.end();
      trunk_state s{.tenant = match.tenant, .trunk = match.trunk->name, .outbound = match.trunk->outbound};
      if (at != probes_.end()) s.probed = true, s.reachable = at->second->reachable, s.misses = at->second->misses;
      all.push_back(std::move(s));
    }
  const std::lock_guard hold{mutex_};
  states_ = std::move(all);
}

void trunk_paths::close() { probes_.clear(); }

std::vector<trunk_state> trunk_paths::states() const {
  const std::lock_guard hold{mutex_};
  return states_;
}

}  // namespace seatgrid::sip
