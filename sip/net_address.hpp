#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace seatgrid {

/// An IP address and a port as a value; IPv4 stands in its mapped form (RFC 4291 2.5.5.2).
struct net_address {
  std::array<std::uint8_t, 16> ip{};
  std::uint16_t port = 0;
  auto operator<=>(const net_address&) const = default;

  bool is_v4() const noexcept;
  bool is_loopback() const noexcept;
  std::string host() const;  ///< "192.0.2.1" or "2001:db8::1"
  std::string text() const;  ///< "192.0.2.1:5060" or "[2001:db8::1]:5060"

  /// Nothing when `host` is not a literal address (brackets are taken).
  static std::optional<net_address> parse(std::string_view host, std::uint16_t port);
  /// The inverse of text().
  static std::optional<net_address> parse(std::string_view host_port);
  /// All zero for families other than IP.
  static net_address of(const sockaddr* address, std::size_t size) noexcept;
};

}  // namespace seatgrid

template <>
struct std::hash<seatgrid::net_address> {
  std::size_t operator()(const seatgrid::net_address& a) const noexcept {
    std::uint64_t h = 0x9e3779b97f4a7c15ULL ^ a.port;
    for (const auto byte : a.ip) h = (h ^ byte) * 0x100000001b3ULL;
    return h ^ (h >> 29);
  }
};
