#include <gtest/gtest.h>

#include <functional>

#include "tests/model/roster/world.hpp"

/// Random faults under a seed. Never two speakers, never nobody; all is served again soon after the last fault.
namespace seatgrid::model {
namespace {

using namespace std::chrono_literals;
using namespace cluster;

constexpr milliseconds served_again{12'000};

struct outcome {
  std::string violation{};
  std::string story{};
};

class storm {
 public:
  storm(std::uint64_t seed, std::size_t nodes, steward_rules rules)
      : random_(seed), nodes_(nodes), world_({.nodes = nodes, .lanes = 3, .rules = rules}) {
    world_.starts_again = true;
  }

  outcome run() {
    for (std::size_t n = 0; n < nodes_; ++n) {
      world_.start(n);
      world_.run(milliseconds{chance(300) * 10});
    }
    world_.run(3s);
    for (int n = 0; n < 12 && world_.violation().empty(); ++n) {
      fault();
      world_.run(milliseconds{10 * (1 + chance(200))});
    }
    heal();
    for (milliseconds time{0}; time < served_again && !world_.unserved().empty() && world_.violation().empty(); time += 100ms)
      world_.run(100ms);
    outcome done{.violation = world_.violation()};
    if (done.violation.empty()) done.violation = world_.unserved();
    if (!done.violation.empty())
      for (const auto& line : world_.story) done.story += line + "\n";
    return done;
  }

 private:
  std::uint64_t chance(std::uint64_t n) { return random_() % n; }
  std::size_t any_process() { return *world_.process_of(chance(nodes_)); }

  void fault() {
    const auto from = chance(nodes_), to = chance(nodes_);
    switch (chance(9)) {
      case 0: return world_.pause(any_process(), milliseconds{10 * (20 + chance(600))});
      case 1: {
        const auto one = any_process();
        if (world_.runs()[one].runs) world_.kill(one, chance(2) == 0);
        return;
      }
      case 2: return revive();
      case 3: return world_.block(from, to, true);
      case 4: return world_.block(from, to, false);
      case 5: {
        world_.block(from, to, true);
        return world_.block(to, from, true);
      }
      case 6: return world_.lag(any_process(), milliseconds{10 * chance(45)});
      case 7: return world_.stall(chance(2) == 0);
      default: {
        for (std::size_t n = 0; n < nodes_; ++n)
          if (n != from) world_.block(from, n, true), world_.block(n, from, chance(2) == 0);
      }
    }
  }
  void revive() {
    for (std::size_t n = 0; n < nodes_; ++n) {
      const auto last = *world_.process_of(n);
      if (!world_.runs()[last].runs && world_.runs()[last].ended.empty()) world_.start(n);
    }
  }
  void heal() {
    world_.stall(false);
    for (std::size_t a = 0; a < nodes_; ++a)
      for (std::size_t b = 0; b < nodes_; ++b) world_.block(a, b, false);
    revive();
    for (auto& one : world_.runs()) one.paused_until = std::min(one.paused_until, world_.now()), one.lag = 0ms;
    world_.run(1s);
    revive();
  }

  std::mt19937_64 random_;
  std::size_t nodes_;
  steward_world world_;
};

std::size_t broken(steward_rules rules, std::uint64_t seeds, std::string* why = nullptr) {
  std::size_t count = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto done = storm{seed, 2 + seed % 2, rules}.run();
    if (done.violation.empty()) continue;
    if (count++ == 0 && why != nullptr) *why = "seed " + std::to_string(seed) + ": " + done.violation + "\n" + done.story;
  }
  return count;
}

TEST(RosterModel, NoStormMakesTwoSpeakersOrNobodyAndAllIsServedAgain) {
  std::string why;
  EXPECT_EQ(broken({}, 1'500, &why), 0U) << why;
}

/// What a storm meets too rarely: one thing after another, and what is wrong at the end.
std::string after(steward_rules rules, std::size_t nodes, const std::function<void(steward_world&)>& happens) {
  steward_world world{{.nodes = nodes, .lanes = 3, .rules = rules}};
  for (std::size_t n = 0; n < nodes; ++n) world.start(n);
  world.run(6s);
  happens(world);
  return world.violation().empty() ? world.unserved() : world.violation();
}

/// A lone process is stopped; another node joins, puts it out and has its slot; the first wakes, and its tail is late.
void sleeps_alone(steward_world& world) {
  world.pause(0, 8s);
  world.start(1);
  world.lag(0, 400ms);
  world.run(10s);
}
void host_is_lost(steward_world& world) {
  world.kill(1, true);
  world.run(8s);
}
/// An operator puts a process out that lives, and whose tail stands still while it hears everybody.
void fenced_without_hearing_of_it(steward_world& world) {
  world.lag(2, 5s);
  world.write(node_fenced{world.runs()[0].at.me(), world.runs()[2].at.me(), "an operator's word"});
  world.run(8s);
}

TEST(RosterModel, EveryRuleIsNeeded) {
  const std::vector<std::pair<const char*, bool steward_rules::*>> in_storms{
      {"speaks by lease", &steward_rules::speaks_by_lease},
      {"lease by echo", &steward_rules::lease_by_echo},
      {"adopts after the lease", &steward_rules::adopts_after_lease},
      {"closes before handing", &steward_rules::closes_before_handing}};
  for (const auto& [name, rule] : in_storms) {
    steward_rules without;
    without.*rule = false;
    std::string why;
    EXPECT_GT(broken(without, 200, &why), 0U) << "nothing breaks without: " << name;
    std::printf("without %-24s %s\n", name, why.substr(0, why.find('\n')).c_str());
  }
  struct scene {
    const char* name;
    bool steward_rules::*rule;
    std::size_t nodes;
    void (*happens)(steward_world&);
  };
  for (const auto& one : {scene{"checks after a pause", &steward_rules::checks_after_pause, 1, sleeps_alone},
                          scene{"fences the silent", &steward_rules::fences_the_silent, 3, host_is_lost},
                          scene{"ignores the gone", &steward_rules::ignores_the_gone, 3, fenced_without_hearing_of_it}}) {
    steward_rules without;
    without.*one.rule = false;
    const auto why = after(without, one.nodes, one.happens);
    EXPECT_NE(why, "") << "nothing breaks without: " << one.name;
    EXPECT_EQ(after({}, one.nodes, one.happens), "") << one.name;
    std::printf("without %-24s %s\n", one.name, why.c_str());
  }
}

}  // namespace
}  // namespace seatgrid::model
