#include "cluster/link_identity.hpp"

#include <openssl/err.h>
#include <sys/stat.h>

#include <utility>

namespace seatgrid::cluster {

namespace {

std::string last_reason() {
  const auto* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "no reason given";
}

/// Changes whenever one of the files is another.
std::string stamp_of(const link_certificates& files) {
  std::string stamp;
  for (const auto* name : {&files.certificate, &files.key, &files.authority}) {
    struct stat at {};
    ::stat(name->c_str(), &at);
    stamp += std::to_string(at.st_ino) + '.' + std::to_string(at.st_mtim.tv_sec) + '.' + std::to_string(at.st_mtim.tv_nsec) + ' ';
  }
  return stamp;
}

result<std::shared_ptr<link_identity::context>> read_files(const link_certificates& files) {
  ERR_clear_error();
  auto made = std::make_shared<link_identity::context>(SSL_CTX_new(TLS_method()));
  auto* ssl = made->get();
  if (ssl == nullptr) return fail(errc::invalid, "TLS: " + last_reason());
  SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION);
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // A resumed session would go on with a certificate that has expired; frames carry their lengths, so an end without close_notify
  // cuts nothing off unseen.
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ssl, 0);
  SSL_CTX_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
  if (SSL_CTX_use_certificate_chain_file(ssl, files.certificate.c_str()) != 1)
    return fail(errc::invalid, "certificate " + files.certificate + ": " + last_reason());
  if (SSL_CTX_use_PrivateKey_file(ssl, files.key.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ssl) != 1)
    return fail(errc::invalid, "key " + files.key + ": " + last_reason());
  if (SSL_CTX_load_verify_locations(ssl, files.authority.c_str(), nullptr) != 1)
    return fail(errc::invalid, "authority " + files.authority + ": " + last_reason());
  return made;
}

}  // namespace

link_identity::link_identity(link_certificates files) : files_(std::move(files)) {}
link_identity::~link_identity() = default;

result<std::unique_ptr<link_identity>> link_identity::open(link_certificates files) {
  auto made = std::unique_ptr<link_identity>{new link_identity{std::move(files)}};
  made->stamp_ = stamp_of(made->files_);
  auto read = read_files(made->files_);
  if (!read) return tl::unexpected(read.error());
  made->context_ = std::move(*read);
  return made;
}

std::string link_identity::refresh() {
  const auto stamp = stamp_of(files_);
  if (stamp == stamp_) return {};
  auto read = read_files(files_);
  if (!read) return read.error().what;
  stamp_ = stamp;
  context_ = std::move(*read);
  return {};
}

}  // namespace seatgrid::cluster
