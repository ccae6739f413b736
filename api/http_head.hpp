#pragma once

#include <cstdint>
#include <string_view>

/// How much of a request's head has come, and whether it keeps its bounds: judged on the raw bytes as they come, so that what is
/// too long is refused before more of it is read and before anything parses it (RFC 9112 2, 3, 5).
namespace seatgrid {

struct http_head_limits {
  std::size_t target_bytes_max = 0;
  std::size_t header_bytes_max = 0;  ///< all header lines together, without the request line
};

enum class head_state : std::uint8_t { incomplete, complete, malformed, target_too_long, header_too_large };

class http_head_scanner {
 public:
  explicit http_head_scanner(http_head_limits limits) : limits_(limits) {}
  /// `bytes` is what has come of the head from its first byte, and what may follow it; each call looks on where the last one
  /// stopped. Any other answer than `incomplete` is the last one.
  head_state look(std::string_view bytes);
  /// Of a complete head, the empty line included.
  std::size_t bytes() const { return end_; }

 private:
  head_state look_at_line(std::string_view bytes);
  head_state look_at_fields(std::string_view bytes);

  http_head_limits limits_;
  std::size_t seen_ = 0;
  std::size_t fields_ = 0;  ///< where they begin; 0 = the request line has no end yet
  std::size_t line_ = 0;    ///< where the last of them begins
  std::size_t end_ = 0;
};

/// The length of the empty lines that old clients send behind a body (RFC 9112 2.2); they are passed over.
std::size_t empty_lines(std::string_view bytes);

}  // namespace seatgrid
