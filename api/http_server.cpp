#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <optional>
#include <thread>

#include "api/http.hpp"
#include "api/url.hpp"
#include "base/thread_name.hpp"

namespace seatgrid {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

struct server_state {
  http_options options{};
  http_handler handler{};
  std::atomic<std::uint32_t> connections{0};
};

/// One connection: reads a request, waits for its answer, writes it, reads on. Everything but `write` and `respond` runs on the
/// server's thread.
class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, std::shared_ptr<server_state> state)
      : stream_(std::move(socket)), state_(std::move(state)), timer_(stream_.get_executor()) {
    ++state_->connections;
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() {
    --state_->connections;
    if (closed_) closed_();
  }

  void run() {
    if (state_->connections > state_->options.connections_max) {
      keep_alive_ = false;
      send({503,
            "application/problem+json",
            {{"Retry-After", "1"}},
            R"({"title":"too many connections","status":503,"code":"full"})"});
      return;
    }
    read();
  }

  void answer(std::uint64_t turn, http_response response) {
    asio::post(stream_.get_executor(), [self = shared_from_this(), turn, r = std::move(response)]() mutable {
      if (turn == self->turn_ && !self->answered_) self->send(std::move(r));
    });
  }

  void open_stream(std::uint64_t turn, std::function<void(std::shared_ptr<http_stream>)> open, std::function<void()> closed);
  bool push(std::string text);

 private:
  void read() {
    parser_.emplace();
    parser_->header_limit(state_->options.header_bytes_max);
    parser_->body_limit(state_->options.body_bytes_max);
    stream_.expires_after(state_->options.read_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code ec, std::size_t) { self->on_read(ec); });
  }

  void on_read(beast::error_code ec) {
    if (ec == http::error::body_limit) return refuse(413, "the body is too large");
    if (ec == http::error::header_limit) return refuse(431, "the header is too large");
    if (ec == http::error::end_of_stream || ec == beast::error::timeout) return close();
    if (ec)
      return ec.category() == http::make_error_code(http::error::bad_method).category() ? refuse(400, ec.message()) : close();
    const auto& message = parser_->get();
    http_request request;
    request.method = std::string{message.method_string()};
    auto target = split_target(std::string_view{message.target().data(), message.target().size()});
    if (!target) return refuse(400, target.error().what);
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    for (const auto& header : message) {
      std::string name{header.name_string()};
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers.insert_or_assign(std::move(name), std::string{header.value()});
    }
    request.body = message.body();
    beast::error_code ignored;
    const auto peer = stream_.socket().remote_endpoint(ignored);
    if (!ignored) request.peer = peer.address().to_string() + ":" + std::to_string(peer.port());
    keep_alive_ = message.keep_alive();
    head_ = message.method() == http::verb::head;
    dispatch(std::move(request));
  }

  void dispatch(http_request request);

  void refuse(int status, const std::string& why) {
    keep_alive_ = false;
    ++turn_;
    answered_ = false;
    send({status,
          "application/problem+json",
          {},
          R"({"title":")" + why + R"(","status":)" + std::to_string(status) + R"(,"code":"invalid"})"});
  }

  void send(http_response response) {
    answered_ = true;
    timer_.cancel();
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(response.status));
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : response.headers) response_.set(name, value);
    response_.keep_alive(keep_alive_);
    const auto size = response.body.size();
    if (!head_) response_.body() = std::move(response.body);
    response_.content_length(size);
    if (!head_) response_.prepare_payload();
    stream_.expires_after(state_->options.read_timeout);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code ec, std::size_t) {
      if (ec || !self->keep_alive_) return self->close();
      self->read();
    });
  }

  void write_next() {
    if (writing_ || outgoing_.empty()) return;
    writing_ = true;
    current_ = std::move(outgoing_.front());
    outgoing_.pop_front();
    stream_.expires_after(state_->options.read_timeout);
    asio::async_write(stream_, asio::buffer(current_), [self = shared_from_this()](beast::error_code ec, std::size_t n) {
      self->writing_ = false;
      self->waiting_bytes_ -= static_cast<std::uint32_t>(n);
      if (ec) return self->close();
      self->write_next();
    });
  }

  void ping() {
    timer_.expires_after(state_->options.stream_ping);
    timer_.async_wait([self = shared_from_this()](beast::error_code ec) {
      if (ec || !self->open_) return;
      self->push(": ping\n\n");
      self->ping();
    });
  }

  void watch_for_end() {
    stream_.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this()](beast::error_code ec) {
      if (!ec) self->close();  // a client of an event stream has nothing more to say: readable means gone
    });
  }

  void close() {
    open_ = false;
    timer_.cancel();
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  std::shared_ptr<server_state> state_;
  beast::flat_buffer buffer_{};
  std::optional<http::request_parser<http::string_body>> parser_{};
  http::response<http::string_body> response_{};
  asio::steady_timer timer_;
  std::uint64_t turn_ = 0;
  bool answered_ = true;
  bool keep_alive_ = false;
  bool head_ = false;
  std::atomic<bool> open_{false};
  bool writing_ = false;
  std::deque<std::string> outgoing_{};
  std::string current_{};
  std::atomic<std::uint32_t> waiting_bytes_{0};
  std::function<void()> closed_{};
};

class stream_end final : public http_stream {
 public:
  explicit stream_end(std::weak_ptr<session> to) : to_(std::move(to)) {}
  bool write(std::string text) override {
    const auto to = to_.lock();
    return to && to->push(std::move(text));
  }

 private:
  std::weak_ptr<session> to_;
};

class exchange final : public http_exchange {
 public:
  exchange(std::weak_ptr<session> of, std::uint64_t turn) : of_(std::move(of)), turn_(turn) {}
  void respond(http_response response) override {
    if (const auto to = of_.lock()) to->answer(turn_, std::move(response));
  }
  void stream(std::function<void(std::shared_ptr<http_stream>)> open, std::function<void()> closed) override {
    if (const auto to = of_.lock()) return to->open_stream(turn_, std::move(open), std::move(closed));
    closed();
  }

 private:
  std::weak_ptr<session> of_;  // while it waits for an answer, its timer keeps the session
  std::uint64_t turn_;
};

void session::dispatch(http_request request) {
  ++turn_;
  answered_ = false;
  stream_.expires_never();
  timer_.expires_after(state_->options.answer_timeout);
  timer_.async_wait([self = shared_from_this(), turn = turn_](beast::error_code ec) {
    if (ec || turn != self->turn_ || self->answered_) return;
    self->send({504, "application/problem+json", {}, R"({"title":"no answer in time","status":504,"code":"timed_out"})"});
  });
  state_->handler(std::move(request), std::make_shared<exchange>(weak_from_this(), turn_));
}

void session::open_stream(std::uint64_t turn, std::function<void(std::shared_ptr<http_stream>)> open,
                          std::function<void()> closed) {
  asio::post(
      stream_.get_executor(), [self = shared_from_this(), turn, open = std::move(open), closed = std::move(closed)]() mutable {
        if (turn != self->turn_ || self->answered_) return closed();
        self->answered_ = true;
        self->timer_.cancel();
        self->open_ = true;
        self->closed_ = std::move(closed);
        self->push("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
        self->ping();
        self->watch_for_end();
        open(std::make_shared<stream_end>(self));
      });
}

bool session::push(std::string text) {
  if (!open_) return false;
  const auto size = static_cast<std::uint32_t>(text.size());
  if (waiting_bytes_.fetch_add(size) + size > state_->options.stream_bytes_max) {
    open_ = false;
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->close(); });
    return false;
  }
  asio::post(stream_.get_executor(), [self = shared_from_this(), t = std::move(text)]() mutable {
    if (!self->open_) return;
    self->outgoing_.push_back(std::move(t));
    self->write_next();
  });
  return true;
}

class beast_server final : public http_server {
 public:
  beast_server(const http_options& options, http_handler handler) : acceptor_(io_) {
    state_->options = options;
    state_->handler = std::move(handler);
  }
  ~beast_server() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  beast_server(const beast_server&) = delete;
  beast_server& operator=(const beast_server&) = delete;

  result<void> listen() {
    beast::error_code ec;
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
    acceptor_.async_accept([this](beast::error_code ec, tcp::socket socket) {
      if (!ec) {
        beast::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        std::make_shared<session>(std::move(socket), state_)->run();
      } else if (ec == asio::error::operation_aborted) {
        return;
      }
      if (ec == asio::error::no_descriptors) {  // wait until a connection ends rather than spin
        retry_.expires_after(std::chrono::milliseconds{100});
        retry_.async_wait([this](beast::error_code stopped) {
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
  std::shared_ptr<server_state> state_ = std::make_shared<server_state>();
  std::thread thread_{};
  std::uint16_t port_ = 0;
};

}  // namespace

result<std::unique_ptr<http_server>> http_server::start(const http_options& options, http_handler handler) {
  auto server = std::make_unique<beast_server>(options, std::move(handler));
  if (auto listening = server->listen(); !listening) return tl::unexpected{listening.error()};
  return server;
}

}  // namespace seatgrid
