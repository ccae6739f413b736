#include "cluster/lane.hpp"

#include <gtest/gtest.h>

/// One lane step by step; tests/model/lane goes through every order of such steps.
namespace seatgrid::cluster {
namespace {

using namespace std::chrono_literals;

/// A lane and a log that says nothing by itself.
struct bed {
  explicit bed(std::string node = "a", std::uint64_t process = 1)
      : machine(make_lane(0, {std::move(node), {1, process}}, {}, {.lanes = 4})) {}

  std::vector<lane_output> give(const lane_input& in) {
    auto out = handle(machine, in);
    for (const auto& one : out)
      if (const auto* sent = std::get_if<send_record>(&one)) last = *sent;
    return out;
  }
  std::vector<lane_output> read_last(std::uint64_t offset) { return give(record_read{offset, *read_record(last.bytes)}); }
  void own() {
    give(claim_order{});
    read_last(machine.folded.next);
  }

  lane machine;
  send_record last{};
};

template <class T>
const T* find(const std::vector<lane_output>& out) {
  for (const auto& one : out)
    if (const auto* found = std::get_if<T>(&one)) return found;
  return nullptr;
}

record claim_of(std::string node, std::uint64_t process, std::uint64_t epoch, std::uint16_t lanes = 4) {
  record claim{.kind = record_kind::claim, .owner = {1, process}, .epoch = epoch};
  claim.lanes = lanes;
  claim.node = std::move(node);
  write_record(claim);
  return claim;
}

TEST(Lane, OwnsOnlyWhenItHasReadItsOwnClaim) {
  bed b;
  b.give(claim_order{});
  EXPECT_TRUE(b.give(append_stored{{1, 0}, 0}).empty()) << "an acknowledged claim may still have come second";
  EXPECT_FALSE(may_write(b.machine));
  const auto out = b.read_last(0);
  ASSERT_NE(find<lane_owned>(out), nullptr);
  EXPECT_EQ(find<lane_owned>(out)->epoch, 1U);
  EXPECT_TRUE(may_write(b.machine));
}

TEST(Lane, CountsAFrameAtOnceWhenAllBeforeItIsKnown) {
  bed b;
  b.own();
  b.give(write_order{"x"});
  EXPECT_FALSE(may_write(b.machine)) << "one frame in flight";
  EXPECT_TRUE(b.give(write_order{"y"}).empty());
  const auto out = b.give(append_stored{{1, 1}, 1});
  ASSERT_NE(find<frame_counted>(out), nullptr);
  EXPECT_TRUE(find<frame_counted>(out)->mine);
  EXPECT_TRUE(b.read_last(1).empty()) << "the tail brings it once more";
  EXPECT_TRUE(may_write(b.machine));
}

TEST(Lane, WaitsForTheTailWhenAFrameIsStoredElsewhereOrNobodyKnowsWhere) {
  for (const auto offset : {std::optional<std::uint64_t>{2}, std::optional<std::uint64_t>{}}) {
    bed b;
    b.own();
    b.give(write_order{"x"});
    const auto frame = b.last;
    EXPECT_TRUE(b.give(append_stored{{1, 1}, offset}).empty());
    EXPECT_TRUE(b.give(record_read{1, std::nullopt}).empty()) << "a foreign record lies between";
    const auto out = b.give(record_read{2, *read_record(frame.bytes)});
    ASSERT_NE(find<frame_counted>(out), nullptr);
    EXPECT_TRUE(find<frame_counted>(out)->mine);
    EXPECT_TRUE(may_write(b.machine));
  }
}

TEST(Lane, ClaimsHigherAfterAnErrorAndAnswersFromTheTail) {
  for (const bool stored : {true, false}) {
    bed b;
    b.own();
    b.give(tick{1s});
    b.give(write_order{"x"});
    const auto frame = b.last;
    auto out = b.give(append_failed{{1, 1}, {errc::unavailable, "timed out"}});
    EXPECT_NE(find<lane_lost>(out), nullptr);
    EXPECT_EQ(find<frame_lost>(out), nullptr) << "nobody knows yet";
    EXPECT_EQ(b.last.what, (append_ref{2, 0}));
    const auto claim = *read_record(b.last.bytes);
    std::uint64_t offset = 1;
    if (stored) {
      out = b.give(record_read{offset++, *read_record(frame.bytes)});
      ASSERT_NE(find<frame_counted>(out), nullptr);
      EXPECT_TRUE(find<frame_counted>(out)->mine);
    }
    out = b.give(record_read{offset, claim});
    EXPECT_EQ(find<frame_lost>(out) != nullptr, !stored);
    EXPECT_EQ(find<lane_owned>(out)->epoch, 2U);
    const auto late = b.give(record_read{offset + 1, *read_record(frame.bytes)});
    EXPECT_TRUE(late.empty()) << "a copy is passed over";
  }
}

TEST(Lane, IsLostToAHigherClaimAndTheFrameInFlightWithIt) {
  bed b;
  b.own();
  b.give(write_order{"x"});
  const auto out = b.give(record_read{1, claim_of("b", 9, 2)});
  EXPECT_EQ(find<frame_lost>(out)->why.code, errc::wrong_state);
  EXPECT_EQ(find<lane_lost>(out)->epoch, 1U);
  EXPECT_EQ(b.machine.mode, lane_mode::follower);
  EXPECT_TRUE(b.give(append_stored{{1, 1}, 2}).empty()) << "a report of a frame that is decided";
}

TEST(Lane, ClaimsAgainOverAFormerProcessOfItsNameButWithPauses) {
  bed b;
  b.own();
  const auto out = b.give(record_read{1, claim_of("a", 2, 2)});
  EXPECT_NE(find<lane_lost>(out), nullptr);
  EXPECT_EQ(find<send_record>(out), nullptr) << "two of one name must not duel as fast as they can";
  EXPECT_TRUE(b.give(tick{19ms}).empty());
  ASSERT_NE(find<send_record>(b.give(tick{20ms})), nullptr);
  EXPECT_EQ(b.last.what, (append_ref{3, 0}));
  b.read_last(2);
  b.give(record_read{3, claim_of("a", 2, 4)});
  EXPECT_TRUE(b.give(tick{59ms}).empty());
  EXPECT_NE(find<send_record>(b.give(tick{60ms})), nullptr) << "40 ms after the second";
}

TEST(Lane, ForgetsItsPausesAfterACalmTime) {
  bed b;
  b.own();
  b.give(tick{1s});
  EXPECT_NE(find<send_record>(b.give(record_read{1, claim_of("a", 2, 2)})), nullptr);
}

TEST(Lane, StopsWhenTheLogHasLostItsEnd) {
  bed b;
  b.own();
  b.give(write_order{"x"});
  const auto out = b.give(append_stored{{1, 1}, 0});
  ASSERT_NE(find<lane_stopped>(out), nullptr);
  EXPECT_EQ(find<frame_lost>(out)->why.code, errc::unavailable);
  EXPECT_NE(find<lane_lost>(out), nullptr);
  EXPECT_TRUE(b.give(claim_order{}).empty()) << "the shell begins anew from a snapshot";
}

TEST(Lane, BearsGapsInOffsetsButCountsNothingAcrossThemUnread) {
  bed b;
  b.own();
  b.give(write_order{"x"});
  EXPECT_TRUE(b.give(append_stored{{1, 1}, 5}).empty());
  EXPECT_NE(find<frame_counted>(b.read_last(5)), nullptr);
  EXPECT_EQ(b.machine.folded.next, 6U);
}

TEST(Lane, RefusesToStartWithAnotherNumberOfLanes) {
  bed b;
  b.give(record_read{0, claim_of("b", 9, 1, 8)});
  b.give(claim_order{});
  const auto out = b.read_last(1);
  ASSERT_NE(find<lane_stopped>(out), nullptr);
  EXPECT_EQ(find<lane_stopped>(out)->why.what, "the cluster was made with 8 lanes, this node is set to 4");
}

TEST(Lane, GivesUpWithoutAWordToTheLog) {
  bed b;
  b.own();
  const auto out = b.give(give_up_order{});
  ASSERT_EQ(out.size(), 1U);
  EXPECT_NE(find<lane_lost>(out), nullptr);
}

TEST(Lane, TellsHowLongItsFrameIsInDoubt) {
  bed b;
  b.own();
  b.give(tick{5s});
  EXPECT_EQ(in_doubt_for(b.machine, 6s), 0s);
  b.give(write_order{"x"});
  EXPECT_EQ(in_doubt_for(b.machine, 6s), 1s);
}

}  // namespace
}  // namespace seatgrid::cluster
