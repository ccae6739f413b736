#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "sim/simulation.hpp"

namespace {

constexpr std::uint64_t quiet_progress_every = 100;  // where the output is no terminal

struct totals {
  std::mutex mutex{};
  seatgrid::sim::run_result sum{};
  std::vector<std::pair<std::uint64_t, std::string>> failed{};
};

}  // namespace

/// Runs seeds and says which failed and how to repeat them; exits 1 when one did.
int main(int argc, char** argv) {
  CLI::App app{"Deterministic simulation of calls, queues and agents: kills, lost messages, slow disks, all from a seed"};
  std::uint64_t seeds = 200, first = 1, only = 0;
  unsigned calls = 30, agents = 8, threads = 2;
  bool trace = false;
  app.add_option("--seeds", seeds, "How many seeds, from --first on (default 200)");
  app.add_option("--first", first, "The first seed (default 1)");
  app.add_option("--seed", only, "Only this seed");
  app.add_option("--calls", calls, "Calls per seed (default 30)");
  app.add_option("--agents", agents, "Agents per seed (default 8)");
  app.add_option("--threads", threads, "Seeds at a time (default 2)");
  app.add_flag("--trace", trace, "Print what happens (with --seed)");
  CLI11_PARSE(app, argc, argv);
  if (only != 0) first = only, seeds = 1;
  totals all;
  std::atomic<std::uint64_t> next{first}, done{0};
  const auto work = [&] {
    for (auto seed = next++; seed < first + seeds; seed = next++) {
      seatgrid::sim::run_options options{.seed = seed, .calls = calls, .agents = agents};
      if (trace && only != 0) options.trace = [](const std::string& line) { std::puts(line.c_str()); };
      const auto r = seatgrid::sim::run(options);
      const std::lock_guard lock{all.mutex};
      all.sum.calls += r.calls;
      all.sum.talks += r.talks;
      all.sum.steps += r.steps;
      all.sum.kills += r.kills;
      all.sum.virtual_ms += r.virtual_ms;
      if (!r.wrong.empty()) {
        all.failed.emplace_back(seed, r.wrong);
        std::printf("\nseed %llu: %s\n  repeat: %s --seed %llu --calls %u --agents %u --trace\n",
                    static_cast<unsigned long long>(seed), r.wrong.c_str(), argv[0], static_cast<unsigned long long>(seed), calls,
                    agents);
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
  return all.failed.empty() ? 0 : 1;
}
