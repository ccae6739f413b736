#include "sip/uri_guard.hpp"

#include <algorithm>
#include <array>

#include "sip/text.hpp"

namespace seatgrid {
namespace {

// Every name that nta, tport, sip and the resolver of Sofia 1.12.11 pass to url_param or url_has_param, and the rest of
// RFC 3261 19.1.1 in case another build asks for them.
constexpr auto looked_for =
    std::to_array<std::string_view>({"lr", "maddr", "transport", "comp", "method", "ttl", "user", "ob", "sigcomp-id"});

bool is_last_parameter_safe(std::string_view part) {
  const auto semicolon = part.rfind(';');
  if (semicolon == std::string_view::npos) return true;
  const auto last = part.substr(semicolon + 1);
  return std::none_of(looked_for.begin(), looked_for.end(), [&](std::string_view name) {
    return last.size() > name.size() && text::starts(last, name) && last[name.size()] != '=';
  });
}

}  // namespace

bool is_safe_uri(std::string_view uri) {
  if (uri.size() > uri_bytes_max) return false;
  if (std::any_of(uri.begin(), uri.end(), [](char c) { return text::is_control(c) || c == '<' || c == '>'; })) return false;
  // "@" and "?" may stand in user parts: whichever place Sofia takes for the end of the parameters, it has to be safe.
  const auto last_at = uri.rfind('@');
  for (const auto from : {std::size_t{0}, std::min(uri.find('@'), uri.size()), std::min(last_at, uri.size())})
    if (!is_last_parameter_safe(uri.substr(0, uri.find('?', from)))) return false;
  return true;
}

bool is_safe_route(std::string_view value) {
  if (value.find('<') == std::string_view::npos) return is_safe_uri(value.substr(0, value.find(';')));
  for (auto open = value.find('<'); open != std::string_view::npos; open = value.find('<', open)) {
    const auto close = value.find('>', open);
    if (close == std::string_view::npos || !is_safe_uri(value.substr(open + 1, close - open - 1))) return false;
    open = close;
  }
  return true;
}

}  // namespace seatgrid
