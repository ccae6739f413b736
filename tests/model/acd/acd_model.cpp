#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/model/acd/explorer.hpp"

/// The check at a size of your own: acd_model --calls 2 --agents 2 --queues 1 --troubles 2.
int main(int argc, char** argv) {
  using namespace seatgrid::model;
  scope of;
  CLI::App app{"Checks the call-queue-agent protocol over all interleavings"};
  app.add_option("--calls", of.calls, "calls, each with a caller of its own")->check(CLI::Range(1, 4));
  app.add_option("--agents", of.agents, "agents, members of every queue")->check(CLI::Range(1, 4));
  app.add_option("--queues", of.queues, "queues; a caller whose wait ends goes to the next")->check(CLI::Range(1, 3));
  app.add_option("--contacts", of.contacts, "phones of each agent, rung at once")->check(CLI::Range(1, 4));
  app.add_option("--troubles", of.troubles, "losses, doublings, overtakings and takeovers in one run")->check(CLI::Range(0, 6));
  app.add_option("--attempts", of.attempts_max, "attempts of one call that meet troubles and people")->check(CLI::Range(1, 5));
  app.add_flag("--waits-end", of.waits_end, "wait_max may pass");
  app.add_option("--flying", of.flying_max, "messages in flight beyond which nobody begins anything")->check(CLI::Range(1, 200));
  app.add_flag("!--callers-stay", of.callers_hang_up, "callers never hang up");
  app.add_option("--states", of.states_max, "give up beyond so many states");
  CLI11_PARSE(app, argc, argv);
  const auto v = explore(of);
  std::fputs(text(v).c_str(), stdout);
  return v.broken.empty() && v.is_complete ? 0 : 1;
}
