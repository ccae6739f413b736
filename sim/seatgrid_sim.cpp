#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "sim/cluster_simulation.hpp"
#include "sim/simulation.hpp"

namespace {

constexpr std::uint64_t quiet_progress_every = 100;  // where the output is no terminal

struct totals {
  std::mutex mutex{};
  seatgrid::sim::run_result sum{};
  std::vector<std::pair<std::uint64_t, std::string>> failed{};
  std::uint64_t troubles = 0, claims = 0, acknowledged = 0, promises_kept = 0;
};

std::string scenario_names() {
  std::string all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(seatgrid::sim::scenario::count); ++i)
    all += (i == 0 ? "" : ", ") + std::string{name_of(static_cast<seatgrid::sim::scenario>(i))};
  return all;
}

void print_cluster(const totals& all) {
  std::printf(
      "%llu troubles, %llu claims that won, %llu steps acknowledged, %llu calls known to another edge after theirs died\n",
      static_cast<unsigned long long>(all.troubles), static_cast<unsigned long long>(all.claims),
      static_cast<unsigned long long>(all.acknowledged), static_cast<unsigned long long>(all.promises_kept));
}

/// Rules to leave out, to see that it is noticed.
bool leave_out(const std::string& name, seatgrid::sim::cluster_rules& rules) {
  for (const auto& [known, rule] :
       {std::pair{"holds-inputs", &rules.holds_inputs}, std::pair{"makes-anew", &rules.makes_anew},
        std::pair{"rests-before-move", &rules.rests_before_move}, std::pair{"speaks-by-lease", &rules.speaks_by_lease},
        std::pair{"keeps-messages", &rules.keeps_messages}})
    if (name == known) return *rule = false, true;
  return name.empty();
}

seatgrid::sim::run_result run_nodes(const seatgrid::sim::run_options& options, const std::string& what,
                                    const std::string& without, totals& all) {
  seatgrid::sim::cluster_options cluster{.run = options};
  if (!leave_out(without, cluster.rules)) return {.wrong = "there is no rule " + without};
  for (std::size_t i = 0; i < static_cast<std::size_t>(seatgrid::sim::scenario::count); ++i)
    if (name_of(static_cast<seatgrid::sim::scenario>(i)) == what) cluster.what = static_cast<seatgrid::sim::scenario>(i);
  auto done = seatgrid::sim::run_cluster(cluster);
  const std::lock_guard lock{all.mutex};
  all.troubles += done.troubles;
  all.claims += done.claims;
  all.acknowledged += done.acknowledged;
  all.promises_kept += done.promises_kept;
  return done.run;
}

}  // namespace

/// Runs seeds and says which failed and how to repeat them; exits 1 when one did.
int main(int argc, char** argv) {
  CLI::App app{"Deterministic simulation of calls, queues and agents: kills, lost messages, slow disks, all from a seed"};
  std::uint64_t seeds = 200, first = 1, only = 0;
  unsigned calls = 30, agents = 8, threads = 2, nodes = 1;
  std::string what = "random", without;
  bool trace = false;
  app.add_option("--seeds", seeds, "How many seeds, from --first on (default 200)");
  app.add_option("--first", first, "The first seed (default 1)");
  app.add_option("--seed", only, "Only this seed");
  app.add_option("--calls", calls, "Calls per seed (default 30)");
  app.add_option("--agents", agents, "Agents per seed (default 8)");
  app.add_option("--nodes", nodes, "Nodes of the cluster, 1 to 9; 1 = a node alone (default 1)")->check(CLI::Range(1, 9));
  app.add_option("--scenario", what, "Of several nodes: " + scenario_names() + " (default random)");
  app.add_option(
      "--without", without,
      "Of several nodes, leave a rule out: holds-inputs, makes-anew, rests-before-move, speaks-by-lease, keeps-messages");
  app.add_option("--threads", threads, "Seeds at a time (default 2)");
  app.add_flag("--trace", trace, "Print what happens (with --seed)");
  CLI11_PARSE(app, argc, argv);
  if (only != 0) first = only, seeds = 1;
  totals all;
  std::atomic<std::uint64_t> next{first}, done{0};
  const auto more = nodes == 1 ? std::string{} : " --nodes " + std::to_string(nodes) + " --scenario " + what;
  const auto work = [&] {
    for (auto seed = next++; seed < first + seeds; seed = next++) {
      seatgrid::sim::run_options options{.seed = seed, .calls = calls, .agents = agents, .nodes = nodes};
      if (trace && only != 0) options.trace = [](const std::string& line) { std::puts(line.c_str()); };
      const auto r = nodes == 1 ? seatgrid::sim::run(options) : run_nodes(options, what, without, all);
      const std::lock_guard lock{all.mutex};
      all.sum.calls += r.calls;
      all.sum.talks += r.talks;
      all.sum.steps += r.steps;
      all.sum.kills += r.kills;
      all.sum.virtual_ms += r.virtual_ms;
      if (!r.wrong.empty()) {
        all.failed.emplace_back(seed, r.wrong);
        std::printf("\nseed %llu: %s\n  repeat: %s --seed %llu --calls %u --agents %u%s --trace\n",
                    static_cast<unsigned long long>(seed), r.wrong.c_str(), argv[0], static_cast<unsigned long long>(seed), calls,
                    agents, more.c_str());
      }
      const auto so_far = ++done;
      if (isatty(STDERR_FILENO) != 0 || so_far % quiet_progress_every == 0)
        std::fprintf(stderr, "\r%llu of %llu seeds, %zu failed ", static_cast<unsigned long long>(so_far),
                     static_cast<unsigned long long>(seeds), all.failed.size());
    }
  };
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::jthread> workers;
  for (unsigned i = 0; i < (threads == 0 ? 1 : threads); ++i) workers.emplace_back(work);
  workers.clear();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("\n%llu seeds: %llu calls, %llu talks, %llu steps, %llu kills, %.1f h of virtual time in %.1f s; %zu failed\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(all.sum.calls),
              static_cast<unsigned long long>(all.sum.talks), static_cast<unsigned long long>(all.sum.steps),
              static_cast<unsigned long long>(all.sum.kills), static_cast<double>(all.sum.virtual_ms) / 3.6e6, took.count(),
              all.failed.size());
  if (nodes > 1) print_cluster(all);
  return all.failed.empty() ? 0 : 1;
}
