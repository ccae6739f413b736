#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/leg_dialog.hpp"
#include "domain/session_description.hpp"

/// The leg port, from the edge to a call.
namespace seatgrid {

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

}  // namespace seatgrid
