#include <time.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bench/figure.hpp"
#include "domain/queue.hpp"
#include "domain/tenant_config.hpp"

/// The match as the queue's rules make it: decide, apply with the index, and every event encoded; one thread, no journal. Calls
/// that meet free agents, and agents that meet waiting calls, each with skills. Beside it a scan over all agents in the same run.
namespace seatgrid {
namespace {

constexpr std::size_t skills_in_all = 50;
constexpr std::size_t skills_of_an_agent = 4;

double seconds_of(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Each decision's length. The thread's CPU clock costs a system call, as much as a tenth of a decision: the wall clock is read
/// instead, and the rate leaves out the longest in a thousand, in which other processes ran.
struct meter {
  std::vector<double> micros{};
  template <class F>
  void measure(F work) {
    const auto before = seconds_of(CLOCK_MONOTONIC);
    work();
    micros.push_back((seconds_of(CLOCK_MONOTONIC) - before) * 1e6);
  }
  double quantile(double q) {
    std::sort(micros.begin(), micros.end());
    return micros[static_cast<std::size_t>(q * static_cast<double>(micros.size() - 1))];
  }
  double per_second() {
    const auto longest = quantile(0.999);
    double sum = 0, count = 0;
    for (const auto one : micros)
      if (one <= longest) sum += one, ++count;
    return count * 1e6 / sum;
  }
};

class queue_run {
 public:
  explicit queue_run(std::size_t agents) {
    config_.tenant = "bench";
    config_.version = 1;
    config_.queues["line"] = {.name = "line", .waiting_max = 1'000'000};
    for (std::size_t i = 0; i < agents; ++i) {
      const auto name = std::to_string(100'000 + i);
      config_.agents[name] = {.name = name, .device = "sip:" + name + "@10.0.0.1", .queues = {{"line", 1}}};
    }
    if (!config_.index()) std::abort();
    state_.id = config_.queue_of("line");
    for (const auto& [name, unused] : config_.agents) free_.push_back(available(config_.agent_of(name)));
    for (const auto& agent : free_) take(agent);
  }

  enqueue call() {
    enqueue m{.call = call_id::make(7, ++calls_), .queue = state_.id};
    m.skills = {{skill(chance_() % skills_in_all), 5}};
    if (chance_() % 2 == 0) m.skills.push_back({skill(chance_() % skills_in_all), 9});
    return m;
  }
  agent_available available(agent_id agent) {
    agent_available m{.agent = agent, .generation = ++generation_, .idle_since = {now_.us += 50}};
    for (std::size_t i = 0; i < skills_of_an_agent; ++i)
      m.skills.push_back({skill(chance_() % skills_in_all), static_cast<std::uint8_t>(1 + chance_() % 5)});
    return m;
  }
  /// The whole decision; returns the reservation it made, if any.
  const queue_event* take(const queue_command& command) {
    auto events = queue_rules::decide(state_, command, {{now_.us += 50}, chance_()}, config_);
    if (!events) std::abort();
    last_ = std::move(*events);
    const queue_event* made = nullptr;
    for (const auto& event : last_) {
      queue_rules::apply(state_, event);
      bytes_ += queue_rules::encode(event).size();
      if (std::holds_alternative<reservation_made>(event)) made = &event;
    }
    return made;
  }
  /// The reserved call talks: its entry leaves.
  agent_id connect(const queue_event& made) {
    const auto r = std::get<reservation_made>(made);
    take(agent_reserved{.call = r.call, .attempt = r.attempt, .agent = r.agent, .name = "agent"});
    take(connected{.call = r.call, .attempt = r.attempt, .agent = r.agent, .queue = state_.id});
    return r.agent;
  }
  std::size_t waiting() const { return state_.entries.size(); }
  const std::vector<agent_available>& agents() const { return free_; }

 private:
  static std::string skill(std::size_t n) { return "skill" + std::to_string(n); }
  tenant_config config_{};
  queue_state state_{};
  std::vector<agent_available> free_{};
  std::vector<queue_event> last_{};
  std::mt19937_64 chance_{20'261'125};
  time_point now_{1'763'899'200'000'000};
  generation_no generation_ = 0;
  std::uint64_t calls_ = 0;
  std::size_t bytes_ = 0;
};

/// Calls arrive while `agents` are free; each agent is free again after its call.
meter calls_meet_agents(std::size_t agents, std::size_t rounds) {
  queue_run q{agents};
  meter m;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto call = q.call();
    const queue_event* made = nullptr;
    m.measure([&] { made = q.take(call); });
    if (made != nullptr)
      q.take(q.available(q.connect(*made)));
    else
      q.take(leave_queue{.call = call.call, .queue = call.queue, .why = "abandoned"}), m.micros.pop_back();
  }
  return m;
}

/// Agents become free while `waiting` calls wait.
meter agents_meet_calls(std::size_t waiting, std::size_t rounds) {
  queue_run q{0};
  while (q.waiting() < waiting) q.take(q.call());
  meter m;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto agent = q.available(agent_id{(7ULL << 54) + i});
    const queue_event* made = nullptr;
    m.measure([&] { made = q.take(agent); });
    if (made != nullptr)
      q.connect(*made), q.take(q.call());
    else
      q.take(agent_unavailable{.agent = agent.agent, .generation = agent.generation + 1, .logged_out = true}),
          m.micros.pop_back();
  }
  return m;
}

/// What a queue without an index does: looks at every agent.
double scan_micros(std::size_t agents, std::size_t rounds) {
  queue_run q{agents};
  double best_seen = 0;
  const auto before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto call = q.call();
    const agent_available* best = nullptr;
    for (const auto& a : q.agents())
      if (matcher::meets(a.skills, call.skills) && (best == nullptr || a.idle_since < best->idle_since)) best = &a;
    best_seen += best == nullptr ? 0 : static_cast<double>(best->generation);
  }
  const auto took = seconds_of(CLOCK_THREAD_CPUTIME_ID) - before;
  return best_seen < 0 ? 0 : took * 1e6 / static_cast<double>(rounds);
}

int run(bool quick) {
  const std::size_t rounds = quick ? 20'000 : 100'000;
  const auto scan = scan_micros(100'000, 200);
  for (const std::size_t agents : {100U, 1'000U, 10'000U, 100'000U}) {
    auto m = calls_meet_agents(agents, rounds);
    const auto who = "match, call meets " + std::to_string(agents) + " free agents with skills";
    const bool largest = agents == 100'000;
    bench::print({who, m.per_second(), "/s", ">= 200000",
                  largest ? "scan of all agents " + std::to_string(static_cast<int>(1e6 / scan)) + "/s" : ""});
    bench::print({who + ", p99", m.quantile(0.99), "us", "<= 100",
                  largest ? "scan of all agents " + std::to_string(static_cast<int>(scan)) + " us" : ""});
  }
  for (const std::size_t waiting : {10U, 100U, 1'000U, 10'000U}) {
    auto m = agents_meet_calls(waiting, rounds / 4);
    const auto who = "match, agent meets " + std::to_string(waiting) + " waiting calls with skills";
    bench::print({who, m.per_second(), "/s", ">= 200000", ""});
    bench::print({who + ", p99", m.quantile(0.99), "us", "<= 100", ""});
  }
  return 0;
}

}  // namespace
}  // namespace seatgrid

int main(int argc, char** argv) { return seatgrid::run(argc > 1 && std::strcmp(argv[1], "--quick") == 0); }
