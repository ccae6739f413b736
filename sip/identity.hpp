#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "domain/leg_port.hpp"
#include "domain/tenant_config.hpp"
#include "sip/sofia_internal.hpp"

/// Who calls and what was dialled, from where this trunk writes them; and how we write a caller of ours.
namespace seatgrid::sip {

using canonical_fn = std::function<std::string(std::string_view)>;

/// The number in a sip:, sips: or tel: URI: user part, unescaped, without its parameters (RFC 3966, RFC 3261 19.1.6).
std::string number_in(const url_t* url);
/// As received; empty = nowhere. A header that the trunk should set and did not leaves the Request-URI.
std::string dialled_number(const sip_t* sip, dialled_from where);
caller_identity caller_of(const sip_t* sip, caller_from where, const canonical_fn& canonical);

/// From, Privacy and P-Asserted-Identity of an INVITE of ours (RFC 3323, RFC 3325).
struct presented_identity {
  std::string from{};     ///< name-addr without tag
  std::string headers{};  ///< header block, CRLF after each line
};
/// `to_trunk`: P-Asserted-Identity goes only where it is trusted; a device learns a withheld number from nowhere.
presented_identity present(const caller_identity& caller, const std::string& host, bool to_trunk);
/// `user` as a SIP user part: what RFC 3261 25.1 does not allow there is escaped.
std::string user_part(std::string_view user);

}  // namespace seatgrid::sip
