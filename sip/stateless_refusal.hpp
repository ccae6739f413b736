#pragma once

#include <string>
#include <string_view>

#include "sip/net_address.hpp"

namespace seatgrid {

/// An answer of ours to a request that Sofia must not see, or would meet with silence, for the address that it came from.
/// `status` is its code and reason, "400 Bad Request". Repeats Via (with received and rport: RFC 3261 18.2.1, RFC 3581 4), From,
/// To, Call-ID and CSeq (RFC 3261 8.2.6.2); a 501 says what is allowed. Empty for ACK, which nobody answers (RFC 3261 17.1.1.2),
/// and when a header is missing that an answer must repeat.
std::string stateless_refusal(std::string_view status, std::string_view request, const net_address& from);

}  // namespace seatgrid
