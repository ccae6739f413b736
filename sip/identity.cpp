#include "sip/identity.hpp"

#include "sip/text.hpp"

namespace seatgrid::sip {
namespace {

/// The first address of a header value that Sofia left as text.
struct parsed_address {
  std::string number{};
  std::string display{};
  std::string uri{};
};
parsed_address first_address(const std::string& value) {
  if (value.empty()) return {};
  scratch pool;
  const auto* c = sip_contact_make(pool, value.c_str());
  if (c == nullptr) return {};
  return {.number = number_in(c->m_url), .display = text_or_empty(c->m_display), .uri = url_text(c->m_url)};
}

std::string unquoted(std::string display) {
  if (display.size() < 2 || display.front() != '"' || display.back() != '"') return one_line(display);
  std::string plain;
  for (std::size_t i = 1; i + 1 < display.size(); ++i) {
    if (display[i] == '\\' && i + 2 < display.size()) ++i;
    plain += display[i];
  }
  return one_line(plain);
}

bool is_withheld(const sip_t* sip) {
  if (sip->sip_privacy != nullptr && sip->sip_privacy->priv_values != nullptr)
    for (const auto* v = sip->sip_privacy->priv_values; *v != nullptr; ++v)
      if (text::same(*v, "id") || text::same(*v, "user") || text::same(*v, "header") || text::same(*v, "session")) return true;
  const auto* from = sip->sip_from->a_url;
  return (from->url_host != nullptr && text::same(from->url_host, "anonymous.invalid")) ||
         (from->url_user != nullptr && text::same(from->url_user, "anonymous"));
}

}  // namespace

std::string number_in(const url_t* url) {
  if (url == nullptr) return {};
  const bool tel = url->url_type == url_tel;
  auto raw = text_or_empty(tel && url->url_user == nullptr ? url->url_host : url->url_user);
  if (raw.empty()) return {};
  // RFC 3966: parameters of a number follow ';' also inside a SIP user part (user=phone).
  raw.resize(std::min(raw.find(';'), raw.size()));
  std::string plain(raw.size() + 1, '\0');
  url_unescape(plain.data(), raw.c_str());
  plain.resize(std::char_traits<char>::length(plain.c_str()));
  return one_line(plain);
}

std::string dialled_number(const sip_t* sip, dialled_from where) {
  std::string found;
  switch (where) {
    case dialled_from::request_uri: break;
    case dialled_from::to: found = number_in(sip->sip_to->a_url); break;
    case dialled_from::p_called_party_id: found = first_address(unknown_header(sip, "P-Called-Party-ID")).number; break;
    case dialled_from::diversion: found = first_address(unknown_header(sip, "Diversion")).number; break;
  }
  return found.empty() ? number_in(sip->sip_request->rq_url) : found;
}

caller_identity caller_of(const sip_t* sip, caller_from where, const canonical_fn& canonical) {
  caller_identity who{.withheld = is_withheld(sip)};
  const auto asserted = unknown_header(sip, "P-Asserted-Identity");
  who.asserted = one_line(asserted);
  parsed_address at;
  if (where == caller_from::p_asserted_identity) at = first_address(asserted);
  if (at.number.empty())
    at = {.number = number_in(sip->sip_from->a_url), .display = text_or_empty(sip->sip_from->a_display), .uri = {}};
  if (text::same(at.number, "anonymous")) at.number.clear();
  who.number = at.number.empty() ? std::string{} : canonical(at.number);
  who.display = unquoted(at.display);
  return who;
}

std::string user_part(std::string_view user) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  static constexpr std::string_view free = "-_.!~*'()&=+$,;?/";
  std::string out;
  for (const char c : user.substr(0, 128)) {
    if (text::is_alpha(c) || text::is_digit(c) || free.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15U];
    }
  }
  return out;
}

presented_identity present(const caller_identity& caller, const std::string& host, bool to_trunk) {
  presented_identity out;
  const auto own =
      quoted(caller.display) + "<sip:" + user_part(caller.number.empty() ? "anonymous" : caller.number) + "@" + host + ">";
  if (!caller.withheld && !caller.number.empty()) {
    out.from = own;
  } else {
    out.from = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
    out.headers = "Privacy: id\r\n";
  }
  if (to_trunk && !caller.number.empty())
    out.headers += "P-Asserted-Identity: <sip:" + user_part(caller.number) + "@" + host + ">\r\n";
  return out;
}

}  // namespace seatgrid::sip
