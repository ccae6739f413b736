#include "domain/ip_prefix.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace seatgrid {
namespace {

constexpr std::size_t v4_bits = 32, v6_bits = 128, v4_at = 12;
constexpr std::size_t text_max = INET6_ADDRSTRLEN;

std::optional<unsigned> number_in(std::string_view text) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_v4(std::string_view text) { return text.find(':') == std::string_view::npos; }

}  // namespace

result<ip_address> parse_ip_address(std::string_view text) {
  const auto refuse = [&] { return fail(errc::invalid, "'" + std::string{text} + "' is neither an IPv4 nor an IPv6 address"); };
  if (text.empty() || text.size() >= text_max) return refuse();
  std::array<char, text_max> zero_ended{};
  std::copy(text.begin(), text.end(), zero_ended.begin());
  ip_address out;
  if (is_v4(text)) {
    out.bytes[10] = out.bytes[11] = 0xFF;
    if (inet_pton(AF_INET, zero_ended.data(), out.bytes.data() + v4_at) != 1) return refuse();
  } else if (inet_pton(AF_INET6, zero_ended.data(), out.bytes.data()) != 1) {
    return refuse();
  }
  return out;
}

ip_address masked(ip_address address, std::uint8_t length) {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const std::size_t kept = length > i * 8 ? std::min<std::size_t>(8, length - i * 8) : 0;
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xFF00U >> kept));
  }
  return address;
}

bool ip_prefix::holds(const ip_address& other, std::uint16_t from_port) const {
  return (port == 0 || port == from_port) && masked(other, length) == address;
}

result<ip_prefix> parse_ip_prefix(std::string_view text) {
  auto host = text;
  std::string_view prefix_text, port_text;
  const auto slash = text.find('/');
  if (slash != std::string_view::npos) {
    host = text.substr(0, slash);
    prefix_text = text.substr(slash + 1);
  } else if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return fail(errc::invalid, "'" + std::string{text} + "' has no ]");
    host = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return fail(errc::invalid, "'" + std::string{text} + "': a port stands behind ]:");
    port_text = rest.empty() ? rest : rest.substr(1);
    if (!rest.empty() && port_text.empty()) return fail(errc::invalid, "'" + std::string{text} + "' has an empty port");
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    host = text.substr(0, text.find(':'));
    port_text = text.substr(text.find(':') + 1);
    if (port_text.empty()) return fail(errc::invalid, "'" + std::string{text} + "' has an empty port");
  }
  auto address = parse_ip_address(host);
  if (!address) return tl::unexpected(address.error());
  const auto bits = is_v4(host) ? v4_bits : v6_bits;
  ip_prefix out{.address = *address, .length = v6_bits};
  if (slash != std::string_view::npos) {
    const auto length = number_in(prefix_text);
    if (!length || *length > bits)
      return fail(errc::invalid, "'" + std::string{text} + "': a prefix has 0 to " + std::to_string(bits) + " bits");
    out.length = static_cast<std::uint8_t>(*length + (v6_bits - bits));
    out.address = masked(out.address, out.length);
    if (out.address != *address) return fail(errc::invalid, "'" + std::string{text} + "' has bits beyond its prefix");
  }
  if (!port_text.empty()) {
    const auto port = number_in(port_text);
    if (!port || *port == 0 || *port > 0xFFFF) return fail(errc::invalid, "'" + std::string{text} + "': a port is 1 to 65535");
    out.port = static_cast<std::uint16_t>(*port);
  }
  return out;
}

bool is_host_name(std::string_view text) {
  constexpr std::size_t name_bytes_max = 253, label_bytes_max = 63;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_plain = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || text.size() > name_bytes_max) return false;
  for (;;) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    if (label.empty() || label.size() > label_bytes_max || !is_plain(label.front()) || !is_plain(label.back())) return false;
    if (!std::all_of(label.begin(), label.end(), [&](char c) { return is_plain(c) || c == '-'; })) return false;
    if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_digit);
    text.remove_prefix(dot + 1);
  }
}

}  // namespace seatgrid
