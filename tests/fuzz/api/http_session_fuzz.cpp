#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <memory>
#include <string>

#include "api/dispatcher.hpp"
#include "api/http_session.hpp"
#include "tests/fuzz/api/recording_gateway.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// The API without its listener and thread: sessions run where the target runs, for all executions.
struct api_in_place {
  fuzz::recording_gateway node{};
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> stays{io.get_executor()};
  std::shared_ptr<http_server_state> server = std::make_shared<http_server_state>(io);

  api_in_place() {
    auto state = std::make_shared<api_state>();
    state->options.token = "0123456789abcdef";
    state->to = &node;
    state->hooks.check_number = [](const std::string&) { return std::string{"{}"}; };
    state->hooks.apply_provisioning = [](const std::string&, provisioning_order) { return result<std::string>{"{}"}; };
    state->hooks.remove_tenant = [](const std::string&) { return result<std::string>{"{}"}; };
    state->hooks.back_up = [](const std::string&, bool) { return result<std::string>{"{}"}; };
    state->hooks.tenants = state->hooks.numbers = state->hooks.trunks = [] { return std::string{"[]"}; };
    auto& most = state->options.http;
    most.order_bytes_max = most.target_bytes_max = 256;
    most.body_bytes_max = most.header_bytes_max = 1'024;
    server->options = most;
    server->handler = [to = dispatcher{state}](const http_request& head) { return to.admit(head); };
  }
  bool is_at_rest() const {
    return server->connections == 0 && server->turned_away == 0 && server->body_bytes == 0 && server->replaceable.empty();
  }
};

/// The other end of a session.
class client {
 public:
  explicit client(api_in_place& to) : to_(to) {
    std::array<int, 2> ends{};
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0, "the machine gives sockets");
    fd_ = ends[0];
    tcp::socket socket{to_.io};
    socket.assign(tcp::v4(), ends[1]);
    serve_connection(std::move(socket), to_.server);
  }
  ~client() { close(fd_); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  void say(std::string_view bytes) {
    while (!bytes.empty() && !ended_) {
      const auto n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
      listen();
    }
  }
  /// Says no more; all that was heard until the session ended the connection.
  const std::string& end() {
    shutdown(fd_, SHUT_WR);
    for (int wait = 0; !ended_; ++wait) {
      must(wait < 1'500, "a connection ends when its client has said all");
      listen();
      if (!ended_) to_.io.run_one_for(std::chrono::milliseconds{10});  // an answer comes from another thread
    }
    to_.io.poll();
    return heard_;
  }

 private:
  void listen() {
    to_.io.poll();
    std::array<char, 65'536> room{};
    ssize_t n = 0;
    while ((n = recv(fd_, room.data(), room.size(), 0)) > 0) {
      heard_.append(room.data(), static_cast<std::size_t>(n));
      to_.io.poll();
    }
    ended_ = n == 0 || (errno != EAGAIN && errno != EINTR);
  }
  api_in_place& to_;
  int fd_ = -1;
  bool ended_ = false;
  std::string heard_{};
};

}  // namespace

/// The bytes of a connection as they are, in pieces of the size that the first byte names: whatever they are, it ends, gives back
/// all it held, and what it says is HTTP.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto& to = *new api_in_place;  // sessions of a crash must not be torn down
  input_reader in{data, size};
  const auto piece = std::max<std::size_t>(std::size_t{1} + in.byte() * std::size_t{8}, size / 64);
  const auto bytes = in.rest();
  client one{to};
  for (std::size_t at = 0; at < bytes.size(); at += piece) one.say(std::string_view{bytes}.substr(at, piece));
  const auto& heard = one.end();
  must(to.is_at_rest(), "what ended holds nothing");
  if (heard.empty()) return 0;
  must(heard.starts_with("HTTP/1.1 ") && heard.size() > 12, "an answer begins with its status");
  const auto status = std::stoi(heard.substr(9, 3));
  must(status >= 100 && (status < 500 || status == 503), "no request breaks the node");
  return 0;
}
