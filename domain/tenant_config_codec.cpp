#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "domain/tenant_config_rows.hpp"
#include "proto/wire.hpp"

namespace seatgrid {
namespace {

struct pointer {
  std::uint64_t version = 0;
  bool operator==(const pointer&) const = default;
  static constexpr auto fields() { return members{field{1, "version", &pointer::version}}; }
};

template <class T>
void put_number(std::string& key, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) key += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

std::string head_key(std::uint64_t version) {
  std::string key{"h"};
  put_number(key, version);
  return key;
}

std::string chunk_key(std::uint64_t version, std::uint32_t index) {
  std::string key{"c"};
  put_number(key, version);
  put_number(key, index);
  return key;
}

}  // namespace

result<entity_rows> config_rows(const tenant_config& config) {
  const auto bytes = wire::encode(config);
  if (bytes.size() > config_bytes_max)
    return fail(errc::full, "configuration of tenant '" + config.tenant + "' takes " + std::to_string(bytes.size()) + " bytes");
  config_head head{.version = config.version, .bytes = bytes.size(), .checksum = stable_hash(bytes)};
  entity_rows rows;
  rows.reserve(bytes.size() / config_chunk_bytes + 2);
  for (std::size_t from = 0; from < bytes.size(); from += config_chunk_bytes)
    rows.push_back({chunk_key(config.version, head.chunks++), bytes.substr(from, config_chunk_bytes)});
  rows.push_back({head_key(config.version), wire::encode(head)});
  return rows;
}

result<config_ptr> config_from_rows(std::uint64_t version, const entity_rows& rows) {
  std::map<std::string_view, std::string_view> by_key;
  for (const auto& row : rows)
    if (row.value) by_key.insert_or_assign(row.key, *row.value);
  const auto missing = [&](const std::string& what) { return what + " of configuration version " + std::to_string(version); };
  const auto found = by_key.find(head_key(version));
  if (found == by_key.end()) return fail(errc::not_found, missing("no head"));
  const auto head = wire::decode<config_head>(found->second);
  if (!head) return tl::unexpected(head.error());
  if (head->bytes > config_bytes_max) return fail(errc::corrupt, missing("impossible size"));
  std::string bytes;
  bytes.reserve(head->bytes);
  for (std::uint32_t i = 0; i < head->chunks; ++i) {
    const auto chunk = by_key.find(chunk_key(version, i));
    if (chunk == by_key.end()) return fail(errc::corrupt, missing("chunk " + std::to_string(i) + " is missing"));
    bytes += chunk->second;
  }
  if (bytes.size() != head->bytes || stable_hash(bytes) != head->checksum)
    return fail(errc::corrupt, missing("bytes do not match the checksum"));
  auto config = wire::decode<tenant_config>(bytes);
  if (!config) return tl::unexpected(config.error());
  if (const auto indexed = config->index(); !indexed) return tl::unexpected(indexed.error());
  return std::make_shared<const tenant_config>(std::move(*config));
}

result<std::vector<config_head>> config_heads(const entity_rows& rows) {
  std::vector<config_head> heads;
  for (const auto& row : rows) {
    if (!row.value || !row.key.starts_with('h')) continue;
    const auto head = wire::decode<config_head>(*row.value);
    if (!head) return tl::unexpected(head.error());
    heads.push_back(*head);
  }
  std::sort(heads.begin(), heads.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  return heads;
}

entity_rows config_removal(const config_head& head) {
  entity_rows rows;
  rows.push_back({head_key(head.version), std::nullopt});  // first: without a head nobody looks for chunks
  for (std::uint32_t i = 0; i < head.chunks; ++i) rows.push_back({chunk_key(head.version, i), std::nullopt});
  return rows;
}

entity_row config_pointer(std::uint64_t version) { return {"", wire::encode(pointer{version})}; }

result<std::uint64_t> config_pointed(std::string_view value) {
  const auto read = wire::decode<pointer>(value);
  if (!read) return tl::unexpected(read.error());
  return read->version;
}

}  // namespace seatgrid
