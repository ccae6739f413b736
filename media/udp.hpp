#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "media/bytes.hpp"

/// UDP sockets as the relay needs them.
namespace seatgrid::media {

/// A literal IPv4 or IPv6 address with a port, in 28 bytes.
class socket_address {
 public:
  socket_address() = default;
  /// Nothing for names, and for anything else that is no literal address.
  static std::optional<socket_address> parse(std::string_view host, std::uint16_t port);

  bool is_set() const { return at_.any.sa_family != AF_UNSPEC; }
  bool is_wildcard() const;
  std::uint16_t port() const;
  socket_address with_port(std::uint16_t port) const;
  bool same_host(const socket_address& other) const;
  bool operator==(const socket_address& other) const { return same_host(other) && port() == other.port(); }
  int family() const { return at_.any.sa_family; }
  const sockaddr* raw() const { return &at_.any; }
  sockaddr* raw() { return &at_.any; }
  socklen_t length() const { return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }
  static constexpr socklen_t length_max = sizeof(sockaddr_in6);

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } at_{.v6 = {}};
};

/// Owns a non-blocking datagram socket.
class udp_socket {
 public:
  udp_socket() = default;
  udp_socket(udp_socket&& other) noexcept;
  udp_socket& operator=(udp_socket&& other) noexcept;
  ~udp_socket();

  /// @error conflict  the port is taken.  @error full  no descriptor left.  @error unavailable  anything else.
  static result<udp_socket> bound(const socket_address& local, std::uint8_t dscp);

  /// From now on only `remote` is heard and spoken to. Datagrams of others that wait already are still there: read them with
  /// `receive_from`.
  bool connect(const socket_address& remote);
  /// Hears everybody again; the port stays.
  void disconnect();

  /// Bytes read; 0 when nothing waits or the kernel reported that the far port is closed.
  std::size_t receive(std::span<std::uint8_t> into);
  std::size_t receive_from(std::span<std::uint8_t> into, socket_address& source);
  bool send(byte_view datagram);
  bool send_to(byte_view datagram, const socket_address& remote);

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  explicit udp_socket(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace seatgrid::media
