#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "tests/unit/domain_acd/rules_harness.hpp"

/// Random histories of a queue beside a reference that looks at every waiting call and every free agent.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

constexpr std::size_t agents_count = 12;
constexpr std::size_t steps_per_history = 600;

struct history {
  explicit history(queue_strategy strategy, std::uint64_t seed) : strategy_(strategy), random_(seed) {
    config_ = demo(agents_count);
    auto& queue = config_.queues["support"];
    queue.strategy = strategy;
    queue.waiting_max = 60;
    queue.no_answer_delay = 3s;
    queue.reject_delay = 5s;
    queue.busy_delay = 0s;
    for (const auto& [name, unused] : config_.agents) agents_.push_back(config_.agent_of(name));
    generations_.assign(agents_.size(), 0);
    run_ = std::make_unique<entity_run<queue_rules>>(config_.queue_of("support").value, config_);
  }

  void play() {
    for (std::size_t i = 0; i < steps_per_history && !::testing::Test::HasFailure(); ++i) {
      now_ = now_ + milliseconds{pick(400)};
      const auto before = run_->state;
      run_->events.clear();
      step();
      check_choices(before);
      check_conservation();
      check_work_conserving();
      check_places();
    }
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  void take(const queue_command& c) {
    is_agent_word_ = std::holds_alternative<agent_available>(c);
    ASSERT_TRUE(run_->take(c, now_, random_()).has_value());
  }

  std::vector<skill_level> some_skills(std::size_t most, bool worst_first) {
    std::vector<skill_level> skills;
    for (const auto* name : {"sales", "french", "gold"})
      if (skills.size() < most && pick(2) == 0)
        skills.push_back({name, static_cast<std::uint8_t>(worst_first ? 3 + pick(3) : 1 + pick(4))});
    return skills;
  }

  /// An entry chosen at random; none when the queue is empty.
  const queue_entry* some_entry() {
    const auto& entries = run_->state.entries;
    if (entries.empty()) return nullptr;
    auto it = entries.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(pick(entries.size())));
    return &it->second;
  }

  void step() {
    switch (pick(10)) {
      case 0:
      case 1:
      case 2: return arrive();
      case 3:
      case 4:
      case 5: return agent_word();
      case 6:
      case 7:
      case 8: return answer();
      default: return other();
    }
  }
  void arrive() {
    enqueue m{.call = call_id{++last_call_}, .queue = run_->state.id};
    m.priority = static_cast<std::int32_t>(pick(3));
    m.skills = some_skills(2, true);
    m.enqueued_at = pick(4) == 0 ? now_ - seconds{pick(30)} : time_point{};
    m.at_head = pick(15) == 0;
    if (pick(6) == 0) m.preferred = agents_[pick(agents_.size())];
    take(m);
    if (run_->happened<call_queued>()) ++arrived_;
  }
  void agent_word() {
    const auto i = pick(agents_.size());
    if (pick(8) == 0) return take(agent_unavailable{agents_[i], generations_[i], pick(2) == 0});
    agent_available m{.agent = agents_[i], .generation = ++generations_[i], .idle_since = now_ - seconds{pick(100)}};
    m.skills = some_skills(3, false);
    m.level = static_cast<std::uint8_t>(1 + pick(2));
    m.calls = static_cast<std::uint32_t>(pick(5));
    m.last_offered_at = now_ - seconds{pick(100)};
    last_skills_ = m.skills;
    take(m);
  }
  void answer() {
    const auto* e = some_entry();
    if (e == nullptr) return;
    if (e->state == entry_state::reserving && pick(4) == 0) return take(agent_refused{e->call, e->attempt, e->agent});
    if (e->state == entry_state::reserving)
      return take(agent_reserved{.call = e->call, .attempt = e->attempt, .agent = e->agent});
    if (e->state == entry_state::offering && pick(2) == 0)
      return take(connected{.call = e->call, .attempt = e->attempt, .agent = e->agent, .queue = run_->state.id});
    if (e->state != entry_state::offering) return;
    constexpr attempt_failure reasons[] = {attempt_failure::no_answer, attempt_failure::rejected, attempt_failure::busy,
                                           attempt_failure::gave_up, attempt_failure::caller_gone};
    take(failed{.call = e->call, .attempt = e->attempt, .agent = e->agent, .queue = run_->state.id, .why = reasons[pick(5)]});
  }
  void other() {
    const auto* e = some_entry();
    switch (pick(6)) {
      case 0:
        if (e != nullptr) take(leave_queue{e->call, run_->state.id, pick(2) == 0 ? "abandoned" : "timeout"});
        return;
      case 1:
        if (e != nullptr) take(queue_prioritise{0, e->call, static_cast<std::int32_t>(pick(3)), pick(5) == 0});
        return;
      case 2:
        if (e != nullptr && pick(3) == 0) {
          const auto places = places_now();
          const auto exits = run_->state.totals.exits();
          run_->take_over(now_);
          EXPECT_EQ(places_now(), places);
          EXPECT_EQ(run_->state.totals.exits(), exits);
        }
        return;
      default: {
        const timer_fired due{static_cast<std::uint32_t>(queue_timer::due), run_->state.timer_generation};
        if (run_->state.timer_due.us == 0) return;
        now_ = std::max(now_, run_->state.timer_due);
        return take(due);
      }
    }
  }

  // --- the reference
  bool excluded(const queue_entry& e, agent_id agent) const {
    return std::any_of(e.tried.begin(), e.tried.end(), [&](const auto& t) { return t.agent == agent && t.until > now_; });
  }
  static bool was_tried(const queue_entry& e, agent_id agent) {
    return std::any_of(e.tried.begin(), e.tried.end(), [&](const auto& t) { return t.agent == agent; });
  }
  /// What the strategy compares; smaller goes first.
  auto turn_of(const free_agent& a, const queue_entry& e) const {
    std::uint64_t skill = 0;
    std::int64_t first = a.idle_since.us;
    std::int64_t second = 0;
    if (strategy_ == queue_strategy::fewest_calls) std::tie(first, second) = std::pair{std::int64_t{a.calls}, a.idle_since.us};
    if (strategy_ == queue_strategy::round_robin) first = a.last_offered_at.us;
    if (strategy_ == queue_strategy::linear) first = static_cast<std::int64_t>(a.name_high);
    if (strategy_ == queue_strategy::skill_first && !e.skills.empty())
      for (const auto& s : a.skills)
        if (s.skill == e.skills.front().skill) skill = s.level;
    return std::tuple{skill, a.level, first, second, a.agent};
  }

  /// Every reservation of this step was order-true (I3) and went to the agent whose turn it was.
  void check_choices(const queue_state& before) {
    for (const auto& event : run_->events) {
      const auto* made = std::get_if<reservation_made>(&event);
      if (made == nullptr) continue;
      const auto& entry = run_->state.entries.at(made->call);
      if (is_agent_word_)
        check_call_choice(before, *made);
      else
        check_agent_choice(before, *made, entry);
    }
  }
  void check_call_choice(const queue_state& before, const reservation_made& made) {
    for (const auto& [call, e] : before.entries) {
      if (e.state != entry_state::waiting || !matcher::meets(last_skills_, e.skills) || excluded(e, made.agent)) continue;
      EXPECT_FALSE(order_of(e) < order_of(before.entries.at(made.call)))
          << "call " << call.value << " came before " << made.call.value;
    }
  }
  void check_agent_choice(const queue_state& before, const reservation_made& made, const queue_entry& entry) {
    const auto* chosen = before.index.find_agent(made.agent);
    ASSERT_TRUE(matcher::meets(chosen->skills, entry.skills));
    EXPECT_FALSE(excluded(entry, made.agent));
    if (made.agent == entry.preferred || strategy_ == queue_strategy::random) return;
    for (const auto agent : agents_) {
      const auto* other = before.index.find_agent(agent);
      if (other == nullptr || !matcher::meets(other->skills, entry.skills) || excluded(entry, agent)) continue;
      if (was_tried(entry, agent) && !was_tried(entry, made.agent)) continue;  // I15: the untried go first
      if (taken_in_step(agent, made)) continue;
      EXPECT_FALSE(turn_of(*other, entry) < turn_of(*chosen, entry)) << "agent " << agent.value << " had its turn";
    }
  }
  bool taken_in_step(agent_id agent, const reservation_made& but) const {
    return std::any_of(run_->events.begin(), run_->events.end(), [&](const auto& e) {
      const auto* made = std::get_if<reservation_made>(&e);
      return made != nullptr && made->agent == agent && made->call != but.call;
    });
  }

  /// I12: no waiting call and free agent that could be matched are left after a step. A delay that has ended waits for its timer.
  void check_work_conserving() {
    for (const auto& [call, e] : run_->state.entries) {
      if (e.state != entry_state::waiting) continue;
      for (const auto agent : agents_) {
        const auto* a = run_->state.index.find_agent(agent);
        if (a == nullptr || !matcher::meets(a->skills, e.skills) || excluded(e, agent)) continue;
        const bool timer_is_due = e.due.us != 0 && e.due <= now_;
        EXPECT_TRUE(timer_is_due) << "call " << call.value << " and agent " << agent.value << " both wait";
      }
    }
  }
  /// I5 and I6: every entry is there or has left once.
  void check_conservation() {
    EXPECT_EQ(arrived_, run_->state.totals.exits() + run_->state.entries.size());
    EXPECT_EQ(run_->state.entries.size(), run_->state.order.size());
    const auto waiting = std::count_if(run_->state.entries.begin(), run_->state.entries.end(),
                                       [](const auto& e) { return e.second.state == entry_state::waiting; });
    EXPECT_EQ(static_cast<std::size_t>(waiting), run_->state.index.waiting_calls());
  }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> places_now() const {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> places;
    for (const auto& [call, unused] : run_->state.entries) places.emplace_back(place_of(run_->state, call), call.value);
    std::sort(places.begin(), places.end());
    return places;
  }
  void check_places() const {
    const auto places = places_now();
    for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(places[i].first, i + 1);
  }

  queue_strategy strategy_;
  std::mt19937_64 random_;
  tenant_config config_{};
  std::vector<agent_id> agents_{};
  std::vector<generation_no> generations_{};
  std::unique_ptr<entity_run<queue_rules>> run_{};
  time_point now_ = noon;
  std::uint64_t last_call_ = 0;
  std::uint64_t arrived_ = 0;
  std::vector<skill_level> last_skills_{};
  bool is_agent_word_ = false;
};

class QueueHistory : public ::testing::TestWithParam<queue_strategy> {};

TEST_P(QueueHistory, IsOrderTrueAndWorkConservingLikeAScanOfEverything) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) history{GetParam(), seed}.play();
}

INSTANTIATE_TEST_SUITE_P(Strategies, QueueHistory,
                         ::testing::Values(queue_strategy::longest_idle, queue_strategy::fewest_calls,
                                           queue_strategy::round_robin, queue_strategy::linear, queue_strategy::random,
                                           queue_strategy::skill_first));

}  // namespace
}  // namespace seatgrid
