#pragma once

#include <cstdint>

/// What an epoll event carries: a kind, the slot of an endpoint and the slot's generation, so that an event which was fetched
/// before its endpoint closed cannot reach the next endpoint of the slot.
namespace seatgrid::media {

enum class tag_kind : std::uint8_t { rtp = 0, rtcp = 1, wake = 2, clock = 3, sweep = 4 };

inline constexpr std::uint32_t tag_generation_mask = 0xFFFFFF;

constexpr std::uint64_t make_tag(tag_kind kind, std::uint32_t slot, std::uint32_t generation) {
  return std::uint64_t{static_cast<std::uint8_t>(kind)} << 56 | std::uint64_t{generation & tag_generation_mask} << 32 | slot;
}
constexpr tag_kind kind_of(std::uint64_t tag) { return static_cast<tag_kind>(tag >> 56); }
constexpr std::uint32_t slot_of(std::uint64_t tag) { return static_cast<std::uint32_t>(tag); }
constexpr std::uint32_t generation_of(std::uint64_t tag) { return static_cast<std::uint32_t>(tag >> 32) & tag_generation_mask; }

}  // namespace seatgrid::media
