#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace seatgrid::actors {

/// What the shell itself keeps of an entity, in its row "~": rules never see it.
struct shell_row {
  std::uint64_t published = 0;       ///< sequence of the last public event (I14)
  std::string tenant{};              ///< whose configuration decides
  std::uint64_t config_version = 0;  ///< pinned by calls; 0 = always the current one
  bool live = false;                 ///< stands in the live index
  bool operator==(const shell_row&) const = default;
  static constexpr auto fields() {
    return members{field{1, "published", &shell_row::published}, field{2, "tenant", &shell_row::tenant},
                   field{3, "config_version", &shell_row::config_version}, field{4, "live", &shell_row::live}};
  }
};
inline constexpr std::string_view shell_element = "~";

std::string encode(const shell_row& kept);
result<shell_row> decode_shell_row(std::string_view bytes);

/// The live index: one row per call that has not finished, so that a start reads those and not every call of half a year.
std::string live_key(entity_ref entity);
/// The prefix of the live index of a shard.
std::string live_prefix(shard_id shard);
/// The entity behind a live key; kind none for any other key.
entity_ref entity_of_live_key(std::string_view key);
/// The element under which a call keeps its CDR (domain/call_rules.hpp).
inline constexpr std::string_view cdr_element = "cdr";
/// The CDR index: one row per CDR, newest first, grouped by UTC day so that a day can be read or removed by itself.
std::string cdr_key(entity_ref call, time_point at);
std::string cdr_prefix(shard_id shard);
/// Behind the index rows of all CDRs later than `at`, before those of `at` and earlier.
std::string cdr_key_at(shard_id shard, time_point at);
struct cdr_place {
  entity_ref call{};
  time_point at{};
};
std::optional<cdr_place> place_of_cdr_key(std::string_view key);

/// What the owner of a lane (1 and above) notes of the lane itself, in the lane.
constexpr entity_ref keeper_of(std::uint16_t lane) {
  return {entity_kind::lane, static_cast<std::uint64_t>(lane - 1) << (64 - shard_bits) | 1U};
}

/// How far retention has removed the audio of one kind in a shard.
std::string audio_mark_key(shard_id shard, std::string_view kind);
std::string encode_mark(time_point at);
time_point decode_mark(std::string_view bytes);

/// The prefix of all rows of a kind on a shard.
std::string kind_prefix(shard_id shard, entity_kind kind);

}  // namespace seatgrid::actors
