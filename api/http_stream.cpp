#include <atomic>
#include <boost/asio.hpp>
#include <deque>

#include "api/http_session.hpp"

namespace seatgrid {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr const char* head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";

/// What waits to be written, as the writers on other threads see it.
struct stream_load {
  std::atomic<std::size_t> bytes{0};
  std::atomic<bool> is_open{true};
};

/// One client of events. Everything but `push` runs on the server's thread.
class event_stream final : public std::enable_shared_from_this<event_stream> {
 public:
  event_stream(tcp::socket socket, std::shared_ptr<http_server_state> state, http_share connection, std::function<void()> closed)
      : state_(std::move(state)),
        connection_(std::move(connection)),
        closed_(std::move(closed)),
        socket_(std::move(socket)),
        ping_(socket_.get_executor()),
        deadline_(socket_.get_executor()) {}
  event_stream(const event_stream&) = delete;
  event_stream& operator=(const event_stream&) = delete;
  ~event_stream() { closed_(); }

  void run() {
    load_->bytes += std::string_view{head}.size();
    write(head);
    ping();
    watch_for_end();
  }
  const std::shared_ptr<stream_load>& load() const { return load_; }

  /// From any thread; false when the stream is closed or now closes.
  static bool push(const std::weak_ptr<event_stream>& to, http_server_state& state, stream_load& load, std::string text) {
    if (!load.is_open) return false;
    const bool fits = load.bytes.fetch_add(text.size()) + text.size() <= state.options.stream_bytes_max;
    if (!fits) load.is_open = false;
    const bool told = state.from_elsewhere(to, [fits, text = std::move(text)](event_stream& self) mutable {
      if (!fits) return self.close();
      self.write(std::move(text));
    });
    return told && fits;
  }

 private:
  void write(std::string text) {
    outgoing_.push_back(std::move(text));
    if (outgoing_.size() == 1) write_next();
  }

  void write_next() {
    if (outgoing_.empty() || !socket_.is_open()) return;
    deadline_.expires_after(state_->options.write_timeout);
    deadline_.async_wait([self = shared_from_this(), turn = ++turn_](error_code ec) {
      if (!ec && turn == self->turn_) self->close();
    });
    asio::async_write(socket_, asio::buffer(outgoing_.front()), [self = shared_from_this()](error_code ec, std::size_t n) {
      ++self->turn_;
      self->deadline_.cancel();
      if (ec) return self->close();
      self->load_->bytes -= n;
      self->outgoing_.pop_front();
      self->write_next();
    });
  }

  void ping() {
    ping_.expires_after(state_->options.stream_ping);
    ping_.async_wait([self = shared_from_this()](error_code ec) {
      if (ec || !self->load_->is_open) return;
      push(self, *self->state_, *self->load_, ": ping\n\n");
      self->ping();
    });
  }

  void watch_for_end() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code ec) {
      if (!ec) self->close();  // a client of events has nothing more to say: readable means gone
    });
  }

  void close() {
    load_->is_open = false;
    ping_.cancel();
    deadline_.cancel();
    error_code ignored;
    if (!outgoing_.empty()) reset_on_close(socket_);
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    connection_.give_back();
  }

  std::shared_ptr<http_server_state> state_;
  http_share connection_;
  std::function<void()> closed_;
  tcp::socket socket_;
  asio::steady_timer ping_;
  asio::steady_timer deadline_;  ///< for the client to take the front of `outgoing_`
  std::uint64_t turn_ = 0;       ///< a deadline that is over may already wait to run
  std::deque<std::string> outgoing_{};
  std::shared_ptr<stream_load> load_ = std::make_shared<stream_load>();
};

class stream_end final : public http_stream {
 public:
  stream_end(const std::shared_ptr<event_stream>& to, std::shared_ptr<http_server_state> state)
      : to_(to), load_(to->load()), state_(std::move(state)) {}
  bool write(std::string text) override { return event_stream::push(to_, *state_, *load_, std::move(text)); }

 private:
  std::weak_ptr<event_stream> to_;
  std::shared_ptr<stream_load> load_;
  std::shared_ptr<http_server_state> state_;
};

}  // namespace

std::shared_ptr<http_stream> serve_stream(tcp::socket socket, const std::shared_ptr<http_server_state>& state,
                                          http_share connection, std::function<void()> closed) {
  auto stream = std::make_shared<event_stream>(std::move(socket), state, std::move(connection), std::move(closed));
  stream->run();
  return std::make_shared<stream_end>(stream, state);
}

}  // namespace seatgrid
