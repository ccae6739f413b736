#include "api/http_head.hpp"

#include <algorithm>

namespace seatgrid {
namespace {

constexpr std::size_t method_bytes_max = 32;
constexpr std::string_view version = " HTTP/1.1\r\n";

bool is_token_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

}  // namespace

head_state http_head_scanner::look(std::string_view bytes) {
  if (fields_ == 0)
    if (const auto state = look_at_line(bytes); state != head_state::complete) return state;
  return look_at_fields(bytes);
}

head_state http_head_scanner::look_at_line(std::string_view bytes) {
  const auto method = bytes.substr(0, std::min(bytes.find(' '), method_bytes_max + 1));
  if (method.size() > method_bytes_max || !std::all_of(method.begin(), method.end(), is_token_character))
    return head_state::malformed;  // a handshake of TLS ends here, at its first byte
  const auto newline = bytes.find('\n', seen_);
  seen_ = std::min(newline, bytes.size());
  const auto target_from = std::min(method.size() + 1, seen_);
  if (seen_ - target_from > limits_.target_bytes_max + version.size()) return head_state::target_too_long;
  if (newline == std::string_view::npos) return head_state::incomplete;
  if (method.empty() || bytes[newline - 1] != '\r') return head_state::malformed;
  const auto target = bytes.substr(target_from, newline - target_from);
  if (target.substr(0, target.find(' ')).size() > limits_.target_bytes_max) return head_state::target_too_long;
  fields_ = line_ = seen_ = newline + 1;
  return head_state::complete;
}

head_state http_head_scanner::look_at_fields(std::string_view bytes) {
  for (auto newline = bytes.find('\n', seen_); newline != std::string_view::npos; newline = bytes.find('\n', seen_)) {
    if (newline + 1 - fields_ > limits_.header_bytes_max) return head_state::header_too_large;
    if (bytes[newline - 1] != '\r') return head_state::malformed;
    const bool is_empty = newline - 1 == line_;
    line_ = seen_ = newline + 1;
    if (!is_empty) continue;
    end_ = seen_;
    return head_state::complete;
  }
  seen_ = bytes.size();
  return seen_ - fields_ > limits_.header_bytes_max ? head_state::header_too_large : head_state::incomplete;
}

std::size_t empty_lines(std::string_view bytes) {
  std::size_t length = 0;
  while (bytes.substr(length).starts_with("\r\n")) length += 2;
  return length;
}

}  // namespace seatgrid
