#include <algorithm>
#include <utility>

#include "base/overload.hpp"
#include "domain/queue_internal.hpp"

namespace seatgrid {
namespace {

using namespace queue_limits;

queue_entry* find(queue_state& s, call_id call) {
  const auto it = s.entries.find(call);
  return it == s.entries.end() ? nullptr : &it->second;
}

void set_due(queue_state& s, queue_entry& entry, time_point due) {
  if (entry.due == due) return;
  if (entry.due.us != 0) s.dues.erase({entry.due, entry.call});
  entry.due = due;
  if (due.us != 0) s.dues.insert({due, entry.call});
}

void wait_again(queue_state& s, queue_entry& entry, time_point now) {
  entry.state = entry_state::waiting;
  entry.agent = {};
  entry.generation = 0;
  entry.agent_name.clear();
  entry.contacts.clear();
  entry.repeats = 0;
  entry.give_up_at = {};
  set_due(s, entry, next_look(entry.tried, now));
  s.index.add_call(order_of(entry), entry.skills);
}

/// The agent may never have heard of its reservation: then it is free as before, and says so when asked.
void doubt(queue_state& s, const queue_entry& entry) {
  if (auto view = s.agents.find(entry.agent); view != s.agents.end() && view->second.spent == entry.generation)
    --view->second.spent;
}

void set_logged_in(queue_state& s, agent_view& view, bool logged_in) {
  if (view.logged_in == logged_in) return;
  view.logged_in = logged_in;
  if (logged_in)
    ++s.logged_in;
  else
    --s.logged_in;
}

void add(queue_state& s, queue_entry entry) {
  s.order.insert(order_of(entry));
  if (entry.state == entry_state::waiting) s.index.add_call(order_of(entry), entry.skills);
  if (entry.due.us != 0) s.dues.insert({entry.due, entry.call});
  s.next_sequence = std::max(s.next_sequence, entry.sequence + 1);
  const auto call = entry.call;
  s.entries.insert_or_assign(call, std::move(entry));
}

void apply_to(queue_state& s, const queue_configured& e) {
  s.config_version = e.version;
  if (!e.name.empty()) s.name = e.name;  // taken out of the configuration it keeps its name to its last call
  s.index.set_strategy(static_cast<queue_strategy>(e.strategy));
}

void apply_to(queue_state& s, const call_queued& e) {
  add(s, {.call = e.call,
          .priority = e.priority,
          .skills = e.skills,
          .enqueued_at = e.enqueued_at,
          .entered_at = e.at,
          .sequence = e.sequence,
          .preferred = e.preferred,
          .at_head = e.at_head,
          .caller = e.caller,
          .place_at_entry = e.place,
          .attempt = e.next_attempt - 1});
}

void apply_to(queue_state& s, const enqueue_refused&) { ++s.totals.refused; }

void apply_to(queue_state& s, const agent_listed& e) {
  auto& view = s.agents[e.agent];
  view.listed = e.generation;
  set_logged_in(s, view, true);
  s.index.add_agent({.agent = e.agent,
                     .level = e.level,
                     .idle_since = e.idle_since,
                     .calls = e.calls,
                     .last_offered_at = e.last_offered_at,
                     .name_high = e.name_high,
                     .name_low = e.name_low,
                     .chance = e.chance,
                     .skills = e.skills});
}

void apply_to(queue_state& s, const agent_unlisted& e) {
  auto& view = s.agents[e.agent];
  view.spent = std::max(view.spent, e.generation);
  view.listed = 0;
  set_logged_in(s, view, !e.logged_out);
  s.index.remove_agent(e.agent);
}

void apply_to(queue_state& s, const reservation_made& e) {
  auto& view = s.agents[e.agent];
  view.spent = std::max(view.spent, e.generation);
  view.listed = 0;
  set_logged_in(s, view, true);
  s.index.remove_agent(e.agent);
  auto* entry = find(s, e.call);
  if (entry == nullptr) return;
  s.index.remove_call(e.call);
  entry->state = entry_state::reserving;
  entry->attempt = e.attempt;
  entry->agent = e.agent;
  entry->generation = e.generation;
  entry->ring_timeout = e.ring_timeout;
  entry->wrap_up = e.wrap_up;
  entry->repeats = 0;
  entry->give_up_at = e.at + reservation_give_up;
  set_due(s, *entry, e.at + reserve_wait(0));
}

void apply_to(queue_state& s, const reservation_asked_again& e) {
  auto* entry = find(s, e.call);
  if (entry == nullptr) return;
  ++entry->repeats;
  entry->give_up_at = give_up_of(*entry, e.at);
  set_due(s, *entry, std::min(e.at + reserve_wait(entry->repeats), entry->give_up_at));
}

void apply_to(queue_state& s, const reservation_failed& e) {
  auto* entry = find(s, e.call);
  if (entry == nullptr) return;
  if (e.gave_up) doubt(s, *entry);
  wait_again(s, *entry, e.at);
}

void apply_to(queue_state& s, const call_offered& e) {
  auto* entry = find(s, e.call);
  if (entry == nullptr) return;
  entry->state = entry_state::offering;
  entry->agent_name = e.agent_name;
  entry->contacts = e.contacts;
  entry->wrap_up = e.wrap_up;
  entry->repeats = 0;
  entry->give_up_at = {};
  set_due(s, *entry, e.at + offer_repeat);
}

void apply_to(queue_state& s, const offer_repeated& e) {
  if (auto* entry = find(s, e.call)) set_due(s, *entry, e.at + offer_repeat);
}

void apply_to(queue_state& s, const attempt_failed& e) {
  auto* entry = find(s, e.call);
  if (entry == nullptr) return;
  entry->tried = with_tried(std::move(entry->tried), e);
  wait_again(s, *entry, e.at);
}

void count(queue_totals& totals, const call_left& e, std::uint32_t place_at_entry) {
  switch (e.cause) {
    case exit_cause::connected: {
      const bool is_first = totals.connected == 0;
      ++totals.connected;
      totals.connected_within_level += e.within_level ? 1 : 0;
      totals.wait_sum += e.wait;
      totals.wait_smoothed = milliseconds{smoothed(totals.wait_smoothed.count(), e.wait.count(), is_first)};
      const auto per_place = e.wait.count() / std::max<std::uint32_t>(place_at_entry, 1);
      totals.wait_per_place = milliseconds{smoothed(totals.wait_per_place.count(), per_place, is_first)};
      return;
    }
    case exit_cause::abandoned: ++totals.abandoned; return;
    case exit_cause::timeout: ++totals.timeout; return;
    case exit_cause::overflow: ++totals.overflow; return;
    case exit_cause::transferred: ++totals.transferred; return;
    case exit_cause::callback: ++totals.callback; return;
    case exit_cause::key: ++totals.key; return;
    case exit_cause::none:
    case exit_cause::system: ++totals.system; return;
  }
}

void apply_to(queue_state& s, const call_left& e) {
  auto* entry = find(s, e.call);
  if (entry == nullptr) return;
  count(s.totals, e, entry->place_at_entry);
  if (e.was_reserving) doubt(s, *entry);
  set_due(s, *entry, {});
  s.order.erase(order_of(*entry));
  s.index.remove_call(e.call);
  s.entries.erase(e.call);
}

void apply_to(queue_state& s, const call_moved& e) {
  auto* entry = find(s, e.call);
  if (entry == nullptr) return;
  s.order.erase(order_of(*entry));
  s.index.remove_call(e.call);
  entry->priority = e.priority;
  entry->at_head = e.at_head;
  s.order.insert(order_of(*entry));
  if (entry->state == entry_state::waiting) s.index.add_call(order_of(*entry), entry->skills);
}

void apply_to(queue_state& s, const members_asked& e) {
  s.rollcall_begun = true;
  s.rollcall_next = e.next;
  if (!e.waiting.empty()) ++s.looks;
  if (!e.again) s.view_settles_at = e.next.empty() ? e.at + view_settles : time_point{};
}

void apply_to(queue_state& s, const exclusion_ended& e) {
  if (auto* entry = find(s, e.call)) set_due(s, *entry, next_look(entry->tried, e.at));
}

void apply_to(queue_state& s, const queue_timer_armed& e) {
  s.timer_generation = e.generation;
  s.timer_due = e.due;
}

}  // namespace

call_order order_of(const queue_entry& entry) {
  return order_of(entry.call, entry.at_head, entry.priority, entry.enqueued_at, entry.sequence);
}

std::uint32_t place_of(const queue_state& s, call_id call) {
  const auto it = s.entries.find(call);
  return it == s.entries.end() ? 0 : static_cast<std::uint32_t>(s.order.place(order_of(it->second)) + 1);
}

std::vector<call_id> next_to_ask(const queue_state& s) {
  std::vector<call_id> out;
  const auto many = s.entries.size();
  const auto first = many <= rollcall_max ? 0 : s.looks * rollcall_max % many;
  std::size_t place = 0;
  for (auto walk = s.order.begin(); !walk.at_end() && place < first + rollcall_max; walk.next(), ++place)
    if (place >= first && s.entries.at((*walk).call).state == entry_state::waiting) out.push_back((*walk).call);
  return out;
}

void queue_rules::apply(queue_state& s, const queue_event& e) {
  std::visit([&](const auto& x) { apply_to(s, x); }, e);
}

queue_state restored_queue(queue_id id, queue_totals totals, std::vector<queue_entry> entries) {
  queue_state s{.id = id, .totals = totals};
  for (auto& entry : entries) {
    // Whatever an entry waits for is asked for again at once: its old moments belong to a process that is gone.
    if (entry.state != entry_state::waiting || !entry.tried.empty()) entry.due = entry.entered_at;
    add(s, std::move(entry));
  }
  if (!s.dues.empty()) {
    s.timer_generation = 1;
    s.timer_due = s.dues.begin()->first;
  }
  return s;
}

}  // namespace seatgrid
