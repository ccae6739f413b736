#include <algorithm>

#include "cluster/steward_desk_internal.hpp"

/// What other threads see of the steward, and the orders that they give.
namespace seatgrid::cluster {

void steward_desk_impl::owner_read(lane_id lane, const lane_owner& owner, std::uint64_t epoch) {
  {
    const std::lock_guard lock{published_mutex_};
    const auto it =
        std::find_if(published_.lanes.begin(), published_.lanes.end(), [&](const auto& one) { return one.lane == lane; });
    if (it != published_.lanes.end() && it->epoch < epoch) it->owner = owner, it->epoch = epoch, it->mine = owner.process == me();
  }
  if (hooks_.changed) hooks_.changed();
}

result<void> steward_desk_impl::wait_for(const std::function<bool(const published_state&)>& done, milliseconds patience,
                                         const char* what) {
  std::unique_lock lock{published_mutex_};
  if (published_changed_.wait_for(lock, patience, [&] { return done(published_); })) return {};
  return fail(errc::timed_out, std::string{what} + " was not read back within " + std::to_string(patience.count()) +
                                   " ms: it may come true later");
}

lane_owner steward_desk_impl::owner_named(process_id process) const {
  const auto* one = state_.members.find(process);
  return one == nullptr ? lane_owner{} : one->card.who;
}

std::vector<node_view> steward_desk_impl::nodes_now() const {
  std::map<lane_id, std::uint64_t> furthest;
  const auto note = [&](lane_id lane, std::uint64_t next) { furthest[lane] = std::max(furthest[lane], next); };
  for (const auto& lane : state_.lanes) note(lane.lane, lane.next);
  for (const auto& [process, sight] : state_.processes)
    for (const auto& lane : sight.last.lanes) note(lane.lane, lane.next);
  std::vector<node_view> all;
  for (const auto& [process, one] : state_.members.members) {
    node_view node{.card = one.card, .slot = one.slot, .is_me = process == me(), .drains = one.drains};
    const auto peer = state_.alive.peers.find(one.card.who.node);
    node.is_live = node.is_me || (peer != state_.alive.peers.end() && peer->second.was_heard && !peer->second.lost);
    const auto sight = state_.processes.find(process);
    if (node.is_me)
      for (const auto& lane : state_.lanes) node.records_behind += furthest[lane.lane] - lane.next;
    else if (sight != state_.processes.end() && sight->second.heard_at.count() != 0) {
      node.heard_ago = std::chrono::duration_cast<milliseconds>(state_.now - sight->second.heard_at);
      for (const auto& lane : sight->second.last.lanes) node.records_behind += furthest[lane.lane] - lane.next;
    }
    all.push_back(std::move(node));
  }
  return all;
}

void steward_desk_impl::note_takeover(std::string what, process_id from, const std::string& from_node, const std::string& to,
                                      published_state& now) {
  takeover_view one{.at = utc(), .what = std::move(what), .from = from_node, .to = to};
  const auto gone = state_.departures.find(from);
  if (gone != state_.departures.end()) one.took = std::chrono::duration_cast<milliseconds>(this->now() - gone->second.heard_at);
  now.takeovers.push_back(std::move(one));
  if (now.takeovers.size() > takeovers_kept) now.takeovers.pop_front();
}

void steward_desk_impl::note_takeovers(const roster& before, published_state& now) {
  for (const auto& lane : lane_views_) {
    auto& was = owners_seen_[lane.lane];
    if (was.process && was.process != lane.process)
      note_takeover("lane " + std::to_string(lane.lane), was.process, was.node, lane.owner, now);
    was = {lane.owner, lane.process};
  }
  for (const auto& [number, slot] : state_.members.slots) {
    const auto was = before.slots.find(number);
    if (!slot.holder || was == before.slots.end() || was->second.holder == slot.holder) continue;
    const auto former = state_.former_holders.find(number);
    auto from = was->second.holder;
    if (!from && former != state_.former_holders.end() && !former->second.empty()) from = former->second.back();
    const auto gone = state_.departures.find(from);
    const auto node = gone != state_.departures.end() ? gone->second.node : owner_named(from).node;
    note_takeover("slot " + std::to_string(number), from, node, owner_named(slot.holder).node, now);
  }
}

void steward_desk_impl::publish() {
  if (const auto wanted = wanted_peers(state_); wanted != linked_) {
    linked_ = wanted;
    std::vector<link_peer> peers;
    peers.reserve(wanted.size());
    for (const auto& card : wanted) peers.push_back({card.who, card.link_host, card.link_port});
    links_->set_peers(std::move(peers));
  }
  bool changed = false;
  {
    const std::lock_guard lock{published_mutex_};
    const bool roster_moved = published_.members.next != state_.members.next;
    note_takeovers(published_.members, published_);
    changed = roster_moved || published_.phase != state_.phase;
    if (roster_moved) published_.members = state_.members;
    published_.open = state_.open;
    published_.phase = state_.phase;
    published_.nodes = nodes_now();
    std::vector<owned_lane_view> lanes;
    for (const auto& one : lane_views_) {
      lanes.push_back({one.lane, {one.owner, one.process}, one.epoch, one.mode == lane_mode::owner, one.to_fold});
      for (const auto& known : published_.lanes)  // owner_read() may know of a later claim
        if (known.lane == one.lane && known.epoch > one.epoch) lanes.back() = known;
      const auto said = claimed_by(state_, one.lane);
      const auto owner = owner_named(said.owner);
      if (said.epoch > lanes.back().epoch && owner.process) lanes.back() = {one.lane, owner, said.epoch, false, one.to_fold};
    }
    const bool same = std::equal(lanes.begin(), lanes.end(), published_.lanes.begin(), published_.lanes.end(),
                                 [](const auto& a, const auto& b) { return a.owner == b.owner && a.mine == b.mine; });
    changed = changed || !same;
    published_.lanes = std::move(lanes);
  }
  published_changed_.notify_all();
  if (changed && hooks_.changed) hooks_.changed();
}

result<std::unique_ptr<steward_desk>> steward_desk::open(steward_desk_options options, steward_hooks hooks) {
  std::unique_ptr<steward_desk> desk{new steward_desk};
  desk->impl_ = std::make_unique<steward_desk_impl>(*desk, std::move(options), std::move(hooks));
  if (auto opened = desk->impl_->open(); !opened) {
    desk->close();
    return tl::unexpected(opened.error());
  }
  return desk;
}

steward_desk::~steward_desk() { close(); }

node_time steward_desk::step() { return impl_->step(); }

lane_owner steward_desk::owner_of(lane_id lane) const {
  return impl_->look([&](const published_state& at) {
    for (const auto& one : at.lanes)
      if (one.lane == lane) return one.owner;
    return lane_owner{};
  });
}

std::optional<lane_owner> steward_desk::holder_of(slot_number number) const {
  return impl_->look([&](const published_state& at) -> std::optional<lane_owner> {
    const auto it = at.members.slots.find(number);
    if (it == at.members.slots.end()) return std::nullopt;
    const auto* holder = at.members.find(it->second.holder);
    return holder == nullptr ? std::nullopt : std::optional{holder->card.who};
  });
}

std::vector<member> steward_desk::members() const {
  return impl_->look([](const published_state& at) {
    std::vector<member> all;
    for (const auto& [process, one] : at.members.members) all.push_back(one);
    return all;
  });
}

slot_number steward_desk::my_slot() const {
  return impl_->look([&](const published_state& at) {
    const auto* one = at.members.find(impl_->me());
    return one == nullptr ? slot_number{0} : one->slot;
  });
}

void steward_desk::claim_ended(lane_id lane, bool won) { impl_->put(cluster::claim_ended{lane, won}); }
void steward_desk::owner_read(lane_id lane, const lane_owner& owner, std::uint64_t epoch) {
  impl_->owner_read(lane, owner, epoch);
}
links& steward_desk::link() const { return impl_->link(); }
void steward_desk::rebalance(std::optional<lane_id> lane) { impl_->put(move_ordered{lane}); }

result<void> steward_desk::drain(const std::string& node, bool drains) {
  const bool known =
      impl_->look([&](const auto& at) { return at.members.of_node(node) != nullptr || at.members.slot_of(node) != 0; });
  if (!known) return fail(errc::not_found, "no node " + node);
  impl_->write(node_drained{node, drains});
  return impl_->wait_for([&](const auto& at) { return at.members.draining.contains(node) == drains; },
                         impl_->options().order_patience, "the order");
}

result<void> steward_desk::fence(const std::string& node, const std::string& why) {
  const auto process = impl_->look([&](const published_state& at) {
    const auto* one = at.members.of_node(node);
    return one == nullptr ? process_id{} : one->card.who.process;
  });
  if (!process) return fail(errc::not_found, "no node " + node + " is a member");
  impl_->write(node_fenced{impl_->me(), process, why.substr(0, why_bytes_max)});
  return impl_->wait_for([&](const auto& at) { return at.members.find(process) == nullptr; }, impl_->options().order_patience,
                         "the fence");
}

result<void> steward_desk::raise_level(std::uint32_t level) {
  for (const auto& one : members())
    if (one.card.level < level)
      return fail(errc::conflict, "node " + one.card.who.node + " understands level " + std::to_string(one.card.level));
  if (level > level_known)
    return fail(errc::conflict,
                "this program understands level " + std::to_string(level_known) + ", not " + std::to_string(level));
  if (const auto now = impl_->look([](const auto& at) { return at.members.level; }); level <= now)
    return fail(errc::conflict, "level " + std::to_string(now) + " is in force already");
  impl_->write(level_raised{level});
  return impl_->wait_for([&](const auto& at) { return at.members.level >= level; }, impl_->options().order_patience, "the level");
}

result<void> steward_desk::leave() {
  impl_->put(leave_ordered{});
  return impl_->wait_for([](const auto& at) { return at.phase == steward_phase::over; }, impl_->options().order_patience,
                         "its leave");
}

void steward_desk::close() {
  if (impl_) impl_->close();
}

cluster_view steward_desk::view() const {
  return impl_->look([&](const published_state& at) {
    cluster_view all{.nodes = at.nodes, .lanes = at.lanes, .level = at.members.level};
    all.speaks = may_speak(clock_now());
    all.takeovers.assign(at.takeovers.begin(), at.takeovers.end());
    for (const auto& [number, slot] : at.members.slots) {
      const auto* holder = at.members.find(slot.holder);
      all.slots.push_back({number, slot.node, holder == nullptr ? std::nullopt : std::optional{holder->card.who},
                           at.open.contains(number), slot.addresses.listen});
    }
    return all;
  });
}

}  // namespace seatgrid::cluster
