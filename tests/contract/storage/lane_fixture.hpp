#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tests/contract/storage/lane_bed.hpp"

/// Two processes, "a" and "b", on brokers in memory.
namespace seatgrid::testing {

class LaneJournal : public ::testing::Test {
 protected:
  lane_process::log_maker log_on(bool records_first = false) {
    return [this, records_first] { return make_memory_log(brokers_, {.records_first = records_first}); };
  }
  static memory_log& log_of(lane_process& of) { return dynamic_cast<memory_log&>(of.log()); }
  void SetUp() override {
    for (auto* one : {&a_, &b_}) {
      const auto opened = one->open();
      ASSERT_TRUE(opened) << opened.error().what;
    }
  }
  /// Both have folded all that the log holds.
  bool both_folded(lane_id lane) {
    const auto end = static_cast<std::uint64_t>(brokers_->bounds(lane).end);
    return wait_for([&] { return a_.view(lane).next_offset == end && b_.view(lane).next_offset == end; });
  }
  void expect_same_lane(lane_id lane) {
    ASSERT_TRUE(both_folded(lane));
    EXPECT_EQ(commands(*a_, lane), commands(*b_, lane));
    EXPECT_EQ(all_rows(*a_, lane), all_rows(*b_, lane));
  }

  std::shared_ptr<memory_brokers> brokers_ = make_memory_brokers(test_lanes);
  lane_process a_{"a", log_on()};
  lane_process b_{"b", log_on(true)};
};

}  // namespace seatgrid::testing
