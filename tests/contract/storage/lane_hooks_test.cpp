#include <mutex>
#include <set>

#include "tests/contract/storage/lane_fixture.hpp"

/// What a journal tells of lanes that others own.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;

class heard {
 public:
  cluster::lane_journal_options options(std::function<const journal*()> in = {}) {
    cluster::lane_journal_options made;
    made.on_folded = [this, in = std::move(in)](const recorded_step& came) {
      const auto* from = in ? in() : nullptr;
      const std::lock_guard lock{mutex_};
      steps_.push_back(came);
      if (from != nullptr && from->get(came.position.lane, came.step.rows.front().key) != came.step.rows.front().value.value())
        ++unreadable_;
    };
    made.on_owner = [this](lane_id lane, const cluster::lane_owner& owner, std::uint64_t epoch) {
      const std::lock_guard lock{mutex_};
      owners_.push_back(std::to_string(lane) + " " + owner.node + " " + std::to_string(epoch));
    };
    made.on_remade = [this](lane_id lane) {
      const std::lock_guard lock{mutex_};
      remade_.push_back(lane);
    };
    return made;
  }
  std::vector<recorded_step> steps() const {
    const std::lock_guard lock{mutex_};
    return steps_;
  }
  std::vector<std::string> owners() const {
    const std::lock_guard lock{mutex_};
    return owners_;
  }
  std::vector<lane_id> remade() const {
    const std::lock_guard lock{mutex_};
    return remade_;
  }
  int unreadable() const {
    const std::lock_guard lock{mutex_};
    return unreadable_;
  }

 private:
  mutable std::mutex mutex_{};
  std::vector<recorded_step> steps_{};
  std::vector<std::string> owners_{};
  std::vector<lane_id> remade_{};
  int unreadable_ = 0;
};

step with_event(std::uint64_t n) {
  auto made = step_number(n);
  made.outbox = {{"call.event", 0, "{}"}};
  return made;
}

TEST_F(LaneJournal, TellsEachStepOfAnotherProcessInOrderWithItsNumbersAndRows) {
  heard told;
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open(told.options([&]() -> const journal* { return &*c; })));
  const auto epoch = a_.claimed(1);
  std::vector<appended> all(100);
  // Steps of eight share a call: only the last of each call leaves the row as it was written.
  for (std::uint64_t n = 0; n < all.size(); ++n) all[n].begin(*a_, epoch, with_event(8 * (n + 1)));
  for (auto& one : all) ASSERT_TRUE(one.wait());
  ASSERT_TRUE(wait_for([&] { return told.steps().size() == all.size(); }));
  EXPECT_EQ(told.steps(), all_steps(*a_, 1)) << "positions, epochs, event numbers and rows are those of the owner";
  EXPECT_EQ(told.unreadable(), 0) << "rows can be read when the step is told";
}

TEST_F(LaneJournal, TellsNothingOfStepsThatItWroteItself) {
  heard told;
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open(told.options()));
  ASSERT_TRUE(append_now(*a_, a_.claimed(1), step_number(1)));
  const auto epoch = c.claimed(1);
  for (std::uint64_t n = 2; n <= 20; ++n) ASSERT_TRUE(append_now(*c, epoch, step_number(n)));
  const auto after = a_.claimed(1);
  ASSERT_TRUE(append_now(*a_, after, step_number(21)));
  ASSERT_TRUE(wait_for([&] { return told.steps().size() >= 2; }));
  ASSERT_EQ(told.steps().size(), 2U);
  EXPECT_EQ(told.steps().front().position, (step_position{1, 1}));
  EXPECT_EQ(told.steps().back().position, (step_position{1, 21}));
}

TEST_F(LaneJournal, TellsWhoOwnsALaneFromEachClaimThatWon) {
  heard told;
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open(told.options()));
  const auto first = a_.claimed(1);
  ASSERT_TRUE(wait_for([&] { return told.owners().size() == 1; }));
  std::vector<std::string> at_claim;
  std::promise<void> claimed;
  c->claim(1, [&](const auto&) { at_claim = told.owners(), claimed.set_value(); }, {});
  claimed.get_future().wait();
  const auto second = c.view(1);
  EXPECT_GT(second.epoch, first.epoch);
  const std::vector<std::string> both{"1 a " + std::to_string(first.epoch), "1 c " + std::to_string(second.epoch)};
  EXPECT_EQ(at_claim, both) << "our own too, and before the claim is answered";
  EXPECT_TRUE(second.process);
  EXPECT_TRUE(wait_for([&] { return b_.view(1).process == second.process; }));
}

TEST_F(LaneJournal, TellsAtTheStartWhatLayInTheLogAndAfterARestartOnlyWhatIsNew) {
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 50; ++n) ASSERT_TRUE(append_now(*a_, epoch, step_number(n)));
  heard first;
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open(first.options()));
  ASSERT_TRUE(wait_for([&] { return first.steps().size() == 50; }));
  EXPECT_EQ(first.owners().size(), 1U);
  c.kill();
  ASSERT_TRUE(append_now(*a_, epoch, step_number(51)));
  heard again;
  ASSERT_TRUE(c.open(again.options()));
  ASSERT_TRUE(wait_for([&] { return !again.steps().empty(); }));
  EXPECT_EQ(again.steps().front().position, (step_position{1, 51}));
  EXPECT_TRUE(again.owners().empty()) << "the store knew";
  EXPECT_EQ(c.view(1).owner, "a");
}

TEST_F(LaneJournal, SaysThatALaneWasMadeAnewBeforeItsStepsComeAgain) {
  heard told;
  lane_process c{"c", log_on()};
  ASSERT_TRUE(c.open(told.options()));
  const auto epoch = a_.claimed(1);
  for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_TRUE(append_now(*a_, epoch, step_number(n)));
  ASSERT_TRUE(wait_for([&] { return told.steps().size() == 5; }));
  brokers_->lose_end(1, 3);
  ASSERT_TRUE(wait_for([&] { return told.remade() == std::vector<lane_id>{1} && told.steps().size() == 7; }));
  EXPECT_EQ(told.steps().at(5).position, (step_position{1, 1}));
}

}  // namespace
}  // namespace seatgrid
