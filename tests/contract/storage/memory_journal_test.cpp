#include "storage/memory/memory_journal.hpp"

#include <gtest/gtest.h>

#include "tests/contract/storage/journal_bed.hpp"

namespace seatgrid {
namespace {

using namespace seatgrid::testing;

TEST(RowKey, HoldsTheEntityAndSortsItsElementsTogether) {
  const auto queue = ref(queue_id::make(1'000, 77));
  EXPECT_EQ(entity_of(row_key(queue, "w1")), queue);
  EXPECT_EQ(entity_of(row_key(queue)), queue);
  EXPECT_EQ(element_of(row_key(queue, "w1")), "w1");
  EXPECT_TRUE(row_key(queue, "w1").starts_with(row_key(queue)));
  EXPECT_LT(row_key(ref(queue_id::make(1, 1))), row_key(ref(queue_id::make(2, 1))));
  for (std::size_t n = 0; n < 11; ++n) EXPECT_EQ(entity_of(row_key(queue).substr(0, n)), std::nullopt);
  auto other_shard = row_key(queue);
  other_shard[1] = 1;
  EXPECT_EQ(entity_of(other_shard), std::nullopt);
}

TEST(MemoryJournal, CountsOnlyWhenPumped) {
  const auto journal = make_memory_journal({.by_pump = true});
  const auto epoch = *claim_and_wait(*journal, 1);
  int counted = 0;
  for (std::uint64_t n = 1; n <= 5; ++n) journal->append(epoch, step_number(n), [&](const auto&) { ++counted; });
  EXPECT_EQ(counted, 0);
  EXPECT_EQ(journal->pump(2), 2U);
  EXPECT_EQ(counted, 2);
  EXPECT_EQ(journal->end(1).first.sequence, 2U);
  EXPECT_EQ(journal->pump(), 3U);
}

TEST(MemoryJournal, LosesInACrashWhatHasNotCountedAndNeverTells) {
  const auto journal = make_memory_journal({.by_pump = true});
  const auto epoch = *claim_and_wait(*journal, 1);
  int told = 0;
  for (std::uint64_t n = 1; n <= 5; ++n) journal->append(epoch, step_number(n), [&](const auto&) { ++told; });
  journal->pump(3);
  journal->crash();
  EXPECT_EQ(journal->pump(), 0U);
  EXPECT_EQ(told, 3);
  EXPECT_EQ(all_steps(*journal, 1).size(), 3U);
  EXPECT_GT(claim_and_wait(*journal, 1)->epoch, epoch.epoch);
}

TEST(MemoryJournal, InjectsFaultsAfterWhichTheEpochIsOver) {
  const auto journal = make_memory_journal();
  struct trial {
    memory_fault fault;
    errc code;
    std::size_t kept;
  };
  std::size_t total = 0;
  for (const auto& [fault, code, kept] :
       {trial{memory_fault::full, errc::full, 0}, trial{memory_fault::unavailable_lost, errc::unavailable, 0},
        trial{memory_fault::unavailable_kept, errc::unavailable, 1}}) {
    const auto epoch = *claim_and_wait(*journal, 1);
    journal->inject(1, fault, 2);
    EXPECT_TRUE(append_now(*journal, epoch, step_number(1)));
    EXPECT_EQ(append_now(*journal, epoch, step_number(2)).error().code, code);
    EXPECT_EQ(append_now(*journal, epoch, step_number(3)).error().code, errc::wrong_state);
    total += 1 + kept;
    EXPECT_EQ(all_steps(*journal, 1).size(), total);
  }
  journal->refuse_claims(true);
  EXPECT_EQ(claim_and_wait(*journal, 1).error().code, errc::unavailable);
}

}  // namespace
}  // namespace seatgrid
