#include "actors/config_reader.hpp"

#include <algorithm>
#include <set>

namespace seatgrid {
namespace {

constexpr int looks_max = 10;
constexpr std::size_t version_bytes = 8;

/// Keys of a version's rows begin with their letter and the version, as domain/tenant_config_rows.hpp lays them.
std::string version_prefix(char letter, std::uint64_t version) {
  std::string text(1, letter);
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>((version >> shift) & 0xFFU));
  return text;
}
std::uint64_t version_of(std::string_view element) {
  std::uint64_t version = 0;
  for (const char c : element.substr(1, version_bytes)) version = version << 8 | static_cast<unsigned char>(c);
  return version;
}

}  // namespace

entity_ref tenant_ref(const std::string& tenant) {
  return {entity_kind::tenant, std::uint64_t{shard_of_tenant(tenant)} << (64 - shard_bits) |
                                   (stable_hash(tenant) & ((1ULL << (64 - shard_bits)) - 1)) | 2U};
}

/// One step may move pointers between two of our reads. Versions only grow: what two looks found alike stood so between them.
result<std::map<std::string, std::uint64_t>> config_reader::pointed() const {
  auto before = look();
  for (int i = 0; before && i < looks_max; ++i) {
    auto now = look();
    if (!now || *now == *before) return now;
    before = std::move(now);
  }
  return before ? fail(errc::unavailable, "the tenants' versions move too fast to be read") : before;
}

result<std::map<std::string, std::uint64_t>> config_reader::look() const {
  std::map<std::string, std::uint64_t> found;
  const auto names = log_.get(config_lane, row_key(config_directory));
  if (!names) {
    if (names.error().code == errc::not_found) return found;
    return tl::unexpected(names.error());
  }
  for (std::size_t from = 0; from < names->size();) {
    const auto end = std::min(names->find('\n', from), names->size());
    auto name = names->substr(from, end - from);
    from = end + 1;
    const auto pointed = log_.get(config_lane, row_key(tenant_ref(name)));
    if (!pointed && pointed.error().code == errc::not_found) continue;  // removed since the names were read
    if (!pointed) return tl::unexpected(pointed.error());
    const auto version = config_pointed(*pointed);
    if (!version) return tl::unexpected(version.error());
    found.emplace(std::move(name), *version);
  }
  return found;
}

result<config_ptr> config_reader::read(const std::string& tenant, std::uint64_t version) const {
  const auto entity = tenant_ref(tenant);
  entity_rows rows;
  for (const char letter : {'h', 'c'}) {
    const auto scanned = log_.scan(config_lane, row_key(entity, version_prefix(letter, version)),
                                   [&](std::string_view key, std::string_view value) {
                                     rows.push_back({std::string{element_of(key)}, std::string{value}});
                                     return true;
                                   });
    if (!scanned) return tl::unexpected(scanned.error());
  }
  return config_from_rows(version, rows);
}

result<std::vector<config_head>> config_reader::heads(entity_ref tenant) const {
  entity_rows rows;
  const auto scanned = log_.scan(config_lane, row_key(tenant, "h"), [&](std::string_view key, std::string_view value) {
    rows.push_back({std::string{element_of(key)}, std::string{value}});
    return true;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  return config_heads(rows);
}

result<std::map<entity_ref, entity_rows>> config_reader::half_written() const {
  const auto all = entities();
  if (!all) return tl::unexpected(all.error());
  std::map<entity_ref, entity_rows> found;
  for (const auto& entity : *all) {
    if (entity.kind != entity_kind::tenant || entity == config_directory) continue;
    auto rows = half_of(entity);
    if (!rows) return tl::unexpected(rows.error());
    if (!rows->empty()) found.emplace(entity, std::move(*rows));
  }
  return found;
}

/// By one seek for each: a tenant's rows may be many megabytes.
result<std::vector<entity_ref>> config_reader::entities() const {
  std::vector<entity_ref> found;
  std::string from;
  for (bool more = true; more;) {
    more = false;
    const auto scanned = log_.scan_from(config_lane, {}, from, [&](std::string_view key, std::string_view) {
      const auto entity = entity_of(key);
      if (entity) found.push_back(*entity);
      from =
          entity ? row_key(*entity, std::string(1 + version_bytes + sizeof(std::uint32_t) + 1, '\xff')) : std::string{key} + '\0';
      more = true;
      return false;
    });
    if (!scanned) return tl::unexpected(scanned.error());
  }
  return found;
}

result<entity_rows> config_reader::half_of(entity_ref tenant) const {
  const auto kept = heads(tenant);
  if (!kept) return tl::unexpected(kept.error());
  std::set<std::uint64_t> whole;
  for (const auto& head : *kept) whole.insert(head.version);
  entity_rows rows;
  const auto scanned = log_.scan(config_lane, row_key(tenant, "c"), [&](std::string_view key, std::string_view) {
    if (!whole.contains(version_of(element_of(key)))) rows.push_back({std::string{element_of(key)}, std::nullopt});
    return true;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  const auto pointer = log_.get(config_lane, row_key(tenant));
  const auto current = pointer ? config_pointed(*pointer) : tl::unexpected(pointer.error());
  if (!current)
    return current.error().code == errc::not_found ? result<entity_rows>{std::move(rows)} : tl::unexpected(current.error());
  for (const auto& head : *kept)
    if (head.version > *current)
      for (auto& gone : config_removal(head)) rows.push_back(std::move(gone));
  return rows;
}

}  // namespace seatgrid
