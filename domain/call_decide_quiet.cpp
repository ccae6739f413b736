#include <algorithm>

#include "domain/call_decision.hpp"

/// Phones that may ring on after the call gave them up (I1). In normal life the final response to CANCEL comes within a round
/// trip; it does not when the CANCEL is lost, or when the process dies and nobody is left who hears it. The adopter sends CANCEL
/// again (call_resume.cpp); what no word ends, the INVITE's own Expires does. An agent is free, and the call closed, only then.
namespace seatgrid::calls {
namespace {

bool is_cancelling(const call_leg& leg) { return leg.state == leg_state::cancelling; }

void free_quiet_agents(decision& d) {
  const auto fading = d.call.attempt.fading;
  for (const auto& f : fading) {
    if (phone_of(d.call, f.attempt) == phone_is::ringing) continue;
    d.emit(attempt_changed{.step = on_quiet(d.call.attempt, f.attempt),
                           .agent_name = d.call.agent_name,
                           .news = false,
                           .rule = "phone_quiet",
                           .at = f.at});
  }
}

/// One wait, for the INVITE that expires first.
void watch_expiry(decision& d) {
  std::optional<time_point> first;
  for (const auto& leg : d.call.legs)
    if (is_cancelling(leg)) first = std::min(first.value_or(leg.rings_until), leg.rings_until);
  if (!first) return clear_timer(d, call_timer::quiet);
  const auto* running = d.call.timer(call_timer::quiet);
  const auto left = std::max(ms_between(*first, d.at()), milliseconds{1});
  if (running == nullptr || d.at() + left < running->began_at + running->length) set_timer(d, call_timer::quiet, left);
}

}  // namespace

phone_is phone_of(const call_state& call, attempt_no attempt) {
  const bool rings = std::any_of(call.legs.begin(), call.legs.end(), [&](const call_leg& leg) {
    return leg.role == leg_role::agent && leg.attempt == attempt && leg.may_ring();
  });
  return rings ? phone_is::ringing : phone_is::quiet;
}

void on_rings_expired(decision& d) {
  for (std::size_t i = 0; i < d.call.legs.size(); ++i) {
    const auto& leg = d.call.legs[i];
    if (is_cancelling(leg) && leg.rings_until <= d.at()) d.emit(leg_quieted{leg.index, leg_input::expired, d.at()});
  }
}

void settle_phones(decision& d) {
  free_quiet_agents(d);
  watch_expiry(d);
  try_close(d);
}

}  // namespace seatgrid::calls
