#include <array>
#include <atomic>
#include <latch>
#include <map>
#include <thread>

#include "tests/contract/storage/journal_world.hpp"

/// What every journal promises. The worlds, one per implementation, stand in files of their own.
namespace seatgrid {

using namespace seatgrid::testing;

namespace {

TEST_P(JournalContract, NumbersStepsOfALaneFromOneWithoutHoles) {
  const auto epoch = claimed(2);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const auto counted = append_now(*journal_, epoch, step_number(n));
    ASSERT_TRUE(counted) << counted.error().what;
    EXPECT_EQ(*counted, (step_position{2, n}));
  }
  const auto other = claimed(3);
  EXPECT_EQ(append_now(*journal_, other, step_number(1))->sequence, 1U);
}

TEST_P(JournalContract, RunsEachDoneOnceInAppendOrder) {
  const auto epoch = claimed(0);
  std::vector<std::uint64_t> order;
  constexpr std::uint64_t steps = 3'000;
  for (std::uint64_t n = 1; n <= steps; ++n)
    journal_->append(epoch, step_number(n), [&](const auto& counted) { order.push_back(counted.value().sequence); });
  journal_->close();
  ASSERT_EQ(order.size(), steps);
  for (std::uint64_t n = 1; n <= steps; ++n) ASSERT_EQ(order[n - 1], n);
}

TEST_P(JournalContract, KeepsOrderPerProducerWhenManyThreadsAppend) {
  const auto epoch = claimed(0);
  std::array<std::uint64_t, 4> last{};
  std::atomic<int> wrong{0};
  std::vector<std::thread> producers;
  for (std::size_t who = 0; who < last.size(); ++who)
    producers.emplace_back([&, who] {
      for (std::uint64_t n = 1; n <= 500; ++n)
        journal_->append(epoch, step_number(n), [&, who, n](const auto& counted) {
          if (!counted || last[who] != n - 1) ++wrong;
          last[who] = n;
        });
    });
  for (auto& producer : producers) producer.join();
  journal_->close();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(all_steps(*journal_, 0).size(), 2'000U);
}

TEST_P(JournalContract, GivesBackStepsAsTheyWereAppended) {
  const auto epoch = claimed(1);
  append_range(epoch, 1, 50);
  const auto steps = all_steps(*journal_, 1);
  ASSERT_EQ(steps.size(), 51U);
  for (std::uint64_t n = 1; n <= steps.size(); ++n) {
    EXPECT_EQ(steps[n - 1].position, (step_position{1, n}));
    EXPECT_EQ(steps[n - 1].epoch, epoch.epoch);
    EXPECT_EQ(steps[n - 1].step, step_number(n));
  }
  EXPECT_EQ(all_steps(*journal_, 1, 40).size(), 12U);
  EXPECT_TRUE(all_steps(*journal_, 9).empty());
}

TEST_P(JournalContract, StopsReadingWhenTheReaderHasEnough) {
  append_range(claimed(1), 1, 20);
  int seen = 0;
  EXPECT_TRUE(journal_->read(1, 5, [&](const recorded_step&) { return ++seen < 3; }));
  EXPECT_EQ(seen, 3);
  seen = 0;
  EXPECT_TRUE(journal_->scan(1, {}, [&](auto, auto) { return ++seen < 4; }));
  EXPECT_EQ(seen, 4);
}

TEST_P(JournalContract, ScansFromAKeyOnWithinThePrefix) {
  append_range(claimed(1), 1, 20);
  const auto all = all_rows(*journal_, 1);
  ASSERT_GE(all.size(), 3U);
  std::vector<std::pair<std::string, std::string>> rest;
  const auto take = [&](auto key, auto value) { return rest.emplace_back(key, value), true; };
  const auto middle = all.size() / 2;
  EXPECT_TRUE(journal_->scan_from(1, {}, all[middle].first, take));
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), all.begin() + static_cast<std::ptrdiff_t>(middle), all.end()));
  rest.clear();
  EXPECT_TRUE(journal_->scan_from(1, all.back().first, all.front().first, take));
  EXPECT_EQ(rest, std::vector{all.back()}) << "never before the prefix";
  rest.clear();
  EXPECT_TRUE(journal_->scan_from(1, all.front().first, all.back().first, take));
  EXPECT_TRUE(rest.empty()) << "never behind the prefix";
}

TEST_P(JournalContract, RefusesStepsOfAnEpochThatIsOver) {
  const auto old = claimed(1);
  ASSERT_TRUE(append_now(*journal_, old, step_number(1)));
  const auto fresh = claimed(1);
  EXPECT_GT(fresh.epoch, old.epoch);
  EXPECT_EQ(append_now(*journal_, old, step_number(2)).error().code, errc::wrong_state);
  EXPECT_EQ(append_now(*journal_, fresh, step_number(2))->sequence, 2U);
  EXPECT_EQ(append_now(*journal_, {5, 1}, step_number(2)).error().code, errc::wrong_state) << "lane 5 was never claimed";
}

TEST_P(JournalContract, FoldsRowsAndRemovesThemByTombstone) {
  const auto epoch = claimed(4);
  const auto queue = ref(queue_id::make(9, 1));
  const auto neighbour = ref(queue_id::make(9, 2));
  step first{.entity = queue, .at = noon};
  first.rows = {{row_key(queue), "a"}, {row_key(queue, "w1"), "one"}, {row_key(queue, "w2"), ""}, {row_key(neighbour), "n"}};
  ASSERT_TRUE(append_now(*journal_, epoch, first));
  step second{.entity = queue, .at = noon};
  second.rows = {{row_key(queue), "b"}, {row_key(queue, "w1"), std::nullopt}};
  ASSERT_TRUE(append_now(*journal_, epoch, second));

  EXPECT_EQ(journal_->get(4, row_key(queue)), std::string{"b"});
  EXPECT_EQ(journal_->get(4, row_key(queue, "w2")), std::string{}) << "an empty row is a row";
  EXPECT_EQ(journal_->get(4, row_key(queue, "w1")).error().code, errc::not_found);
  EXPECT_EQ(journal_->get(5, row_key(queue)).error().code, errc::not_found) << "another lane";
  const auto rows = all_rows(*journal_, 4, row_key(queue));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(element_of(rows[0].first), "");
  EXPECT_EQ(element_of(rows[1].first), "w2");
  EXPECT_EQ(all_rows(*journal_, 4).size(), 3U);
}

TEST_P(JournalContract, LastWriteOfARowWithinOneStepWins) {
  const auto epoch = claimed(4);
  const auto queue = ref(queue_id::make(9, 1));
  step both{.entity = queue, .at = noon};
  both.rows = {
      {row_key(queue), "a"}, {row_key(queue), std::nullopt}, {row_key(queue, "x"), std::nullopt}, {row_key(queue, "x"), "y"}};
  ASSERT_TRUE(append_now(*journal_, epoch, both));
  EXPECT_EQ(journal_->get(4, row_key(queue)).error().code, errc::not_found);
  EXPECT_EQ(journal_->get(4, row_key(queue, "x")), std::string{"y"});
}

TEST_P(JournalContract, LastWriteOfARowByStepsOfOneFrameWinsAndTheLogKeepsThemAll) {
  const auto epoch = claimed(4);
  const auto queue = ref(queue_id::make(9, 1));
  constexpr std::uint64_t steps = 200;
  for (std::uint64_t n = 1; n <= steps; ++n) {
    step next{.entity = queue, .at = noon};
    next.rows = {{row_key(queue), std::to_string(n)}, {row_key(queue, "even"), std::nullopt}, {row_key(queue, "odd"), "here"}};
    if (n % 2 == 0) next.rows[1].value = "here", next.rows[2].value = std::nullopt;
    next.outbox = {{"queue.changed", n, "{}"}};
    journal_->append(epoch, std::move(next), [](const auto& counted) { ASSERT_TRUE(counted); });
  }
  step last{.entity = queue, .at = noon};
  last.outbox = {{"queue.changed", steps + 1, "{}"}};
  ASSERT_TRUE(append_now(*journal_, epoch, last));
  EXPECT_EQ(journal_->get(4, row_key(queue)), std::to_string(steps));
  EXPECT_EQ(journal_->get(4, row_key(queue, "even")), std::string{"here"});
  EXPECT_EQ(journal_->get(4, row_key(queue, "odd")).error().code, errc::not_found);
  EXPECT_EQ(all_rows(*journal_, 4).size(), 2U);
  EXPECT_EQ(all_steps(*journal_, 4).size(), steps + 1);
}

TEST_P(JournalContract, ReadsTheStepsOfOneEntityInOrder) {
  const auto epoch = claimed(1);
  append_range(epoch, 1, 40);
  std::vector<std::uint64_t> found;
  const auto call = step_number(16).entity;
  ASSERT_TRUE(journal_->read_entity(call, [&](const recorded_step& s) {
    EXPECT_EQ(s.step, step_number(s.position.sequence));
    return found.push_back(s.position.sequence), true;
  }));
  EXPECT_EQ(found, (std::vector<std::uint64_t>{16, 17, 18, 19, 20, 21, 22, 23}));
}

TEST_P(JournalContract, ReportsTheEndAndTheHighestTimeOfALane) {
  EXPECT_EQ(journal_->end(1).first.sequence, 0U);
  const auto epoch = claimed(1);
  EXPECT_EQ(journal_->end(1), (std::pair{step_position{1, 0}, time_point{}}));
  auto late = step_number(1);
  late.at = noon + std::chrono::hours{1};
  ASSERT_TRUE(append_now(*journal_, epoch, late));
  ASSERT_TRUE(append_now(*journal_, epoch, step_number(2)));
  EXPECT_EQ(journal_->end(1), (std::pair{step_position{1, 2}, late.at}));
  restart();
  EXPECT_EQ(journal_->end(1), (std::pair{step_position{1, 2}, late.at}));
}

TEST_P(JournalContract, KeepsEverythingOverARestartAndClaimsHigher) {
  const auto epoch = claimed(1);
  append_range(epoch, 1, 99);
  const auto rows = all_rows(*journal_, 1);
  restart();
  EXPECT_EQ(append_now(*journal_, epoch, step_number(101)).error().code, errc::wrong_state) << "a start claims anew";
  EXPECT_EQ(all_rows(*journal_, 1), rows);
  const auto again = claimed(1);
  EXPECT_GT(again.epoch, epoch.epoch);
  EXPECT_EQ(append_now(*journal_, again, step_number(101))->sequence, 101U);
  const auto steps = all_steps(*journal_, 1);
  ASSERT_EQ(steps.size(), 101U);
  EXPECT_EQ(steps[99].epoch, epoch.epoch);
  EXPECT_EQ(steps[100].epoch, again.epoch);
}

TEST_P(JournalContract, RefusesATooLargeStepAndEndsTheEpoch) {
  open({.step_bytes_max = 1'000, .reserve_bytes = 0});
  const auto epoch = claimed(1);
  auto large = step_number(1);
  large.command = std::string(1'001, 'c');
  EXPECT_EQ(append_now(*journal_, epoch, large).error().code, errc::full);
  EXPECT_EQ(append_now(*journal_, epoch, step_number(2)).error().code, errc::wrong_state)
      << "a later step may build on the one that was refused";
  EXPECT_TRUE(append_now(*journal_, claimed(1), step_number(2)));
  EXPECT_EQ(all_steps(*journal_, 1).size(), 1U);
}

TEST_P(JournalContract, RefusesStepsThatNameNoEntity) {
  EXPECT_EQ(append_now(*journal_, claimed(1), step{.at = noon}).error().code, errc::invalid);
  auto odd = step_number(1);
  odd.rows.push_back({"not a row key", "x"});
  EXPECT_EQ(append_now(*journal_, claimed(1), odd).error().code, errc::invalid);
  EXPECT_TRUE(all_steps(*journal_, 1).empty());
}

TEST_P(JournalContract, RefusesWhatIsBeyondWaitingMaxInOrder) {
  open({.waiting_max = 10, .reserve_bytes = 0});
  const auto epoch = claimed(1);
  std::latch blocked{1};
  std::latch go_on{1};
  std::vector<errc> outcomes;
  // The first done holds the journal up while the others come (in memory: they come from within it).
  const auto note = [&](const auto& counted) { outcomes.push_back(counted ? errc::ok : counted.error().code); };
  const auto rest = [&] {
    for (std::uint64_t n = 2; n <= 13; ++n) journal_->append(epoch, step_number(n), note);
  };
  journal_->append(epoch, step_number(1), [&](const auto& counted) {
    note(counted);
    if (world_->counts_within_append()) return rest();
    blocked.count_down();
    go_on.wait();
  });
  if (!world_->counts_within_append()) {
    blocked.wait();
    rest();
    go_on.count_down();
  }
  journal_->close();
  std::vector<errc> expected(11, errc::ok);
  expected.resize(13, errc::full);
  EXPECT_EQ(outcomes, expected);
  EXPECT_EQ(all_steps(*journal_, 1).size(), 11U);
}

TEST_P(JournalContract, NumbersPublicEventsPerEntityWithoutHolesOverRestarts) {
  const auto agent = ref(agent_id::make(7, 5));
  const auto with_events = [&](std::vector<outbox_event> events) {
    step made{.entity = agent, .at = noon};
    made.outbox = std::move(events);
    return made;
  };
  auto epoch = claimed(1);
  ASSERT_TRUE(append_now(*journal_, epoch, with_events({{"agent.ready", 0, "{}"}, {"agent.paused", 0, "{}"}})));
  restart();
  epoch = claimed(1);
  ASSERT_TRUE(append_now(*journal_, epoch, with_events({{"agent.ready", 3, "{}"}})));
  EXPECT_EQ(append_now(*journal_, epoch, with_events({{"agent.ready", 9, "{}"}})).error().code, errc::invalid);
  ASSERT_TRUE(append_now(*journal_, claimed(1), with_events({{"agent.logged_out", 0, "{}"}})));
  std::vector<std::uint64_t> numbers;
  for (const auto& s : all_steps(*journal_, 1))
    for (const auto& e : s.step.outbox) numbers.push_back(e.sequence);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST_P(JournalContract, ForgetsTheEventNumberOfACallWithItsMainRow) {
  const auto call = call_number(1);
  auto epoch = claimed(1);
  step ended{.entity = call, .at = noon};
  ended.rows = {{row_key(call), std::nullopt}};
  ended.outbox = {{"call.ended", 0, "{}"}};
  ASSERT_TRUE(append_now(*journal_, epoch, ended));
  ended.outbox[0].sequence = 1;
  EXPECT_TRUE(append_now(*journal_, epoch, ended));
}

TEST_P(JournalContract, TrimsTheLogInBoundedPiecesAndNeverRows) {
  open({.reserve_bytes = 0, .trim_steps_max = 30});
  append_range(claimed(1), 1, 99);
  append_range(claimed(2), 1, 9);
  const auto rows = all_rows(*journal_, 1);
  EXPECT_EQ(journal_->trim(1, 51), std::uint64_t{30});
  EXPECT_EQ(journal_->trim(1, 51), std::uint64_t{20});
  EXPECT_EQ(journal_->trim(1, 51), std::uint64_t{0});
  EXPECT_EQ(all_rows(*journal_, 1), rows);
  const auto steps = all_steps(*journal_, 1);
  ASSERT_EQ(steps.size(), 50U);
  EXPECT_EQ(steps[0].position.sequence, 51U);
  int of_old_call = 0;
  EXPECT_TRUE(journal_->read_entity(step_number(17).entity, [&](const auto&) { return ++of_old_call, true; }));
  EXPECT_EQ(of_old_call, 0);
  EXPECT_EQ(all_steps(*journal_, 2).size(), 10U);
}

TEST_P(JournalContract, TrimKeepsTheLastStepAndNumbersGoOn) {
  append_range(claimed(1), 1, 9);
  EXPECT_EQ(journal_->trim(1, 1'000), std::uint64_t{9});
  EXPECT_EQ(all_steps(*journal_, 1).size(), 1U);
  restart();
  EXPECT_EQ(append_now(*journal_, claimed(1), step_number(11))->sequence, 11U);
}

TEST_P(JournalContract, CloseCountsWhatWaitsThenRefusesAndStillReads) {
  const auto epoch = claimed(1);
  int counted = 0;
  for (std::uint64_t n = 1; n <= 500; ++n)
    journal_->append(epoch, step_number(n), [&](const auto& r) { counted += r.has_value() ? 1 : 0; });
  journal_->close();
  EXPECT_EQ(counted, 500);
  EXPECT_EQ(append_now(*journal_, epoch, step_number(501)).error().code, errc::wrong_state);
  EXPECT_EQ(claim_and_wait(*journal_, 1).error().code, errc::wrong_state);
  EXPECT_EQ(all_steps(*journal_, 1).size(), 500U);
  EXPECT_EQ(journal_->status().waiting, 0U);
  EXPECT_EQ(journal_->status().counted, 500U);
}

TEST_P(JournalContract, MayAppendAndClaimWithinDone) {
  const auto epoch = claimed(1);
  std::promise<result<step_position>> second, third;
  std::promise<result<lane_claim>> claim;
  journal_->append(epoch, step_number(1), [&](const auto&) {
    journal_->append(epoch, step_number(2), [&](auto counted) { second.set_value(std::move(counted)); });
    journal_->claim(1, [&](auto made) { claim.set_value(std::move(made)); }, {});
    journal_->append(epoch, step_number(3), [&](auto counted) { third.set_value(std::move(counted)); });
  });
  EXPECT_EQ(second.get_future().get(), (step_position{1, 2})) << "it was appended before the claim";
  EXPECT_EQ(third.get_future().get().error().code, errc::wrong_state) << "it was appended behind the claim";
  const auto made = claim.get_future().get();
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_GT(made->at.epoch, epoch.epoch);
  EXPECT_EQ(append_now(*journal_, made->at, step_number(3)), (step_position{1, 3}));
}

TEST_P(JournalContract, ScansOneMomentWhileStepsGoOn) {
  const auto epoch = claimed(1);
  const auto queue = ref(queue_id::make(9, 1));
  const auto set_both = [&](int n) {
    step made{.entity = queue, .at = noon};
    made.rows = {{row_key(queue, "a"), std::to_string(n)}, {row_key(queue, "b"), std::to_string(n)}};
    return made;
  };
  ASSERT_TRUE(append_now(*journal_, epoch, set_both(0)));
  std::atomic<bool> stop{false};
  std::thread writer{[&] {
    for (int n = 1; !stop; ++n) EXPECT_TRUE(append_now(*journal_, epoch, set_both(n)));
  }};
  int torn = 0;
  for (int i = 0; i < 300; ++i) {
    const auto rows = all_rows(*journal_, 1, row_key(queue));
    if (rows.size() != 2 || rows[0].second != rows[1].second) ++torn;
  }
  stop = true;
  writer.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace seatgrid
