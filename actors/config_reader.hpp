#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/tenant_config_rows.hpp"
#include "storage/journal.hpp"

/// Configuration as lane 0 holds it: which rows are whose, and how to read them on any node. The room's own.
namespace seatgrid {

inline constexpr lane_id config_lane = 0;
/// The names of all tenants, one per line; its id is no tenant's (bit 1 of theirs is set). Every step that moves pointers is its.
inline constexpr entity_ref config_directory{entity_kind::tenant, 1};

entity_ref tenant_ref(const std::string& tenant);

class config_reader {
 public:
  explicit config_reader(const journal& log) : log_(log) {}

  /// Every tenant and its current version, as they stood at one moment.
  /// @error unavailable  they move faster than they can be read: try again; @error corrupt
  result<std::map<std::string, std::uint64_t>> pointed() const;
  /// @error not_found  no such version; @error corrupt
  result<config_ptr> read(const std::string& tenant, std::uint64_t version) const;
  result<std::vector<config_head>> heads(entity_ref tenant) const;
  /// Tombstones, by tenant, for versions that were begun and never pointed at: their writer died. Only while nobody writes.
  result<std::map<entity_ref, entity_rows>> half_written() const;

 private:
  result<std::map<std::string, std::uint64_t>> look() const;
  result<std::vector<entity_ref>> entities() const;
  result<entity_rows> half_of(entity_ref tenant) const;
  const journal& log_;
};

}  // namespace seatgrid
