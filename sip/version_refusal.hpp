#pragma once

#include <string>
#include <string_view>

#include "sip/net_address.hpp"

namespace seatgrid {

/// 505 to a request of another SIP version (RFC 3261 21.5.6), for the address that it came from. Ours, because Sofia sends its
/// own to whatever address the Via names, a third party's included. Empty when a header is missing that an answer must repeat.
std::string version_refusal(std::string_view request, const net_address& from);

}  // namespace seatgrid
