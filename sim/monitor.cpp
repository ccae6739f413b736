#include "sim/monitor.hpp"

#include <algorithm>
#include <type_traits>

#include "base/overload.hpp"
#include "sim/fold.hpp"

namespace seatgrid::sim {
namespace {

std::string name_of(entity_ref e) { return std::string{to_string(e.kind)} + " " + to_text(e.id); }

}  // namespace

void monitor::complain(const std::string& what) {
  if (!wrong_.empty()) return;
  wrong_ = what + " (step " + std::to_string(last_) + ")";
  stage_.say("VIOLATION " + wrong_);
}

void monitor::look() {
  const auto read = log_.read(1, last_ + 1, [&](const recorded_step& recorded) {
    on_step(recorded);
    return true;
  });
  if (!read && read.error().code != errc::not_found) complain("the log cannot be read: " + read.error().what);
}

void monitor::on_step(const recorded_step& recorded) {
  if (recorded.position.sequence != last_ + 1)
    complain("the lane has a hole before " + std::to_string(recorded.position.sequence));
  last_ = recorded.position.sequence;
  check_common(recorded);
  switch (recorded.step.entity.kind) {
    case entity_kind::call: return on_call(recorded);
    case entity_kind::queue: return on_queue(recorded);
    case entity_kind::agent: return on_agent(recorded);
    case entity_kind::registration:
    case entity_kind::none:
    case entity_kind::tenant:
    case entity_kind::number: return;
  }
}

/// I11: epochs only grow. I14: public events are numbered without holes.
void monitor::check_common(const recorded_step& recorded) {
  if (recorded.epoch < epoch_)
    complain("I11: a step of epoch " + std::to_string(recorded.epoch) + " counts in " + std::to_string(epoch_));
  epoch_ = recorded.epoch;
  for (const auto& event : recorded.step.outbox) {
    auto& last = published_[recorded.step.entity];
    if (event.sequence != last + 1)
      complain("I14: " + name_of(recorded.step.entity) + " publishes " + std::to_string(event.sequence) + " after " +
               std::to_string(last));
    last = event.sequence;
  }
}

/// I17: a wait fires at most once per generation; generations of queues and agents begin anew in each life.
template <class Rules>
void check_timer(const recorded_step& recorded, const auto& command, auto& fired, const auto& complain) {
  const auto* timer = command ? std::get_if<timer_fired>(&*command) : nullptr;
  if (timer == nullptr) return;
  const std::uint64_t life = Rules::kind == entity_kind::call ? 0 : recorded.epoch;
  if (Rules::kind != entity_kind::call && timer->generation == 0) return;  // "look again" of a takeover
  if (!fired.emplace(life, recorded.step.entity, timer->timer, timer->generation).second)
    complain("I17: wait " + std::to_string(timer->timer) + " of " + name_of(recorded.step.entity) +
             " made two steps for generation " + std::to_string(timer->generation));
}

void monitor::on_call(const recorded_step& recorded) {
  const call_id id{recorded.step.entity.id};
  check_timer<call_rules>(recorded, call_rules::decode_command(recorded.step.command), fired_,
                          [&](const std::string& what) { complain(what); });
  auto [it, is_new] = calls_.try_emplace(id);
  if (is_new) it->second = from_nothing<call_rules>(id.value);
  for (const auto& bytes : recorded.step.events) {
    const auto event = call_rules::decode_event(bytes);
    if (!event) return complain("an event of " + name_of(recorded.step.entity) + " is not readable: " + event.error().what);
    stage_.say(name_of(recorded.step.entity) + " " + call_rules::describe(*event));
    const auto before = it->second;
    it->second = call_rules::apply(std::move(it->second), *event);
    check_call(before, it->second, *event);
  }
  check_attempts(it->second);
}

/// I2: one winner at a time. I8: one CDR, billed only when answered.
void monitor::check_call(const calls::call_state& before, const calls::call_state& after, const calls::call_event& event) {
  const auto talking = [](const calls::call_state& s) { return s.attempt.state == attempt_state::talking; };
  if (talking(before) && talking(after) && before.attempt.agent != after.attempt.agent)
    complain("I2: call " + to_text(after.id) + " goes from one winner to another at once");
  if (!talking(before) && talking(after)) ++talks_;
  if (after.attempt.floor < before.attempt.floor) complain("I2: the floor of call " + to_text(after.id) + " fell");
  if (const auto* closed = std::get_if<calls::call_closed>(&event)) {
    ++closed_;
    if (before.phase == calls::call_phase::closed) complain("I8: call " + to_text(after.id) + " has two CDRs");
    const bool answered = closed->cdr.answered_at != time_point{};
    if ((closed->cdr.billed_ms > 0) && !answered) complain("I8: call " + to_text(after.id) + " is billed and was not answered");
    for (const auto& leg : closed->cdr.legs)
      if (leg.ended_at < leg.started_at || leg.started_at < closed->cdr.started_at)
        complain("I8: a leg of call " + to_text(after.id) + " does not nest in it");
  }
}

/// I1: a call that rings or talks on an agent is that agent's only one, and the agent knows (DESIGN section 2).
void monitor::check_attempts(const calls::call_state& changed) {
  for (auto& [agent, calls] : has_) calls.erase(changed.id);
  const bool alive = changed.phase == calls::call_phase::opening || changed.phase == calls::call_phase::running;
  if (!alive || !changed.attempt.is_active()) return;
  auto& calls = has_[changed.attempt.agent];
  calls.insert(changed.id);
  if (calls.size() > 1) complain("I1: agent " + to_text(changed.attempt.agent) + " has two calls");
  const auto agent = agents_.find(changed.attempt.agent);
  if (agent == agents_.end() || agent->second.facts.call != changed.id || agent->second.facts.attempt != changed.attempt.attempt)
    complain("I1: call " + to_text(changed.id) + " rings or talks on agent " + to_text(changed.attempt.agent) +
             " that is not reserved for it");
}

void monitor::on_agent(const recorded_step& recorded) {
  const agent_id id{recorded.step.entity.id};
  check_timer<agent_rules>(recorded, agent_rules::decode_command(recorded.step.command), fired_,
                           [&](const std::string& what) { complain(what); });
  auto [it, is_new] = agents_.try_emplace(id);
  if (is_new) it->second = from_nothing<agent_rules>(id.value);
  for (const auto& bytes : recorded.step.events) {
    const auto event = agent_rules::decode_event(bytes);
    if (!event) return complain("an event of " + name_of(recorded.step.entity) + " is not readable: " + event.error().what);
    stage_.say(name_of(recorded.step.entity) + " " + agent_rules::describe(*event));
    const auto before = it->second;
    it->second = agent_rules::apply(std::move(it->second), *event);
    check_agent(before, it->second, *event);
  }
  const auto status = it->second.facts.status;
  if (status == agent_status::ready)
    free_since_.try_emplace(id, stage_.now());
  else
    free_since_.erase(id);
  if (status != agent_status::reserved && status != agent_status::talking && !has_[id].empty())
    complain("I1: agent " + to_text(id) + " is " + std::string{to_string(status)} + " while a call rings or talks on it");
}

/// I7: durations tile the session. I18: every state that keeps calls away has a cause and an end.
void monitor::check_agent(const agent_state& before, const agent_state& after, const agent_event& event) {
  const auto* moved = std::get_if<agent_moved>(&event);
  if (moved == nullptr) return;
  const auto& facts = after.facts;
  if (moved->from != before.facts.status) complain("I7: agent " + to_text(after.id) + " leaves a state that it was not in");
  if (before.facts.since != time_point{} && facts.since < before.facts.since)
    complain("I7: agent " + to_text(after.id) + " enters a state before the one before");
  if (before.facts.since != time_point{} && moved->duration != ms_between(facts.since, before.facts.since))
    complain("I7: a state of agent " + to_text(after.id) + " lasts " + std::to_string(moved->duration.count()) + " ms between " +
             std::to_string(ms_between(facts.since, before.facts.since).count()) + " ms");
  const bool has_call = facts.status == agent_status::reserved || facts.status == agent_status::talking;
  if (has_call && (!facts.call || facts.until == time_point{}))
    complain("I18: agent " + to_text(after.id) + " is busy without call or deadline");
  if (facts.status == agent_status::wrap_up && facts.until == time_point{})
    complain("I18: wrap-up of agent " + to_text(after.id) + " has no end");
  if (facts.status == agent_status::paused && facts.reason.empty())
    complain("I18: agent " + to_text(after.id) + " is paused without cause");
}

void monitor::on_kill() {
  look();
  for (auto& [id, state] : calls_) {
    const auto stored = from_rows<call_rules>(id.value);
    if (stored.phase != state.phase || !(stored.attempt == state.attempt) || stored.legs.size() != state.legs.size() ||
        stored.timers != state.timers)
      complain("the rows of call " + to_text(id) + " differ from its events");
    state = stored;
  }
  for (auto& [id, state] : queues_) {
    auto stored = from_rows<queue_rules>(id.value);
    bool same = stored.entries.size() == state.entries.size() && stored.totals == state.totals;
    for (const auto& [call, entry] : state.entries) {
      const auto it = stored.entries.find(call);
      same = same && it != stored.entries.end() && it->second.state == entry.state && it->second.attempt == entry.attempt &&
             it->second.enqueued_at == entry.enqueued_at && it->second.sequence == entry.sequence;
    }
    if (!same) complain("I4: the rows of queue " + to_text(id) + " differ from its events");
    state = std::move(stored);
  }
  for (auto& [id, state] : agents_) {
    const auto stored = from_rows<agent_rules>(id.value);
    if (!(stored.facts == state.facts) || stored.contacts != state.contacts)
      complain("the rows of agent " + to_text(id) + " differ from its events");
    state.facts = stored.facts;
  }
  idle_pair_.clear();
}

template <class Rules>
typename Rules::state monitor::from_rows(std::uint64_t id) {
  entity_rows rows;
  static_cast<void>(log_.scan(1, row_key({Rules::kind, id}), [&](std::string_view key, std::string_view value) {
    if (element_of(key) != "~") rows.push_back({std::string{element_of(key)}, std::string{value}});
    return true;
  }));
  auto state = Rules::load(id, rows);
  if (state) return std::move(*state);
  complain("the rows of " + name_of({Rules::kind, id}) + " cannot be read: " + state.error().what);
  return {};
}

bool monitor::calls_are_over() const {
  return std::all_of(calls_.begin(), calls_.end(), [](const auto& c) {
    return c.second.phase == calls::call_phase::closed || c.second.phase == calls::call_phase::none ||
           c.second.phase == calls::call_phase::forgotten;
  });
}

void monitor::at_end() {
  for (const auto& [id, state] : calls_) {
    if (state.phase == calls::call_phase::none) continue;
    if (state.phase != calls::call_phase::closed && state.phase != calls::call_phase::forgotten)
      complain("call " + to_text(id) + " never ended: " + std::string{to_string(state.phase)} + "/" +
               std::string{to_string(state.stage)});
    else if (state.started_at != time_point{} && !log_.get(1, row_key(ref(id), "cdr")))
      complain("I8: call " + to_text(id) + " has no CDR");
  }
  for (const auto& [id, q] : queues_)
    for (const auto& [call, unused] : q.entries)
      // A lost `leave_queue` is made good when the queue next offers, or asks after a takeover; neither need come any more here.
      if (!plan_.loses_messages) complain("I5: call " + to_text(call) + " never left queue " + to_text(id));
  for (const auto& [id, agent] : agents_)
    if (agent.facts.status == agent_status::reserved || agent.facts.status == agent_status::talking)
      complain("I18: agent " + to_text(id) + " is still " + std::string{to_string(agent.facts.status)});
}

}  // namespace seatgrid::sim
