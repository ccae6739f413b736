#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "api/http.hpp"
#include "api/http_head.hpp"

/// What the listener, its connections and their event streams share. Inside api/ only.
namespace seatgrid {

/// A share of a bounded count, given back when it goes.
class http_share {
 public:
  http_share() = default;
  http_share(std::uint64_t& of, std::uint64_t size) : of_(&of), size_(size) { *of_ += size_; }
  http_share(http_share&& other) noexcept : of_(std::exchange(other.of_, nullptr)), size_(other.size_) {}
  http_share& operator=(http_share&& other) noexcept {
    give_back();
    of_ = std::exchange(other.of_, nullptr);
    size_ = other.size_;
    return *this;
  }
  ~http_share() { give_back(); }
  void give_back() noexcept {
    if (of_ != nullptr) *of_ -= size_;
    of_ = nullptr;
  }

 private:
  std::uint64_t* of_ = nullptr;
  std::uint64_t size_ = 0;
};

class http_connection {
 public:
  virtual ~http_connection() = default;
  /// Ends it at once, for a new one.
  virtual void give_way() = 0;
};

/// Belongs to the server's thread, but for `from_elsewhere`.
struct http_server_state {
  explicit http_server_state(boost::asio::io_context& io) : context(io) {}

  http_options options{};
  http_handler handler{};
  std::uint64_t connections = 0;
  std::uint64_t turned_away = 0;              ///< connections that only hear 503
  std::uint64_t body_bytes = 0;               ///< of all requests under way
  std::uint64_t downloads = 0;                ///< files being sent
  std::list<http_connection*> replaceable{};  ///< those without a trusted request, the longest so first

  /// Runs `what(to)` on the server's thread. False when `to` is gone or the server ends.
  template <class T, class What>
  bool from_elsewhere(const std::weak_ptr<T>& to, What what) {
    const std::lock_guard lock{mutex};
    if (ended) return false;
    auto still = to.lock();
    if (!still) return false;
    boost::asio::post(context, [still = std::move(still), what = std::move(what)]() mutable { what(*still); });
    return true;
  }
  /// After it nothing comes from elsewhere: the context may go.
  void end() {
    const std::lock_guard lock{mutex};
    ended = true;
  }

 private:
  std::mutex mutex{};
  bool ended = false;
  boost::asio::io_context& context;
};

/// The kernel drops what the peer has not read: else it would keep that, and the peer hear nothing of the end, for minutes.
inline void reset_on_close(boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
}

/// The answer to a head that is malformed or beyond its bounds.
http_response head_problem(head_state state, const http_options& most);

/// Serves `socket` until it ends, or turns it away. On the server's thread.
void serve_connection(boost::asio::ip::tcp::socket socket, const std::shared_ptr<http_server_state>& state);

/// Writes server-sent events to `socket`, which has asked for them, until it ends; then runs `closed`. `connection` is its share
/// of the connections. On the server's thread.
std::shared_ptr<http_stream> serve_stream(boost::asio::ip::tcp::socket socket, const std::shared_ptr<http_server_state>& state,
                                          http_share connection, std::function<void()> closed);

}  // namespace seatgrid
