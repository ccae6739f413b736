#include "sip/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <utility>

#include "sip/text.hpp"

namespace seatgrid {
namespace {

constexpr std::size_t nonce_time_digits = 16;
constexpr std::size_t nonce_serial_digits = 8;
constexpr std::size_t nonce_mac_bytes = 16;
constexpr std::size_t nonce_digits = nonce_time_digits + nonce_serial_digits + 2 * nonce_mac_bytes;

std::string hex(const unsigned char* data, std::size_t size) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) out.append({digits[data[i] >> 4], digits[data[i] & 15]});
  return out;
}
std::string hex(std::uint64_t value, std::size_t digits) {
  std::string out(digits, '0');
  for (auto at = out.rbegin(); at != out.rend(); ++at, value >>= 4) *at = "0123456789abcdef"[value & 15];
  return out;
}

std::string hash(digest_algorithm algorithm, std::initializer_list<std::string_view> parts) {
  std::string joined;
  const char* separator = "";
  for (const auto part : parts) joined.append(std::exchange(separator, ":")).append(part);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  const auto* md = algorithm == digest_algorithm::sha256 ? EVP_sha256() : EVP_md5();
  EVP_Digest(joined.data(), joined.size(), out.data(), &size, md, nullptr);
  OPENSSL_cleanse(joined.data(), joined.size());
  return hex(out.data(), size);
}

/// Binds time, serial number, realm and source together; only holders of the cluster's key can make it.
std::string nonce_mac(const challenge_options& options, std::string_view head, std::string_view source) {
  std::string text{head};
  text.append(1, '\0').append(options.realm).append(1, '\0').append(source);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), options.key.data(), static_cast<int>(options.key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return hex(out.data(), nonce_mac_bytes);
}

std::string make_nonce(const challenge_options& options, std::string_view source, time_point now) {
  // Two phones behind one address must not share a nonce: their nc would collide.
  static std::atomic<std::uint32_t> serial{std::random_device{}()};
  auto nonce = hex(static_cast<std::uint64_t>(now.us), nonce_time_digits) + hex(serial.fetch_add(1), nonce_serial_digits);
  return nonce + nonce_mac(options, nonce, source);
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// When this nonce was issued, if we or a sister issued it for this source within its lifetime.
std::optional<time_point> issued_at(const challenge_options& options, std::string_view nonce, std::string_view source,
                                    time_point now) {
  if (nonce.size() != nonce_digits) return std::nullopt;
  const auto head = nonce.substr(0, nonce_time_digits + nonce_serial_digits);
  if (!same_secret(nonce_mac(options, head, source), nonce.substr(head.size()))) return std::nullopt;
  const auto us = text::number<std::uint64_t>(nonce.substr(0, nonce_time_digits), 16);
  if (!us) return std::nullopt;
  const time_point at{static_cast<std::int64_t>(*us)};
  if (now - at > options.nonce_lifetime || at - now > nonce_skew_max) return std::nullopt;
  return at;
}

struct algorithm_name {
  std::string_view name{};
  digest_algorithm algorithm = digest_algorithm::md5;
  bool session = false;
};
constexpr auto algorithm_names = std::to_array<algorithm_name>({{"", digest_algorithm::md5, false},
                                                                {"MD5", digest_algorithm::md5, false},
                                                                {"MD5-sess", digest_algorithm::md5, true},
                                                                {"SHA-256", digest_algorithm::sha256, false},
                                                                {"SHA-256-sess", digest_algorithm::sha256, true}});
const algorithm_name* find_algorithm(std::string_view name) {
  const auto* at =
      std::find_if(algorithm_names.begin(), algorithm_names.end(), [&](const auto& a) { return text::same(a.name, name); });
  return at == algorithm_names.end() ? nullptr : at;
}

bool is_offered(digest_policy offered, digest_algorithm algorithm) {
  switch (offered) {
    case digest_policy::both: return true;
    case digest_policy::md5: return algorithm == digest_algorithm::md5;
    case digest_policy::sha256: return algorithm == digest_algorithm::sha256;
  }
  return false;
}

std::string unescaped(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) out.push_back(s[i] == '\\' && i + 1 < s.size() ? s[++i] : s[i]);
  return out;
}
std::string escaped(std::string_view s) {
  std::string out;
  for (const char c : s) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (!text::is_control(c)) out.push_back(c);
  }
  return out;
}

std::string lower_case(std::string_view s) {
  std::string out{s};
  std::transform(out.begin(), out.end(), out.begin(), text::lower);
  return out;
}

}  // namespace

std::string_view to_string(digest_verdict verdict) noexcept {
  switch (verdict) {
    case digest_verdict::ok: return "ok";
    case digest_verdict::stale: return "stale";
    case digest_verdict::wrong: return "wrong";
    case digest_verdict::missing: return "missing";
  }
  return "unknown";
}

std::string digest_response(const digest_input& in) {
  auto ha1 = hash(in.algorithm, {in.username, in.realm, in.password});
  if (in.session) ha1 = hash(in.algorithm, {ha1, in.nonce, in.cnonce});
  const auto ha2 = hash(in.algorithm, {in.method, in.uri});
  if (in.qop.empty()) return hash(in.algorithm, {ha1, in.nonce, ha2});
  return hash(in.algorithm, {ha1, in.nonce, in.nc, in.cnonce, in.qop, ha2});
}

std::vector<std::string> challenges(const challenge_options& options, std::string_view source, time_point now, bool stale) {
  const auto common = "Digest realm=\"" + escaped(options.realm) + "\", nonce=\"" + make_nonce(options, source, now) +
                      "\", qop=\"auth\"" + (stale ? ", stale=true" : "") + ", algorithm=";
  std::vector<std::string> out;
  if (options.offered != digest_policy::md5) out.push_back(common + "SHA-256");
  if (options.offered != digest_policy::sha256) out.push_back(common + "MD5");
  return out;
}

std::string authentication_info(const challenge_options& options, std::string_view source, time_point now) {
  return "nextnonce=\"" + make_nonce(options, source, now) + "\"";
}

digest_verdict check_digest(const challenge_options& options, std::string_view authorization, std::string_view method,
                            std::string_view source, time_point now,
                            const std::function<std::optional<std::string>(std::string_view user)>& password,
                            nonce_window* used) {
  if (!text::starts(text::trim(authorization), "Digest")) return digest_verdict::missing;
  const auto given = parse_digest(authorization);
  if (!given) return digest_verdict::wrong;
  if (given->realm != escaped(options.realm)) return digest_verdict::missing;
  const auto* algorithm = find_algorithm(given->algorithm);
  if (algorithm != nullptr && !is_offered(options.offered, algorithm->algorithm)) return digest_verdict::missing;
  const auto nc = text::number<std::uint32_t>(given->nc, 16);
  if (algorithm == nullptr || !text::same(given->qop, "auth") || given->nc.size() != 8 || !nc || *nc == 0 ||
      given->cnonce.empty())
    return digest_verdict::wrong;
  const auto secret = password(unescaped(given->username));
  const auto want =
      digest_response({.algorithm = algorithm->algorithm,
                       .session = algorithm->session,
                       .username = given->username,
                       .realm = given->realm,
                       .password = secret ? std::string_view{*secret} : std::string_view{"nobody has this password"},
                       .method = method,
                       .uri = given->uri,
                       .nonce = given->nonce,
                       .nc = given->nc,
                       .cnonce = given->cnonce,
                       .qop = given->qop});
  const bool right = same_secret(want, lower_case(given->response));
  const auto issued = issued_at(options, given->nonce, source, now);
  if (!right || !secret) return digest_verdict::wrong;
  if (!issued) return digest_verdict::stale;
  if (used == nullptr) return digest_verdict::ok;
  used->forget_before(now - options.nonce_lifetime);
  return used->take(given->nonce, *issued, *nc) ? digest_verdict::ok : digest_verdict::stale;
}

result<std::string> make_authorization(const std::vector<std::string>& challenges, const client_credentials& credentials,
                                       std::string_view method, std::string_view uri, std::uint32_t nc, std::string_view cnonce) {
  for (const auto& text : challenges) {
    const auto c = parse_digest(text);
    const auto* algorithm = c ? find_algorithm(c->algorithm) : nullptr;
    if (algorithm == nullptr || c->nonce.empty()) continue;
    bool auth = false;
    for (auto rest = std::string_view{c->qop}; !rest.empty();)
      auth = text::same(text::trim(text::cut(rest, ',')), "auth") || auth;
    if (!auth && !c->qop.empty()) continue;
    const auto count = hex(nc, 8);
    const auto user = escaped(credentials.user), chance = escaped(cnonce), target = escaped(uri);
    const auto response = digest_response({.algorithm = algorithm->algorithm,
                                           .session = algorithm->session,
                                           .username = user,
                                           .realm = c->realm,
                                           .password = credentials.password,
                                           .method = method,
                                           .uri = target,
                                           .nonce = c->nonce,
                                           .nc = count,
                                           .cnonce = chance,
                                           .qop = auth ? "auth" : ""});
    auto out = "Digest username=\"" + user + "\", realm=\"" + c->realm + "\", nonce=\"" + c->nonce + "\", uri=\"" + target +
               "\", response=\"" + response + "\"";
    if (!c->algorithm.empty()) out += ", algorithm=" + c->algorithm;
    if (auth || algorithm->session) out += ", cnonce=\"" + chance + "\"";
    if (auth) out += ", qop=auth, nc=" + count;
    if (!c->opaque.empty()) out += ", opaque=\"" + c->opaque + "\"";
    return out;
  }
  return fail(errc::unsupported, "no digest challenge with MD5 or SHA-256 and qop auth");
}

}  // namespace seatgrid
