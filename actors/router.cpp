#include "actors/router.hpp"

#include <algorithm>
#include <utility>

#include "base/overload.hpp"

namespace seatgrid::actors {
namespace {

constexpr unsigned request_bits = 48;  // of an edge's own number of a REGISTER; its slot stands above

}  // namespace

router::router(router_options options, router_world world, take_input take)
    : options_(options), world_(std::move(world)), take_(std::move(take)) {}

bool router::owns(lane_id lane) const {
  const auto owner = world_.owner_of(lane);
  return owner && owner->process == world_.me.process;
}

bool router::is_elsewhere(lane_id lane) const {
  const auto owner = world_.owner_of(lane);
  return owner && owner->process != world_.me.process;
}

// --- commands ----------------------------------------------------------------------------------------------------

void router::remember(leg_id leg, slot_number at) {
  if (at == 0 || at == home_of(leg.call)) return;
  const std::lock_guard lock{away_mutex_};
  away_[leg] = at;
  away_count_ = away_.size();
}

slot_number router::edge_of(const leg_command& what) {
  const auto leg = leg_of(what);
  const auto home = home_of(leg.call);
  if (const auto* invite = std::get_if<leg_invite>(&what)) {
    remember(leg, invite->to.edge);
    return invite->to.edge != 0 ? invite->to.edge : home;
  }
  if (const auto* restore = std::get_if<leg_restore>(&what)) {
    remember(leg, restore->saved.edge);
    return restore->saved.edge != 0 ? restore->saved.edge : home;
  }
  if (away_count_ == 0) return home;
  const std::lock_guard lock{away_mutex_};
  const auto found = away_.find(leg);
  if (found == away_.end()) return home;
  const auto at = found->second;
  // After these the rules say no more to it; should the edge still tell something, that says again where the leg is.
  const bool is_ended = std::holds_alternative<leg_release>(what);
  if (is_ended && ended_.size() < options_.ended_max) ended_.push_back({leg.call, at, now() + options_.ended_kept});
  if (is_ended || std::holds_alternative<leg_forget>(what)) away_.erase(found);
  away_count_ = away_.size();
  return at;
}

void router::to_leg(leg_command what) {
  const auto at = edge_of(what);
  carry({.slot = at, .leg = std::move(what), .media = {}, .registered = {}, .removal = {}});
}

void router::to_media(media_command what) {
  const auto at = home_of(call_of(what));
  carry({.slot = at, .leg = {}, .media = std::move(what), .registered = {}, .removal = {}});
}

void router::to_register(register_reply what) {
  const auto at = static_cast<slot_number>(what.request >> request_bits);
  what.request &= (1ULL << request_bits) - 1;
  carry({.slot = at, .leg = {}, .media = {}, .registered = std::move(what), .removal = {}});
}

bool router::remove_recording(call_id of, const std::string& path) {
  return carry({.slot = home_of(of), .leg = {}, .media = {}, .registered = {}, .removal = path});
}

void router::hand_over(const slot_door& door, slot_order&& what) {
  if (what.leg) return door.to_leg(std::move(*what.leg));
  if (what.media) return door.to_media(std::move(*what.media));
  if (what.registered) return door.to_register(std::move(*what.registered));
  if (what.removal) door.remove_recording(*what.removal);
}

/// False: this process does not hold the slot.
bool router::carry_here(slot_order& what) {
  const auto at = static_cast<slot_number>(what.slot);
  if (what.leg && unanswered_count_ != 0) first_word(leg_of(*what.leg));
  {
    const std::shared_lock lock{places_mutex_};
    const auto place = places_.find(at);
    if (place == places_.end()) return false;
    if (place->second.door) {
      hand_over(*place->second.door, std::move(what));
      return true;
    }
  }
  const std::unique_lock lock{places_mutex_};
  const auto place = places_.find(at);
  if (place == places_.end()) return false;
  if (place->second.door)
    hand_over(*place->second.door, std::move(what));
  else if (place->second.waiting.size() < options_.waiting_max)
    place->second.waiting.push_back(std::move(what));
  else
    counters_.dropped.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// What nobody holds is dropped: whoever takes the slot has its calls made anew.
bool router::carry(slot_order&& what) {
  if (carry_here(what)) return true;
  const auto at = static_cast<slot_number>(what.slot);
  const auto holder = world_.holder_of(at);
  // Ours by the roster and not here: it was closed just now and goes to another, as we shall read.
  const bool leaves = holder && holder->process == world_.me.process;
  if (!holder || leaves || !world_.send(*holder, {cluster::link_kind::to_slot, encode(what)})) {
    counters_.without_holder.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  counters_.commands_sent.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// Under places_mutex_. What came before this process knew of it goes first.
router::slot_place& router::expected(slot_number at) {
  auto& place = places_[at];
  if (const auto early = early_.find(at); early != early_.end()) {
    for (auto& one : early->second) place.waiting.push_back(std::move(one.what));
    early_.erase(early);
  }
  return place;
}

void router::expect(slot_number at) {
  const std::unique_lock lock{places_mutex_};
  expected(at);
}

void router::open(slot_number at, slot_door door) {
  const std::unique_lock lock{places_mutex_};
  auto& place = expected(at);
  for (auto& one : place.waiting) hand_over(door, std::move(one));
  place.waiting.clear();
  place.door = std::move(door);
}

void router::close(slot_number at) {
  const std::unique_lock lock{places_mutex_};
  places_.erase(at);
  early_.erase(at);
}

/// The owner of a call may read of a new holder before that does, and makes its calls anew at once: nobody says it again.
void router::keep_early(slot_order&& what) {
  const std::unique_lock lock{places_mutex_};
  auto& all = early_[static_cast<slot_number>(what.slot)];
  if (all.size() < options_.waiting_max)
    all.push_back({std::move(what), now() + options_.early_patience});
  else
    counters_.dropped.fetch_add(1, std::memory_order_relaxed);
}

void router::drop_late_early(std::chrono::steady_clock::time_point now) {
  const std::unique_lock lock{places_mutex_};
  for (auto& [unused, all] : early_)
    for (; !all.empty() && all.front().until <= now; all.pop_front())
      counters_.without_holder.fetch_add(1, std::memory_order_relaxed);
  std::erase_if(early_, [](const auto& one) { return one.second.empty(); });
}

std::unordered_set<entity_ref> router::calls_with_legs_at(slot_number at) const {
  const std::lock_guard lock{away_mutex_};
  std::unordered_set<entity_ref> out;
  for (const auto& [leg, where] : away_)
    if (where == at) out.insert(ref(leg.call));
  for (const auto& one : ended_)
    if (one.at == at) out.insert(ref(one.call));
  return out;
}

// --- inputs ------------------------------------------------------------------------------------------------------

/// The owner keeps where legs are that are not at home.
void router::note_where(const entity_input& in) {
  const auto* event = std::get_if<leg_event>(&in.what);
  if (event == nullptr || in.slot == 0 || in.slot == home_of(leg_of(*event).call)) return;
  const auto leg = leg_of(*event);
  if (!std::holds_alternative<leg_failed>(*event)) return remember(leg, in.slot);
  const std::lock_guard lock{away_mutex_};
  away_.erase(leg);
  away_count_ = away_.size();
}

void router::on_leg(slot_number at, leg_event what) {
  auto in = std::make_shared<entity_input>();
  in->to = ref(leg_of(what).call);
  in->slot = at;
  in->what = std::move(what);
  if (owns(lane_of(in->to))) note_where(*in);
  take_(std::move(in));
}

void router::on_media(media_event what) {
  auto in = std::make_shared<entity_input>();
  in->to = ref(call_of(what));
  in->what = std::move(what);
  take_(std::move(in));
}

void router::on_register(slot_number at, register_request what) {
  what.request |= std::uint64_t{at} << request_bits;
  auto in = std::make_shared<entity_input>();
  in->to = ref(registration_id::named(what.tenant, what.aor));
  in->tenant = what.tenant;
  in->request = what.request;
  in->slot = at;
  in->what = std::move(what);
  take_(std::move(in));
}

bool router::forward(lane_id lane, const entity_input& in) {
  const auto owner = world_.owner_of(lane);
  if (!owner || owner->process == world_.me.process) return false;
  if (in.hops >= options_.hops_max) {
    counters_.too_many_hops.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  const auto out = handed(in);
  if (!out) return true;
  if (!world_.send(*owner, {cluster::link_kind::to_entity, encode(*out)})) return false;
  counters_.inputs_sent.fetch_add(1, std::memory_order_relaxed);
  keep_new_call(in, owner->process);
  return true;
}

void router::take_entity(const std::string& bytes) {
  auto came = decode_handed_input(bytes);
  auto in = came ? input_of(std::move(*came)) : tl::unexpected(came.error());
  if (!in) {
    counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ++(*in)->hops;
  counters_.inputs_taken.fetch_add(1, std::memory_order_relaxed);
  if (owns(lane_of((*in)->to))) note_where(**in);
  take_(std::move(*in));
}

void router::take_slot(const std::string& bytes) {
  auto came = decode_slot_order(bytes);
  if (!came) {
    counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  counters_.commands_taken.fetch_add(1, std::memory_order_relaxed);
  if (carry_here(*came)) return;
  // The sender has read of a hand-over that we have not read yet, or we hold it no longer.
  const auto holder = world_.holder_of(static_cast<slot_number>(came->slot));
  if (holder && holder->process == world_.me.process)
    counters_.without_holder.fetch_add(1, std::memory_order_relaxed);
  else
    keep_early(std::move(*came));
}

bool router::on_message(const cluster::lane_owner& from, const cluster::envelope& what) {
  using cluster::link_kind;
  switch (what.kind) {
    case link_kind::to_entity: return take_entity(what.bytes), true;
    case link_kind::to_slot: return take_slot(what.bytes), true;
    case link_kind::asked: return take_question(from, what.bytes), true;
    case link_kind::answered: return take_answer(what.bytes), true;
    case link_kind::heartbeat:
    case link_kind::opinion_asked:
    case link_kind::opinion:
    case link_kind::lane_wanted:
    case link_kind::lane_rests: return false;
  }
  return false;
}

}  // namespace seatgrid::actors
