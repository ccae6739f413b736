#include <algorithm>

#include "audit/auditor.hpp"
#include "audit/fold.hpp"
#include "base/overload.hpp"

/// What concerns queues: order, entries, totals and idle work (I3-I6, I12, I15).
namespace seatgrid::audit {
namespace {

constexpr milliseconds settle_max{3'000};  // after a restart: roll-call, repeated questions
constexpr milliseconds hint_max{250};      // how late a queue may hear that an agent is free

bool was_tried(const queue_entry& entry, agent_id agent) {
  return std::any_of(entry.tried.begin(), entry.tried.end(), [&](const tried_agent& t) { return t.agent == agent; });
}

bool same_need(const queue_entry& a, const queue_entry& b) {
  auto x = a.skills, y = b.skills;
  const auto by_name = [](const skill_level& l, const skill_level& r) { return l.skill < r.skill; };
  std::sort(x.begin(), x.end(), by_name);
  std::sort(y.begin(), y.end(), by_name);
  return a.priority == b.priority && x == y;
}

}  // namespace

void auditor::on_queue(const recorded_step& recorded) {
  const queue_id id{recorded.step.entity.id};
  if (!knows(recorded, false)) return;
  check_timer<queue_rules>(recorded);
  auto [it, is_new] = queues_.try_emplace(id);
  if (is_new) it->second = from_nothing<queue_rules>(id.value);
  for (const auto& bytes : recorded.step.events) {
    const auto event = queue_rules::decode_event(bytes);
    if (!event) return complain(invariant::log, "an event of queue " + to_text(id) + " is not readable: " + event.error().what);
    say("queue " + to_text(id) + " " + queue_rules::describe(*event));
    check_queue(it->second, *event);
    queue_rules::apply(it->second, *event);
  }
  check_totals(it->second);
}

void auditor::check_queue(const queue_state& before, const queue_event& event) {
  std::visit(overload{[&](const call_queued& e) {
                        ++enters_[before.id];
                        expect(invariant::i5, !before.entries.contains(e.call),
                               [&] { return "call " + to_text(e.call) + " enters twice"; });
                        entered_[{before.id, e.call}] = {e.enqueued_at, e.sequence};
                      },
                      [&](const call_left& e) { check_left(before, e); },
                      [&](const reservation_made& e) { check_order(before, e); }, [](const auto&) {}},
             event);
}

void auditor::check_left(const queue_state& before, const call_left& left) {
  const auto at = before.entries.find(left.call);
  expect(invariant::i5, at != before.entries.end() && left.cause != exit_cause::none,
         [&] { return "call " + to_text(left.call) + " leaves without cause, or is not there"; });
  const auto noted = entered_.find({before.id, left.call});
  if (at != before.entries.end() && noted != entered_.end())
    expect(invariant::i4, at->second.enqueued_at == noted->second.first && at->second.sequence == noted->second.second,
           [&] { return "the place in time of call " + to_text(left.call) + " changed"; });
  entered_.erase({before.id, left.call});
}

/// Nobody later is served before an earlier one with the same need whom this agent could take.
void auditor::check_order(const queue_state& before, const reservation_made& made) {
  const auto chosen = before.entries.find(made.call);
  if (chosen == before.entries.end())
    return complain(invariant::i3, "an agent is reserved for call " + to_text(made.call) + " that does not wait");
  if (made.request != 0) return;  // a supervisor's word goes before the order
  for (const auto& [call, entry] : before.entries) {
    if (call == made.call || entry.state != entry_state::waiting || !same_need(entry, chosen->second)) continue;
    if ((entry.preferred && entry.preferred != made.agent) || chosen->second.preferred == made.agent) continue;
    const bool passed = order_of(entry) < order_of(chosen->second) && !was_tried(entry, made.agent);
    expect(invariant::i3, !passed,
           [&, earlier = call] { return "call " + to_text(made.call) + " is served before " + to_text(earlier); });
  }
  if (was_tried(chosen->second, made.agent)) check_missed_again(before, chosen->second, made);
}

void auditor::check_missed_again(const queue_state& before, const queue_entry& entry, const reservation_made& made) {
  const auto config = configs_.by_shard_entity(ref(before.id));
  if (!config || before.config_version != config->version || now_ - restarted_at_ <= settle_max) return;
  for (const auto& [name, agent] : config->agents) {
    const auto id = config->agent_of(name);
    const auto since = free_since_.find(id);
    if (id == made.agent || since == free_since_.end() || now_ - since->second <= hint_max || was_tried(entry, id)) continue;
    const auto view = before.agents.find(id);
    // As it is now: the queue need not have heard yet of other skills.
    const bool listed = view != before.agents.end() && view->second.listed == agents_.at(id).facts.generation;
    expect(invariant::i15, !listed || !may_serve(*config, before, entry, agent), [&, who = name] {
      return "call " + to_text(made.call) + " goes back to an agent that missed it while " + who + " is idle";
    });
  }
}

void auditor::check_totals(const queue_state& q) {
  expect(invariant::i6, enters_[q.id] == q.totals.exits() + q.entries.size(), [&] {
    return std::to_string(enters_[q.id]) + " calls entered queue " + to_text(q.id) + ", " + std::to_string(q.totals.exits()) +
           " left and " + std::to_string(q.entries.size()) + " wait";
  });
}

bool auditor::is_free(agent_id agent) const {
  const auto it = agents_.find(agent);
  return it != agents_.end() && it->second.facts.status == agent_status::ready;
}

bool auditor::may_serve(const tenant_config& config, const queue_state& q, const queue_entry& entry,
                        const agent_config& agent) const {
  const auto* queue = config.queue(q.id);
  const bool member = queue != nullptr && std::any_of(agent.queues.begin(), agent.queues.end(),
                                                      [&](const queue_membership& m) { return m.queue == queue->name; });
  if (!member) return false;
  return std::all_of(entry.skills.begin(), entry.skills.end(), [&](const skill_level& need) {
    return std::any_of(agent.skills.begin(), agent.skills.end(),
                       [&](const skill_level& has) { return has.skill == need.skill && has.level <= need.level; });
  });
}

void auditor::note_idle(const tenant_config& config, const queue_state& q, const queue_entry& entry, time_point now,
                        std::map<std::pair<call_id, agent_id>, time_point>& pairs) {
  for (const auto& [name, agent] : config.agents) {
    const auto id = config.agent_of(name);
    if (!is_free(id) || was_tried(entry, id) || !may_serve(config, q, entry, agent)) continue;
    const auto seen = idle_pair_.find({entry.call, id});
    const auto since = seen == idle_pair_.end() ? now : seen->second;
    const bool may_be_unheard = agents_.at(id).facts.since <= lost_at_;
    const auto allowed = options_.idle_max + (may_be_unheard ? options_.loss_max : milliseconds{0});
    expect(invariant::i12, now - std::max(since, lost_at_) <= allowed,
           [&, who = name] { return "call " + to_text(entry.call) + " waits while agent " + who + " is free"; });
    pairs[{entry.call, id}] = since;
  }
}

void auditor::check_work(time_point now, bool fair) {
  if (!fair || now - restarted_at_ <= settle_max) {
    idle_pair_.clear();
    return;
  }
  std::map<std::pair<call_id, agent_id>, time_point> pairs;
  for (const auto& [id, q] : queues_) {
    const auto config = q.entries.empty() ? nullptr : configs_.by_shard_entity(ref(id));
    if (!config || q.config_version != config->version) continue;
    for (const auto& [call, entry] : q.entries)
      if (entry.state == entry_state::waiting) note_idle(*config, q, entry, now, pairs);
  }
  idle_pair_ = std::move(pairs);
}

}  // namespace seatgrid::audit
