#include <gtest/gtest.h>

#include "domain/leg.hpp"
#include "domain/release_causes.hpp"

namespace seatgrid::calls {
namespace {

struct cause_case {
  std::uint16_t from;
  std::uint16_t to;
};
class SipToQ850 : public testing::TestWithParam<cause_case> {};
// RFC 3398 section 8.2.6.1.
TEST_P(SipToQ850, FollowsRfc3398) { EXPECT_EQ(q850_of_sip(GetParam().from), GetParam().to); }
INSTANTIATE_TEST_SUITE_P(Table, SipToQ850,
                         testing::Values(cause_case{400, 41}, cause_case{401, 21}, cause_case{404, 1}, cause_case{405, 63},
                                         cause_case{408, 102}, cause_case{410, 22}, cause_case{480, 18}, cause_case{483, 25},
                                         cause_case{484, 28}, cause_case{486, 17}, cause_case{500, 41}, cause_case{503, 41},
                                         cause_case{504, 102}, cause_case{600, 17}, cause_case{603, 21}, cause_case{604, 1},
                                         cause_case{200, 16}, cause_case{0, 16}, cause_case{302, 23}, cause_case{499, 127},
                                         cause_case{599, 41}));
class Q850ToSip : public testing::TestWithParam<cause_case> {};
// RFC 3398 section 7.2.4.1.
TEST_P(Q850ToSip, FollowsRfc3398) { EXPECT_EQ(sip_of_q850(GetParam().from), GetParam().to); }
INSTANTIATE_TEST_SUITE_P(Table, Q850ToSip,
                         testing::Values(cause_case{1, 404}, cause_case{2, 404}, cause_case{3, 404}, cause_case{17, 486},
                                         cause_case{18, 408}, cause_case{19, 480}, cause_case{20, 480}, cause_case{21, 403},
                                         cause_case{22, 410}, cause_case{27, 502}, cause_case{28, 484}, cause_case{31, 480},
                                         cause_case{34, 503}, cause_case{38, 503}, cause_case{41, 503}, cause_case{42, 503},
                                         cause_case{55, 403}, cause_case{88, 488}, cause_case{102, 504}, cause_case{127, 500},
                                         cause_case{200, 500}));

TEST(Causes, TellWhyAnAgentDidNotTakeACall) {
  EXPECT_EQ(failure_of({.sip = 486}), attempt_failure::busy);
  EXPECT_EQ(failure_of({.sip = 600}), attempt_failure::busy);
  EXPECT_EQ(failure_of({.sip = 603}), attempt_failure::rejected);
  EXPECT_EQ(failure_of({.sip = 408}), attempt_failure::no_answer);
  EXPECT_EQ(failure_of({.sip = 480}), attempt_failure::no_answer);
  EXPECT_EQ(failure_of({.sip = 404}), attempt_failure::unreachable);
  EXPECT_EQ(failure_of({.sip = 503}), attempt_failure::unreachable);
  EXPECT_EQ(failure_of({.sip = 302}), attempt_failure::unreachable) << "redirection is refused";
}

TEST(LegTable, EndsALegInTheOnlyWayItsStateAllows) {
  EXPECT_EQ(ending_of(leg_state::early), leg_ending::reject);
  EXPECT_EQ(ending_of(leg_state::answered), leg_ending::release);
  EXPECT_EQ(ending_of(leg_state::alerting), leg_ending::release);
  EXPECT_EQ(ending_of(leg_state::opening), leg_ending::nothing);
  EXPECT_FALSE(next(leg_state::released, leg_input::answer_received));
  EXPECT_FALSE(next(leg_state::confirmed, leg_input::answer_received)) << "a forked second 2xx is the edge's";
}

}  // namespace
}  // namespace seatgrid::calls
