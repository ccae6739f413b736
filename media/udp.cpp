#include "media/udp.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace seatgrid::media {

std::optional<socket_address> socket_address::parse(std::string_view host, std::uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (host.empty() || host.size() >= text.size()) return std::nullopt;
  std::memcpy(text.data(), host.data(), host.size());
  socket_address a;
  if (inet_pton(AF_INET, text.data(), &a.at_.v4.sin_addr) == 1) {
    a.at_.v4.sin_family = AF_INET;
    a.at_.v4.sin_port = htons(port);
    return a;
  }
  a = {};
  if (inet_pton(AF_INET6, text.data(), &a.at_.v6.sin6_addr) != 1) return std::nullopt;
  a.at_.v6.sin6_family = AF_INET6;
  a.at_.v6.sin6_port = htons(port);
  return a;
}

bool socket_address::is_wildcard() const {
  if (family() == AF_INET) return at_.v4.sin_addr.s_addr == htonl(INADDR_ANY);
  return IN6_IS_ADDR_UNSPECIFIED(&at_.v6.sin6_addr);
}

std::uint16_t socket_address::port() const { return ntohs(family() == AF_INET6 ? at_.v6.sin6_port : at_.v4.sin_port); }

socket_address socket_address::with_port(std::uint16_t port) const {
  auto copy = *this;
  if (family() == AF_INET6)
    copy.at_.v6.sin6_port = htons(port);
  else
    copy.at_.v4.sin_port = htons(port);
  return copy;
}

bool socket_address::same_host(const socket_address& other) const {
  if (family() != other.family()) return false;
  if (family() == AF_INET) return at_.v4.sin_addr.s_addr == other.at_.v4.sin_addr.s_addr;
  return std::memcmp(&at_.v6.sin6_addr, &other.at_.v6.sin6_addr, sizeof(in6_addr)) == 0;
}

udp_socket::udp_socket(udp_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
udp_socket& udp_socket::operator=(udp_socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
udp_socket::~udp_socket() {
  if (fd_ >= 0) close(fd_);
}

result<udp_socket> udp_socket::bound(const socket_address& local, std::uint8_t dscp) {
  udp_socket made{::socket(local.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const auto why = [] { return std::error_code{errno, std::system_category()}.message(); };
  if (!made) return fail(errno == EMFILE || errno == ENFILE ? errc::full : errc::unavailable, "socket: " + why());
  const int field = dscp << 2;
  if (local.family() == AF_INET6)
    setsockopt(made.fd_, IPPROTO_IPV6, IPV6_TCLASS, &field, sizeof field);
  else
    setsockopt(made.fd_, IPPROTO_IP, IP_TOS, &field, sizeof field);
  if (::bind(made.fd_, local.raw(), local.length()) != 0)
    return fail(errno == EADDRINUSE ? errc::conflict : errc::unavailable, "port " + std::to_string(local.port()) + ": " + why());
  return made;
}

bool udp_socket::connect(const socket_address& remote) { return ::connect(fd_, remote.raw(), remote.length()) == 0; }

void udp_socket::disconnect() {
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  ::connect(fd_, &nobody, sizeof nobody);
}

std::size_t udp_socket::receive(std::span<std::uint8_t> into) {
  const auto got = ::recv(fd_, into.data(), into.size(), 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::size_t udp_socket::receive_from(std::span<std::uint8_t> into, socket_address& source) {
  socklen_t length = socket_address::length_max;
  const auto got = ::recvfrom(fd_, into.data(), into.size(), 0, source.raw(), &length);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool udp_socket::send(byte_view datagram) {
  if (::send(fd_, datagram.data(), datagram.size(), 0) >= 0) return true;
  // The kernel hands over a port-unreachable for an earlier packet here and drops this one: it deserves its own try.
  return errno == ECONNREFUSED && ::send(fd_, datagram.data(), datagram.size(), 0) >= 0;
}

bool udp_socket::send_to(byte_view datagram, const socket_address& remote) {
  return ::sendto(fd_, datagram.data(), datagram.size(), 0, remote.raw(), remote.length()) >= 0;
}

}  // namespace seatgrid::media
