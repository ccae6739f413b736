#include "base/ids.hpp"

namespace seatgrid {
namespace {

constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t text_length = 13;  // 65 bits; the first digit holds the top 4

}  // namespace

std::string_view to_string(entity_kind kind) noexcept {
  switch (kind) {
    case entity_kind::none: return "none";
    case entity_kind::call: return "call";
    case entity_kind::queue: return "queue";
    case entity_kind::agent: return "agent";
    case entity_kind::registration: return "registration";
    case entity_kind::tenant: return "tenant";
    case entity_kind::number: return "number";
    case entity_kind::lane: return "lane";
    case entity_kind::node: return "node";
  }
  return "unknown";
}

std::string to_text(std::uint64_t id) {
  std::string text(text_length, '0');
  for (std::size_t i = text_length; i-- > 0; id >>= 5) text[i] = digits[id & 31U];
  return text;
}

std::optional<std::uint64_t> from_text(std::string_view text) {
  if (text.size() != text_length) return std::nullopt;
  std::uint64_t id = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    if ((id >> 59) != 0) return std::nullopt;
    id = (id << 5) | digit;
  }
  return id;
}

}  // namespace seatgrid
