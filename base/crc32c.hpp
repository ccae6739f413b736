#pragma once

#include <cstdint>
#include <string_view>

namespace seatgrid {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes`, going on from `before`: crc32c(b, crc32c(a)) is the sum of a and b in
/// one. Uses the processor's own instruction where it has one; the value is the same everywhere.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

namespace detail {
/// The same without the processor's help; for its test.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before) noexcept;
}  // namespace detail

}  // namespace seatgrid
