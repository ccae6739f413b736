#include "sip/net_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "sip/text.hpp"

namespace seatgrid {
namespace {
constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t host_bytes_max = 64;
}  // namespace

bool net_address::is_v4() const noexcept { return std::equal(mapped.begin(), mapped.end(), ip.begin()); }

bool net_address::is_loopback() const noexcept {
  if (is_v4()) return ip[12] == 127;
  return std::all_of(ip.begin(), ip.end() - 1, [](auto b) { return b == 0; }) && ip[15] == 1;
}

std::string net_address::host() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_v4())
    inet_ntop(AF_INET, ip.data() + mapped.size(), out.data(), out.size());
  else
    inet_ntop(AF_INET6, ip.data(), out.data(), out.size());
  return out.data();
}

std::string net_address::text() const {
  return is_v4() ? host() + ":" + std::to_string(port) : "[" + host() + "]:" + std::to_string(port);
}

std::optional<net_address> net_address::parse(std::string_view host, std::uint16_t port) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.size() > host_bytes_max) return std::nullopt;
  const std::string text{host};
  net_address out{.ip = {}, .port = port};
  if (inet_pton(AF_INET, text.c_str(), out.ip.data() + mapped.size()) == 1) {
    std::copy(mapped.begin(), mapped.end(), out.ip.begin());
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.ip.data()) == 1) return out;
  return std::nullopt;
}

std::optional<net_address> net_address::parse(std::string_view host_port) {
  const auto colon = host_port.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = text::number<std::uint16_t>(host_port.substr(colon + 1));
  if (!port) return std::nullopt;
  return parse(host_port.substr(0, colon), *port);
}

net_address net_address::of(const sockaddr* address, std::size_t size) noexcept {
  net_address out;
  if (address == nullptr || size < sizeof(sa_family_t)) return out;
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::copy(mapped.begin(), mapped.end(), out.ip.begin());
    std::memcpy(out.ip.data() + mapped.size(), &v4.sin_addr, 4);
    out.port = ntohs(v4.sin_port);
  } else if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::memcpy(out.ip.data(), &v6.sin6_addr, out.ip.size());
    out.port = ntohs(v6.sin6_port);
  }
  return out;
}

}  // namespace seatgrid
