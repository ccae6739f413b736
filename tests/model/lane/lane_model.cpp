#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/model/lane/search.hpp"

/// The exhaustive check of lane ownership with sizes of one's choice. ctest runs smaller ones (lane_model_test).
int main(int count, char** words) {
  seatgrid::model::scene what;
  CLI::App app{"Runs the lane machine through every state within the bounds", "lane_model"};
  app.add_option("--claim-orders", what.claim_orders, "starts, suspicions and planned moves");
  app.add_option("--claims", what.claims, "claims in all");
  app.add_option("--steps", what.steps, "steps, at most 8");
  app.add_option("--faults", what.faults, "failed, late, doubled or offset-less produces");
  app.add_option("--deaths", what.deaths, "deaths of A");
  app.add_option("--starts", what.starts, "starts of A's twin or successor");
  app.add_option("--rewinds", what.rewinds, "losses of the whole log");
  app.add_option("--states-max", what.states_max, "give up beyond");
  CLI11_PARSE(app, count, words);
  const auto found = seatgrid::model::search(what);
  std::printf("%s\n", to_text(found).c_str());
  return found.violation.empty() && found.complete ? 0 : 1;
}
