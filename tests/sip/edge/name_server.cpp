#include "tests/sip/edge/name_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace seatgrid::test {
namespace {

constexpr std::size_t header_bytes = 12;
constexpr std::uint16_t type_a = 1;
constexpr int poll_ms = 20;

std::string number(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

/// The first question's name with dots; `at` ends behind it.
std::string name_in(const std::string& query, std::size_t& at) {
  std::string name;
  for (at = header_bytes; at < query.size() && query[at] != '\0';) {
    const auto length = static_cast<unsigned char>(query[at]);
    name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
    at += length + 1U;
  }
  ++at;
  return name;
}

}  // namespace

name_server::name_server(manner how) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), how_(how) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(53);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  thread_ = std::thread{[this] { run(); }};
}

name_server::~name_server() {
  quit_.store(true);
  thread_.join();
  ::close(socket_);
}

void name_server::set(const std::string& name, std::vector<std::string> ipv4, std::uint32_t ttl_s) {
  const std::lock_guard hold{mutex_};
  names_[name] = {std::move(ipv4), ttl_s};
}

unsigned name_server::queries(const std::string& name) const {
  const std::lock_guard hold{mutex_};
  const auto it = asked_.find(name);
  return it == asked_.end() ? 0 : it->second;
}

void name_server::run() {
  while (!quit_.load()) {
    pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, poll_ms) <= 0) continue;
    std::array<char, 1'500> room{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(socket_, room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < static_cast<ssize_t>(header_bytes)) continue;
    const auto reply = answer({room.data(), static_cast<std::size_t>(got)});
    if (how_.load() == manner::answers)
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

std::string name_server::answer(const std::string& query) {
  std::size_t end = 0;
  const auto name = name_in(query, end);
  const bool is_a = query.size() >= end + 4 && query[end] == '\0' && query[end + 1] == static_cast<char>(type_a);
  const std::lock_guard hold{mutex_};
  ++queries_;
  ++asked_[name];
  const auto it = names_.find(name);
  const bool known = it != names_.end() && !it->second.ipv4.empty();
  std::string records;
  std::uint32_t count = 0;
  if (known && is_a)
    for (const auto& ip : it->second.ipv4) {
      in_addr address{};
      inet_pton(AF_INET, ip.c_str(), &address);
      records += number(0xc000U + header_bytes, 2) + number(type_a, 2) + number(1, 2) + number(it->second.ttl_s, 4) +
                 number(4, 2) + number(ntohl(address.s_addr), 4);
      ++count;
    }
  const auto flags = number(known ? 0x8180 : 0x8183, 2);  // 3 = NXDOMAIN
  return query.substr(0, 2) + flags + number(1, 2) + number(count, 2) + number(0, 4) +
         query.substr(header_bytes, end + 4 - header_bytes) + records;
}

}  // namespace seatgrid::test
