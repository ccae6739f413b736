#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "api/api.hpp"
#include "tests/fuzz/api/recording_gateway.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

/// The whole API on a socket of this machine, for all executions.
api& server() {
  static fuzz::recording_gateway node;
  static const auto started = [] {
    api_options options{.token = "0123456789abcdef"};
    options.http.port = 0;
    options.http.order_bytes_max = 256;
    options.http.body_bytes_max = 1'024;
    options.http.target_bytes_max = 256;
    options.http.header_bytes_max = 1'024;
    api_hooks hooks;
    hooks.check_number = [](const std::string&) { return std::string{"{}"}; };
    hooks.apply_provisioning = [](const std::string&, provisioning_order) { return result<std::string>{"{}"}; };
    hooks.remove_tenant = [](const std::string&) { return result<std::string>{"{}"}; };
    hooks.back_up = [](const std::string&, bool) { return result<std::string>{"{}"}; };
    hooks.tenants = hooks.numbers = [] { return std::string{"[]"}; };
    auto made = api::start(options, node, std::move(hooks));
    must(made.has_value(), "the API starts");
    return std::move(*made);
  }();
  return *started;
}

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const linger at_once{1, 0};  // a million connections would wait in TIME_WAIT
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "a new connection finds a place");
  return fd;
}

/// Sends `bytes` in pieces of `piece` and returns all that comes back until the server ends the connection.
std::string converse(int fd, std::string_view bytes, std::size_t piece) {
  std::string heard;
  std::array<char, 65'536> room{};
  bool said = false;
  while (true) {
    if (bytes.empty() && !said) {
      shutdown(fd, SHUT_WR);
      said = true;
    }
    pollfd at{fd, static_cast<short>(said ? POLLIN : POLLIN | POLLOUT), 0};
    must(poll(&at, 1, 15'000) > 0, "a connection ends when its client has said all");
    if ((at.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      const auto n = recv(fd, room.data(), room.size(), MSG_DONTWAIT);
      if (n <= 0) return heard;
      heard.append(room.data(), static_cast<std::size_t>(n));
    }
    if ((at.revents & POLLOUT) != 0 && !bytes.empty()) {
      const auto n = send(fd, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
      bytes = n > 0 ? bytes.substr(static_cast<std::size_t>(n)) : std::string_view{};
    }
  }
}

}  // namespace

/// Bytes of a connection as they are, cut in two sizes of pieces: whatever they are, it ends, and all that is said is HTTP.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input_reader in{data, size};
  const auto piece = std::size_t{1} + in.byte() * std::size_t{8};
  const auto bytes = in.rest();
  const int fd = connect_to(server().port());
  const auto heard = converse(fd, bytes, std::max(piece, bytes.size() / 256));
  close(fd);
  if (heard.empty()) return 0;
  must(heard.starts_with("HTTP/1.1 ") && heard.size() > 12, "an answer begins with its status");
  const auto status = std::stoi(heard.substr(9, 3));
  must(status >= 100 && (status < 500 || status == 503), "no request breaks the node");
  return 0;
}
