#include <cstdlib>
#include <string_view>

#include "apps/fencing.hpp"

/// Linked into seatgrid_unfenced in place of apps/fencing.cpp: SEATGRID_TEST_WITHOUT names the rules that are left out.
namespace seatgrid {

fencing fencing_of_this_program() {
  fencing all;
  const char* named = std::getenv("SEATGRID_TEST_WITHOUT");
  const std::string_view without{named == nullptr ? "" : named};
  const auto off = [&](std::string_view rule, bool& is_on) {
    if (without.find(rule) != std::string_view::npos) is_on = false;
  };
  off("speaks_by_lease", all.steward.speaks_by_lease);
  off("checks_after_pause", all.steward.checks_after_pause);
  off("yields_to_claims", all.lane.yields_to_claims);
  return all;
}

}  // namespace seatgrid
