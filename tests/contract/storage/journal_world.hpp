#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/contract/storage/journal_bed.hpp"

/// The fixture of the journal's contract: TEST_Ps in journal_test.cpp, one world per implementation.
namespace seatgrid::testing {

/// Where journals of one kind live; what one of them kept is there for the next.
class journal_world {
 public:
  virtual ~journal_world() = default;
  virtual result<std::unique_ptr<journal>> open(const journal_options& options) = 0;
  /// The process of `closed` has ended in order and starts again.
  virtual result<std::unique_ptr<journal>> restart(std::unique_ptr<journal> closed, const journal_options& options) {
    closed.reset();
    return open(options);
  }
  /// Steps count on the caller's thread.
  virtual bool counts_within_append() const { return false; }
};

struct journal_kind {
  std::string name{};
  std::unique_ptr<journal_world> (*make)() = nullptr;
};
inline std::string name_of_kind(const ::testing::TestParamInfo<journal_kind>& info) { return info.param.name; }

class JournalContract : public ::testing::TestWithParam<journal_kind> {
 protected:
  void SetUp() override {
    world_ = GetParam().make();
    if (!world_) GTEST_SKIP() << "this journal cannot run here";
    open();
  }

  void open(const journal_options& options = {.reserve_bytes = 1 << 20}) {
    options_ = options;
    journal_.reset();
    take(world_->open(options_));
  }
  void restart() {
    journal_->close();
    take(world_->restart(std::move(journal_), options_));
  }
  lane_epoch claimed(lane_id lane) {
    auto epoch = claim_and_wait(*journal_, lane);
    EXPECT_TRUE(epoch) << epoch.error().what;
    return epoch.value_or(lane_epoch{});
  }
  /// Appends steps first..last and expects each to count.
  void append_range(lane_epoch at, std::uint64_t first, std::uint64_t last) {
    for (auto n = first; n <= last; ++n)
      journal_->append(at, step_number(n), [](const auto& counted) { EXPECT_TRUE(counted) << counted.error().what; });
    EXPECT_TRUE(append_now(*journal_, at, step_number(last + 1)));
  }

  std::unique_ptr<journal_world> world_{};
  journal_options options_{};
  std::unique_ptr<journal> journal_{};

 private:
  void take(result<std::unique_ptr<journal>> opened) {
    ASSERT_TRUE(opened) << opened.error().what;
    journal_ = std::move(*opened);
  }
};

}  // namespace seatgrid::testing
