#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sip/datagram_filter.hpp"
#include "sip/net_address.hpp"

namespace seatgrid {

/// What becomes of a piece of a connection.
struct stream_verdict {
  bool goes_on = true;                ///< false: the connection ends, after `answer`
  std::optional<std::string> rest{};  ///< what Sofia sees instead of the piece; none = all of it
  std::string answer{};               ///< for the peer
};

/// Cuts requests out of one connection that Sofia would meet with silence, whole, and answers them as if they had been datagrams
/// (`refusal_status`, `stateless_refusal`). It follows Content-Length (RFC 3261 18.3) until it meets what it cannot follow: a
/// lone CR, a head beyond `datagram_bytes_max` (a stranger's: `line_bytes_max`), a length that is no number. From there on
/// nothing is cut any more.
class stream_refusals {
 public:
  /// `known`: the peer is acquainted; a stranger hears nothing, but is followed. A refused request of which Sofia has seen a part
  /// ends the connection.
  stream_verdict take(std::string_view chunk, const net_address& from, bool known, datagram_filter& filter);

 private:
  std::string_view take_head(std::string_view chunk);
  void judge(stream_verdict& out, const net_address& from, bool known, datagram_filter& filter);

  std::string head_{};  ///< of a message that is not yet complete
  std::size_t body_left_ = 0;
  bool refused_ = false, head_ended_ = false, lost_ = false;
  bool after_cr_ = false, is_line_empty_ = true;
};

}  // namespace seatgrid
