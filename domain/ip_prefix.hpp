#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Addresses that trunks are known by.
namespace seatgrid {

/// IPv4 is kept as ::ffff:a.b.c.d, so that a dual-stack socket's spelling of a peer finds the same trunk.
struct ip_address {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const ip_address&) const = default;
};

/// "192.0.2.1", "192.0.2.0/24", "192.0.2.1:5060", "2001:db8::1", "2001:db8::/32", "[2001:db8::1]:5060".
struct ip_prefix {
  ip_address address{};     ///< bits beyond `length` are zero
  std::uint8_t length = 0;  ///< of 128; an IPv4 prefix counts 96 more
  std::uint16_t port = 0;   ///< 0 = any
  auto operator<=>(const ip_prefix&) const = default;
  bool holds(const ip_address& other, std::uint16_t from_port) const;
};

/// @error invalid  neither IPv4 nor IPv6
result<ip_address> parse_ip_address(std::string_view text);
/// @error invalid  says what is wrong: no address, prefix too long, bits beyond the prefix, port and prefix together
result<ip_prefix> parse_ip_prefix(std::string_view text);
/// A name that DNS may know (RFC 1123 2.1): labels of letters, digits and hyphens, the last one not all digits. No port.
bool is_host_name(std::string_view text);
/// `address` with every bit beyond `length` cleared.
ip_address masked(ip_address address, std::uint8_t length);

}  // namespace seatgrid
