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

/// The leg port, from a call to the edge: effects, never stored.
namespace seatgrid {

/// 18x to the caller; with media it is 183 early media. The edge makes it reliable (RFC 3262) if the caller asks for it.
struct leg_ring {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "leg_ring";
  leg_id leg{};
  std::uint16_t status = 180;
  std::optional<session_description> media{};
  bool operator==(const leg_ring&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_ring::leg}, field{2, "status", &leg_ring::status}, field{3, "media", &leg_ring::media}};
  }
};
/// 200 to the INVITE. `media` is our answer, or our offer if the INVITE had none.
struct leg_answer {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "leg_answer";
  leg_id leg{};
  session_description media{};
  bool operator==(const leg_answer&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &leg_answer::leg}, field{2, "media", &leg_answer::media}}; }
};
/// A final failure to the INVITE; the leg is over.
struct leg_reject {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "leg_reject";
  leg_id leg{};
  release_cause cause{};
  std::uint32_t retry_after_s = 0;
  bool operator==(const leg_reject&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_reject::leg}, field{2, "cause", &leg_reject::cause},
                   field{3, "retry_after_s", &leg_reject::retry_after_s}};
  }
};
/// An INVITE of ours. The edge puts `Expires` = expires on it; From shows `presented`. `early` names it: Call-ID, our tag, CSeq
/// and, in `invite`, the branch, which the edge uses as they are (with retry_branch and the next CSeq when a 422 asks for another
/// try).
struct leg_invite {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "leg_invite";
  leg_id leg{};
  destination to{};
  caller_identity presented{};
  std::string called{};  ///< for To
  std::optional<session_description> offer{};
  milliseconds expires{20'000};
  std::uint32_t hops_left = 69;
  std::string diverted_from{};  ///< Diversion (RFC 5806), empty = none
  dialog early{};
  bool operator==(const leg_invite&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_invite::leg},
                   field{2, "to", &leg_invite::to},
                   field{3, "presented", &leg_invite::presented},
                   field{4, "called", &leg_invite::called},
                   field{5, "offer", &leg_invite::offer},
                   field{6, "expires", &leg_invite::expires},
                   field{7, "hops_left", &leg_invite::hops_left},
                   field{8, "diverted_from", &leg_invite::diverted_from},
                   field{9, "early", &leg_invite::early}};
  }
};
/// The step that holds their 2xx counts: ACK.
struct leg_ack {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "leg_ack";
  leg_id leg{};
  bool operator==(const leg_ack&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &leg_ack::leg}}; }
};
/// Ends a leg whatever its state: CANCEL before the final answer, BYE after it (a 2xx that crosses gets ACK and BYE).
struct leg_release {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "leg_release";
  leg_id leg{};
  release_cause cause{};  ///< Reason header (RFC 3326); text "answered elsewhere" for losers of a ring-all
  bool operator==(const leg_release&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &leg_release::leg}, field{2, "cause", &leg_release::cause}}; }
};
struct leg_answer_offer {
  static constexpr std::uint32_t tag = 7;
  static constexpr std::string_view type = "leg_answer_offer";
  leg_id leg{};
  std::uint32_t offer_id = 0;
  session_description media{};
  bool operator==(const leg_answer_offer&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_answer_offer::leg}, field{2, "offer_id", &leg_answer_offer::offer_id},
                   field{3, "media", &leg_answer_offer::media}};
  }
};
struct leg_reject_offer {
  static constexpr std::uint32_t tag = 8;
  static constexpr std::string_view type = "leg_reject_offer";
  leg_id leg{};
  std::uint32_t offer_id = 0;
  std::uint16_t status = 488;
  bool operator==(const leg_reject_offer&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_reject_offer::leg}, field{2, "offer_id", &leg_reject_offer::offer_id},
                   field{3, "status", &leg_reject_offer::status}};
  }
};
/// re-INVITE with our offer. The edge resolves glare (491, RFC 3261 14.1) itself.
struct leg_offer {
  static constexpr std::uint32_t tag = 9;
  static constexpr std::string_view type = "leg_offer";
  leg_id leg{};
  session_description media{};
  bool operator==(const leg_offer&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &leg_offer::leg}, field{2, "media", &leg_offer::media}}; }
};
/// Response to a REFER (202 or a refusal), then one NOTIFY sipfrag per call of this with `notify`.
struct leg_refer_status {
  static constexpr std::uint32_t tag = 10;
  static constexpr std::string_view type = "leg_refer_status";
  leg_id leg{};
  std::uint32_t refer_id = 0;
  bool notify = false;
  std::uint16_t status = 202;
  bool final = false;
  bool operator==(const leg_refer_status&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_refer_status::leg}, field{2, "refer_id", &leg_refer_status::refer_id},
                   field{3, "notify", &leg_refer_status::notify}, field{4, "status", &leg_refer_status::status},
                   field{5, "final", &leg_refer_status::final}};
  }
};
/// Rebuilds the dialog after a restart or a death. A confirmed dialog: leg and handlers only (same address). An early one
/// of ours (`incoming` false): CANCEL with the old branch, then leg_failed when the phone is known to be quiet or 64*T1 passed;
/// `presented` and `called` are those of its leg_invite. An early one of theirs: server transaction from `invite`.
struct leg_restore {
  static constexpr std::uint32_t tag = 11;
  static constexpr std::string_view type = "leg_restore";
  leg_id leg{};
  dialog saved{};
  bool confirmed = true;
  caller_identity presented{};
  std::string called{};
  bool operator==(const leg_restore&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &leg_restore::leg}, field{2, "saved", &leg_restore::saved},
                   field{3, "confirmed", &leg_restore::confirmed}, field{4, "presented", &leg_restore::presented},
                   field{5, "called", &leg_restore::called}};
  }
};
/// OPTIONS within the dialog; answered by leg_probed.
struct leg_probe {
  static constexpr std::uint32_t tag = 12;
  static constexpr std::string_view type = "leg_probe";
  leg_id leg{};
  bool operator==(const leg_probe&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &leg_probe::leg}}; }
};
/// The step that holds this leg's end counts: stop repeating `leg_ended`, free what is left.
struct leg_forget {
  static constexpr std::uint32_t tag = 13;
  static constexpr std::string_view type = "leg_forget";
  leg_id leg{};
  bool operator==(const leg_forget&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &leg_forget::leg}}; }
};
using leg_command = std::variant<leg_ring, leg_answer, leg_reject, leg_invite, leg_release, leg_answer_offer, leg_reject_offer,
                                 leg_offer, leg_refer_status, leg_restore, leg_probe, leg_forget, leg_ack>;

}  // namespace seatgrid
