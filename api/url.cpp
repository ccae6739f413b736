#include "api/url.hpp"

#include <cstdint>
#include <optional>

namespace seatgrid {
namespace {

constexpr std::size_t query_fields_max = 64;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> unescape(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
      c = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out.push_back(c);
  }
  return out;
}

}  // namespace

result<url_target> split_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return fail(errc::invalid, "the request target must begin with /");
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  auto path = unescape(target.substr(0, mark), false);
  if (!path) return fail(errc::invalid, "bad escape in the path");
  url_target out;
  out.path = std::move(*path);
  auto rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = unescape(pair.substr(0, equals), true);
    auto value =
        equals == std::string_view::npos ? std::optional<std::string>{std::string{}} : unescape(pair.substr(equals + 1), true);
    if (!name || !value) return fail(errc::invalid, "bad escape in the query");
    if (out.query.size() >= query_fields_max) return fail(errc::invalid, "more than 64 query fields");
    out.query.insert_or_assign(std::move(*name), std::move(*value));
  }
  return out;
}

std::string url_escape(std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<std::uint8_t>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        std::string_view{"-._~"}.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(hex[u >> 4]);
      out.push_back(hex[u & 15U]);
    }
  }
  return out;
}

}  // namespace seatgrid
