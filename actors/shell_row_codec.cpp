#include "actors/shell_row.hpp"
#include "proto/wire.hpp"
#include "storage/journal.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::string_view live_element = "live";
constexpr std::string_view cdr_index_element = "cdrs";
constexpr std::size_t day_bytes = 4;
constexpr std::int64_t us_per_day = 86'400'000'000;
constexpr std::size_t id_bytes = 8;
constexpr std::size_t kind_prefix_bytes = 3;  // shard and kind

entity_ref index_of(shard_id shard) { return {entity_kind::tenant, std::uint64_t{shard} << (64 - shard_bits)}; }

void put(std::string& key, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) key.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
}
std::uint64_t take(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::string encode(const shell_row& kept) { return wire::encode(kept); }
result<shell_row> decode_shell_row(std::string_view bytes) { return wire::decode<shell_row>(bytes); }

std::string live_prefix(shard_id shard) { return row_key(index_of(shard), live_element); }

std::string live_key(entity_ref entity) {
  std::string key = live_prefix(entity.shard());
  key.push_back(static_cast<char>(entity.kind));
  put(key, entity.id, id_bytes);
  return key;
}

entity_ref entity_of_live_key(std::string_view key) {
  const auto element = element_of(key);
  if (element.size() != live_element.size() + 1 + id_bytes || element.substr(0, live_element.size()) != live_element) return {};
  return {static_cast<entity_kind>(element[live_element.size()]), take(element.substr(live_element.size() + 1))};
}

std::string cdr_prefix(shard_id shard) { return row_key(index_of(shard), cdr_index_element); }

std::string cdr_key_at(shard_id shard, time_point at) {
  auto key = cdr_prefix(shard);
  put(key, ~static_cast<std::uint64_t>(at.us / us_per_day), day_bytes);  // inverted: keys ascend, days descend
  put(key, ~static_cast<std::uint64_t>(at.us), id_bytes);
  return key;
}

std::string cdr_key(entity_ref call, time_point at) {
  auto key = cdr_key_at(call.shard(), at);
  put(key, call.id, id_bytes);
  return key;
}

std::string audio_mark_key(shard_id shard, std::string_view kind) {
  return row_key(index_of(shard), "swept." + std::string{kind});
}

std::string encode_mark(time_point at) {
  std::string bytes;
  put(bytes, static_cast<std::uint64_t>(at.us), id_bytes);
  return bytes;
}

time_point decode_mark(std::string_view bytes) { return {static_cast<std::int64_t>(take(bytes))}; }

std::optional<cdr_place> place_of_cdr_key(std::string_view key) {
  const auto element = element_of(key);
  if (element.size() != cdr_index_element.size() + day_bytes + 2 * id_bytes || !element.starts_with(cdr_index_element))
    return std::nullopt;
  const auto at = element.substr(cdr_index_element.size() + day_bytes, id_bytes);
  return cdr_place{{entity_kind::call, take(element.substr(element.size() - id_bytes))}, {static_cast<std::int64_t>(~take(at))}};
}

std::string kind_prefix(shard_id shard, entity_kind kind) {
  return row_key({kind, std::uint64_t{shard} << (64 - shard_bits)}).substr(0, kind_prefix_bytes);
}

}  // namespace seatgrid::actors
