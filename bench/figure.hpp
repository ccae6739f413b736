#pragma once

#include <cstdio>
#include <string>

namespace seatgrid::bench {

/// One figure, as a line of JSON on standard output; run.py puts it into its table. `budget` is empty or "<= 5", ">= 200000" in
/// the figure's unit; `beside` names a floor, a peer or a baseline. Texts must not need escapes.
struct figure {
  std::string measure{};
  double value = 0;
  std::string unit{};
  std::string budget{};
  std::string beside{};
};

inline void print(const figure& f) {
  std::printf(R"({"measure": "%s", "value": %.3f, "unit": "%s", "budget": "%s", "beside": "%s"})"
              "\n",
              f.measure.c_str(), f.value, f.unit.c_str(), f.budget.c_str(), f.beside.c_str());
  std::fflush(stdout);
}

}  // namespace seatgrid::bench
