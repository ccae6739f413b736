#include "cluster/link_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cluster/link_identity.hpp"

namespace seatgrid::cluster {

struct link_stream::tls {
  std::shared_ptr<link_identity::context> owner{};  // certificates that are rotated away live as long as their connections
  SSL* ssl = nullptr;
  bool opened = false;
  ~tls() { SSL_free(ssl); }
};

link_stream::link_stream(descriptor socket, bool dialed, const link_identity* identity)
    : socket_(std::move(socket)), connecting_(dialed), wants_to_write_(dialed) {
  if (identity == nullptr) return;
  tls_ = std::make_unique<tls>();
  tls_->owner = identity->current();
  tls_->ssl = SSL_new(tls_->owner->get());
  if (tls_->ssl == nullptr) return;
  SSL_set_fd(tls_->ssl, socket_.get());
  if (dialed)
    SSL_set_connect_state(tls_->ssl);
  else
    SSL_set_accept_state(tls_->ssl);
}
link_stream::~link_stream() = default;
link_stream::link_stream(link_stream&&) noexcept = default;

link_io link_stream::over_by_errno(int error) {
  trouble_ = std::strerror(error);
  const bool refused = error == ECONNREFUSED;
  const bool reset = error == ECONNRESET || error == EPIPE || error == ECONNABORTED || error == 0;
  return {link_io::state::over, 0, refused ? link_end::refused : reset ? link_end::reset : link_end::silent};
}

link_io link_stream::after_tls(int returned, std::size_t bytes) {
  const int saved = errno;
  const int error = SSL_get_error(tls_->ssl, returned);
  wants_to_write_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_NONE) return {link_io::state::done, bytes};
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {link_io::state::again};
  if (error == SSL_ERROR_ZERO_RETURN) {
    trouble_ = "it ended the connection";
    return {link_io::state::over, 0, link_end::reset};
  }
  if (error == SSL_ERROR_SYSCALL) return over_by_errno(saved);
  const auto verified = SSL_get_verify_result(tls_->ssl);
  const auto code = ERR_peek_last_error();
  const auto* reason = ERR_reason_error_string(code);
  trouble_ = std::string{"TLS: "} + (verified != X509_V_OK ? X509_verify_cert_error_string(verified)
                                     : reason != nullptr   ? reason
                                                           : "no link");
  return {link_io::state::over, 0, link_end::wrong};
}

link_io link_stream::open() {
  if (connecting_) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return over_by_errno(error);
    sockaddr_storage peer{};
    size = sizeof peer;
    if (::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {link_io::state::again};
    connecting_ = false;
    wants_to_write_ = false;
  }
  if (!tls_ || tls_->opened) return {};
  if (tls_->ssl == nullptr) return {link_io::state::over, 0, link_end::wrong};
  ERR_clear_error();
  const int returned = SSL_do_handshake(tls_->ssl);
  tls_->opened = returned == 1;
  return after_tls(returned, 0);
}

link_io link_stream::read(char* to, std::size_t bytes_max) {
  if (tls_) {
    std::size_t bytes = 0;
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_read_ex(tls_->ssl, to, bytes_max, &bytes);
    return after_tls(returned, bytes);
  }
  const auto bytes = ::recv(socket_.get(), to, bytes_max, 0);
  if (bytes > 0) return {link_io::state::done, static_cast<std::size_t>(bytes)};
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return {link_io::state::again};
  if (bytes < 0) return over_by_errno(errno);
  trouble_ = "it ended the connection";
  return {link_io::state::over, 0, link_end::reset};
}

link_io link_stream::write(std::string_view data) {
  if (tls_) {
    std::size_t bytes = 0;
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_write_ex(tls_->ssl, data.data(), data.size(), &bytes);
    return after_tls(returned, bytes);
  }
  const auto bytes = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
  wants_to_write_ = bytes < 0 && (errno == EAGAIN || errno == EINTR);
  if (bytes >= 0) return {link_io::state::done, static_cast<std::size_t>(bytes)};
  if (wants_to_write_) return {link_io::state::again};
  return over_by_errno(errno);
}

void link_stream::shut() {
  if (tls_ && tls_->opened) {
    ERR_clear_error();
    SSL_shutdown(tls_->ssl);
  }
  tls_.reset();
  // A socket closed over bytes that nobody read resets the connection, and the peer would lose the last word: why it is refused.
  char ignored[4'096];
  for (int i = 0; i < 16 && ::recv(socket_.get(), ignored, sizeof ignored, 0) > 0; ++i) continue;
  socket_ = descriptor{};
}

bool link_stream::holds_bytes() const { return tls_ && SSL_pending(tls_->ssl) > 0; }

bool link_stream::certificate_names(const std::string& node) const {
  X509* certificate = SSL_get1_peer_certificate(tls_->ssl);
  // A name that begins with a dot would stand for all names that end so, and a wildcard for nodes that it was not made for.
  const bool named = certificate != nullptr && !node.starts_with('.') &&
                     X509_check_host(certificate, node.data(), node.size(), X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1;
  X509_free(certificate);
  return named;
}

}  // namespace seatgrid::cluster
