#include "sip/register_request.hpp"

#include <algorithm>

#include "sip/text.hpp"

namespace seatgrid::sip {
namespace {

constexpr std::size_t uri_bytes_max = 512;

std::uint16_t q_of(const char* q) {
  if (q == nullptr) return 1'000;
  std::string_view digits{q};
  if (!digits.empty() && digits.front() == '1') return 1'000;
  const auto dot = digits.find('.');
  std::string fraction{dot == std::string_view::npos ? std::string_view{} : digits.substr(dot + 1, 3)};
  fraction.resize(3, '0');
  return text::number<std::uint16_t>(fraction).value_or(1'000);
}

/// Seconds asked for by this contact.
std::uint64_t expires_of(const sip_t* sip, const sip_contact_t* c, std::uint64_t otherwise) {
  if (c->m_expires != nullptr) return text::number<std::uint32_t>(c->m_expires).value_or(3'600);
  return sip->sip_expires != nullptr ? static_cast<std::uint64_t>(sip->sip_expires->ex_delta) : otherwise;
}

std::uint32_t spread(std::uint64_t granted, std::uint64_t least) {
  const auto tenth = granted / 10;
  const auto shorter = granted - (tenth == 0 ? 0 : random_bits() % (tenth + 1));
  return static_cast<std::uint32_t>(std::max(shorter, least));
}

std::string instance_of(const sip_contact_t* c) {
  const char* value = c->m_params == nullptr ? nullptr : msg_params_find(c->m_params, "+sip.instance=");
  return value == nullptr ? std::string{} : one_line(value);
}

parsed_register refuse(int status, const char* phrase) { return {.refused = status, .phrase = phrase, .asked = {}}; }

}  // namespace

parsed_register parse_register(const edge_options& options, const sip_t* sip, const source_address& from, time_point now) {
  parsed_register out;
  auto& asked = out.asked;
  asked.sip_call_id = sip->sip_call_id->i_id;
  asked.cseq = sip->sip_cseq->cs_seq;
  std::vector<std::string> path;
  for (const auto* p = sip->sip_path; p != nullptr; p = p->r_next) path.push_back("<" + url_text(p->r_url) + ">");
  const auto least = static_cast<std::uint64_t>(options.register_min.count());
  const auto most = static_cast<std::uint64_t>(options.register_max.count());
  for (const auto* c = sip->sip_contact; c != nullptr; c = c->m_next) {
    if (c->m_url->url_type == url_any) {
      const bool alone = c->m_next == nullptr && c == sip->sip_contact;
      if (!alone || sip->sip_expires == nullptr || sip->sip_expires->ex_delta != 0)
        return refuse(400, "Contact * Needs Expires 0");
      asked.remove_all = true;
      return out;
    }
    const auto type = c->m_url->url_type;
    if ((type != url_sip && type != url_sips) || c->m_url->url_host == nullptr) return refuse(400, "Bad Contact Header");
    url_t plain = *c->m_url;
    plain.url_headers = nullptr;  // "?header=value" would write into our INVITEs
    binding b{.contact = {.target = url_text(&plain),
                          .route = path,
                          .trunk = {},
                          .flow = path.empty() ? from.flow() : std::string{},
                          .edge = options.slot},
              .instance = instance_of(c),
              .sip_call_id = asked.sip_call_id,
              .cseq = asked.cseq,
              .expires_s = 0,
              .q_thousandths = q_of(c->m_q),
              .at = now};
    if (b.contact.target.size() > uri_bytes_max) return refuse(400, "Contact Too Long");
    const auto wanted = expires_of(sip, c, most);
    if (wanted != 0 && wanted < least) return refuse(SIP_423_INTERVAL_TOO_BRIEF);
    if (wanted != 0) b.expires_s = spread(std::min(wanted, most), least);
    asked.contacts.push_back(std::move(b));
    if (asked.contacts.size() > options.contacts_max) return refuse(403, "Too Many Contacts");
  }
  return out;
}

bool is_same_contact(const binding& a, const binding& b) {
  if (!a.instance.empty() && !b.instance.empty()) return a.instance == b.instance;
  return a.contact.target == b.contact.target;
}

bool has_matching_uri(const std::string& digest_uri, const url_t* request) {
  scratch pool;
  const auto* given = url_make(pool, digest_uri.c_str());
  return given != nullptr && given->url_host != nullptr && request->url_host != nullptr &&
         text::same(given->url_host, request->url_host);
}

std::string unsupported_in(const sip_t* sip) {
  std::string list;
  for (const msg_list_t* r = sip->sip_require; r != nullptr; r = r->k_next)
    for (auto item = r->k_items; item != nullptr && *item != nullptr; ++item)
      if (!text::same(*item, "path")) list += (list.empty() ? "" : ", ") + one_line(*item);
  return list;
}

}  // namespace seatgrid::sip
