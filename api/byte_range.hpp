#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Which bytes a GET asks for (RFC 9110 14).
namespace seatgrid {

struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  bool operator==(const byte_range&) const = default;
};

struct range_wish {
  bool unsatisfiable = false;        ///< 416
  std::optional<byte_range> part{};  ///< none = the whole
};

/// What a Range header asks of `size` bytes. One range in bytes is heard; other units, malformed ones and several ranges are
/// passed over, which RFC 9110 14.2 allows: the whole is sent.
range_wish wanted_range(std::string_view header, std::uint64_t size);

}  // namespace seatgrid
