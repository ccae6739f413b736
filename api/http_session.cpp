#include "api/http_session.hpp"

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <limits>
#include <optional>
#include <vector>

#include "api/http_head.hpp"
#include "api/outgoing_file.hpp"
#include "api/problem.hpp"
#include "api/url.hpp"

namespace seatgrid {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t piece_bytes = 8 * 1'024;
constexpr std::size_t request_line_extra = 64;  // method, version and blanks
constexpr std::size_t body_piece_bytes = 64 * 1'024;
constexpr std::size_t drained_bytes_max = 64U << 20;

/// The head as the rest of the room sees it. @error invalid
result<http_request> request_of(const http::request<http::string_body>& message) {
  auto target = split_target(std::string_view{message.target().data(), message.target().size()});
  if (!target) return tl::unexpected(target.error());
  http_request out{
      .method = std::string{message.method_string()}, .path = std::move(target->path), .query = std::move(target->query)};
  for (const auto& header : message) {
    std::string name{header.name_string()};
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers.insert_or_assign(std::move(name), std::string{header.value()});
  }
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) return fail(errc::invalid, "one Host is needed (RFC 9112 3.2)");
  return out;
}

/// One connection: reads a head within its bounds, has it admitted, reads the body, waits for the answer, writes it, reads on: a
/// request that came behind another waits its turn unread. Everything but `exchange` runs on the server's thread.
class session final : public http_connection, public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, std::shared_ptr<http_server_state> state, std::uint64_t& counted_in)
      : state_(std::move(state)),
        connection_(counted_in, 1),
        socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        buffer_(state_->options.target_bytes_max + state_->options.header_bytes_max + request_line_extra + body_piece_bytes) {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() override { keep(); }

  void run() { next_request(); }
  void turn_away() {
    is_turned_away_ = true;
    refuse(503, errc::full, "too many connections", "api.http.connections_max are open, and all of them have work");
  }
  void give_way() override { close(); }

  void answer(std::uint64_t turn, http_response response) {
    if (turn == turn_ && !answered_) send(std::move(response));
  }
  void open_stream(std::uint64_t turn, const std::function<void(std::shared_ptr<http_stream>)>& open,
                   std::function<void()> closed);

 private:
  // Who opens many connections and says little locks out himself: new ones take the place of those without a trusted request.
  void offer_place() {
    if (!place_ && !is_turned_away_) place_ = state_->replaceable.insert(state_->replaceable.end(), this);
  }
  void keep() {
    if (place_) state_->replaceable.erase(*place_);
    place_.reset();
  }

  /// One deadline at a time; a new one replaces the last.
  void within(milliseconds longest, void (session::*otherwise)()) {
    timer_.expires_after(longest);
    timer_.async_wait([self = shared_from_this(), otherwise, deadline = ++deadline_](error_code ec) {
      if (!ec && deadline == self->deadline_) ((*self).*otherwise)();
    });
  }
  void no_deadline() {
    ++deadline_;  // one that is over may already wait to run
    timer_.cancel();
  }
  milliseconds time_for(milliseconds least, std::uint64_t bytes) const {
    return least + milliseconds{static_cast<std::int64_t>(bytes * 1'000 / state_->options.bytes_per_second_min)};
  }
  /// What is being read ends with an error and is answered 408.
  void stop_reading() {
    is_late_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  }
  bool was_late() {
    if (is_late_)
      refuse(408, errc::timed_out, "the request came too slowly",
             "api.http.header_timeout bounds its head, api.http.read_timeout its body");
    return is_late_;
  }

  void next_request();
  void read_more();
  void look_at_head();
  void parse_head();
  bool take_head();
  void admit();
  bool admit_body();
  void read_body();
  void refuse_body();
  void dispatch();

  void refuse(int status, errc code, const std::string& title, const std::string& detail) {
    keep_alive_ = false;  // where the next request begins is not known
    send(problem(status, code, title, detail));
  }
  void send(http_response response);
  void send_block();
  void sent();
  void linger();
  void drain();
  void close() {
    keep();
    no_deadline();
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    connection_.give_back();
    file_.reset();
  }
  void cut_off() {
    reset_on_close(socket_);
    close();
  }
  void answer_is_late() {
    if (!answered_) send(problem({errc::timed_out, "the node did not decide in time: ask before repeating"}));
  }

  std::shared_ptr<http_server_state> state_;
  http_share connection_;
  http_share body_{};
  std::optional<std::list<http_connection*>::iterator> place_{};
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::uint64_t deadline_ = 0;
  beast::flat_buffer buffer_;
  std::optional<http_head_scanner> head_{};
  std::optional<http::request_parser<http::string_body>> parser_{};
  http_request request_{};
  http_admission admission_{};
  http::response<http::string_body> response_{};
  std::shared_ptr<outgoing_file> file_{};  ///< what is being sent behind the head
  std::uint64_t turn_ = 0;
  bool is_turned_away_ = false;
  bool is_late_ = false;
  bool answered_ = true;
  bool keep_alive_ = false;
  bool head_only_ = false;
  std::vector<char> discarded_{};
  std::size_t drained_bytes_ = 0;
};

/// Holds its session weakly: while it waits for an answer, its deadline keeps it.
class exchange final : public http_exchange {
 public:
  exchange(std::weak_ptr<session> of, std::shared_ptr<http_server_state> state, std::uint64_t turn)
      : of_(std::move(of)), state_(std::move(state)), turn_(turn) {}
  void respond(http_response response) override {
    state_->from_elsewhere(of_, [turn = turn_, r = std::move(response)](session& to) mutable { to.answer(turn, std::move(r)); });
  }
  void stream(std::function<void(std::shared_ptr<http_stream>)> open, std::function<void()> closed) override {
    const bool told = state_->from_elsewhere(
        of_, [turn = turn_, open = std::move(open), closed](session& to) { to.open_stream(turn, open, closed); });
    if (!told) closed();
  }

 private:
  std::weak_ptr<session> of_;
  std::shared_ptr<http_server_state> state_;
  std::uint64_t turn_;
};

void session::next_request() {
  if (!socket_.is_open()) return;  // it gave way meanwhile
  offer_place();
  request_ = {};
  is_late_ = head_only_ = false;
  keep_alive_ = true;
  parser_.emplace();
  head_.emplace(http_head_limits{state_->options.target_bytes_max, state_->options.header_bytes_max});
  if (buffer_.size() != 0) {
    within(state_->options.header_timeout, &session::stop_reading);
    return look_at_head();
  }
  buffer_.shrink_to_fit();
  within(state_->options.idle_timeout, &session::close);
  read_more();
}

void session::read_more() {
  socket_.async_read_some(buffer_.prepare(piece_bytes), [self = shared_from_this()](error_code ec, std::size_t n) {
    if (self->was_late()) return;
    if (ec) return self->close();
    if (self->buffer_.size() == 0) self->within(self->state_->options.header_timeout, &session::stop_reading);
    self->buffer_.commit(n);
    self->look_at_head();
  });
}

void session::look_at_head() {
  const auto bytes = [this] { return std::string_view{static_cast<const char*>(buffer_.data().data()), buffer_.size()}; };
  if (const auto empty = empty_lines(bytes()); empty != 0) buffer_.consume(empty);
  const auto state = head_->look(bytes());
  if (state == head_state::incomplete) return read_more();
  if (state == head_state::complete) return parse_head();
  keep_alive_ = false;  // where the next request begins is not known
  send(head_problem(state, state_->options));
}

void session::parse_head() {
  no_deadline();
  parser_->header_limit(static_cast<std::uint32_t>(head_->bytes()) + 1);
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());  // known when the head is admitted
  error_code ec;
  const auto used = parser_->put(asio::buffer(buffer_.data().data(), head_->bytes()), ec);
  if (ec || !parser_->is_header_done())
    return refuse(400, errc::invalid, "this is not HTTP/1.1", ec ? ec.message() : "the head is not complete");
  buffer_.consume(used);
  if (take_head()) admit();
}

/// False when it was refused.
bool session::take_head() {
  const auto& message = parser_->get();
  keep_alive_ = message.version() == 11 && message.keep_alive();
  head_only_ = message.method() == http::verb::head;
  auto read = request_of(message);
  if (!read) return refuse(400, errc::invalid, "bad head", read.error().what), false;
  request_ = std::move(*read);
  error_code ec;
  const auto peer = socket_.remote_endpoint(ec);
  if (!ec) request_.peer = peer.address().to_string() + ":" + std::to_string(peer.port());
  return true;
}

void session::admit() {
  const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) != 0;
  admission_ = state_->handler(request_);
  if (admission_.refusal) {
    keep_alive_ = keep_alive_ && !has_body;
    return send(std::move(*admission_.refusal));
  }
  if (admission_.trusted) keep();
  if (has_body && !admit_body()) return;
  const auto expects = request_.headers.find("expect");
  if (expects == request_.headers.end() || !has_body || buffer_.size() != 0) return read_body();
  if (!beast::iequals(expects->second, "100-continue"))
    return refuse(417, errc::unsupported, "expectation not met", "Expect: 100-continue is the only one known");
  within(state_->options.write_timeout, &session::cut_off);
  asio::async_write(socket_, asio::buffer(go_on), [self = shared_from_this()](error_code ec, std::size_t) {
    if (ec) return self->close();
    self->read_body();
  });
}

/// False when it was refused.
bool session::admit_body() {
  const auto& most = state_->options;
  const auto says = parser_->content_length();
  if (admission_.body_bytes_max == 0)
    return refuse(413, errc::full, "no body is taken", "this path and method take no body"), false;
  if (says.value_or(0) > admission_.body_bytes_max) return refuse_body(), false;
  const auto size = says.value_or(admission_.body_bytes_max);
  if (state_->body_bytes != 0 && state_->body_bytes + size > most.bodies_bytes_max) {
    return refuse(503, errc::full, "too many bodies", "api.http.bodies_bytes_max: requests under way hold that many bytes"),
           false;
  }
  body_ = http_share{state_->body_bytes, size};
  parser_->body_limit(admission_.body_bytes_max);
  return true;
}

void session::refuse_body() {
  refuse(413, errc::full, "the body is too large",
         "at most " + std::to_string(admission_.body_bytes_max) +
             " bytes here: api.http.order_bytes_max, or api.http.body_bytes_max for a provisioning");
}

void session::read_body() {
  within(time_for(state_->options.read_timeout, parser_->content_length().value_or(0)), &session::stop_reading);
  http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->was_late()) return;
    if (ec == http::error::body_limit) return self->refuse_body();
    if (ec == http::error::end_of_stream || ec == http::error::partial_message) return self->close();
    if (ec && ec.category() == boost::system::system_category()) return self->close();
    if (ec) return self->refuse(400, errc::invalid, "bad body", ec.message());
    self->request_.body = std::move(self->parser_->get().body());
    self->dispatch();
  });
}

void session::dispatch() {
  ++turn_;
  answered_ = false;
  within(state_->options.answer_timeout, &session::answer_is_late);
  admission_.handle(std::move(request_), std::make_shared<exchange>(weak_from_this(), state_, turn_));
}

void session::open_stream(std::uint64_t turn, const std::function<void(std::shared_ptr<http_stream>)>& open,
                          std::function<void()> closed) {
  if (turn != turn_ || answered_ || !socket_.is_open()) return closed();
  if (head_only_) return send({200, "text/event-stream"}), closed();
  answered_ = true;
  keep();
  no_deadline();
  open(serve_stream(std::move(socket_), state_, std::move(connection_), std::move(closed)));
}

void session::send(http_response response) {
  answered_ = true;
  if (response.file && !head_only_ && !(file_ = outgoing_file::begin(*response.file, *state_)))
    response = problem(503, errc::full, "too many downloads", "api.http.downloads_max files are being sent");
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(response.status));
  response_.set(http::field::content_type, response.content_type);
  response_.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  response_.keep_alive(keep_alive_);
  response_.content_length(response.file ? response.file->bytes : response.body.size());
  if (!head_only_) response_.body() = std::move(response.body);
  within(time_for(state_->options.write_timeout, response_.body().size()), &session::cut_off);
  http::async_write(socket_, response_, [self = shared_from_this()](error_code ec, std::size_t) {
    if (ec) return self->close();
    if (self->file_) return self->send_block();
    self->sent();
  });
}

/// One block at a time, so that others are served between two; a client has for each the time that it has for an answer.
void session::send_block() {
  if (!file_) return close();  // it gave way meanwhile
  if (file_->is_done()) return sent();
  if (!file_->read_block()) return cut_off();  // shorter than it was: the client must not take what it has for the whole
  within(time_for(state_->options.write_timeout, file_->block().size()), &session::cut_off);
  asio::async_write(socket_, asio::buffer(file_->block()), [self = shared_from_this(), file = file_](error_code ec, std::size_t) {
    if (ec) return self->close();
    self->send_block();
  });
}

void session::sent() {
  response_ = {};
  admission_ = {};
  body_.give_back();
  file_.reset();
  if (keep_alive_) return next_request();
  linger();
}

/// Closing with bytes unread would reset the connection, and the client might never see the answer.
void session::linger() {
  if (!socket_.is_open()) return;
  offer_place();
  within(state_->options.linger, &session::close);
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  discarded_.resize(body_piece_bytes);
  drain();
}

void session::drain() {
  socket_.async_read_some(asio::buffer(discarded_), [self = shared_from_this()](error_code ec, std::size_t n) {
    self->drained_bytes_ += n;
    if (ec || self->drained_bytes_ > drained_bytes_max) return self->close();
    self->drain();
  });
}

}  // namespace

void serve_connection(tcp::socket socket, const std::shared_ptr<http_server_state>& state) {
  const auto most = state->options.connections_max;
  if (state->connections >= most && !state->replaceable.empty()) state->replaceable.front()->give_way();
  if (state->connections < most) return std::make_shared<session>(std::move(socket), state, state->connections)->run();
  if (state->turned_away < most) std::make_shared<session>(std::move(socket), state, state->turned_away)->turn_away();
}

}  // namespace seatgrid
