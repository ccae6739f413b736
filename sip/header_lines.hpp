#pragma once

#include <algorithm>
#include <string_view>

#include "sip/text.hpp"

/// A message's header part as Sofia will cut it, for those who must look before Sofia does.
namespace seatgrid::text {

constexpr bool is_end_of_line(char c) { return c == '\r' || c == '\n'; }  // Sofia takes a lone CR for a line's end too

/// Cuts the first line off `rest`. CRLF, LF and CR end it.
constexpr std::string_view cut_line(std::string_view& rest) {
  const auto n = std::min(rest.find_first_of("\r\n"), rest.size());
  const auto line = rest.substr(0, n);
  rest.remove_prefix(n);
  if (rest.starts_with("\r\n"))
    rest.remove_prefix(2);
  else if (!rest.empty())
    rest.remove_prefix(1);
  return line;
}

struct header_line {
  std::string_view whole{};  ///< with its folded lines and line ends
  std::string_view name{}, value{};
  std::size_t longest_line = 0;
  /// In its long or its one-letter form (RFC 3261 7.3.3).
  constexpr bool is(std::string_view full, std::string_view compact) const { return same(name, full) || same(name, compact); }
};

/// Name and value of a header; both empty without a colon.
constexpr header_line split_header(std::string_view header) {
  header_line out{.whole = header};
  const auto colon = header.find(':');
  if (colon == std::string_view::npos) return out;
  out.name = trim(header.substr(0, colon));
  out.value = header.substr(colon + 1);
  return out;
}

/// Cuts the next header with its folded lines off `rest`; an empty `whole` is the end of the header part.
constexpr header_line cut_header(std::string_view& rest) {
  const auto begin = rest;
  auto longest = cut_line(rest).size();
  if (longest == 0) return {};
  while (!rest.empty() && is_space(rest.front())) longest = std::max(longest, cut_line(rest).size());
  auto out = split_header(begin.substr(0, begin.size() - rest.size()));
  out.longest_line = longest;
  return out;
}

}  // namespace seatgrid::text
