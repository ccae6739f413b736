#include "cluster/roster.hpp"

#include <algorithm>

#include "base/overload.hpp"

namespace seatgrid::cluster {

namespace {

using changes = std::vector<roster_change>;

bool is_out(const roster& at, process_id process) { return std::find(at.gone.begin(), at.gone.end(), process) != at.gone.end(); }

void remove(roster& at, process_id process, const member_gone& how, changes& out) {
  const auto it = at.members.find(process);
  if (it == at.members.end()) return;
  auto told = how;
  told.who = std::move(it->second);
  at.members.erase(it);
  at.gone.push_back(process);
  if (at.gone.size() > gone_max) at.gone.pop_front();
  out.emplace_back(std::move(told));
  for (auto& [number, one] : at.slots) {
    if (one.holder != process) continue;
    one.holder = {};
    out.emplace_back(slot_moved{number, process, {}});
  }
}

/// Why `card` may not join; nothing when it may. `has_slot`: its node has a number already.
std::optional<error> refusal(const roster& at, const node_card& card, bool has_slot, bool replaces) {
  if (card.level < at.level)
    return error{errc::unsupported, "the cluster is at level " + std::to_string(at.level) + ", this program understands " +
                                        std::to_string(card.level) + ": start a later version"};
  if (!replaces && at.members.size() >= members_max)
    return error{errc::full, "the cluster has " + std::to_string(members_max) + " members"};
  if (!has_slot && !card.slot.is_empty() && !at.slots.empty() && at.slots.rbegin()->first >= slots_max)
    return error{errc::full, "all " + std::to_string(slots_max) +
                                 " slot numbers are given: take the name of a node that is gone for good, or join without edge "
                                 "and media"};
  return std::nullopt;
}

void join(roster& at, std::uint64_t offset, const node_joined& in, changes& out) {
  const auto& who = in.card.who;
  if (!check(in.card) || at.find(who.process) != nullptr || is_out(at, who.process)) return;
  const auto* former = at.of_node(who.node);
  auto number = at.slot_of(who.node);
  if (auto why = refusal(at, in.card, number != 0, former != nullptr)) {
    out.emplace_back(join_refused{who, std::move(*why)});
    return;
  }
  if (former != nullptr)
    remove(at, former->card.who.process,
           {{}, "replaced by another process of its node, " + to_text(who.process), in.former_is_dead, false}, out);
  if (!in.card.slot.is_empty()) {
    if (number == 0) number = at.slots.empty() ? slot_number{1} : static_cast<slot_number>(at.slots.rbegin()->first + 1);
    auto& one = at.slots[number];
    one.node = who.node;
    one.addresses = in.card.slot;
  } else {
    number = 0;
  }
  const member made{in.card, number, offset, at.draining.contains(who.node)};
  at.members.emplace(who.process, made);
  out.emplace_back(member_came{made});
}

/// Whoever leaves is empty: its drain is over, and the next process of its node serves.
void leave(roster& at, const node_left& in, changes& out) {
  const auto* who = at.find(in.process);
  if (who == nullptr) return;
  const auto node = who->card.who.node;
  remove(at, in.process, {{}, "left", true, true}, out);
  if (at.draining.erase(node) != 0) out.emplace_back(drain_changed{node, false});
}

void fence(roster& at, const node_fenced& in, changes& out) {
  if (at.find(in.by) == nullptr) return;
  remove(at, in.process, {{}, "fenced by " + at.find(in.by)->card.who.node + ": " + in.why, in.is_dead, false}, out);
}

void take(roster& at, const slot_taken& in, changes& out) {
  const auto it = at.slots.find(in.slot);
  if (it == at.slots.end() || at.find(in.by) == nullptr || it->second.holder != in.from || in.by == in.from) return;
  it->second.holder = in.by;
  out.emplace_back(slot_moved{in.slot, in.from, in.by});
}

void drain(roster& at, const node_drained& in, changes& out) {
  const bool known = at.of_node(in.node) != nullptr || at.slot_of(in.node) != 0;
  if (in.drains == at.draining.contains(in.node) || (in.drains && !known)) return;
  if (in.drains)
    at.draining.insert(in.node);
  else
    at.draining.erase(in.node);
  for (auto& [process, one] : at.members)
    if (one.card.who.node == in.node) one.drains = in.drains;
  out.emplace_back(drain_changed{in.node, in.drains});
}

void raise(roster& at, const level_raised& in, changes& out) {
  if (in.level <= at.level) return;
  for (const auto& [process, one] : at.members)
    if (one.card.level < in.level) return;
  at.level = in.level;
  out.emplace_back(level_changed{in.level});
}

}  // namespace

result<void> check(const node_card& card) {
  const auto too_long = [](const std::string& text) { return text.size() > card_text_bytes_max; };
  if (card.who.node.empty() || card.who.node.size() > node_name_bytes_max || !card.who.process)
    return fail(errc::invalid, "a node needs a name of 1 to " + std::to_string(node_name_bytes_max) + " bytes and a process");
  if ((card.roles & all_roles) == 0) return fail(errc::invalid, "a node needs a role: edge, core, media or api");
  if (card.link_host.empty() || card.link_port == 0) return fail(errc::invalid, "a node needs an address for links");
  if (card.slot.listen.size() > listens_max || std::any_of(card.slot.listen.begin(), card.slot.listen.end(), too_long))
    return fail(errc::invalid, "a node may listen on " + std::to_string(listens_max) + " addresses of " +
                                   std::to_string(card_text_bytes_max) + " bytes each");
  for (const auto* text :
       {&card.version, &card.link_host, &card.api_url, &card.slot.sip_advertised, &card.slot.rtp_host, &card.slot.rtp_advertised})
    if (too_long(*text))
      return fail(errc::invalid, "a text of a node's card is longer than " + std::to_string(card_text_bytes_max) + " bytes");
  return {};
}

const member* roster::find(process_id process) const {
  const auto it = members.find(process);
  return it == members.end() ? nullptr : &it->second;
}

const member* roster::of_node(const std::string& node) const {
  for (const auto& [process, one] : members)
    if (one.card.who.node == node) return &one;
  return nullptr;
}

slot_number roster::slot_of(const std::string& node) const {
  for (const auto& [number, one] : slots)
    if (one.node == node) return number;
  return 0;
}

std::vector<roster_change> fold(roster& at, std::uint64_t offset, const std::optional<roster_record>& what) {
  changes out;
  if (offset < at.next) return out;
  at.next = offset + 1;
  if (!what) return out;
  std::visit(overload{[&](const node_joined& in) { join(at, offset, in, out); }, [&](const node_left& in) { leave(at, in, out); },
                      [&](const node_fenced& in) { fence(at, in, out); }, [&](const slot_taken& in) { take(at, in, out); },
                      [&](const node_drained& in) { drain(at, in, out); }, [&](const level_raised& in) { raise(at, in, out); },
                      [](const node_checked&) {}, [](const node_knocked&) {}},
             *what);
  return out;
}

}  // namespace seatgrid::cluster
