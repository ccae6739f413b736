#include "actors/shell_row.hpp"
#include "proto/wire.hpp"
#include "storage/journal.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::string_view live_element = "live";
constexpr std::size_t id_bytes = 8;
constexpr std::size_t kind_prefix_bytes = 3;  // shard and kind

entity_ref index_of(shard_id shard) { return {entity_kind::tenant, std::uint64_t{shard} << (64 - shard_bits)}; }

}  // namespace

std::string encode(const shell_row& kept) { return wire::encode(kept); }
result<shell_row> decode_shell_row(std::string_view bytes) { return wire::decode<shell_row>(bytes); }

std::string live_prefix(shard_id shard) { return row_key(index_of(shard), live_element); }

std::string live_key(entity_ref entity) {
  std::string key = live_prefix(entity.shard());
  key.push_back(static_cast<char>(entity.kind));
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>((entity.id >> shift) & 0xFFU));
  return key;
}

entity_ref entity_of_live_key(std::string_view key) {
  const auto element = element_of(key);
  if (element.size() != live_element.size() + 1 + id_bytes || element.substr(0, live_element.size()) != live_element) return {};
  entity_ref found{static_cast<entity_kind>(element[live_element.size()]), 0};
  for (const char c : element.substr(live_element.size() + 1)) found.id = (found.id << 8) | static_cast<unsigned char>(c);
  return found;
}

std::string kind_prefix(shard_id shard, entity_kind kind) {
  return row_key({kind, std::uint64_t{shard} << (64 - shard_bits)}).substr(0, kind_prefix_bytes);
}

}  // namespace seatgrid::actors
