#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/acd_messages.hpp"
#include "domain/leg_port.hpp"

/// Causes of release in both languages: ITU-T Q.850 (05/2018) values and SIP statuses, mapped as RFC 3398 sections 7.2.4.1 (ISUP
/// to SIP) and 8.2.6.1 (SIP to ISUP) say.
namespace seatgrid::calls {

namespace q850 {
inline constexpr std::uint16_t unallocated = 1, normal = 16, user_busy = 17, no_user_responding = 18, no_answer = 19,
                               subscriber_absent = 20, rejected = 21, non_selected = 26, out_of_order = 27, invalid_number = 28,
                               normal_unspecified = 31, no_circuit = 34, temporary_failure = 41, congestion = 42,
                               resource_unavailable = 47, incompatible = 88, recovery_on_timer = 102, interworking = 127;
}  // namespace q850

/// The Q.850 cause that a SIP final status stands for. 0 or 2xx = 16 (a normal BYE). Unknown statuses: the class's cause.
std::uint16_t q850_of_sip(std::uint16_t status) noexcept;
/// The SIP status that refuses an INVITE for this cause. Unknown causes: 480 for class 0-1, 503 for 2-3, 500 beyond.
std::uint16_t sip_of_q850(std::uint16_t cause) noexcept;
/// Short English text of the cause for Reason headers, CDRs and people.
std::string_view text_of_q850(std::uint16_t cause) noexcept;

/// A cause of ours: `sip` is filled for a refusal of an INVITE, 0 for BYE and CANCEL.
release_cause cause_of(std::uint16_t q850, std::uint16_t sip = 0, std::string text = {});
/// What the far end said, with the Q.850 value filled in from the status when no Reason header gave one.
release_cause completed(release_cause cause);

/// Why an INVITE to an agent came to nothing, from its final status: 486 600 busy; 603 and other declines rejected; 408 480 487
/// no answer; everything else unreachable.
attempt_failure failure_of(const release_cause& cause) noexcept;

}  // namespace seatgrid::calls
