#include "sip/sofia_internal.hpp"

#include <arpa/inet.h>
#include <sys/random.h>

#include <array>
#include <cstdlib>

#include "sip/text.hpp"

namespace seatgrid::sip {
namespace {
constexpr std::size_t line_bytes_max = 128;
}

std::string url_text(const url_t* url) {
  if (url == nullptr) return {};
  scratch pool;
  return text_or_empty(url_as_string(pool, url));
}

std::string address_text(const char* display, const url_t* url) {
  const auto name = text_or_empty(display);
  return name.empty() ? "<" + url_text(url) + ">" : name + " <" + url_text(url) + ">";
}

std::string unknown_header(const sip_t* sip, std::string_view name) {
  for (const auto* h = sip->sip_unknown; h != nullptr; h = h->un_next)
    if (h->un_name != nullptr && text::same(h->un_name, name)) return text_or_empty(h->un_value);
  return {};
}

bool has_option(const msg_list_t* list, std::string_view option) {
  for (; list != nullptr; list = list->k_next) {
    if (list->k_items == nullptr) continue;
    for (const auto* item = list->k_items; *item != nullptr; ++item)
      if (text::same(*item, option)) return true;
  }
  return false;
}

std::string body_of(const sip_t* sip) {
  if (sip->sip_payload == nullptr || sip->sip_payload->pl_data == nullptr) return {};
  return {sip->sip_payload->pl_data, sip->sip_payload->pl_len};
}

std::string source_address::host_port() const {
  return (ip.find(':') == std::string::npos ? ip : "[" + ip + "]") + ":" + std::to_string(port);
}
std::string source_address::flow() const { return (tcp ? "tcp:" : "udp:") + host_port(); }

source_address source_of(nta_agent_t* agent, msg_t* msg) {
  source_address from;
  const su_sockaddr_t* at = msg_addr(msg);
  if (at == nullptr) return from;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (at->su_family == AF_INET6)
    inet_ntop(AF_INET6, &at->su_sin6.sin6_addr, text.data(), text.size());
  else
    inet_ntop(AF_INET, &at->su_sin.sin_addr, text.data(), text.size());
  from.ip = text.data();
  from.port = ntohs(at->su_port);
  if (auto* path = nta_incoming_transport(agent, nullptr, msg); path != nullptr) {
    from.tcp = tport_is_tcp(path) != 0;
    tport_unref(path);
  }
  return from;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, line_bytes_max)) line += text::is_control(c) ? ' ' : c;
  return line;
}

std::string quoted(std::string_view display) {
  if (display.empty()) return {};
  std::string name = "\"";
  for (const char c : one_line(display)) {
    if (c == '"' || c == '\\') name += '\\';
    name += c;
  }
  return name + "\" ";
}

std::string flow_url(const std::string& flow) {
  const auto colon = flow.find(':');
  if (colon == std::string::npos) return {};
  return "sip:" + flow.substr(colon + 1) + ";transport=" + flow.substr(0, colon);
}

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  // Without the kernel's randomness neither tags nor call ids are safe: no edge is better than a guessable one.
  if (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) std::abort();
  return bits;
}

std::string random_hex(std::size_t bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  while (hex.size() < 2 * bytes)
    for (auto bits = random_bits(); bits != 0 && hex.size() < 2 * bytes; bits >>= 4) hex += digits[bits & 15U];
  return hex;
}

}  // namespace seatgrid::sip
