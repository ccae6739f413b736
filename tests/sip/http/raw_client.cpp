#include "tests/sip/http/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace seatgrid::test {

raw_client::raw_client(std::uint16_t port, int receive_bytes) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_bytes != 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

raw_client::raw_client(raw_client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), waiting_(std::move(other.waiting_)) {}

raw_client::~raw_client() {
  if (fd_ >= 0) close(fd_);
}

bool raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool raw_client::receive(std::chrono::milliseconds longest) {
  pollfd at{fd_, POLLIN, 0};
  if (poll(&at, 1, static_cast<int>(longest.count())) <= 0) return false;
  std::array<char, 65'536> piece{};
  const auto n = recv(fd_, piece.data(), piece.size(), 0);
  if (n <= 0) return false;
  waiting_.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

std::string raw_client::read_until(std::string_view end) {
  while (waiting_.find(end) == std::string::npos)
    if (!receive()) return std::exchange(waiting_, {});
  const auto size = waiting_.find(end) + end.size();
  auto found = waiting_.substr(0, size);
  waiting_.erase(0, size);
  return found;
}

answer raw_client::read(bool to_head) {
  const auto head = read_until("\r\n\r\n");
  answer out;
  if (!head.starts_with("HTTP/1.1 ") || !head.ends_with("\r\n\r\n")) return out;
  out.status = std::stoi(head.substr(9, 3));
  for (auto at = head.find("\r\n") + 2; head.compare(at, 2, "\r\n") != 0;) {
    const auto end = head.find("\r\n", at);
    const auto colon = head.find(": ", at);
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers[name] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  if (to_head || !out.headers.contains("content-length")) return out;
  const auto size = std::stoul(out.headers["content-length"]);
  while (waiting_.size() < size)
    if (!receive()) return {};
  out.body = waiting_.substr(0, size);
  waiting_.erase(0, size);
  return out;
}

bool raw_client::sees_end() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (std::chrono::steady_clock::now() < end) {
    pollfd at{fd_, POLLIN, 0};
    if (poll(&at, 1, 100) <= 0) continue;
    std::array<char, 65'536> piece{};
    if (recv(fd_, piece.data(), piece.size(), 0) <= 0) return true;
  }
  return false;
}

bool raw_client::is_cut_off() const {
  pollfd at{fd_, POLLRDHUP, 0};
  return poll(&at, 1, 10'000) > 0;
}

}  // namespace seatgrid::test
