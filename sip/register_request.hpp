#pragma once

#include "sip/edge.hpp"
#include "sip/sofia_internal.hpp"

namespace seatgrid::sip {

/// What an authenticated REGISTER asks for, or the status that refuses it. `aor` and `tenant` are the caller's to fill.
struct parsed_register {
  int refused = 0;
  const char* phrase = nullptr;
  register_request asked{};
};
/// RFC 3261 10.3 steps 6 and 7, Path (RFC 3327), +sip.instance (RFC 5626). Granted times are up to a tenth shorter than asked,
/// so that phones that started together do not return together.
parsed_register parse_register(const edge_options& options, const sip_t* sip, const source_address& from, time_point now);
/// One phone, one binding: by instance if both have one, else by contact URI.
bool is_same_contact(const binding& a, const binding& b);
/// The digest's uri must name the server that was asked (RFC 7616 3.4.6); phones differ in parameters and port.
bool has_matching_uri(const std::string& digest_uri, const url_t* request);
/// What Require asks and a registrar like this one has not; empty = nothing.
std::string unsupported_in(const sip_t* sip);

}  // namespace seatgrid::sip
