#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/tenant_config.hpp"

/// Digest authentication of SIP (RFC 3261 section 22, RFC 7616, RFC 8760): stateless nonces that any edge with the cluster's
/// key checks, and the client side for robots and trunks. Sofia knows only MD5.
namespace seatgrid {

inline constexpr std::size_t authorization_bytes_max = 4'096;
inline constexpr std::size_t authorization_parameters_max = 32;
inline constexpr seconds nonce_skew_max{5};  ///< a nonce of another node may be this far in our future

/// For RFC 7616 "-sess" forms `session` of digest_input is set.
enum class digest_algorithm : std::uint8_t { md5 = 1, sha256 = 2 };

struct challenge_options {
  std::string realm{};
  std::string key{};            ///< of the cluster, secret, 16 bytes or more
  seconds nonce_lifetime{300};  ///< 1 s to 1 h; older nonces are stale
  digest_policy offered = digest_policy::both;
};

/// The parameters of one Authorization or WWW-Authenticate value, quotes removed, escapes as they came (RFC 7616 hashes them so).
struct digest_parameters {
  std::string username{}, realm{}, nonce{}, uri{}, response{}, algorithm{}, cnonce{}, opaque{}, qop{}, nc{}, stale{};
};
/// Reads a header value that begins with "Digest"; for another scheme or anything malformed, doubled or over the bounds: nothing.
std::optional<digest_parameters> parse_digest(std::string_view header);

/// Values for WWW-Authenticate (or Proxy-Authenticate) headers, of what is offered in this order: SHA-256, MD5 (RFC 8760 2.4).
/// `source` is what the nonce is bound to: the sender's address, with its port unless peers change ports.
std::vector<std::string> challenges(const challenge_options& options, std::string_view source, time_point now, bool stale);
/// The value of an Authentication-Info header with the nonce for the next request (RFC 7616 3.5): saves a round trip.
std::string authentication_info(const challenge_options& options, std::string_view source, time_point now);

enum class digest_verdict : std::uint8_t {
  ok = 0,
  stale = 1,    ///< the password is right, the nonce is old, not ours or used up: challenge again with stale=true
  wrong = 2,    ///< wrong password, unknown user or malformed: count it in a backoff_table
  missing = 3,  ///< no Digest credentials for our realm in a hash that is offered
};
std::string_view to_string(digest_verdict verdict) noexcept;

/// Which (nonce, nc) pairs were used, so that a copied request is refused. One thread. When `nonces_max` are remembered the
/// oldest goes, and every unknown nonce not younger than that one is stale from then on: full never means open.
class nonce_window {
 public:
  static constexpr std::size_t nonces_max_default = 65'536;
  explicit nonce_window(std::size_t nonces_max = nonces_max_default);
  ~nonce_window();
  nonce_window(const nonce_window&) = delete;
  nonce_window& operator=(const nonce_window&) = delete;
  /// True the first time; false for an nc seen before or more than 64 below the highest of its nonce.
  bool take(std::string_view nonce, time_point issued, std::uint32_t nc);
  void forget_before(time_point issued);
  std::size_t size() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Checks one Authorization value. `password` gives the user's password, nothing for an unknown user, who is then checked with a
/// password nobody has, so that both take the same time. Only qop=auth is taken. The caller compares `uri` with the Request-URI.
digest_verdict check_digest(const challenge_options& options, std::string_view authorization, std::string_view method,
                            std::string_view source, time_point now,
                            const std::function<std::optional<std::string>(std::string_view user)>& password,
                            nonce_window* used = nullptr);

/// What RFC 7616 3.4.1 hashes. With an empty qop the form of RFC 2069.
struct digest_input {
  digest_algorithm algorithm = digest_algorithm::md5;
  bool session = false;
  std::string_view username{}, realm{}, password{}, method{}, uri{}, nonce{}, nc{}, cnonce{}, qop{};
};
/// The response in lower case hexadecimal.
std::string digest_response(const digest_input& input);

struct client_credentials {
  std::string user{};
  std::string password{};
};
/// The Authorization value for the first challenge of the list that we can answer. `nc` counts the uses of this nonce from 1.
/// @error unsupported  no challenge with MD5 or SHA-256 and qop auth or none
result<std::string> make_authorization(const std::vector<std::string>& challenges, const client_credentials& credentials,
                                       std::string_view method, std::string_view uri, std::uint32_t nc, std::string_view cnonce);

}  // namespace seatgrid
