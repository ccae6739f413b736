#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace seatgrid {

/// A request target in its parts, percent-decoded (RFC 3986). @error invalid a bad escape, a NUL, or no leading slash.
struct url_target {
  std::string path{};
  std::map<std::string, std::string> query{};
};
result<url_target> split_target(std::string_view target);

/// Percent-encodes what may not stand in a path segment or a query value.
std::string url_escape(std::string_view text);

}  // namespace seatgrid
