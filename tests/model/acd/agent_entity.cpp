#include "tests/model/acd/agent_entity.hpp"

#include <algorithm>

#include "proto/wire.hpp"

namespace seatgrid::model {
namespace {

/// Without counters that only grow, and times that no rule of an agent compares.
void make_plain(agent_facts& f) {
  f.calls = f.no_answers = 0;
  f.since = f.idle_since = f.logged_in_at = f.last_offered_at = noon;
  if (f.until.us != 0) f.until = far_off;
}

/// What a takeover must find again.
std::string stored_part(const agent_state& s) {
  agent_row row{s.facts, s.device_version, s.contacts};
  make_plain(row.facts);
  return wire::encode(row);
}

}  // namespace

agent_entity::state agent_entity::start(std::vector<to_entity>& said) {
  state s;
  s.rules = read_rows<agent_rules>(id_.value, {});
  run(s, config_changed{1}, said);
  device_contacts registered{.agent = id_, .version = 1};
  for (std::size_t i = 1; i <= cast_->sizes().contacts; ++i)
    registered.contacts.push_back({.target = "sip:" + s.rules.name + "@10.0.0." + std::to_string(i)});
  if (registered.contacts.size() > 1) run(s, registered, said);
  return s;
}

void agent_entity::run(state& s, agent_command input, std::vector<to_entity>& said) const {
  auto out = step(s, std::move(input), noon, cast_->config(), bends_);
  follow(s, out, said, [](const effect&) {});
  if (s.wrong.empty() && !bends_.after && stored_part(read_rows<agent_rules>(id_.value, s.rows)) != stored_part(s.rules))
    s.wrong = "the agent's row is not its state";
}

void agent_entity::hear(state& s, const acd_message& message, std::vector<to_entity>& said) const {
  const bool was_reserved = s.rules.facts.status == agent_status::reserved;
  run(s, command_of<agent_command>(message), said);
  if (was_reserved || s.rules.facts.status != agent_status::reserved) return;
  auto order = wire::encode(message);
  if (order == s.order) s.wrong = "I15: one order reserves an agent twice";
  s.order = std::move(order);
}

void agent_entity::take(state& s, std::uint16_t code, std::vector<to_entity>& said) const {
  const auto wait = s.waits.find(code);
  const auto generation = wait->second;
  s.waits.erase(wait);
  run(s, timer_fired{code, generation}, said);
}

void agent_entity::take_over(state& s, std::vector<to_entity>& said) const {
  auto out = resume(s, id_.value, bends_);
  follow(s, out, said, [](const effect&) {});
}

std::vector<choice> agent_entity::choices(const state& s) const {
  std::vector<choice> out;
  for (const auto& [timer, unused] : s.waits)
    out.push_back({static_cast<std::uint16_t>(timer), choice_kind::inner,
                   timer == static_cast<std::uint32_t>(agent_timer::deadline) ? "deadline passes" : "announces itself"});
  return out;
}

/// The row keeps the old times and counts: it is the same for the rules.
void agent_entity::make_same(state& s) const {
  make_plain(s.rules.facts);
  s.rules.asked = std::min<std::uint32_t>(s.rules.asked, 1);
}

std::string agent_entity::key(const state& s) const {
  auto key = stored_part(s.rules) + s.order;
  key += static_cast<char>('0' + s.rules.asked);
  key += s.rules.is_configured ? 'c' : '-';
  for (const auto& [timer, generation] : s.waits) {
    key += static_cast<char>('0' + timer);
    key += generation == s.rules.timer_generation || timer != static_cast<std::uint32_t>(agent_timer::deadline) ? '=' : '!';
  }
  return key;
}

summary agent_entity::view(const state& s) const {
  const auto& f = s.rules.facts;
  const bool has_call = f.status == agent_status::reserved || f.status == agent_status::talking;
  summary v;
  v.is_ready = f.status == agent_status::ready;
  v.talks = f.status == agent_status::talking;
  v.other = has_call ? cast_->number_of(ref(f.call)) : 0;
  v.attempt = has_call ? f.attempt : 0;
  return v;
}

std::string agent_entity::describe(const state& s) const {
  const auto& f = s.rules.facts;
  std::string out{to_string(f.status)};
  if (f.attempt != 0) out += " for " + cast_->name_of(ref(f.call)) + " attempt " + std::to_string(f.attempt);
  return out + ", generation " + std::to_string(f.generation);
}

}  // namespace seatgrid::model
