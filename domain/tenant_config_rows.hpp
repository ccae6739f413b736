#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "domain/entity.hpp"
#include "domain/tenant_config.hpp"

/// A tenant's configuration as journal rows of its tenant entity. A version is written first (chunks, then its head), in steps
/// that nobody reads; one last step moves the pointer row (key ""): a version is seen whole or not at all. Calls pin versions, so
/// a version's rows stay until `config_removal`.
namespace seatgrid {

/// Rows stay far below a step's limit of 512 KiB; several fit into one step.
inline constexpr std::size_t config_chunk_bytes = std::size_t{64} * 1'024;
/// A version larger than this is refused: 1,000,000 agents with names and passwords are some 100 MB.
inline constexpr std::size_t config_bytes_max = std::size_t{256} * 1'024 * 1'024;

/// What one version consists of; its row has key "h" and the version in 8 bytes, big endian.
struct config_head {
  std::uint64_t version = 0;
  std::uint32_t chunks = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;  ///< stable_hash of all bytes
  bool operator==(const config_head&) const = default;
  static constexpr auto fields() {
    return members{field{1, "version", &config_head::version}, field{2, "chunks", &config_head::chunks},
                   field{3, "bytes", &config_head::bytes}, field{4, "checksum", &config_head::checksum}};
  }
};

/// Chunk rows in order, the head row last. @error full  more than config_bytes_max.
result<entity_rows> config_rows(const tenant_config& config);
/// The version that `rows` (of this version, or of all) hold, indexed. @error not_found  no head of `version`; @error corrupt  a
/// chunk is missing or the checksum differs; @error conflict  from tenant_config::index.
result<config_ptr> config_from_rows(std::uint64_t version, const entity_rows& rows);
/// The rows of all heads in `rows`, newest version last.
result<std::vector<config_head>> config_heads(const entity_rows& rows);
/// Tombstones for everything of a version that no call pins any more.
entity_rows config_removal(const config_head& head);

/// The row that says which version calls begin with.
entity_row config_pointer(std::uint64_t version);
/// @error corrupt
result<std::uint64_t> config_pointed(std::string_view value);

}  // namespace seatgrid
