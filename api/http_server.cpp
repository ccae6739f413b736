#include <boost/asio.hpp>
#include <thread>

#include "api/http_session.hpp"
#include "base/thread_name.hpp"

namespace seatgrid {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

class asio_server final : public http_server {
 public:
  asio_server(const http_options& options, http_handler handler) : acceptor_(io_) {
    state_->options = options;
    state_->handler = std::move(handler);
  }
  ~asio_server() override {
    state_->end();
    io_.stop();
    if (thread_.joinable()) thread_.join();
    state_->handler = {};  // an exchange that a handler still holds keeps the state, and shall not keep the handler's world
  }
  asio_server(const asio_server&) = delete;
  asio_server& operator=(const asio_server&) = delete;

  result<void> listen() {
    error_code ec;
    const auto address = asio::ip::make_address(state_->options.host, ec);
    if (ec) return fail(errc::invalid, "http host '" + state_->options.host + "' is not an IP address");
    const tcp::endpoint at{address, state_->options.port};
    acceptor_.open(at.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_.bind(at, ec);
    if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
      return fail(errc::unavailable, "cannot listen on http " + state_->options.host + ":" +
                                         std::to_string(state_->options.port) + ": " + ec.message());
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([this] {
      name_this_thread("api");
      io_.run();
    });
    return {};
  }
  std::uint16_t port() const override { return port_; }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code ec, tcp::socket socket) {
      if (!ec) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        serve_connection(std::move(socket), state_);
      } else if (ec == asio::error::operation_aborted) {
        return;
      }
      if (ec == asio::error::no_descriptors) {  // wait until a connection ends rather than spin
        if (!state_->replaceable.empty()) state_->replaceable.front()->give_way();
        retry_.expires_after(std::chrono::milliseconds{100});
        retry_.async_wait([this](error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      accept();
    });
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer retry_{io_};
  std::shared_ptr<http_server_state> state_ = std::make_shared<http_server_state>(io_);
  std::thread thread_{};
  std::uint16_t port_ = 0;
};

}  // namespace

result<std::unique_ptr<http_server>> http_server::start(const http_options& options, http_handler handler) {
  auto server = std::make_unique<asio_server>(options, std::move(handler));
  if (auto listening = server->listen(); !listening) return tl::unexpected{listening.error()};
  return server;
}

}  // namespace seatgrid
