#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

/// HTTP/1.1 as the API sees it, and all its bounds. `http_session.cpp` alone knows Boost.Beast (25 s to compile).
namespace seatgrid {

class served_file;

struct http_request {
  std::string method{};                          ///< upper case
  std::string path{};                            ///< decoded, without query
  std::map<std::string, std::string> query{};    ///< decoded
  std::map<std::string, std::string> headers{};  ///< names in lower case
  std::string body{};
  std::string peer{};  ///< host:port
};

/// A part of a file, sent in bounded blocks.
struct http_file {
  std::shared_ptr<const served_file> file{};
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
};

struct http_response {
  int status = 200;
  std::string content_type{"application/json"};
  std::map<std::string, std::string> headers{};
  std::string body{};
  std::optional<http_file> file{};  ///< in place of `body`
};

/// The open end of a server-sent-events response. Thread-safe.
class http_stream {
 public:
  virtual ~http_stream() = default;
  /// Queues `text`; false when the client is gone or `http_options::stream_bytes_max` wait (the stream is then closed: the client
  /// comes back with Last-Event-ID).
  virtual bool write(std::string text) = 0;
};

/// What a handler does with its request, exactly once, from any thread, now or later (until `answer_timeout`, then 504).
class http_exchange {
 public:
  virtual ~http_exchange() = default;
  virtual void respond(http_response response) = 0;
  /// Answers 200 text/event-stream; `open` gets the stream, `closed` runs once when it ends.
  virtual void stream(std::function<void(std::shared_ptr<http_stream>)> open, std::function<void()> closed) = 0;
};

/// What the head of a request decides before a byte of its body is taken.
struct http_admission {
  std::optional<http_response> refusal{};  ///< sent at once, the body unread
  std::uint32_t body_bytes_max = 0;        ///< beyond: 413
  bool trusted = false;                    ///< the connection does not give way to new ones while this request lasts
  std::function<void(http_request, std::shared_ptr<http_exchange>)> handle{};
};
/// Runs on the server's thread, as does the `handle` that it gives, and must not block.
using http_handler = std::function<http_admission(const http_request& head)>;

struct http_options {
  std::string host{"127.0.0.1"};
  std::uint16_t port = 8080;                    ///< 0 = any free port
  std::uint32_t connections_max = 1'000;        ///< beyond: one without a trusted request gives way, else the new one gets 503
  std::uint32_t target_bytes_max = 8 * 1'024;   ///< path and query; beyond: 414
  std::uint32_t header_bytes_max = 16 * 1'024;  ///< beyond: 431
  std::uint32_t order_bytes_max = 64 * 1'024;   ///< body of an order; beyond: 413
  std::uint32_t body_bytes_max = 32U << 20;     ///< body of a provisioning; beyond: 413
  std::uint32_t bodies_bytes_max = 128U << 20;  ///< bodies of all requests under way; beyond: 503
  milliseconds idle_timeout{60'000};            ///< before the first byte of a request; then closed
  milliseconds header_timeout{10'000};          ///< from a head's first byte to its last; then 408
  milliseconds read_timeout{30'000};            ///< for a body, and its size at `bytes_per_second_min` more; then 408
  milliseconds answer_timeout{30'000};          ///< for the handler; then 504
  milliseconds write_timeout{30'000};           ///< for the client to take an answer, and its size as above more; then closed
  std::uint32_t bytes_per_second_min = 64 * 1'024;  ///< of a slow but honest client
  milliseconds linger{1'000};                       ///< for the client to read a last answer
  std::uint32_t downloads_max = 32;                 ///< files being sent at a time; beyond: 503
  std::uint32_t stream_bytes_max = 4U << 20;        ///< unread bytes of one event stream; beyond: closed
  milliseconds stream_ping{15'000};                 ///< comment line that keeps proxies from closing
};

class http_server {
 public:
  virtual ~http_server() = default;
  /// Binds and serves on one thread of its own until destroyed. @error unavailable the address is taken or not ours.
  static result<std::unique_ptr<http_server>> start(const http_options& options, http_handler handler);
  virtual std::uint16_t port() const = 0;
};

}  // namespace seatgrid
