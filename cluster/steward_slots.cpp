#include <algorithm>

#include "cluster/steward_internal.hpp"

/// Who speaks for which addresses, and until when.
namespace seatgrid::cluster {

namespace stewarding {

namespace {

bool suits(const member& one, const slot& what) {
  return (!what.addresses.has_edge() || has_role(one.card.roles, node_role::edge)) &&
         (!what.addresses.has_media() || has_role(one.card.roles, node_role::media));
}

/// The node's own process, when it is there and wants its addresses.
const member* owner_of(const steward& at, const slot& what) {
  const auto* one = at.members.of_node(what.node);
  return one != nullptr && one->slot != 0 ? one : nullptr;
}

/// This process's rank among those who would take the slot; nothing when it is not its turn at all.
std::optional<std::size_t> rank_for(const steward& at, slot_number number, const slot& what) {
  if (const auto* owner = owner_of(at, what)) {
    if (owner->card.who.process != at.me()) return std::nullopt;
    return 0;
  }
  const auto names = ranked("slot " + std::to_string(number), fit_nodes(at, [&](const auto& one) { return suits(one, what); }));
  const auto it = std::find(names.begin(), names.end(), at.card.who.node);
  return it == names.end() ? std::nullopt : std::optional{static_cast<std::size_t>(it - names.begin())};
}

/// To whom this process, which holds the slot, gives it; none: it keeps it.
process_id heir_of(const steward& at, slot_number number, const slot& what) {
  if (what.node == at.card.who.node) return {};
  if (const auto* owner = owner_of(at, what)) return is_live(at, *owner) ? owner->card.who.process : process_id{};
  if (!at.members.find(at.me())->drains) return {};
  const auto names = ranked("slot " + std::to_string(number), fit_nodes(at, [&](const auto& one) { return suits(one, what); }));
  if (names.empty() || names.front() == at.card.who.node) return {};
  return at.members.of_node(names.front())->card.who.process;
}

void hand(steward& at, slot_number number, process_id to, outputs& out) {
  at.handing[number] = to;
  write_once(at, "give " + std::to_string(number), slot_taken{to, number, at.me()}, out);
}

void look_at_held(steward& at, slot_number number, const slot& what, bool is_silent, outputs& out) {
  if (const auto given = at.handing.find(number); given != at.handing.end()) {
    // A record to one who is out by then is void: the slot stays here.
    if (at.members.find(given->second) != nullptr) return hand(at, number, given->second, out);
    at.handing.erase(given);
  }
  if (!at.open.contains(number)) {
    if (!is_silent) return;
    at.open.insert(number);
    out.emplace_back(open_slot{number});
    return;
  }
  const auto heir = heir_of(at, number, what);
  if (!heir) return;
  if (at.rules.closes_before_handing) {
    at.open.erase(number);
    out.emplace_back(close_slot{number});
  }
  hand(at, number, heir, out);
}

void look_at_free(steward& at, slot_number number, const slot& what, outputs& out) {
  const auto since = at.free_since.try_emplace(number, at.now).first->second;
  const auto rank = rank_for(at, number, what);
  if (rank && at.now - since >= at.options.successor_step * *rank)
    write_once(at, "take " + std::to_string(number), slot_taken{at.me(), number, {}}, out);
}

}  // namespace

void look_at_slots(steward& at, outputs& out) {
  for (const auto& [number, what] : at.members.slots) {
    auto& former = at.former_holders[number];
    std::erase_if(former, [&](process_id gone) { return !at.rules.adopts_after_lease || at.now >= silent_from(at, gone); });
    if (what.holder == at.me()) {
      look_at_held(at, number, what, former.empty(), out);
      continue;
    }
    at.handing.erase(number);
    if (at.open.erase(number) != 0) out.emplace_back(close_slot{number});
    if (!what.holder && former.empty()) look_at_free(at, number, what, out);
  }
}

std::optional<node_time> last_word_of(const steward& at, process_id gone, const departure& left, process_id teller) {
  const auto seen = at.processes.find(teller);
  if (seen == at.processes.end() || seen->second.last.roster_next <= left.offset) return std::nullopt;
  for (const auto& word : seen->second.last.gone)
    if (word.of == gone) return seen->second.heard_at - word.ago;
  return node_time{};
}

void keep_words_of(steward& at, process_id teller) {
  for (auto& [process, left] : at.departures)
    left.heard_at = std::max(left.heard_at, last_word_of(at, process, left, teller).value_or(left.read_at));
}

}  // namespace stewarding

node_time silent_from(const steward& at, process_id gone) {
  const auto it = at.departures.find(gone);
  if (it == at.departures.end()) return {};
  const auto& left = it->second;
  const auto lease = at.options.lease + at.options.lease_margin;
  if (left.speaks_no_more || at.log - left.log >= lease) return {};
  auto last = left.heard_at;
  bool all_known = true;
  for (const auto& [process, one] : at.members.members) {
    if (process == at.me()) continue;
    const auto word = stewarding::last_word_of(at, gone, left, process);
    all_known = all_known && word;
    last = std::max(last, word.value_or(node_time{}));
  }
  return (all_known ? last : std::max(last, left.read_at)) + lease;
}

node_time speaks_until(const steward& at) {
  if (at.phase != steward_phase::serving || at.members.find(at.me()) == nullptr) return {};
  if (!at.rules.speaks_by_lease) return node_time::max();
  if (at.is_unsure) return {};
  std::vector<node_time> kept;
  for (const auto& [process, one] : at.members.members) {
    if (process == at.me()) continue;
    const auto it = at.processes.find(process);
    if (it == at.processes.end()) {
      kept.emplace_back();
      continue;
    }
    const auto& seen = it->second;
    if (seen.is_dead) continue;
    // Nobody is put out for silence before 2 leases have passed since both were in: until then a newcomer takes no voice away.
    kept.push_back(std::max(seen.since, at.rules.lease_by_echo ? seen.echo : seen.heard_at));
  }
  if (kept.empty()) return at.ticked_at + at.options.lease;
  const auto needed = (kept.size() + 1) / 2;
  std::nth_element(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(needed - 1), kept.end(), std::greater<>{});
  const auto from = kept[needed - 1];
  return from.count() == 0 ? node_time{} : from + at.options.lease;
}

bool may_speak(const steward& at, node_time now) { return now < speaks_until(at); }

}  // namespace seatgrid::cluster
