#pragma once

#include <cstdint>
#include <string>

#include "domain/leg_port.hpp"

namespace seatgrid::sip {

/// ITU-T Q.850 cause of a SIP final status (RFC 3398 section 7.2.4.1); 127 for what it does not name.
std::uint16_t q850_of(int sip_status);
/// SIP status of a cause (RFC 3398 section 8.2.6.1); 480 for what it does not name.
int sip_of(std::uint16_t q850);
/// The status of a refusal: the cause's own if it is a final failure, else that of its Q.850 value.
int refusal_of(const release_cause& cause);
/// Value of the Reason header (RFC 3326); "answered elsewhere" becomes SIP;cause=200 so that phones show no missed call.
std::string reason_of(const release_cause& cause);

}  // namespace seatgrid::sip
