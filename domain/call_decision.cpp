#include "domain/call_decision.hpp"

#include <algorithm>

namespace seatgrid::calls {

template <class Event>
void decision::emit(Event happened) {
  events.emplace_back(std::in_place_type<Event>, std::move(happened));
  call_rules::apply(call, events.back());
}

namespace {
/// Makes decision::emit for each alternative.
template <class... Events>
auto emitters(std::variant<Events...>*) {
  return std::tuple{&decision::emit<Events>...};
}
[[maybe_unused]] const auto made = emitters(static_cast<call_event*>(nullptr));
}  // namespace

void set_timer(decision& d, call_timer timer, milliseconds length) {
  d.emit(timer_set{timer, d.call.timer_generation + 1, d.at(), std::max(length, milliseconds{0})});
}

void clear_timer(decision& d, call_timer timer) {
  if (d.call.timer(timer) != nullptr) d.emit(timer_cleared{timer});
}

void drop_leg(decision& d, std::uint32_t leg, release_cause cause, bool patient) {
  const auto* l = d.call.leg(leg);
  if (l == nullptr || !l->is_live()) return;
  if (d.call.bridge_a == leg || d.call.bridge_b == leg) unbridge(d);
  // An INVITE without any response may still wait in the journal: what ends it must not overtake it.
  patient = patient || l->state == leg_state::inviting;
  d.emit(leg_dropped{.leg = leg, .ending = ending_of(l->state), .cause = std::move(cause), .patient = patient, .at = d.at()});
}

bool play(decision& d, std::uint32_t leg, std::vector<prompt_ref> list, bool loop) {
  const auto* l = d.call.leg(leg);
  if (l == nullptr || !l->is_live()) return false;
  if (list.empty()) {
    stop_play(d, leg);
    return false;
  }
  for (auto& prompt : list)
    if (prompt.language.empty()) prompt.language = d.call.language;
  d.emit(play_began{.leg = leg, .play_id = d.call.last_play + 1, .list = std::move(list), .loop = loop});
  if (!loop && leg == 1) set_timer(d, call_timer::prompt, call_limits::prompt_max);
  return true;
}

void stop_play(decision& d, std::uint32_t leg) {
  const auto* l = d.call.leg(leg);
  if (l == nullptr || !l->play) return;
  const auto id = l->play->play_id;
  if (leg == 1) clear_timer(d, call_timer::prompt);
  d.emit(play_ended{.leg = leg, .play_id = id, .stopped = true});
}

void bridge(decision& d, std::uint32_t a, std::uint32_t b) {
  if (d.call.bridge_a == a && d.call.bridge_b == b) return;
  unbridge(d);
  stop_play(d, a);
  stop_play(d, b);
  d.emit(legs_bridged{a, b});
}

void unbridge(decision& d) {
  if (d.call.bridge_a != 0) d.emit(legs_unbridged{d.call.bridge_a, d.call.bridge_b});
}

std::uint32_t add_leg(decision& d, leg_role role, std::string name, agent_id agent, destination to) {
  const auto index = d.call.last_leg + 1;
  const auto attempt = role == leg_role::agent ? d.call.attempt.attempt : attempt_no{0};
  d.emit(leg_added{index, role, std::move(name), agent, attempt, std::move(to), d.at()});
  d.emit(leg_endpoint_asked{index});
  return index;
}

void answer_caller(decision& d, const std::string& why) {
  const auto& caller = d.call.caller_leg();
  if (caller.state != leg_state::trying && caller.state != leg_state::early) return;
  if (!caller.remote) {
    auto ours = make_offer(caller.endpoint, sdp_session_id(d.call, caller.index));
    d.emit(caller_answered{.media = std::move(ours), .why = why, .ours_is_offer = true, .at = d.at()});
    return;
  }
  auto media = caller.local;
  if (media.audio.port == 0) {  // no 183 carried it before
    auto agreed = answer_offer(*caller.remote, caller.endpoint, sdp_session_id(d.call, caller.index));
    if (!agreed) return;
    media = std::move(agreed->answer);
  }
  d.emit(caller_answered{.media = std::move(media), .why = why, .at = d.at()});
}

dialog names_of_invite(const decision& d, const call_leg& leg) {
  constexpr std::string_view branch_cookie = "z9hG4bK";  // RFC 3261 8.1.1.7
  constexpr std::uint32_t first_cseq = 100;              // any below 2^31 will do (RFC 3261 8.1.1.5)
  const auto named = to_text(d.call.id) + "-" + std::to_string(leg.index);
  const auto secret = [&](std::string_view of) {
    return to_text(stable_hash(std::to_string(d.now.chance) + "/" + named + "/" + std::string{of}));
  };
  return {.sip_call_id = named + "-" + secret("call"),
          .local_tag = secret("tag"),
          .local_cseq = first_cseq,
          .remote_target = leg.to.target,
          .route_set = leg.to.route,
          .invite = std::string{branch_cookie} + secret("branch"),
          .flow = leg.to.flow,
          .edge = leg.to.edge};
}

std::uint64_t sdp_session_id(const call_state& call, std::uint32_t leg) {
  // o= session ids are signed 64-bit numbers in many parsers: stay positive.
  return ((call.id.value << 8) + leg) & 0x7fff'ffff'ffff'ffffULL;
}

namespace {

bool is_400(const std::string& number) {
  auto digits = number;
  if (digits.starts_with("+86")) digits.erase(0, 3);
  if (digits.size() == 12 && digits.starts_with("86")) digits.erase(0, 2);
  return digits.size() == 10 && digits.starts_with("400");
}

}  // namespace

caller_identity presented_caller(const decision& d, const std::string& wanted) {
  auto shown = d.call.caller;
  if (!wanted.empty()) shown = {.number = wanted};
  const auto forbidden = [&](const std::string& n) { return is_400(n) || d.config.number(n) != nullptr; };
  if (forbidden(shown.number) && !wanted.empty()) shown = d.call.caller;
  if (forbidden(shown.number)) shown = {.withheld = true};
  if (!shown.asserted.empty()) shown.asserted.clear();  // asserted to us by the carrier, not by us to the next
  return shown;
}

}  // namespace seatgrid::calls
