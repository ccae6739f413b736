#pragma once

#include <string>

#include "domain/leg_port.hpp"

namespace seatgrid::sip {

/// The status of a refusal: the cause's own if it is a final failure, else that of its Q.850 value.
int refusal_of(const release_cause& cause);
/// Value of the Reason header (RFC 3326); "answered elsewhere" becomes SIP;cause=200 so that phones show no missed call.
std::string reason_of(const release_cause& cause);

}  // namespace seatgrid::sip
