#include <gtest/gtest.h>

#include <iostream>

#include "tests/model/lane/search.hpp"

/// Every order in which claims, frames, reports, faults, deaths and reads can happen within the bounds; the machine is the one
/// that runs in production. `lane_model --help` runs larger bounds.
namespace seatgrid::model {
namespace {

const scene failing{.claim_orders = 2, .claims = 4, .steps = 3, .faults = 1, .deaths = 0, .starts = 0};
const scene failing_twice{.claim_orders = 1, .claims = 4, .steps = 3, .faults = 2, .deaths = 0, .starts = 0};
const scene twins{.claim_orders = 2, .claims = 3, .steps = 2, .faults = 0, .deaths = 0, .starts = 1};
const scene twins_failing{.claim_orders = 1, .claims = 3, .steps = 2, .faults = 1, .deaths = 0, .starts = 1};
const scene restarted{.claim_orders = 2, .claims = 3, .steps = 2, .faults = 0, .deaths = 1, .starts = 1};
const scene restarted_failing{.claim_orders = 1, .claims = 3, .steps = 1, .faults = 1, .deaths = 1, .starts = 1};
const scene rewound{.claim_orders = 1, .claims = 4, .steps = 2, .faults = 0, .deaths = 0, .starts = 0, .rewinds = 1};

void expect_safe(const scene& what, std::size_t acknowledged) {
  const auto found = search(what);
  std::cout << to_text(found) << std::endl;
  EXPECT_EQ(found.violation, "");
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.acknowledged, acknowledged) << "the check did not come as far as it could";
}
TEST(LaneModel, IsSafeAndNeverStuckWhenProducesFailOrLandLate) { expect_safe(failing, 3); }
TEST(LaneModel, IsSafeAndNeverStuckWhenTwoProducesFail) { expect_safe(failing_twice, 3); }
TEST(LaneModel, IsSafeAndNeverStuckWithATwinOfTheSameName) { expect_safe(twins, 2); }
TEST(LaneModel, IsSafeAndNeverStuckWithATwinAndAFault) { expect_safe(twins_failing, 2); }
TEST(LaneModel, IsSafeAndNeverStuckOverARestartWithinTheOldClaim) { expect_safe(restarted, 2); }
TEST(LaneModel, IsSafeAndNeverStuckOverARestartAndAFault) { expect_safe(restarted_failing, 1); }
TEST(LaneModel, StopsAReaderWhoseLogWasReplacedByAnotherHistory) { expect_safe(rewound, 2); }

struct missing_rule {
  const char* name;
  scene where;
  const char* violation;
};
std::ostream& operator<<(std::ostream& out, const missing_rule& rule) { return out << rule.name; }

scene without(scene base, bool cluster::lane_rules::*rule) {
  base.rules.*rule = false;
  return base;
}
scene with(scene base, bool scene::*mistake) {
  base.*mistake = true;
  return base;
}

class LaneModelWithout : public ::testing::TestWithParam<missing_rule> {};

TEST_P(LaneModelWithout, Breaks) {
  const auto found = search(GetParam().where);
  std::cout << to_text(found) << std::endl;
  EXPECT_NE(found.violation.find(GetParam().violation), std::string::npos) << "found: " << found.violation;
}

using cluster::lane_rules;
INSTANTIATE_TEST_SUITE_P(
    Rule, LaneModelWithout,
    ::testing::Values(
        missing_rule{"claim_needs_higher_epoch", without(failing, &lane_rules::claim_needs_higher_epoch),
                     "stops at offset 2 of an honest log"},
        missing_rule{"frame_needs_current_claim", without(failing, &lane_rules::frame_needs_current_claim),
                     "stops at offset 2 of an honest log"},
        missing_rule{"frame_needs_next_seq", without(failing, &lane_rules::frame_needs_next_seq),
                     "stops at offset 2 of an honest log"},
        missing_rule{"frame_needs_same_head", without(rewound, &lane_rules::frame_needs_same_head),
                     "two readers of the same records differ"},
        missing_rule{"acts_on_own_claim_read", without(failing, &lane_rules::acts_on_own_claim_read),
                     "stops at offset 1 of an honest log"},
        missing_rule{"claims_at_start", without(restarted, &lane_rules::claims_at_start), "stops at offset 1 of an honest log"},
        missing_rule{"claims_over_namesake", without(restarted, &lane_rules::claims_over_namesake),
                     "a living node that does not act"},
        missing_rule{"counts_when_all_is_known", without(failing, &lane_rules::counts_when_all_is_known),
                     "two readers of the same records differ"},
        missing_rule{"claims_after_error", without(failing, &lane_rules::claims_after_error), "waits for ever for its frame"},
        missing_rule{"answers_from_tail", without(failing, &lane_rules::answers_from_tail), "was reported lost but counts"},
        missing_rule{"yields_to_claims", without(failing, &lane_rules::yields_to_claims),
                     "two readers of the same records differ"},
        missing_rule{"owner_is_process", with(twins, &scene::names_are_owners), "two processes act for epoch 1"},
        missing_rule{"one_frame_in_flight", with(failing, &scene::pipelines), "stops at offset 1 of an honest log"}),
    [](const auto& chosen) { return std::string{chosen.param.name}; });

}  // namespace
}  // namespace seatgrid::model
