#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

/// What a leg is to the rules: its dialog, who calls, where it goes, why it ended.
namespace seatgrid {

/// How the far end is reached and how it sees us; the edge gives and takes it whole, the rules only keep it.
enum class transport : std::uint8_t { udp = 1, tcp = 2, tls = 3 };

/// Everything that rebuilds a confirmed or early dialog in another process (DESIGN section 5, dialog record).
struct dialog {
  std::string sip_call_id{};
  std::string local_uri{};   ///< From (ours) without tag, as sent
  std::string remote_uri{};  ///< To (theirs) without tag
  std::string local_tag{};
  std::string remote_tag{};
  std::uint32_t local_cseq = 0;
  std::uint32_t remote_cseq = 0;
  std::string remote_target{};           ///< their Contact
  std::vector<std::string> route_set{};  ///< in the order in which we send Route
  transport via = transport::udp;
  std::string local_address{};          ///< host:port on which the edge speaks
  std::string peer_address{};           ///< host:port from which they spoke last
  bool incoming = false;                ///< they sent the first INVITE
  std::uint32_t session_expires_s = 0;  ///< RFC 4028; 0 = no timer
  bool we_refresh = false;
  std::uint64_t sdp_session_id = 0;  ///< o= of ours
  std::uint32_t sdp_version = 0;     ///< o= version last sent
  std::string invite{};              ///< early dialog only: the INVITE as received (UAS) or branch SP Request-URI as sent (UAC)
  std::uint32_t rseq = 0;            ///< last reliable provisional, 0 = none
  std::string flow{};                ///< "udp:host:port": every request takes this flow, not the remote target (RFC 5626)
  slot_number edge = 0;              ///< whose edge speaks in it; 0 = that of the call's home
  bool operator==(const dialog&) const = default;
  static constexpr auto fields() {
    return members{field{1, "sip_call_id", &dialog::sip_call_id},
                   field{2, "local_uri", &dialog::local_uri},
                   field{3, "remote_uri", &dialog::remote_uri},
                   field{4, "local_tag", &dialog::local_tag},
                   field{5, "remote_tag", &dialog::remote_tag},
                   field{6, "local_cseq", &dialog::local_cseq},
                   field{7, "remote_cseq", &dialog::remote_cseq},
                   field{8, "remote_target", &dialog::remote_target},
                   field{9, "route_set", &dialog::route_set},
                   field{10, "via", &dialog::via},
                   field{11, "local_address", &dialog::local_address},
                   field{12, "peer_address", &dialog::peer_address},
                   field{13, "incoming", &dialog::incoming},
                   field{14, "session_expires_s", &dialog::session_expires_s},
                   field{15, "we_refresh", &dialog::we_refresh},
                   field{16, "sdp_session_id", &dialog::sdp_session_id},
                   field{17, "sdp_version", &dialog::sdp_version},
                   field{18, "invite", &dialog::invite},
                   field{19, "rseq", &dialog::rseq},
                   field{20, "flow", &dialog::flow},
                   field{21, "edge", &dialog::edge}};
  }
};

/// Who calls and what was dialled, after the trunk's rules (where the number stands, how it is written) were applied.
struct caller_identity {
  std::string number{};  ///< canonical form, or what was received if it has none
  std::string display{};
  bool withheld = false;   ///< RFC 3323 Privacy: id, or anonymous@anonymous.invalid
  std::string asserted{};  ///< P-Asserted-Identity as received
  bool operator==(const caller_identity&) const = default;
  static constexpr auto fields() {
    return members{field{1, "number", &caller_identity::number}, field{2, "display", &caller_identity::display},
                   field{3, "withheld", &caller_identity::withheld}, field{4, "asserted", &caller_identity::asserted}};
  }
};

/// Where an INVITE of ours goes.
struct destination {
  std::string target{};              ///< Request-URI
  std::vector<std::string> route{};  ///< Path of the registration or the trunk's outbound proxy
  std::string trunk{};               ///< name of the trunk, empty for an agent's device
  std::string flow{};                ///< "udp:host:port" or "tcp:host:port" of the registration's flow; empty = resolve target
  slot_number edge = 0;              ///< whose edge holds the flow; 0 = any
  bool operator==(const destination&) const = default;
  static constexpr auto fields() {
    return members{field{1, "target", &destination::target}, field{2, "route", &destination::route},
                   field{3, "trunk", &destination::trunk}, field{4, "flow", &destination::flow},
                   field{5, "edge", &destination::edge}};
  }
};

/// Why a leg ended, in both languages of the trade.
struct release_cause {
  std::uint16_t q850 = 16;  ///< ITU-T Q.850
  std::uint16_t sip = 0;    ///< RFC 3261 status, 0 for BYE and CANCEL
  std::string text{};       ///< Reason header or status phrase
  bool operator==(const release_cause&) const = default;
  static constexpr auto fields() {
    return members{field{1, "q850", &release_cause::q850}, field{2, "sip", &release_cause::sip},
                   field{3, "text", &release_cause::text}};
  }
};

}  // namespace seatgrid
