#include "audit/auditor.hpp"

#include <algorithm>
#include <numeric>

#include "audit/fold.hpp"

namespace seatgrid::audit {
namespace {

bool removes_cdr(const step& step) {
  return step.command.empty() && std::any_of(step.rows.begin(), step.rows.end(), [&](const row& changed) {
           return !changed.value && changed.key == row_key(step.entity, "cdr");
         });
}

constexpr milliseconds work_looked_at_every{50};  // of lane time, when a whole log is read

std::string name_of(entity_ref e) { return std::string{to_string(e.kind)} + " " + to_text(e.id); }

/// How many steps each wait that fired has made; waits of queues and agents are numbered anew in each life.
template <class Rules>
const timer_fired* fired_wait(const result<typename Rules::command>& command) {
  const auto* timer = command ? std::get_if<timer_fired>(&*command) : nullptr;
  if (timer == nullptr) return nullptr;
  const bool looks_again = Rules::kind != entity_kind::call && timer->generation == 0;  // of a takeover
  return looks_again ? nullptr : timer;
}

}  // namespace

auditor::auditor(const config_source& configs, const journal& log, lane_id lane, audit_options options)
    : configs_(configs), log_(log), lane_(lane), options_(std::move(options)) {}

std::uint64_t auditor::violations() const { return std::accumulate(violated_.begin(), violated_.end(), std::uint64_t{0}); }

void auditor::complain(invariant which, const std::string& what) {
  ++violated_[static_cast<std::size_t>(which)];
  if (texts_.size() >= options_.texts_max) return;
  texts_.push_back(std::string{name_of(which)} + ": " + what + " (step " + std::to_string(last_) + ")");
  say("VIOLATION " + texts_.back());
}

void auditor::say(const std::string& line) const {
  if (options_.trace) options_.trace(line);
}

void auditor::look(time_point now) {
  now_ = now;
  const auto read = log_.read(lane_, last_ + 1, [&](const recorded_step& recorded) {
    on_step(recorded);
    return true;
  });
  if (!read && read.error().code != errc::not_found) complain(invariant::log, "the log cannot be read: " + read.error().what);
}

void auditor::look_through() {
  time_point looked_at{};
  const auto read = log_.read(lane_, 0, [&](const recorded_step& recorded) {
    if (recorded.epoch != epoch_) on_restart(recorded.step.at);
    if (recorded.step.at - looked_at >= work_looked_at_every) {
      check_work(recorded.step.at, true);
      looked_at = recorded.step.at;
    }
    now_ = std::max(now_, recorded.step.at);
    on_step(recorded);
    return true;
  });
  if (!read && read.error().code != errc::not_found) complain(invariant::log, "the log cannot be read: " + read.error().what);
}

void auditor::on_step(const recorded_step& recorded) {
  if (first_ == 0) {
    first_ = recorded.position.sequence;
    last_ = first_ - 1;
  }
  expect(invariant::log, recorded.position.sequence == last_ + 1,
         [&] { return "the lane has a hole before " + std::to_string(recorded.position.sequence); });
  last_ = recorded.position.sequence;
  ++steps_;
  check_common(recorded);
  switch (recorded.step.entity.kind) {
    case entity_kind::call: return on_call(recorded);
    case entity_kind::queue: return on_queue(recorded);
    case entity_kind::agent: return on_agent(recorded);
    case entity_kind::registration:
    case entity_kind::none:
    case entity_kind::tenant:
    case entity_kind::lane:
    case entity_kind::node:
    case entity_kind::number: return;
  }
}

void auditor::check_common(const recorded_step& recorded) {
  expect(invariant::i11, recorded.epoch >= epoch_,
         [&] { return "a step of epoch " + std::to_string(recorded.epoch) + " counts in " + std::to_string(epoch_); });
  epoch_ = recorded.epoch;
  for (const auto& event : recorded.step.outbox) {
    const auto found = published_.try_emplace(recorded.step.entity, 0);
    auto& last = found.first->second;
    const bool first_kept = found.second && first_ > 1;
    expect(invariant::i14, first_kept || event.sequence == last + 1, [&] {
      return name_of(recorded.step.entity) + " publishes " + std::to_string(event.sequence) + " after " + std::to_string(last);
    });
    last = event.sequence;
  }
}

bool auditor::knows(const recorded_step& recorded, bool is_first_of_call) {
  if (first_ <= 1 || is_first_of_call) return true;
  skipped_.insert(recorded.step.entity);
  return false;
}

template <class Rules>
void auditor::check_timer(const recorded_step& recorded) {
  const auto command = Rules::decode_command(recorded.step.command);
  const auto* timer = fired_wait<Rules>(command);
  if (timer == nullptr) return;
  const std::uint64_t life = Rules::kind == entity_kind::call ? 0 : recorded.epoch;
  expect(invariant::i17, fired_.emplace(life, recorded.step.entity, timer->timer, timer->generation).second, [&] {
    return "wait " + std::to_string(timer->timer) + " of " + name_of(recorded.step.entity) + " made two steps for generation " +
           std::to_string(timer->generation);
  });
}

template void auditor::check_timer<queue_rules>(const recorded_step& recorded);  // auditor_queue.cpp

void auditor::on_call(const recorded_step& recorded) {
  const call_id id{recorded.step.entity.id};
  if (removes_cdr(recorded.step)) return static_cast<void>(calls_.erase(id));  // retention: its time is over
  auto known = calls_.find(id);
  if (known == calls_.end()) {
    if (recorded.step.events.empty()) return;
    const auto first = call_rules::decode_event(recorded.step.events.front());
    const bool begins = first && std::holds_alternative<calls::call_started>(*first);
    if (!knows(recorded, begins)) return;
    known = calls_.emplace(id, from_nothing<call_rules>(id.value)).first;
  }
  check_timer<call_rules>(recorded);
  auto& state = known->second;
  for (const auto& bytes : recorded.step.events) {
    const auto event = call_rules::decode_event(bytes);
    if (!event)
      return complain(invariant::log, "an event of " + name_of(recorded.step.entity) + " is not readable: " + event.error().what);
    say(name_of(recorded.step.entity) + " " + call_rules::describe(*event));
    const auto before = state;
    call_rules::apply(state, *event);
    check_call(before, state, *event);
  }
  check_attempts(state);
}

void auditor::check_call(const calls::call_state& before, const calls::call_state& after, const calls::call_event& event) {
  const auto talking = [](const calls::call_state& s) { return s.attempt.state == attempt_state::talking; };
  expect(invariant::i2, !(talking(before) && talking(after) && before.attempt.agent != after.attempt.agent),
         [&] { return "call " + to_text(after.id) + " goes from one winner to another at once"; });
  if (!talking(before) && talking(after)) ++talks_;
  expect(invariant::i2, after.attempt.floor >= before.attempt.floor,
         [&] { return "the floor of call " + to_text(after.id) + " fell"; });
  if (const auto* closed = std::get_if<calls::call_closed>(&event)) check_cdr(before, *closed);
}

void auditor::check_cdr(const calls::call_state& before, const calls::call_closed& closed) {
  ++closed_;
  expect(invariant::i8, before.phase != calls::call_phase::closed,
         [&] { return "call " + to_text(before.id) + " has two CDRs"; });
  expect(invariant::i8, closed.cdr.billed_ms == 0 || closed.cdr.answered_at != time_point{},
         [&] { return "call " + to_text(before.id) + " is billed and was not answered"; });
  for (const auto& leg : closed.cdr.legs)
    expect(invariant::i8, leg.ended_at >= leg.started_at && leg.started_at >= closed.cdr.started_at,
           [&] { return "a leg of call " + to_text(before.id) + " does not nest in it"; });
}

/// A call that rings or talks on an agent is that agent's only one, and the agent knows (DESIGN section 2).
void auditor::check_attempts(const calls::call_state& changed) {
  for (auto& [agent, calls] : has_) calls.erase(changed.id);
  const bool alive = changed.phase == calls::call_phase::opening || changed.phase == calls::call_phase::running;
  if (!alive || !changed.attempt.is_active()) return;
  auto& calls = has_[changed.attempt.agent];
  calls.insert(changed.id);
  expect(invariant::i1, calls.size() == 1, [&] { return "agent " + to_text(changed.attempt.agent) + " has two calls"; });
  const auto agent = agents_.find(changed.attempt.agent);
  if (agent == agents_.end() && first_ > 1) return;
  const bool reserved =
      agent != agents_.end() && agent->second.facts.call == changed.id && agent->second.facts.attempt == changed.attempt.attempt;
  expect(invariant::i1, reserved, [&] {
    return "call " + to_text(changed.id) + " rings or talks on agent " + to_text(changed.attempt.agent) +
           " that is not reserved for it";
  });
}

void auditor::on_agent(const recorded_step& recorded) {
  const agent_id id{recorded.step.entity.id};
  if (!knows(recorded, false)) return;
  check_timer<agent_rules>(recorded);
  auto [it, is_new] = agents_.try_emplace(id);
  if (is_new) it->second = from_nothing<agent_rules>(id.value);
  for (const auto& bytes : recorded.step.events) {
    const auto event = agent_rules::decode_event(bytes);
    if (!event)
      return complain(invariant::log, "an event of " + name_of(recorded.step.entity) + " is not readable: " + event.error().what);
    say(name_of(recorded.step.entity) + " " + agent_rules::describe(*event));
    const auto before = it->second;
    agent_rules::apply(it->second, *event);
    check_agent(before, it->second, *event);
  }
  const auto status = it->second.facts.status;
  if (status == agent_status::ready)
    free_since_.try_emplace(id, now_);
  else
    free_since_.erase(id);
  const bool may_have_call = status == agent_status::reserved || status == agent_status::talking;
  expect(invariant::i1, may_have_call || has_[id].empty(),
         [&] { return "agent " + to_text(id) + " is " + std::string{to_string(status)} + " while a call rings or talks on it"; });
}

void auditor::check_agent(const agent_state& before, const agent_state& after, const agent_event& event) {
  const auto* moved = std::get_if<agent_moved>(&event);
  if (moved == nullptr) return;
  const auto name = [&] { return "agent " + to_text(after.id); };
  expect(invariant::i7, moved->from == before.facts.status, [&] { return name() + " leaves a state that it was not in"; });
  if (before.facts.since != time_point{}) {
    const auto lasted = ms_between(after.facts.since, before.facts.since);
    expect(invariant::i7, after.facts.since >= before.facts.since,
           [&] { return name() + " enters a state before the one before"; });
    expect(invariant::i7, moved->duration == lasted, [&] {
      return "a state of " + name() + " lasts " + std::to_string(moved->duration.count()) + " ms between " +
             std::to_string(lasted.count()) + " ms";
    });
  }
  check_busy(after);
}

void auditor::check_busy(const agent_state& after) {
  const auto& facts = after.facts;
  const auto name = [&] { return "agent " + to_text(after.id); };
  const bool has_call = facts.status == agent_status::reserved || facts.status == agent_status::talking;
  expect(invariant::i18, !has_call || (facts.call && facts.until != time_point{}),
         [&] { return name() + " is busy without call or deadline"; });
  expect(invariant::i18, facts.status != agent_status::wrap_up || facts.until != time_point{},
         [&] { return "wrap-up of " + name() + " has no end"; });
  expect(invariant::i18, facts.status != agent_status::paused || !facts.reason.empty(),
         [&] { return name() + " is paused without cause"; });
}

void auditor::compare_with_rows() {
  look(now_);
  for (auto& [id, state] : calls_) {
    const auto stored = from_rows<call_rules>(id.value);
    const bool same = stored.phase == state.phase && stored.attempt == state.attempt && stored.legs.size() == state.legs.size() &&
                      stored.timers == state.timers;
    expect(invariant::rows, same, [&, who = id] { return "the rows of call " + to_text(who) + " differ from its events"; });
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
    expect(invariant::rows, same, [&, who = id] { return "the rows of queue " + to_text(who) + " differ from its events"; });
    state = std::move(stored);
  }
  for (auto& [id, state] : agents_) {
    const auto stored = from_rows<agent_rules>(id.value);
    expect(invariant::rows, stored.facts == state.facts && stored.contacts == state.contacts,
           [&, who = id] { return "the rows of agent " + to_text(who) + " differ from its events"; });
    state.facts = stored.facts;
  }
  idle_pair_.clear();
}

template <class Rules>
typename Rules::state auditor::from_rows(std::uint64_t id) {
  entity_rows rows;
  static_cast<void>(log_.scan(lane_, row_key({Rules::kind, id}), [&](std::string_view key, std::string_view value) {
    if (element_of(key) != "~") rows.push_back({std::string{element_of(key)}, std::string{value}});
    return true;
  }));
  auto state = Rules::load(id, rows);
  if (state) return std::move(*state);
  complain(invariant::rows, "the rows of " + name_of({Rules::kind, id}) + " cannot be read: " + state.error().what);
  return {};
}

void auditor::at_end() {
  const auto is_over = [](const calls::call_state& s) {
    return s.phase == calls::call_phase::closed || s.phase == calls::call_phase::forgotten;
  };
  for (const auto& [id, state] : calls_) {
    if (state.phase == calls::call_phase::none) continue;
    if (!is_over(state)) {
      if (!options_.calls_may_live)
        complain(invariant::i8, "call " + to_text(id) + " never ended: " + std::string{to_string(state.phase)} + "/" +
                                    std::string{to_string(state.stage)});
    } else if (state.started_at != time_point{} && state.phase == calls::call_phase::closed) {
      expect(invariant::i8, log_.get(lane_, row_key(ref(id), "cdr")).has_value(),
             [&, who = id] { return "call " + to_text(who) + " has no CDR"; });
    }
  }
  if (options_.calls_may_live) return;
  for (const auto& [id, q] : queues_)
    for (const auto& [call, unused] : q.entries)
      complain(invariant::i5, "call " + to_text(call) + " never left queue " + to_text(id));
  for (const auto& [id, agent] : agents_)
    expect(invariant::i18, agent.facts.status != agent_status::reserved && agent.facts.status != agent_status::talking,
           [who = id, status = agent.facts.status] {
             return "agent " + to_text(who) + " is still " + std::string{to_string(status)};
           });
}

}  // namespace seatgrid::audit
