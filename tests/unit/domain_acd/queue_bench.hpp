#pragma once

#include "tests/unit/domain_acd/rules_harness.hpp"

/// One queue of the demo tenant and two of its agents, for tests of its rules.
namespace seatgrid {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

struct Queue : ::testing::Test {
  tenant_config config = demo();
  queue_id support = config.queue_of("support");
  agent_id anna = config.agent_of("1001");
  agent_id ben = config.agent_of("1002");
  entity_run<queue_rules> queue{support.value, config};

  static call_id call(std::uint64_t n) { return call_id{n}; }
  enqueue arrival(std::uint64_t n, std::int32_t priority = 0, std::vector<skill_level> skills = {}) {
    return {.call = call(n), .queue = support, .priority = priority, .skills = std::move(skills)};
  }
  void arrive(std::uint64_t n, milliseconds at = 0ms) { ASSERT_TRUE(queue.take(arrival(n), after_noon(at)).has_value()); }
  void free(agent_id agent, generation_no generation = 1, milliseconds idle = 0ms, std::vector<skill_level> skills = {},
            milliseconds at = 0ms) {
    ASSERT_TRUE(
        queue
            .take(
                agent_available{
                    .agent = agent, .generation = generation, .idle_since = after_noon(idle), .skills = std::move(skills)},
                after_noon(at))
            .has_value());
  }
  agent_reserved yes(std::uint64_t n, agent_id agent, attempt_no attempt = 1) {
    return {.call = call(n), .attempt = attempt, .agent = agent, .name = "Anna", .contacts = {{.target = "sip:a"}}};
  }
  failed over(std::uint64_t n, agent_id agent, attempt_failure why, attempt_no attempt = 1) {
    return {.call = call(n), .attempt = attempt, .agent = agent, .queue = support, .why = why};
  }
  entry_state state_of(std::uint64_t n) const { return queue.state.entries.at(call(n)).state; }
  timer_fired due() const { return {static_cast<std::uint32_t>(queue_timer::due), queue.state.timer_generation}; }
};

}  // namespace seatgrid
