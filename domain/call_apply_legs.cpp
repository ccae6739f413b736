#include <algorithm>

#include "domain/call_apply.hpp"
#include "domain/call_resume.hpp"

namespace seatgrid::calls {
namespace {

void move(call_leg& leg, leg_input input) {
  if (const auto to = next(leg.state, input)) leg.state = *to;
}

/// The CDR needs little of a leg that is over; a caller who waits an hour may ring a hundred agents.
void slim(call_leg& leg) {
  if (!leg.is_over() || leg.media != endpoint_state::closed) return;
  if (!owes_end(leg)) leg.dialog = {.sip_call_id = leg.dialog.sip_call_id, .incoming = leg.dialog.incoming};
  leg.local = {};
  leg.remote.reset();
  leg.endpoint = {};
  leg.to.route.clear();
  leg.to.flow.clear();
  leg.play.reset();
}

void end_leg(call_leg& leg, leg_input input, time_point at, const release_cause& cause) {
  move(leg, input);
  leg.ended_at = at;
  leg.cause = cause;
  leg.probing = false;
  leg.holding = false;
  leg.play.reset();
  if (leg.media == endpoint_state::opening || leg.media == endpoint_state::open) leg.media = endpoint_state::closing;
  slim(leg);
}

void forget_oldest(call_state& call) {
  const auto is_over = [](const call_leg& l) {
    return l.is_over() && l.media == endpoint_state::closed && l.role == leg_role::agent && l.answered_at == time_point{};
  };
  const auto over = static_cast<std::size_t>(std::count_if(call.legs.begin(), call.legs.end(), is_over));
  if (over < call_limits::ended_legs) return;
  const auto oldest = std::find_if(call.legs.begin(), call.legs.end(), is_over);
  call.legs.erase(oldest);
}

}  // namespace

void leg_folding::operator()(const leg_added& e) const {
  forget_oldest(call);
  call_leg leg{.index = e.leg, .role = e.role, .name = e.name, .agent = e.agent, .attempt = e.attempt, .to = e.to};
  move(leg, leg_input::open_sent);
  leg.started_at = e.at;
  call.legs.push_back(std::move(leg));
  call.last_leg = e.leg;
}
void leg_folding::operator()(const leg_endpoint_asked& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->media = endpoint_state::opening;
    leg->endpoint = {};
  }
}
void leg_folding::operator()(const leg_endpoint_ready& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->media = endpoint_state::open;
    leg->endpoint = e.local;
  }
}
void leg_folding::operator()(const leg_endpoint_closed& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->media = endpoint_state::closed;
    leg->has_statistics = e.known;
    leg->statistics = e.statistics;
    slim(*leg);
  }
}
void leg_folding::operator()(const caller_rang& e) const {
  auto& leg = call.legs.front();
  move(leg, leg_input::ring_sent);
  if (leg.ringing_at == time_point{}) leg.ringing_at = e.at;
  if (e.media) leg.local = *e.media;
}
void leg_folding::operator()(const caller_answered& e) const {
  auto& leg = call.legs.front();
  move(leg, leg_input::answer_sent);
  leg.answered_at = e.at;
  leg.local = e.media;
  leg.awaits_answer = e.ours_is_offer;
  call.answered_at = e.at;
}
void leg_folding::operator()(const leg_acknowledged& e) const {
  if (auto* leg = call.leg(e.leg)) {
    move(*leg, leg_input::ack_received);
    leg->dialog = e.now;
  }
}
void leg_folding::operator()(const leg_invited& e) const {
  if (auto* leg = call.leg(e.leg)) {
    move(*leg, leg_input::invite_sent);
    leg->local = e.offer;
    leg->presented = e.presented;
    leg->dialog = e.early;
    leg->rings_until = e.at + e.expires + call_limits::ring_grace;
  }
}
void leg_folding::operator()(const leg_alerted& e) const {
  if (auto* leg = call.leg(e.leg)) {
    move(*leg, leg_input::progress_received);
    if (leg->ringing_at == time_point{}) leg->ringing_at = e.at;
    leg->dialog = e.early;
  }
}
void leg_folding::operator()(const leg_accepted& e) const {
  if (auto* leg = call.leg(e.leg)) {
    move(*leg, leg_input::answer_received);
    leg->answered_at = e.at;
    leg->dialog = e.now;
  }
}
void leg_folding::operator()(const leg_lost& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->ended_by_them = true;
    leg->cancelled = e.cancelled;
    end_leg(*leg, leg_input::far_end_left, e.at, e.cause);
  }
}
void leg_folding::operator()(const leg_dropped& e) const {
  if (auto* leg = call.leg(e.leg); leg != nullptr && leg->is_live()) end_leg(*leg, leg_input::dropped, e.at, e.cause);
}
void leg_folding::operator()(const leg_cleared&) const {}
void leg_folding::operator()(const leg_quieted& e) const {
  if (auto* leg = call.leg(e.leg)) {
    move(*leg, e.by);
    slim(*leg);
  }
}
void leg_folding::operator()(const leg_path_set& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->path = e.path;
    if (e.remote) leg->remote = e.remote;
    leg->awaits_answer = false;
  }
  if (e.early_media && call.dial) call.dial->early_media = true;
}
void leg_folding::operator()(const dialog_kept& e) const {
  if (auto* leg = call.leg(e.leg)) leg->dialog = e.now;
}
void leg_folding::operator()(const play_began& e) const {
  call.last_play = e.play_id;
  if (auto* leg = call.leg(e.leg)) leg->play = call_play{e.play_id, e.list, e.loop};
}
void leg_folding::operator()(const play_ended& e) const {
  if (auto* leg = call.leg(e.leg)) leg->play.reset();
}
void leg_folding::operator()(const digit_relayed&) const {}
void leg_folding::operator()(const legs_bridged& e) const {
  call.bridge_a = e.a;
  call.bridge_b = e.b;
}
void leg_folding::operator()(const legs_unbridged&) const { call.bridge_a = call.bridge_b = 0; }
void leg_folding::operator()(const offer_answered& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->local = e.media;
    leg->dialog = e.now;
    leg->awaits_answer = e.ours_is_offer;
  }
}
void leg_folding::operator()(const offer_refused& e) const {
  if (auto* leg = call.leg(e.leg)) leg->dialog = e.now;
}
void leg_folding::operator()(const offer_made& e) const {
  if (auto* leg = call.leg(e.leg)) leg->local = e.media;
}
void leg_folding::operator()(const hold_changed& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->holding = e.held;
    leg->silent_since = {};
    leg->probing = false;
  }
}
void leg_folding::operator()(const probe_sent& e) const {
  if (auto* leg = call.leg(e.leg)) {
    leg->probing = true;
    leg->silent_since = e.silent_since;
  }
}
void leg_folding::operator()(const probe_answered& e) const {
  if (auto* leg = call.leg(e.leg)) leg->probing = false;
}
void leg_folding::operator()(const refer_answered&) const {}

}  // namespace seatgrid::calls
