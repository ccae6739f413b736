#include "domain/matcher.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/matcher_index.hpp"

namespace seatgrid {

call_order order_of(call_id call, bool at_head, std::int32_t priority, time_point enqueued_at, std::uint64_t sequence) {
  const auto lower_first = static_cast<std::uint64_t>(std::int64_t{std::numeric_limits<std::int32_t>::max()} - priority);
  return {(at_head ? 0ULL : 1ULL << 33) | lower_first, enqueued_at.us, sequence, call};
}

matcher::matcher(queue_strategy strategy) : index_(std::make_unique<index>()) { index_->strategy = strategy; }
matcher::matcher(const matcher& other) : index_(std::make_unique<index>(*other.index_)) {}
matcher::matcher(matcher&&) noexcept = default;
matcher& matcher::operator=(const matcher& other) {
  if (this != &other) index_ = std::make_unique<index>(*other.index_);
  return *this;
}
matcher& matcher::operator=(matcher&&) noexcept = default;
matcher::~matcher() = default;

queue_strategy matcher::strategy() const { return index_->strategy; }

void matcher::set_strategy(queue_strategy strategy) {
  if (index_->strategy == strategy) return;
  std::vector<std::uint32_t> free;
  for (std::uint32_t slot = 0; slot < index_->agents.size(); ++slot)
    if (index_->agents[slot].is_free) free.push_back(slot);
  for (const auto slot : free) index_->unlink(index_->agents[slot]);
  index_->strategy = strategy;
  for (const auto slot : free) {
    auto& agent = index_->agents[slot];
    agent.key = matching::key_of(strategy, agent.said, slot, matching::marks_of(agent.skills));
    index_->link(agent);
  }
}

void matcher::add_agent(const free_agent& agent) { index_->add(agent); }

void matcher::remove_agent(agent_id agent) {
  const auto it = index_->agent_slots.find(agent);
  if (it != index_->agent_slots.end() && index_->agents[it->second].is_free) index_->unlink(index_->agents[it->second]);
}

bool matcher::is_free(agent_id agent) const { return find_agent(agent) != nullptr; }
std::size_t matcher::free_agents() const { return index_->all_free.size(); }

const free_agent* matcher::find_agent(agent_id agent) const {
  const auto it = index_->agent_slots.find(agent);
  if (it == index_->agent_slots.end() || !index_->agents[it->second].is_free) return nullptr;
  return &index_->agents[it->second].said;
}

void matcher::add_call(const call_order& order, const std::vector<skill_level>& needs) {
  const auto number = index_->need_number(needs);
  if (!index_->calls.try_emplace(order.call, matching::call_record{number, order}).second) return;
  index_->change_waiting(number, order, true);
}

void matcher::remove_call(call_id call) { index_->drop_call(call); }
std::size_t matcher::waiting_calls() const { return index_->calls.size(); }

// The index learns from long searches which needs deserve a list of their own; that changes its speed, never an answer.
agent_id matcher::best_agent(const std::vector<skill_level>& needs, std::uint64_t chance, allows<agent_id> allowed) const {
  return index_->best(needs, chance, allowed);
}

call_id matcher::best_call(const std::vector<skill_level>& skills, allows<call_id> allowed) const {
  matching::skill_list known;
  index_->known_skills(skills, known);
  index::call_search s{known, allowed};
  index_->look_at(index_->open_heads, s);
  for (const matching::skill_at have : known)
    for (std::uint8_t level = matching::level_of(have); level <= matching::worst_level; ++level)
      index_->look_at(index_->skills[matching::skill_of(have)].heads[level], s);
  return s.best ? s.best->call : call_id{};
}

bool matcher::meets(const std::vector<skill_level>& skills, const std::vector<skill_level>& needs) {
  return std::all_of(needs.begin(), needs.end(), [&](const skill_level& need) {
    return std::any_of(skills.begin(), skills.end(), [&](const skill_level& have) {
      return have.skill == need.skill && matching::clamped(have.level) <= matching::clamped(need.level);
    });
  });
}

}  // namespace seatgrid
