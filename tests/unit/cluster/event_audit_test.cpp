#include "cluster/event_audit.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace seatgrid::cluster {
namespace {

std::string padded(std::uint64_t number, std::size_t digits) {
  auto text = std::to_string(number);
  return std::string(digits - text.size(), '0') + text;
}

topic_event told(std::uint64_t step, std::uint64_t index, const std::string& subject, std::uint64_t number) {
  return {.partition = 1,
          .key = subject,
          .source = "/seatgrid/east/1",
          .id = "00001-" + padded(step, 20) + "-" + padded(index, 4),
          .type = "call.started",
          .subject = subject,
          .sequence = padded(number, 20),
          .members = std::vector<std::string>{"call", "at"}};
}

/// Two calls, a step of two events, and what a publisher repeats after a takeover.
std::vector<topic_event> honest() {
  return {told(4, 0, "call/a", 1), told(6, 0, "call/b", 1), told(6, 1, "call/b", 2), told(6, 0, "call/b", 1),
          told(6, 1, "call/b", 2), told(9, 0, "call/a", 2), told(12, 0, "call/b", 3)};
}

event_audit judged(const std::vector<topic_event>& history, event_audit_options options = {}) {
  options.members["call.started"] = {"call", "at"};
  event_audit audit{std::move(options)};
  std::int64_t offset = 0;
  for (auto one : history) {
    one.offset = offset++;
    audit.take(one);
  }
  return audit;
}

/// That rule is broken once and no other.
void expect_only(const event_audit& audit, event_rule broken) {
  EXPECT_EQ(audit.found(broken), 1U) << name_of(broken);
  EXPECT_EQ(audit.faults(), 1U);
  ASSERT_EQ(audit.texts().size(), 1U);
  EXPECT_EQ(audit.texts().front().find(name_of(broken)), 0U) << audit.texts().front();
}

TEST(EventAudit, AnHonestTopicWithRepeatsHasNoFault) {
  const auto audit = judged(honest());
  EXPECT_EQ(audit.faults(), 0U);
  EXPECT_EQ(audit.records(), 7U);
  const auto& lane = audit.lanes().at(1);
  EXPECT_EQ(lane.events, 5U);
  EXPECT_EQ(lane.repeats, 2U);
  EXPECT_EQ(lane.first, honest().front().id);
  EXPECT_EQ(lane.last, honest().back().id);
  EXPECT_EQ(lane.sources.size(), 1U);
}

TEST(EventAudit, AMissingAttributeIsAFaultOfForm) {
  auto history = honest();
  history.push_back(told(13, 0, "call/c", 1));
  history.back().source.clear();
  expect_only(judged(history), event_rule::form);
  history.back() = told(13, 0, "call/c", 1);
  history.back().id = "13";
  expect_only(judged(history), event_rule::form);
  history.back() = told(13, 0, "call/c", 1);
  history.back().key = "call/d";
  expect_only(judged(history), event_rule::form);
  history.back() = told(13, 0, "call/c", 1);
  history.back().sequence = "x";
  expect_only(judged(history), event_rule::form);
}

TEST(EventAudit, AnEventInAnotherLanesPartitionIsAFault) {
  auto history = honest();
  history.push_back(told(13, 0, "call/c", 1));
  history.back().partition = 2;
  expect_only(judged(history), event_rule::partition);
}

TEST(EventAudit, AValueWithoutAMemberOrThatIsNoJsonIsAFault) {
  auto history = honest();
  history.back().members->pop_back();
  expect_only(judged(history), event_rule::value);
  history.back().members.reset();
  expect_only(judged(history), event_rule::value);
}

TEST(EventAudit, AMemberMoreOrATypeThatIsLaterIsNone) {
  auto history = honest();
  history.back().members->push_back("more");
  history.push_back(told(13, 0, "call/c", 1));
  history.back().type = "call.dreamt";
  const auto audit = judged(history);
  EXPECT_EQ(audit.faults(), 0U);
  EXPECT_EQ(audit.unknown_types(), 1U);
}

TEST(EventAudit, ANewEventBehindALaterOneIsDisorder) {
  auto history = honest();
  history.push_back(told(11, 0, "call/a", 3));
  expect_only(judged(history), event_rule::order);
}

TEST(EventAudit, TheFirstEventOfAnEntityBehindALaterOneIsDisorderToo) {
  auto history = honest();
  history.push_back(told(11, 0, "call/c", 1));
  expect_only(judged(history), event_rule::order);
}

TEST(EventAudit, AHoleInAnEntitysNumbersIsAGap) {
  auto history = honest();
  history.erase(history.begin() + 5);
  history.push_back(told(13, 0, "call/a", 3));
  expect_only(judged(history), event_rule::gap);
}

TEST(EventAudit, AHoleInAStepIsAGapThoughTheEntitySaysNothingMore) {
  auto history = honest();
  history.push_back(told(13, 0, "call/c", 1));
  history.push_back(told(13, 2, "call/d", 1));
  expect_only(judged(history), event_rule::gap);
  history.pop_back();
  history.push_back(told(14, 1, "call/d", 1));
  expect_only(judged(history), event_rule::gap);
}

TEST(EventAudit, AnEntitysNumberUnderAnotherIdComesTwice) {
  auto history = honest();
  history.push_back(told(13, 0, "call/b", 3));
  expect_only(judged(history), event_rule::twice);
}

TEST(EventAudit, AnotherSourceCountsAnew) {
  auto history = honest();
  for (auto one : honest()) {
    one.source = "/seatgrid/east/2";
    history.push_back(one);
  }
  const auto audit = judged(history);
  EXPECT_EQ(audit.faults(), 0U);
  EXPECT_EQ(audit.lanes().at(1).events, 10U);
  EXPECT_EQ(audit.lanes().at(1).sources.size(), 2U);
}

TEST(EventAudit, WhatBeganBeforeTheFirstRecordIsTakenAsItComes) {
  auto history = honest();
  history.erase(history.begin(), history.begin() + 2);
  EXPECT_EQ(judged(history).faults(), 0U);
}

TEST(EventAudit, EntitiesBeyondTheBoundAreCountedAndNotJudged) {
  const auto audit = judged(honest(), {.entities_max = 1});
  EXPECT_EQ(audit.faults(), 0U);
  EXPECT_EQ(audit.unchecked(), 3U);
}

}  // namespace
}  // namespace seatgrid::cluster
