#pragma once

#include <openssl/ssl.h>

#include "cluster/link_stream.hpp"

/// Within cluster/link_*.cpp alone: what link_identity holds.
namespace seatgrid::cluster {

struct link_identity::context {
  explicit context(SSL_CTX* made) : ssl_(made) {}
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context() { SSL_CTX_free(ssl_); }
  SSL_CTX* get() const { return ssl_; }

 private:
  SSL_CTX* ssl_;
};

}  // namespace seatgrid::cluster
