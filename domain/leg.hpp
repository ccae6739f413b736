#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

/// The states of one SIP leg as the call's rules see them, as a table that the compiler checks. The edge keeps transactions; this
/// says which of its words still mean something, and how a leg must be ended from where it stands.
namespace seatgrid::calls {

enum class leg_state : std::uint8_t {
  idle = 0,
  trying = 1,     ///< INVITE of theirs, no 18x yet
  early = 2,      ///< 18x with our tag has left
  answered = 3,   ///< our 2xx has left, no ACK yet
  opening = 4,    ///< ours: waits for an RTP port before the INVITE
  inviting = 5,   ///< INVITE of ours, no 18x yet
  alerting = 6,   ///< 18x to an INVITE of ours
  confirmed = 7,  ///< dialog complete on both sides
  released = 8,   ///< final
  /// We gave up an INVITE of ours; their final response is due. The phone may ring until then, over the death of a process too.
  cancelling = 9,
};

enum class leg_input : std::uint8_t {
  invite_received = 1,
  ring_sent = 2,
  answer_sent = 3,
  ack_received = 4,
  open_sent = 5,
  invite_sent = 6,
  progress_received = 7,
  answer_received = 8,
  far_end_left = 9,  ///< BYE, CANCEL, no ACK, failure answer to our INVITE, 481
  dropped = 10,      ///< we end it
  expired = 11,      ///< no final response, but the INVITE's Expires is over
};

/// What ends a leg in this state, when we end it.
enum class leg_ending : std::uint8_t { nothing = 0, reject = 1, release = 2 };

struct leg_rule {
  leg_state from = leg_state::idle;
  leg_input input = leg_input::invite_received;
  leg_state to = leg_state::idle;
};

inline constexpr auto leg_rules = std::to_array<leg_rule>({
    {leg_state::idle, leg_input::invite_received, leg_state::trying},
    {leg_state::trying, leg_input::ring_sent, leg_state::early},
    {leg_state::trying, leg_input::answer_sent, leg_state::answered},
    {leg_state::trying, leg_input::far_end_left, leg_state::released},  // RFC 3261 9.2
    {leg_state::trying, leg_input::dropped, leg_state::released},
    {leg_state::early, leg_input::ring_sent, leg_state::early},
    {leg_state::early, leg_input::answer_sent, leg_state::answered},
    {leg_state::early, leg_input::far_end_left, leg_state::released},  // RFC 3261 9.2, 15.1.2
    {leg_state::early, leg_input::dropped, leg_state::released},
    {leg_state::answered, leg_input::ack_received, leg_state::confirmed},
    {leg_state::answered, leg_input::far_end_left, leg_state::released},  // RFC 3261 13.3.1.4: 64*T1 without ACK
    {leg_state::answered, leg_input::dropped, leg_state::released},
    {leg_state::idle, leg_input::open_sent, leg_state::opening},
    {leg_state::opening, leg_input::invite_sent, leg_state::inviting},
    {leg_state::opening, leg_input::far_end_left, leg_state::released},
    {leg_state::opening, leg_input::dropped, leg_state::released},
    {leg_state::inviting, leg_input::progress_received, leg_state::alerting},
    {leg_state::inviting, leg_input::answer_received, leg_state::confirmed},
    {leg_state::inviting, leg_input::far_end_left, leg_state::released},
    {leg_state::inviting, leg_input::dropped, leg_state::cancelling},
    {leg_state::alerting, leg_input::progress_received, leg_state::alerting},
    {leg_state::alerting, leg_input::answer_received, leg_state::confirmed},
    {leg_state::alerting, leg_input::far_end_left, leg_state::released},
    {leg_state::alerting, leg_input::dropped, leg_state::cancelling},
    {leg_state::cancelling, leg_input::far_end_left, leg_state::released},     // RFC 3261 9.1: 487, or whatever crossed
    {leg_state::cancelling, leg_input::answer_received, leg_state::released},  // the 2xx that crossed gets ACK and BYE
    {leg_state::cancelling, leg_input::expired, leg_state::released},
    {leg_state::confirmed, leg_input::far_end_left, leg_state::released},
    {leg_state::confirmed, leg_input::dropped, leg_state::released},
});

/// The state that `input` leads to; none when it means nothing here (late, repeated, or never legal).
constexpr std::optional<leg_state> next(leg_state from, leg_input input) {
  for (const auto& rule : leg_rules)
    if (rule.from == from && rule.input == input) return rule.to;
  return std::nullopt;
}

/// How we end a leg in `state`: a final answer to their INVITE before our 2xx, CANCEL or BYE otherwise (the edge knows which).
constexpr leg_ending ending_of(leg_state state) {
  switch (state) {
    case leg_state::idle:
    case leg_state::opening:
    case leg_state::cancelling:
    case leg_state::released: return leg_ending::nothing;
    case leg_state::trying:
    case leg_state::early: return leg_ending::reject;
    case leg_state::answered:
    case leg_state::inviting:
    case leg_state::alerting:
    case leg_state::confirmed: return leg_ending::release;
  }
  return leg_ending::nothing;
}

std::string_view to_string(leg_state state) noexcept;

namespace detail {
constexpr bool one_rule_per_pair() {
  for (std::size_t i = 0; i < leg_rules.size(); ++i)
    for (std::size_t j = i + 1; j < leg_rules.size(); ++j)
      if (leg_rules[i].from == leg_rules[j].from && leg_rules[i].input == leg_rules[j].input) return false;
  return true;
}
constexpr bool released_is_final() {
  for (const auto& rule : leg_rules)
    if (rule.from == leg_state::released) return false;
  return true;
}
constexpr bool every_live_state_can_be_dropped() {
  for (const auto& rule : leg_rules) {
    if (rule.to == leg_state::released || rule.to == leg_state::cancelling) continue;
    if (!next(rule.to, leg_input::dropped)) return false;
  }
  return true;
}
/// No way leads from an INVITE that left to `released` but word of the far end or the end of its time.
constexpr bool what_may_ring_is_never_forgotten() {
  for (const auto from : {leg_state::inviting, leg_state::alerting, leg_state::cancelling})
    if (next(from, leg_input::dropped) == leg_state::released) return false;
  return next(leg_state::cancelling, leg_input::expired) == leg_state::released;
}
}  // namespace detail
static_assert(detail::one_rule_per_pair());
static_assert(detail::released_is_final());
static_assert(detail::every_live_state_can_be_dropped());
static_assert(detail::what_may_ring_is_never_forgotten());

}  // namespace seatgrid::calls
