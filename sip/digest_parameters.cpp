#include <algorithm>
#include <array>
#include <utility>

#include "sip/digest.hpp"
#include "sip/text.hpp"

namespace seatgrid {
namespace {

constexpr auto names = std::to_array<std::pair<std::string_view, std::string digest_parameters::*>>({
    {"username", &digest_parameters::username},
    {"realm", &digest_parameters::realm},
    {"nonce", &digest_parameters::nonce},
    {"uri", &digest_parameters::uri},
    {"response", &digest_parameters::response},
    {"algorithm", &digest_parameters::algorithm},
    {"cnonce", &digest_parameters::cnonce},
    {"opaque", &digest_parameters::opaque},
    {"qop", &digest_parameters::qop},
    {"nc", &digest_parameters::nc},
    {"stale", &digest_parameters::stale},
});

/// The value at the front of `rest`: a quoted string without its quotes or a token. Nothing when malformed.
std::optional<std::string_view> value_of(std::string_view& rest) {
  rest = text::trim(rest);
  if (rest.empty() || rest.front() != '"') {
    const auto n = std::min(rest.find(','), rest.size());
    const auto token = text::trim(rest.substr(0, n));
    rest.remove_prefix(n);
    if (token.find_first_of("\"\\ \t") != std::string_view::npos) return std::nullopt;  // none of them is a token's
    return token;
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      const auto quoted = rest.substr(1, i - 1);
      rest.remove_prefix(i + 1);
      rest = text::trim(rest);
      return quoted;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<digest_parameters> parse_digest(std::string_view header) {
  if (header.size() > authorization_bytes_max || std::any_of(header.begin(), header.end(), text::is_control)) return std::nullopt;
  auto rest = text::trim(header);
  if (!text::same(text::word(rest), "Digest")) return std::nullopt;
  digest_parameters out;
  std::array<bool, names.size()> seen{};
  for (std::size_t count = 0; !rest.empty();) {
    if (rest.front() == ',') {  // empty list elements are legal
      rest = text::trim(rest.substr(1));
      continue;
    }
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos || ++count > authorization_parameters_max) return std::nullopt;
    const auto name = text::trim(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    const auto value = value_of(rest);
    if (!value || name.empty() || (!rest.empty() && rest.front() != ',')) return std::nullopt;
    const auto* known = std::find_if(names.begin(), names.end(), [&](const auto& n) { return text::same(n.first, name); });
    if (known == names.end()) continue;
    if (std::exchange(seen[static_cast<std::size_t>(known - names.begin())], true)) return std::nullopt;
    out.*(known->second) = std::string{*value};
  }
  return out;
}

}  // namespace seatgrid
