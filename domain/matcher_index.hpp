#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "domain/matcher.hpp"
#include "domain/matcher_order.hpp"

/// Inside of the matcher; included by matcher.cpp alone.
namespace seatgrid {
namespace matching {

inline constexpr std::uint8_t worst_level = 10;
inline constexpr unsigned level_shift = 60;
inline constexpr std::uint64_t below_level = (1ULL << level_shift) - 1;
inline constexpr std::size_t long_walk =
    256;  // a walk past so many unfit agents makes the need a candidate for a list of its own
inline constexpr std::size_t own_lists_max = 32;
inline constexpr std::size_t long_walks_remembered = 256;

/// A skill by number and a level, packed so that a need's identity fits a short string without allocation.
using skill_at = char32_t;
using skill_list = std::u32string;  // sorted by skill
inline constexpr unsigned level_bits = 4;
constexpr skill_at pack(std::uint32_t skill, std::uint8_t level) { return (skill << level_bits) | level; }
constexpr std::uint32_t skill_of(skill_at s) { return s >> level_bits; }
constexpr std::uint8_t level_of(skill_at s) { return s & ((1U << level_bits) - 1); }
constexpr std::uint8_t clamped(std::uint8_t level) { return std::clamp<std::uint8_t>(level, 1, worst_level); }

/// One bit for each skill, many skills to a bit: what is not covered cannot be met, and that is seen without a look at the
/// agent's record, which with many agents is in no cache.
using skill_marks = std::uint32_t;
constexpr skill_marks mark_of(skill_at s) { return skill_marks{1} << (skill_of(s) % 32); }
inline skill_marks marks_of(const skill_list& skills) {
  skill_marks all = 0;
  for (const skill_at s : skills) all |= mark_of(s);
  return all;
}

struct agent_key {
  std::uint64_t first = 0;  // level in the queue above, the strategy's first measure below
  std::uint64_t second = 0;
  agent_id agent{};
  std::uint32_t slot = 0;
  skill_marks marks = 0;
  auto operator<=>(const agent_key&) const = default;
};
using agent_list = sorted_runs<agent_key>;

struct agent_record {
  free_agent said{};
  skill_list skills{};
  agent_key key{};
  bool is_free = false;
};

struct head {
  call_order order{};
  std::uint32_t need = 0;
  auto operator<=>(const head&) const = default;
};

struct need_record {
  skill_list needs{};
  sorted_runs<call_order> waiting{};
  std::optional<skill_at> anchor{};  // none: an agent of any skill will do
};

struct call_record {
  std::uint32_t need = 0;
  call_order order{};
};

struct skill_record {
  std::array<agent_list, worst_level + 1> free_at{};       // by the agents' level
  std::array<sorted_runs<head>, worst_level + 1> heads{};  // by the level needed: first calls of needs anchored here
  std::size_t known = 0;                                   // agents seen with it
};

/// A need of several skills whose search was long twice: its own list of the free agents that meet it.
struct own_list {
  skill_list needs{};
  agent_list agents{};
  std::uint64_t used_at = 0;
};

inline bool has(const skill_list& skills, skill_at need) {
  for (const skill_at s : skills)
    if (skill_of(s) == skill_of(need)) return level_of(s) <= level_of(need);
  return false;
}
inline bool has_all(const skill_list& skills, const skill_list& needs) {
  return std::all_of(needs.begin(), needs.end(), [&](skill_at need) { return has(skills, need); });
}

inline agent_key key_of(queue_strategy strategy, const free_agent& a, std::uint32_t slot, skill_marks marks) {
  const auto idle = static_cast<std::uint64_t>(std::max<std::int64_t>(a.idle_since.us, 0));
  std::uint64_t first = idle;
  std::uint64_t second = 0;
  switch (strategy) {
    case queue_strategy::longest_idle:
    case queue_strategy::skill_first: break;
    case queue_strategy::fewest_calls:
      first = a.calls;
      second = idle;
      break;
    case queue_strategy::round_robin: first = static_cast<std::uint64_t>(std::max<std::int64_t>(a.last_offered_at.us, 0)); break;
    case queue_strategy::linear:
      first = a.name_high;
      second = a.name_low;
      break;
    case queue_strategy::random: first = a.chance; break;
  }
  return {(std::uint64_t{clamped(a.level)} << level_shift) | (first & below_level), second, a.agent, slot, marks};
}

}  // namespace matching

struct matcher::index {
  using skill_at = matching::skill_at;
  using skill_list = matching::skill_list;
  using agent_key = matching::agent_key;
  using agent_list = matching::agent_list;
  using agent_record = matching::agent_record;
  using head = matching::head;
  using need_record = matching::need_record;
  using call_record = matching::call_record;
  using skill_record = matching::skill_record;
  using own_list = matching::own_list;

  queue_strategy strategy = queue_strategy::longest_idle;
  std::unordered_map<std::string, std::uint32_t> skill_numbers{};
  std::vector<skill_record> skills{};
  std::unordered_map<agent_id, std::uint32_t> agent_slots{};
  std::vector<agent_record> agents{};
  agent_list all_free{};
  std::unordered_map<skill_list, std::uint32_t> need_numbers{};
  std::vector<need_record> needs{};
  std::vector<std::uint32_t> unused_needs{};
  sorted_runs<head> open_heads{};
  std::unordered_map<call_id, call_record> calls{};
  std::vector<own_list> own_lists{};
  std::array<std::size_t, matching::long_walks_remembered> long_walks{};
  std::uint64_t searches = 0;

  // --- skills
  std::uint32_t number_of(const std::string& skill) {
    const auto [it, added] = skill_numbers.try_emplace(skill, static_cast<std::uint32_t>(skills.size()));
    if (added) skills.emplace_back();
    return it->second;
  }
  /// False when a skill is unknown; then `out` lacks it.
  bool known_skills(const std::vector<skill_level>& in, skill_list& out) const {
    bool complete = true;
    for (const auto& s : in) {
      const auto it = skill_numbers.find(s.skill);
      if (it == skill_numbers.end())
        complete = false;
      else
        out.push_back(matching::pack(it->second, matching::clamped(s.level)));
    }
    std::sort(out.begin(), out.end());
    return complete;
  }
  skill_list numbered(const std::vector<skill_level>& in) {
    skill_list out;
    for (const auto& s : in) out.push_back(matching::pack(number_of(s.skill), matching::clamped(s.level)));
    std::sort(out.begin(), out.end());
    return out;
  }

  // --- agents
  void link(agent_record& a) {
    all_free.insert(a.key);
    for (const skill_at s : a.skills) skills[matching::skill_of(s)].free_at[matching::level_of(s)].insert(a.key);
    for (auto& list : own_lists)
      if (matching::has_all(a.skills, list.needs)) list.agents.insert(a.key);
    a.is_free = true;
  }
  void unlink(agent_record& a) {
    all_free.erase(a.key);
    for (const skill_at s : a.skills) skills[matching::skill_of(s)].free_at[matching::level_of(s)].erase(a.key);
    for (auto& list : own_lists)
      if (matching::has_all(a.skills, list.needs)) list.agents.erase(a.key);
    a.is_free = false;
  }
  void add(const free_agent& said) {
    const auto [it, added] = agent_slots.try_emplace(said.agent, static_cast<std::uint32_t>(agents.size()));
    if (added) agents.emplace_back();
    auto& record = agents[it->second];
    if (record.is_free) unlink(record);
    if (added || record.said.skills != said.skills) {
      for (const skill_at s : record.skills) --skills[matching::skill_of(s)].known;
      record.skills = numbered(said.skills);
      for (const skill_at s : record.skills) ++skills[matching::skill_of(s)].known;
    }
    record.said = said;
    record.key = matching::key_of(strategy, said, it->second, matching::marks_of(record.skills));
    link(record);
  }

  // --- calls
  skill_at anchor_of(const skill_list& wanted) const {
    return *std::min_element(wanted.begin(), wanted.end(), [&](skill_at a, skill_at b) {
      return skills[matching::skill_of(a)].known < skills[matching::skill_of(b)].known;
    });
  }
  std::uint32_t need_number(const std::vector<skill_level>& wanted) {
    auto key = numbered(wanted);
    if (const auto it = need_numbers.find(key); it != need_numbers.end()) return it->second;
    std::uint32_t number = 0;
    if (unused_needs.empty()) {
      number = static_cast<std::uint32_t>(needs.size());
      needs.emplace_back();
    } else {
      number = unused_needs.back();
      unused_needs.pop_back();
    }
    auto& need = needs[number];
    need.anchor = key.empty() ? std::nullopt : std::optional{anchor_of(key)};
    need.needs = key;
    need_numbers.emplace(std::move(key), number);
    return number;
  }
  sorted_runs<head>& heads_of(const need_record& need) {
    return need.anchor ? skills[matching::skill_of(*need.anchor)].heads[matching::level_of(*need.anchor)] : open_heads;
  }
  void change_waiting(std::uint32_t number, const call_order& order, bool add) {
    auto& need = needs[number];
    auto& heads = heads_of(need);
    const bool was_first = !need.waiting.empty() && need.waiting.front() == order;
    const bool is_first = need.waiting.empty() || order < need.waiting.front();
    if (!need.waiting.empty() && (add ? is_first : was_first)) heads.erase({need.waiting.front(), number});
    if (add)
      need.waiting.insert(order);
    else
      need.waiting.erase(order);
    if (!need.waiting.empty() && (add ? is_first : was_first)) heads.insert({need.waiting.front(), number});
  }
  void drop_call(call_id call) {
    const auto it = calls.find(call);
    if (it == calls.end()) return;
    const auto number = it->second.need;
    change_waiting(number, it->second.order, false);
    if (needs[number].waiting.empty()) {
      need_numbers.erase(needs[number].needs);
      needs[number] = {};
      unused_needs.push_back(number);
    }
    calls.erase(it);
  }

  // --- searches
  struct span_of_keys {
    std::uint64_t from = 0;
    std::uint64_t to = std::numeric_limits<std::uint64_t>::max();  // of agent_key::first, both included
  };
  struct search {
    const index& in;
    const skill_list& wanted;
    allows<agent_id> allowed;
    matching::skill_marks marks = matching::marks_of(wanted);
    std::size_t walked = 0;
    bool takes(const agent_key& key) {
      ++walked;
      if (wanted.size() > 1 && ((key.marks & marks) != marks || !matching::has_all(in.agents[key.slot].skills, wanted)))
        return false;
      return allowed(key.agent);
    }
  };
  /// The first key in order over several lists that the search takes.
  static agent_id first_of(const std::vector<const agent_list*>& lists, const span_of_keys& span, search& s) {
    std::vector<agent_list::walk> walks;
    walks.reserve(lists.size());
    for (const auto* list : lists) {
      auto walk = span.from == 0 ? list->begin() : list->from({.first = span.from});
      if (!walk.at_end()) walks.push_back(walk);
    }
    while (!walks.empty()) {
      auto best = walks.begin();
      for (auto it = std::next(best); it != walks.end(); ++it)
        if (**it < **best) best = it;
      if ((**best).first > span.to) return {};
      if (s.takes(**best)) return (**best).agent;
      best->next();
      if (best->at_end()) {
        *best = walks.back();
        walks.pop_back();
      }
    }
    return {};
  }
  /// From a random point on and around, level by level.
  static agent_id random_of(const std::vector<const agent_list*>& lists, std::uint64_t chance, search& s) {
    for (std::uint64_t level = 1; level <= matching::worst_level; ++level) {
      const auto floor = level << matching::level_shift;
      const auto point = floor | (chance & matching::below_level);
      if (const auto found = first_of(lists, {point, floor | matching::below_level}, s)) return found;
      if (point == floor) continue;
      if (const auto found = first_of(lists, {floor, point - 1}, s)) return found;
    }
    return {};
  }
  std::vector<const agent_list*> lists_for(skill_at need) const {
    std::vector<const agent_list*> lists;
    const auto& at = skills[matching::skill_of(need)].free_at;
    for (std::uint8_t level = 1; level <= matching::level_of(need); ++level)
      if (!at[level].empty()) lists.push_back(&at[level]);
    return lists;
  }
  std::size_t free_for(skill_at need) const {
    std::size_t count = 0;
    for (std::uint8_t level = 1; level <= matching::level_of(need); ++level)
      count += skills[matching::skill_of(need)].free_at[level].size();
    return count;
  }
  agent_id search_lists(const std::vector<const agent_list*>& lists, std::uint64_t chance, search& s) const {
    return strategy == queue_strategy::random ? random_of(lists, chance, s) : first_of(lists, {}, s);
  }

  agent_id best(const std::vector<skill_level>& needed, std::uint64_t chance, allows<agent_id> allowed) {
    ++searches;
    skill_list wanted;
    if (!known_skills(needed, wanted)) return {};
    search s{*this, wanted, allowed};
    if (wanted.empty()) return search_lists({&all_free}, chance, s);
    if (strategy == queue_strategy::skill_first) {
      for (const auto* list : lists_for(primary_of(needed)))
        if (const auto found = first_of({list}, {}, s)) return found;
      return {};
    }
    if (wanted.size() == 1) return search_lists(lists_for(wanted.front()), chance, s);
    for (auto& list : own_lists)
      if (list.needs == wanted) {
        list.used_at = searches;
        return search_lists({&list.agents}, chance, s);
      }
    const auto rarest =
        *std::min_element(wanted.begin(), wanted.end(), [&](skill_at a, skill_at b) { return free_for(a) < free_for(b); });
    const auto found = search_lists(lists_for(rarest), chance, s);
    if (s.walked > matching::long_walk) remember_long_walk(wanted);
    return found;
  }
  skill_at primary_of(const std::vector<skill_level>& needed) const {
    return matching::pack(skill_numbers.find(needed.front().skill)->second, matching::clamped(needed.front().level));
  }

  void remember_long_walk(const skill_list& wanted) {
    const auto mark = std::hash<skill_list>{}(wanted) | 1U;
    auto& seen = long_walks[mark / 2 % matching::long_walks_remembered];
    if (seen != mark) {
      seen = mark;
      return;
    }
    seen = 0;
    if (own_lists.size() >= matching::own_lists_max)
      own_lists.erase(std::min_element(own_lists.begin(), own_lists.end(),
                                       [](const own_list& a, const own_list& b) { return a.used_at < b.used_at; }));
    own_list list{.needs = wanted, .used_at = searches};
    for (const auto& agent : agents)
      if (agent.is_free && matching::has_all(agent.skills, wanted)) list.agents.insert(agent.key);
    own_lists.push_back(std::move(list));
  }

  struct call_search {
    const skill_list& skills;
    allows<call_id> allowed;
    std::optional<call_order> best{};
  };
  void look_at(const sorted_runs<head>& heads, call_search& s) const {
    for (auto at = heads.begin(); !at.at_end(); at.next()) {
      if (s.best && !((*at).order < *s.best)) return;
      const auto& need = needs[(*at).need];
      if (need.needs.size() > 1 && !matching::has_all(s.skills, need.needs)) continue;
      for (auto call = need.waiting.begin(); !call.at_end(); call.next()) {
        if (s.best && !(*call < *s.best)) break;
        if (!s.allowed((*call).call)) continue;
        s.best = *call;
        break;
      }
    }
  }
};

}  // namespace seatgrid
