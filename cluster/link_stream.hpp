#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// A TCP connection, with TLS or without, that never blocks. OpenSSL stays behind this header.
namespace seatgrid::cluster {

/// How a connection, or a try to make one, ended.
enum class link_end : std::uint8_t {
  reset,    ///< its kernel ended it
  refused,  ///< its kernel says that nobody listens there
  silent,   ///< nothing came in time, or the network knows no way
  wrong,    ///< another cluster, certificate, process, or bytes that are no link's
};

/// Closes what it holds.
class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct link_certificates {
  std::string certificate{}, key{}, authority{};  ///< PEM files
};

/// The certificates of this process, read again when a file changes: how they are rotated. A file that cannot be read then leaves
/// those that were read before in force.
class link_identity {
 public:
  /// @error invalid  a file cannot be read, or key and certificate do not fit
  static result<std::unique_ptr<link_identity>> open(link_certificates files);
  ~link_identity();
  /// Looks at the files again. Empty, or why they cannot be used.
  std::string refresh();
  struct context;  ///< SSL_CTX
  const std::shared_ptr<context>& current() const { return context_; }

 private:
  explicit link_identity(link_certificates files);
  link_certificates files_;
  std::string stamp_{};
  std::shared_ptr<context> context_{};
};

struct link_io {
  enum class state : std::uint8_t { done, again, over };
  state what = state::done;
  std::size_t bytes = 0;
  link_end how = link_end::reset;  ///< when over
};

class link_stream {
 public:
  /// `identity` null: plaintext. A dialed one begins TLS as client.
  link_stream(descriptor socket, bool dialed, const link_identity* identity);
  ~link_stream();
  link_stream(link_stream&&) noexcept;
  int get() const { return socket_.get(); }
  /// Goes on with connecting and TLS: done when both are, again when the socket must become ready first.
  link_io open();
  link_io read(char* to, std::size_t bytes_max);
  link_io write(std::string_view bytes);
  /// Ends TLS and the connection.
  void shut();
  /// Whether bytes are decrypted already, which the socket does not tell.
  bool holds_bytes() const;
  bool is_secure() const { return tls_ != nullptr; }
  bool wants_to_write() const { return wants_to_write_; }
  /// Whether the peer's certificate carries the name (SAN DNS, or CN).
  bool certificate_names(const std::string& node) const;
  /// Both ends are this host's loopback.
  bool is_loopback() const;
  std::string peer_address() const;
  const std::string& trouble() const { return trouble_; }

 private:
  struct tls;
  link_io over_by_errno(int error);
  link_io after_tls(int returned, std::size_t bytes);
  descriptor socket_;
  bool connecting_;
  bool wants_to_write_;
  std::unique_ptr<tls> tls_{};
  std::string trouble_{};
};

/// "10.0.0.1:5070", "[::1]:5070".
std::string address_text(const std::string& host, std::uint16_t port);
bool is_loopback_host(const std::string& host);
/// A socket that connects. @error invalid  `host` is no address; @error denied  nobody listens there; @error unavailable  no way
/// there; @error full  no descriptor is left
result<descriptor> dial(const std::string& host, std::uint16_t port);
/// A socket that listens. @error invalid  `host` is no address; @error unavailable  it cannot be bound
result<descriptor> listen_at(const std::string& host, std::uint16_t port);
/// The next connection. @error not_found  none waits; @error full  no descriptor is left; @error unavailable  it is gone already
result<descriptor> accept_from(const descriptor& listening);
std::uint16_t port_of(const descriptor& socket);

}  // namespace seatgrid::cluster
