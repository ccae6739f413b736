#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "cluster/link_stream.hpp"

namespace seatgrid::cluster {

namespace {

constexpr int unsent_bytes_low = 128 * 1'024;  // in the kernel: what a heartbeat stands behind
constexpr int accept_backlog = 1'024;

struct address {
  sockaddr_storage bytes{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
};

std::optional<address> parse(const std::string& host, std::uint16_t port) {
  address at;
  auto* four = reinterpret_cast<sockaddr_in*>(&at.bytes);
  if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    at.size = sizeof *four;
    return at;
  }
  auto* six = reinterpret_cast<sockaddr_in6*>(&at.bytes);
  if (::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr) != 1) return std::nullopt;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  at.size = sizeof *six;
  return at;
}

bool is_loopback(const address& at) {
  if (at.bytes.ss_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in*>(&at.bytes)->sin_addr.s_addr) >> 24U) == 127;
  const auto& six = reinterpret_cast<const sockaddr_in6*>(&at.bytes)->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&six)) return six.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six);
}

std::string text_of(const address& at) {
  char host[INET6_ADDRSTRLEN]{};
  if (at.bytes.ss_family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(&at.bytes);
    ::inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
    return address_text(host, ntohs(four->sin_port));
  }
  const auto* six = reinterpret_cast<const sockaddr_in6*>(&at.bytes);
  ::inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
  return address_text(host, ntohs(six->sin6_port));
}

result<descriptor> make_socket(const address& at) {
  descriptor made{::socket(at.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!made) return fail(errc::full, std::string{"socket: "} + std::strerror(errno));
  return made;
}

void set_up_connection(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes_low, sizeof unsent_bytes_low);
}

}  // namespace

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  if (this == &other) return *this;
  if (fd_ >= 0) ::close(fd_);
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}
descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::string address_text(const std::string& host, std::uint16_t port) {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_loopback_host(const std::string& host) {
  const auto at = parse(host, 0);
  return at && is_loopback(*at);
}

bool link_stream::is_loopback() const {
  address here, there;
  return ::getsockname(socket_.get(), here.get(), &here.size) == 0 &&
         ::getpeername(socket_.get(), there.get(), &there.size) == 0 && cluster::is_loopback(here) && cluster::is_loopback(there);
}

std::string link_stream::peer_address() const {
  address there;
  return ::getpeername(socket_.get(), there.get(), &there.size) == 0 ? text_of(there) : "an unknown address";
}

result<descriptor> dial(const std::string& host, std::uint16_t port) {
  auto to = parse(host, port);
  if (!to) return fail(errc::invalid, "'" + host + "' is no IPv4 or IPv6 address");
  auto made = make_socket(*to);
  if (!made) return made;
  set_up_connection(made->get());
  if (::connect(made->get(), to->get(), to->size) != 0 && errno != EINPROGRESS) {
    const bool refused = errno == ECONNREFUSED;
    return fail(refused ? errc::denied : errc::unavailable, std::strerror(errno));
  }
  return made;
}

result<descriptor> listen_at(const std::string& host, std::uint16_t port) {
  auto at = parse(host, port);
  if (!at) return fail(errc::invalid, "'" + host + "' is no IPv4 or IPv6 address");
  auto made = make_socket(*at);
  if (!made) return made;
  const int on = 1;
  ::setsockopt(made->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(made->get(), at->get(), at->size) != 0 || ::listen(made->get(), accept_backlog) != 0)
    return fail(errc::unavailable, address_text(host, port) + ": " + std::strerror(errno));
  return made;
}

result<descriptor> accept_from(const descriptor& listening) {
  descriptor made{::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (made) {
    set_up_connection(made.get());
    return made;
  }
  const bool none = errno == EAGAIN || errno == EINTR;
  const bool no_room = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  return fail(none ? errc::not_found : no_room ? errc::full : errc::unavailable, std::string{"accept: "} + std::strerror(errno));
}

std::uint16_t port_of(const descriptor& socket) {
  address at;
  if (::getsockname(socket.get(), at.get(), &at.size) != 0) return 0;
  return ntohs(at.bytes.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&at.bytes)->sin_port
                                             : reinterpret_cast<sockaddr_in6*>(&at.bytes)->sin6_port);
}

}  // namespace seatgrid::cluster
