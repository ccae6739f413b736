#include "base/ids.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace seatgrid {
namespace {

TEST(Ids, TextOfAnIdReadsBackToIt) {
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x0123456789abcdef}, UINT64_MAX}) {
    const auto text = to_text(id);
    EXPECT_EQ(text.size(), 13U);
    EXPECT_EQ(from_text(text), id) << text;
  }
}

TEST(Ids, OtherTextsAreNoIds) {
  for (const auto* text : {"", "0c9h6vj2k8m4", "0c9h6vj2k8m4tt", "0c9h6vj2k8m4!", "zzzzzzzzzzzzz"})
    EXPECT_EQ(from_text(text), std::nullopt) << text;
}

TEST(Ids, AnIdCarriesItsShardAndIsNeverNone) {
  const auto id = call_id::make(1'023, 0);
  EXPECT_EQ(id.shard(), 1'023);
  EXPECT_TRUE(id);
  EXPECT_EQ(call_id::make(5, UINT64_MAX).shard(), 5);
}

TEST(Ids, NamedThingsOfOneTenantShareItsShardAndDifferByKind) {
  const auto queue = queue_id::named("demo", "support");
  EXPECT_EQ(queue.shard(), shard_of_tenant("demo"));
  EXPECT_EQ(queue, queue_id::named("demo", "support"));
  EXPECT_NE(queue, queue_id::named("demo", "sales"));
  EXPECT_NE(queue.value, agent_id::named("demo", "support").value);
}

TEST(Ids, StableHashNeverChanges) {
  // It stands in journals: another value makes every stored id of a named thing unreachable.
  EXPECT_EQ(shard_of_tenant("demo"), 415);
  EXPECT_EQ(stable_hash(""), 17665'956'581'633'026'203ULL);
}

TEST(Times, DifferencesRoundDownToMilliseconds) {
  EXPECT_EQ(ms_between({1'999}, {0}).count(), 1);
  EXPECT_EQ(ms_between({0}, {1}).count(), -1);
}

}  // namespace
}  // namespace seatgrid
