#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace seatgrid {

/// A shard is the unit of placement: tenant (or routing group) -> one of 1,024 shards -> lane (DESIGN section 2).
using shard_id = std::uint16_t;
inline constexpr unsigned shard_bits = 10;
inline constexpr shard_id shard_count = 1U << shard_bits;

/// FNV-1a over `text`, finished with a 64-bit mix: stable across builds and machines, because it stands in journals.
constexpr std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
  return h ^ (h >> 31);
}

/// The shard on which everything of this tenant lives.
constexpr shard_id shard_of_tenant(std::string_view tenant) {
  return static_cast<shard_id>(stable_hash(tenant) >> (64 - shard_bits));
}

/// An entity's identity: the shard in the top 10 bits, 54 bits that are unique within it. Zero is "none".
template <class Tag>
struct entity_id {
  std::uint64_t value = 0;
  constexpr shard_id shard() const { return static_cast<shard_id>(value >> (64 - shard_bits)); }
  constexpr explicit operator bool() const { return value != 0; }
  auto operator<=>(const entity_id&) const = default;

  static constexpr entity_id make(shard_id shard, std::uint64_t unique) {
    const auto low = unique & ((1ULL << (64 - shard_bits)) - 1);
    return {(std::uint64_t{shard} << (64 - shard_bits)) | (low == 0 ? 1 : low)};
  }
  /// The id of a thing that people name: "support" of tenant "demo". Provisioning refuses two names with one id.
  static constexpr entity_id named(std::string_view tenant, std::string_view name) {
    return make(shard_of_tenant(tenant), stable_hash(name) ^ (static_cast<std::uint64_t>(Tag::kind) << 48));
  }
};

/// Kinds of entities. Numbers stand in row keys: add, never change.
enum class entity_kind : std::uint8_t {
  none = 0,
  call = 1,
  queue = 2,
  agent = 3,
  registration = 4,
  tenant = 5,
  number = 6,
  lane = 7,
  node = 8
};
std::string_view to_string(entity_kind kind) noexcept;

/// A slot: the addresses of one edge and one media engine of a cluster; 0 = this process, which stands alone (ADR 0016).
using slot_number = std::uint16_t;
inline constexpr unsigned slot_bits = 10;
inline constexpr slot_number slots_max = (1U << slot_bits) - 1;

struct call_tag {
  static constexpr auto kind = entity_kind::call;
};
struct queue_tag {
  static constexpr auto kind = entity_kind::queue;
};
struct agent_tag {
  static constexpr auto kind = entity_kind::agent;
};
struct registration_tag {
  static constexpr auto kind = entity_kind::registration;
};

using call_id = entity_id<call_tag>;
/// The slot at which a call's media are, and its legs unless their dialogs name another: the bits behind the shard.
constexpr slot_number home_of(call_id call) {
  return static_cast<slot_number>((call.value >> (64 - shard_bits - slot_bits)) & slots_max);
}
/// The id of a new call at a slot; `unique` in its lower 44 bits.
constexpr call_id call_at(shard_id shard, slot_number home, std::uint64_t unique) {
  constexpr unsigned rest = 64 - shard_bits - slot_bits;
  return call_id::make(shard, (std::uint64_t{home} << rest) | (unique & ((1ULL << rest) - 1)));
}
using queue_id = entity_id<queue_tag>;
using agent_id = entity_id<agent_tag>;
using registration_id = entity_id<registration_tag>;

/// Any entity, for rows, routing and the event log.
struct entity_ref {
  entity_kind kind = entity_kind::none;
  std::uint64_t id = 0;
  auto operator<=>(const entity_ref&) const = default;
  constexpr shard_id shard() const { return static_cast<shard_id>(id >> (64 - shard_bits)); }
};
template <class Tag>
constexpr entity_ref ref(entity_id<Tag> id) {
  return {Tag::kind, id.value};
}

/// One SIP dialog or dialog attempt of a call. `index` is given by the call's rules, 1 is the caller; an index is never used
/// twice within a call.
struct leg_id {
  call_id call{};
  std::uint32_t index = 0;
  constexpr explicit operator bool() const { return static_cast<bool>(call) && index != 0; }
  auto operator<=>(const leg_id&) const = default;
};

/// 13 characters of Crockford base32, as in "0c9h6vj2k8m4t"; what people type into the CLI.
std::string to_text(std::uint64_t id);
/// The inverse of to_text; nothing for any other text.
std::optional<std::uint64_t> from_text(std::string_view text);
template <class Tag>
std::string to_text(entity_id<Tag> id) {
  return to_text(id.value);
}

}  // namespace seatgrid

template <class Tag>
struct std::hash<seatgrid::entity_id<Tag>> {
  std::size_t operator()(seatgrid::entity_id<Tag> id) const noexcept { return id.value * 0x9e3779b97f4a7c15ULL; }
};
template <>
struct std::hash<seatgrid::entity_ref> {
  std::size_t operator()(seatgrid::entity_ref r) const noexcept {
    return (r.id ^ (static_cast<std::uint64_t>(r.kind) << 5)) * 0x9e3779b97f4a7c15ULL;
  }
};
template <>
struct std::hash<seatgrid::leg_id> {
  std::size_t operator()(seatgrid::leg_id l) const noexcept { return (l.call.value + l.index) * 0x9e3779b97f4a7c15ULL; }
};
