#include <algorithm>

#include "base/overload.hpp"
#include "sim/fold.hpp"
#include "sim/monitor.hpp"

/// What concerns queues: order, entries, totals and idle work (I3-I6, I12, I15).
namespace seatgrid::sim {
namespace {

constexpr milliseconds idle_max{250};      // I12
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

void monitor::on_queue(const recorded_step& recorded) {
  const queue_id id{recorded.step.entity.id};
  auto [it, is_new] = queues_.try_emplace(id);
  if (is_new) it->second = from_nothing<queue_rules>(id.value);
  for (const auto& bytes : recorded.step.events) {
    const auto event = queue_rules::decode_event(bytes);
    if (!event) return complain("an event of queue " + to_text(id) + " is not readable: " + event.error().what);
    stage_.say("queue " + to_text(id) + " " + queue_rules::describe(*event));
    check_queue(it->second, *event);
    it->second = queue_rules::apply(std::move(it->second), *event);
  }
  check_totals(it->second);
}

void monitor::check_queue(const queue_state& before, const queue_event& event) {
  std::visit(overload{[&](const call_queued& e) {
                        ++enters_[before.id];
                        if (before.entries.contains(e.call)) complain("I5: call " + to_text(e.call) + " enters twice");
                        entered_[{before.id, e.call}] = {e.enqueued_at, e.sequence};
                      },
                      [&](const call_left& e) {
                        if (!before.entries.contains(e.call))
                          complain("I5: call " + to_text(e.call) + " leaves and is not there");
                        if (e.cause == exit_cause::none) complain("I5: call " + to_text(e.call) + " leaves without cause");
                        const auto at = before.entries.find(e.call);
                        const auto noted = entered_.find({before.id, e.call});
                        if (at != before.entries.end() && noted != entered_.end() &&
                            (at->second.enqueued_at != noted->second.first || at->second.sequence != noted->second.second))
                          complain("I4: the place in time of call " + to_text(e.call) + " changed");
                        entered_.erase({before.id, e.call});
                      },
                      [&](const reservation_made& e) { check_order(before, e); }, [](const auto&) {}},
             event);
}

/// I3: nobody later is served before an earlier one with the same need whom this agent could take. I15: an agent that missed
/// this call is not asked again while another can take it.
void monitor::check_order(const queue_state& before, const reservation_made& made) {
  const auto chosen = before.entries.find(made.call);
  if (chosen == before.entries.end())
    return complain("I3: an agent is reserved for call " + to_text(made.call) + " that does not wait");
  if (made.request != 0) return;  // a supervisor's word goes before the order
  for (const auto& [call, entry] : before.entries) {
    if (call == made.call || entry.state != entry_state::waiting || !same_need(entry, chosen->second)) continue;
    if (!(order_of(entry) < order_of(chosen->second)) || was_tried(entry, made.agent)) continue;
    if ((entry.preferred && entry.preferred != made.agent) || chosen->second.preferred == made.agent) continue;
    complain("I3: call " + to_text(made.call) + " is served before " + to_text(call));
  }
  if (!was_tried(chosen->second, made.agent)) return;
  for (const auto& [name, agent] : plan_.config->agents) {
    const auto id = plan_.config->agent_of(name);
    const auto since = free_since_.find(id);
    const bool settled = since != free_since_.end() && stage_.now() - since->second > hint_max;
    if (id == made.agent || !settled || was_tried(chosen->second, id) || plan_.loses_messages) continue;
    if (stage_.now() - restarted_at_ > settle_max && before.agents.contains(id) &&
        before.agents.at(id).listed > before.agents.at(id).spent && may_serve(before, chosen->second, agent))
      complain("I15: call " + to_text(made.call) + " goes back to an agent that missed it while " + name + " is idle");
  }
}

/// I6: offered = exits + waiting, at every instant.
void monitor::check_totals(const queue_state& q) {
  if (enters_[q.id] != q.totals.exits() + q.entries.size())
    complain("I6: " + std::to_string(enters_[q.id]) + " calls entered queue " + to_text(q.id) + ", " +
             std::to_string(q.totals.exits()) + " left and " + std::to_string(q.entries.size()) + " wait");
}

bool monitor::is_free(agent_id agent) const {
  const auto it = agents_.find(agent);
  return it != agents_.end() && it->second.facts.status == agent_status::ready;
}

bool monitor::may_serve(const queue_state& q, const queue_entry& entry, const agent_config& agent) const {
  const auto* config = plan_.config->queue(q.id);
  const bool member = config != nullptr && std::any_of(agent.queues.begin(), agent.queues.end(),
                                                       [&](const queue_membership& m) { return m.queue == config->name; });
  if (!member) return false;
  return std::all_of(entry.skills.begin(), entry.skills.end(), [&](const skill_level& need) {
    return std::any_of(agent.skills.begin(), agent.skills.end(),
                       [&](const skill_level& has) { return has.skill == need.skill && has.level <= need.level; });
  });
}

void monitor::check_work(bool all_counted) {
  const bool fair = all_counted && !plan_.loses_messages && stage_.engine && stage_.now() - restarted_at_ > settle_max;
  if (!fair) {
    idle_pair_.clear();
    return;
  }
  std::map<std::pair<call_id, agent_id>, time_point> pairs;
  for (const auto& [id, q] : queues_)
    for (const auto& [call, entry] : q.entries) {
      if (entry.state != entry_state::waiting) continue;
      for (const auto& [name, agent] : plan_.config->agents) {
        const auto agent_of = plan_.config->agent_of(name);
        if (!is_free(agent_of) || was_tried(entry, agent_of) || !may_serve(q, entry, agent)) continue;
        const auto seen = idle_pair_.find({call, agent_of});
        const auto since = seen == idle_pair_.end() ? stage_.now() : seen->second;
        if (stage_.now() - since > idle_max) complain("I12: call " + to_text(call) + " waits while agent " + name + " is free");
        pairs[{call, agent_of}] = since;
      }
    }
  idle_pair_ = std::move(pairs);
}

}  // namespace seatgrid::sim
