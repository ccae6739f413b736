#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/session_description.hpp"

/// The leg port: what the rules say to a SIP edge and hear from it, as plain types. `sip/` implements it, `sim/` plays it.
/// Reflexes (100, ACK, retransmissions, 200 to BYE and CANCEL, 481, 4xx for what is malformed) are the edge's own.
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
                   field{20, "flow", &dialog::flow}};
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
  bool operator==(const destination&) const = default;
  static constexpr auto fields() {
    return members{field{1, "target", &destination::target}, field{2, "route", &destination::route},
                   field{3, "trunk", &destination::trunk}, field{4, "flow", &destination::flow}};
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

// --- edge -> call ------------------------------------------------------------------------------------------------

/// A new INVITE on a number of ours. The edge chose `leg.call` in the shard of the number's tenant; `leg.index` is 1.
struct leg_incoming {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "leg_incoming";
  leg_id leg{};
  std::string tenant{};
  std::string trunk{};
  std::string called{};   ///< canonical access number
  std::string dialled{};  ///< as received
  caller_identity caller{};
  std::optional<session_description> offer{};  ///< none: the offer is ours, in the 200
  dialog early{};
  std::uint32_t hops_left = 70;  ///< Max-Forwards - 1
  bool operator==(const leg_incoming&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_incoming::leg},
                   field{2, "tenant", &leg_incoming::tenant},
                   field{3, "trunk", &leg_incoming::trunk},
                   field{4, "called", &leg_incoming::called},
                   field{5, "dialled", &leg_incoming::dialled},
                   field{6, "caller", &leg_incoming::caller},
                   field{7, "offer", &leg_incoming::offer},
                   field{8, "early", &leg_incoming::early},
                   field{9, "hops_left", &leg_incoming::hops_left}};
  }
};
/// 18x to an INVITE of ours.
struct leg_progress {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "leg_progress";
  leg_id leg{};
  std::uint16_t status = 180;
  std::optional<session_description> media{};
  dialog early{};
  bool operator==(const leg_progress&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_progress::leg}, field{2, "status", &leg_progress::status},
                   field{3, "media", &leg_progress::media}, field{4, "early", &leg_progress::early}};
  }
};
/// 2xx to an INVITE of ours. ACK waits for `leg_ack`, or for the answer if theirs was the offer: a phone without ACK repeats its
/// 2xx, so that whoever adopts the call learns that it answered (RFC 3261 13.3.1.4).
struct leg_answered {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "leg_answered";
  leg_id leg{};
  std::optional<session_description> media{};
  dialog confirmed{};
  bool operator==(const leg_answered&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_answered::leg}, field{2, "media", &leg_answered::media},
                   field{3, "confirmed", &leg_answered::confirmed}};
  }
};
/// An INVITE of ours ended without dialog: 3xx-6xx, time-out (408), transport error (503), 487 after our CANCEL. It rings no
/// more: an agent may be freed on this word.
struct leg_failed {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "leg_failed";
  leg_id leg{};
  release_cause cause{};
  std::uint32_t retry_after_s = 0;
  bool operator==(const leg_failed&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_failed::leg}, field{2, "cause", &leg_failed::cause},
                   field{3, "retry_after_s", &leg_failed::retry_after_s}};
  }
};
/// ACK for our 2xx; with the answer when our 2xx carried the offer.
struct leg_confirmed {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "leg_confirmed";
  leg_id leg{};
  std::optional<session_description> media{};
  dialog confirmed{};
  bool operator==(const leg_confirmed&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_confirmed::leg}, field{2, "media", &leg_confirmed::media},
                   field{3, "confirmed", &leg_confirmed::confirmed}};
  }
};
/// The far end ended the leg (BYE, CANCEL before an answer), or it is gone (no ACK, session timer, 481, 408 in dialog).
/// Repeated by the edge until `forget` (so that the CDR has the true time).
struct leg_ended {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "leg_ended";
  leg_id leg{};
  time_point at{};
  bool cancelled = false;  ///< CANCEL, not BYE
  release_cause cause{};
  bool operator==(const leg_ended&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_ended::leg}, field{2, "at", &leg_ended::at}, field{3, "cancelled", &leg_ended::cancelled},
                   field{4, "cause", &leg_ended::cause}};
  }
};
/// re-INVITE or UPDATE with or without an offer; answer with answer_offer or reject_offer and the same `offer_id`.
struct leg_offered {
  static constexpr std::uint32_t tag = 7;
  static constexpr std::string_view type = "leg_offered";
  leg_id leg{};
  std::uint32_t offer_id = 0;
  bool is_update = false;
  std::optional<session_description> offer{};
  dialog now{};
  bool operator==(const leg_offered&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_offered::leg}, field{2, "offer_id", &leg_offered::offer_id},
                   field{3, "is_update", &leg_offered::is_update}, field{4, "offer", &leg_offered::offer},
                   field{5, "now", &leg_offered::now}};
  }
};
/// Their answer to a re-INVITE of ours (also the one that adopts a restored dialog); status 200, or why it failed.
struct leg_offer_done {
  static constexpr std::uint32_t tag = 8;
  static constexpr std::string_view type = "leg_offer_done";
  leg_id leg{};
  std::uint16_t status = 200;
  std::optional<session_description> answer{};
  dialog now{};
  bool operator==(const leg_offer_done&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_offer_done::leg}, field{2, "status", &leg_offer_done::status},
                   field{3, "answer", &leg_offer_done::answer}, field{4, "now", &leg_offer_done::now}};
  }
};
/// REFER within the dialog (RFC 3515): blind transfer asked for by this leg.
struct leg_refer {
  static constexpr std::uint32_t tag = 9;
  static constexpr std::string_view type = "leg_refer";
  leg_id leg{};
  std::uint32_t refer_id = 0;  ///< CSeq of the REFER, the id of its NOTIFYs
  std::string target{};        ///< user part or URI of Refer-To
  std::string referred_by{};
  dialog now{};
  bool operator==(const leg_refer&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_refer::leg}, field{2, "refer_id", &leg_refer::refer_id},
                   field{3, "target", &leg_refer::target}, field{4, "referred_by", &leg_refer::referred_by},
                   field{5, "now", &leg_refer::now}};
  }
};
/// A key pressed, heard by SIP INFO (RFC 6086, application/dtmf-relay or application/dtmf).
struct leg_digit {
  static constexpr std::uint32_t tag = 10;
  static constexpr std::string_view type = "leg_digit";
  leg_id leg{};
  char digit = '0';
  std::uint16_t duration_ms = 160;
  bool operator==(const leg_digit&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_digit::leg}, field{2, "digit", &leg_digit::digit},
                   field{3, "duration_ms", &leg_digit::duration_ms}};
  }
};
/// The result of `restore` or `probe`: 200 = the far end knows the dialog; 481 or 408 = it is gone.
struct leg_probed {
  static constexpr std::uint32_t tag = 11;
  static constexpr std::string_view type = "leg_probed";
  leg_id leg{};
  std::uint16_t status = 200;
  bool operator==(const leg_probed&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &leg_probed::leg}, field{2, "status", &leg_probed::status}}; }
};
/// The dialog record changed without anything for the rules to decide (CSeq used, target refreshed, timer refreshed).
struct leg_dialog_changed {
  static constexpr std::uint32_t tag = 12;
  static constexpr std::string_view type = "leg_dialog_changed";
  leg_id leg{};
  dialog now{};
  bool operator==(const leg_dialog_changed&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_dialog_changed::leg}, field{2, "now", &leg_dialog_changed::now}};
  }
};
using leg_event = std::variant<leg_incoming, leg_progress, leg_answered, leg_failed, leg_confirmed, leg_ended, leg_offered,
                               leg_offer_done, leg_refer, leg_digit, leg_probed, leg_dialog_changed>;

// --- call -> edge (effects; never stored) ------------------------------------------------------------------------

/// 18x to the caller; with media it is 183 early media. The edge makes it reliable (RFC 3262) if the caller asks for it.
struct leg_ring {
  leg_id leg{};
  std::uint16_t status = 180;
  std::optional<session_description> media{};
};
/// 200 to the INVITE. `media` is our answer, or our offer if the INVITE had none.
struct leg_answer {
  leg_id leg{};
  session_description media{};
};
/// A final failure to the INVITE; the leg is over.
struct leg_reject {
  leg_id leg{};
  release_cause cause{};
  std::uint32_t retry_after_s = 0;
};
/// An INVITE of ours. The edge puts `Expires` = expires on it; From shows `presented`. `early` names it: Call-ID, our tag, CSeq
/// and, in `invite`, the branch, which the edge uses as they are (with retry_branch and the next CSeq when a 422 asks for another
/// try).
struct leg_invite {
  leg_id leg{};
  destination to{};
  caller_identity presented{};
  std::string called{};  ///< for To
  std::optional<session_description> offer{};
  milliseconds expires{20'000};
  std::uint32_t hops_left = 69;
  std::string diverted_from{};  ///< Diversion (RFC 5806), empty = none
  dialog early{};
};
/// The step that holds their 2xx counts: ACK.
struct leg_ack {
  leg_id leg{};
};
/// Ends a leg whatever its state: CANCEL before the final answer, BYE after it (a 2xx that crosses gets ACK and BYE).
struct leg_release {
  leg_id leg{};
  release_cause cause{};  ///< Reason header (RFC 3326); text "answered elsewhere" for losers of a ring-all
};
struct leg_answer_offer {
  leg_id leg{};
  std::uint32_t offer_id = 0;
  session_description media{};
};
struct leg_reject_offer {
  leg_id leg{};
  std::uint32_t offer_id = 0;
  std::uint16_t status = 488;
};
/// re-INVITE with our offer. The edge resolves glare (491, RFC 3261 14.1) itself.
struct leg_offer {
  leg_id leg{};
  session_description media{};
};
/// Response to a REFER (202 or a refusal), then one NOTIFY sipfrag per call of this with `notify`.
struct leg_refer_status {
  leg_id leg{};
  std::uint32_t refer_id = 0;
  bool notify = false;
  std::uint16_t status = 202;
  bool final = false;
};
/// Rebuilds the dialog after a restart or a death. A confirmed dialog: leg and handlers only (same address). An early one
/// of ours (`incoming` false): CANCEL with the old branch, then leg_failed when the phone is known to be quiet or 64*T1 passed;
/// `presented` and `called` are those of its leg_invite. An early one of theirs: server transaction from `invite`.
struct leg_restore {
  leg_id leg{};
  dialog saved{};
  bool confirmed = true;
  caller_identity presented{};
  std::string called{};
};
/// OPTIONS within the dialog; answered by leg_probed.
struct leg_probe {
  leg_id leg{};
};
/// The step that holds this leg's end counts: stop repeating `leg_ended`, free what is left.
struct leg_forget {
  leg_id leg{};
};
using leg_command = std::variant<leg_ring, leg_answer, leg_reject, leg_invite, leg_release, leg_answer_offer, leg_reject_offer,
                                 leg_offer, leg_refer_status, leg_restore, leg_probe, leg_forget, leg_ack>;

inline leg_id leg_of(const leg_event& e) {
  return std::visit([](const auto& x) { return x.leg; }, e);
}
inline leg_id leg_of(const leg_command& c) {
  return std::visit([](const auto& x) { return x.leg; }, c);
}

}  // namespace seatgrid
