#include <gtest/gtest.h>

#include "api/routes.hpp"

namespace seatgrid {
namespace {

TEST(MetricsText, GathersTheLinesOfANameUnderOneHead) {
  const auto text =
      metrics_text({{.name = "lane_backlog", .help = "Inputs.", .counter = false, .labels = {{"lane", "1"}}, .value = 3},
                    {.name = "lane_steps_total", .help = "Steps.", .counter = true, .labels = {{"lane", "1"}}, .value = 5},
                    {.name = "lane_backlog", .help = "Inputs.", .counter = false, .labels = {{"lane", "2"}}, .value = 4}});
  EXPECT_EQ(text,
            "# HELP lane_backlog Inputs.\n# TYPE lane_backlog gauge\nlane_backlog{lane=\"1\"} 3\nlane_backlog{lane=\"2\"} 4\n"
            "# HELP lane_steps_total Steps.\n# TYPE lane_steps_total counter\nlane_steps_total{lane=\"1\"} 5\n");
}

}  // namespace
}  // namespace seatgrid
