#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace seatgrid::sip {

/// What our dialogs take: the Allow header.
inline constexpr const char* allowed_methods = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY";

/// RFC 3261, 3262, 3311, 6086, 3515, 6665, 3428, 3903; methods have case (RFC 3261 7.1).
constexpr bool is_known_method(std::string_view method) {
  constexpr auto known =
      std::to_array<std::string_view>({"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "INFO",
                                       "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH"});
  return std::find(known.begin(), known.end(), method) != known.end();
}

}  // namespace seatgrid::sip
