#include "cluster/snapshot.hpp"

#include <gtest/gtest.h>

#include "cluster/retention.hpp"
#include "storage/memory/memory_store.hpp"

namespace seatgrid::cluster {
namespace {

using namespace std::chrono_literals;

constexpr lane_id lane_one = 1;

std::unique_ptr<lane_store> store_with(std::uint64_t steps) {
  auto store = make_memory_store();
  const auto batch = store->make_batch();
  for (std::uint64_t n = 1; n <= steps; ++n) {
    const auto call = ref(call_id::make(7, n));
    stored_step one{.epoch = 3};
    one.step.entity = call;
    one.step.at = {static_cast<std::int64_t>(n)};
    one.step.rows = {{row_key(call), std::string(1'000, 'r')}};
    one.step.outbox = {{"call.event", 1, "{}"}};
    batch->put({lane_one, n}, std::move(one));
  }
  batch->put_end(lane_one, {.epoch = 3, .sequence = steps, .at = {static_cast<std::int64_t>(steps)}});
  batch->put_fold(lane_one,
                  encode_fold({.fold = {.next = steps + 1, .owner = {"a", {1, 2}}, .epoch = 3, .seq = steps, .head = 77},
                               .log_ahead_us = 5}));
  EXPECT_TRUE(batch->commit(false));
  return store;
}

std::vector<std::string> chunks_of(const lane_store& store, std::uint64_t steps_from = UINT64_MAX) {
  std::vector<std::string> records;
  const auto image = store.image(lane_one);
  const auto made = write_snapshot(
      lane_one, **image, steps_from,
      [&](std::string&& record) {
        records.push_back(std::move(record));
        return result<void>{};
      },
      10'000);
  EXPECT_EQ(made, (snapshot_id{lane_one, 101, 77}));
  return records;
}

TEST(Snapshot, IsTheSameBytesEachTimeAndFillsAnEmptyLaneThatMakesTheSameAgain) {
  const auto store = store_with(100);
  const auto records = chunks_of(*store);
  EXPECT_GT(records.size(), 9U);
  for (const auto& one : records) EXPECT_LT(one.size(), 11'000U);
  EXPECT_EQ(records, chunks_of(*store));
  const auto copy = make_memory_store();
  snapshot_loader loader{*copy, {lane_one, 101, 77}};
  for (const auto& one : records) ASSERT_TRUE(loader.on_record(one));
  ASSERT_TRUE(loader.is_done());
  EXPECT_EQ(loader.applied().fold.seq, 100U);
  EXPECT_EQ(chunks_of(*copy), records);
  EXPECT_EQ(copy->last_event(ref(call_id::make(7, 50))), 1U);
}

TEST(Snapshot, LoaderPassesOverWhatComesTwiceAndRefusesAHole) {
  const auto records = chunks_of(*store_with(100));
  const auto copy = make_memory_store();
  snapshot_loader loader{*copy, {lane_one, 101, 77}};
  ASSERT_TRUE(loader.on_record("foreign"));
  ASSERT_TRUE(loader.on_record(records[0]));
  ASSERT_TRUE(loader.on_record(records[0]));
  ASSERT_TRUE(loader.on_record(records[1]));
  ASSERT_TRUE(loader.on_record(records[0]));
  EXPECT_EQ(loader.on_record(records[3]).error().code, errc::corrupt);
  EXPECT_FALSE(loader.is_done());
  EXPECT_EQ(copy->fold(lane_one).error().code, errc::not_found) << "a lane filled in part has no fold";
}

TEST(SnapshotCatalog, KnowsOnlyWhatIsWholeAlsoWhenTwoWriteItAtOnce) {
  const auto records = chunks_of(*store_with(100));
  snapshot_catalog catalog;
  log_offset offset = 10;
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_TRUE(catalog.whole().empty());
    catalog.on_record(offset++, {1}, records[i]);
    if (i + 1 < records.size()) catalog.on_record(offset++, {1}, records[i]);  // the other writer's
  }
  ASSERT_EQ(catalog.whole().size(), 1U);
  const auto& whole = catalog.whole().front();
  EXPECT_EQ(whole.first, 10);
  EXPECT_EQ(whole.last, offset - 1);
  EXPECT_EQ(whole.fold.owner.process, (process_id{1, 2}));
}

TEST(SnapshotCatalog, DoesNotTakeOneWithAMissingOrDamagedChunk) {
  const auto records = chunks_of(*store_with(100));
  for (std::size_t bad = 0; bad < records.size(); ++bad) {
    snapshot_catalog missing, damaged;
    for (std::size_t i = 0; i < records.size(); ++i) {
      auto bytes = records[i];
      if (i != bad) missing.on_record(static_cast<log_offset>(i), {1}, bytes);
      if (i == bad) bytes.back() = static_cast<char>(bytes.back() ^ 1);
      damaged.on_record(static_cast<log_offset>(i), {1}, bytes);
    }
    EXPECT_TRUE(missing.whole().empty()) << bad;
    EXPECT_TRUE(damaged.whole().empty()) << bad;
  }
}

TEST(SnapshotDue, AFollowerIsBeforeTheOwnerAndNobodyMakesOneOfNothingNew) {
  const log_retention_options options{.snapshot_every = 600s, .snapshot_records = 1'000};
  const lane_owner owner{"a", {1, 0}}, follower{"b", {2, 0}};
  lane_view lane{.process = owner.process, .next_offset = 500, .snapshot_offset = 100};
  EXPECT_FALSE(is_due(options, lane, follower, 599s));
  EXPECT_TRUE(is_due(options, lane, follower, 600s));
  EXPECT_FALSE(is_due(options, lane, owner, 899s));
  EXPECT_TRUE(is_due(options, lane, owner, 900s));
  lane.next_offset = 1'100;
  EXPECT_TRUE(is_due(options, lane, follower, 0s));
  EXPECT_FALSE(is_due(options, lane, owner, 0s));
  lane.next_offset = 1'600;
  EXPECT_TRUE(is_due(options, lane, owner, 0s));
  lane.to_fold = 1;
  EXPECT_FALSE(is_due(options, lane, owner, 24h)) << "it is not whole itself";
  lane = {.process = owner.process, .next_offset = 100, .snapshot_offset = 100};
  EXPECT_FALSE(is_due(options, lane, follower, 24h));
}

TEST(SnapshotLimits, ReachToTheOlderOfTwoSnapshotsOfTheOwnersClaim) {
  const lane_owner me{"a", {1, 0}};
  const auto made = [](std::uint64_t offset, log_offset first, process_id process, std::uint64_t epoch) {
    return whole_snapshot{.id = {1, offset, 0}, .first = first, .fold = {.owner = {"x", process}, .epoch = epoch}};
  };
  EXPECT_EQ(limits_of({made(10, 0, me.process, 5)}, me, 5).log, 0U);
  EXPECT_EQ(limits_of({made(10, 0, me.process, 4), made(20, 5, me.process, 5)}, me, 5).log, 0U);
  EXPECT_EQ(limits_of({made(10, 0, {9, 9}, 5), made(20, 5, me.process, 5)}, me, 5).log, 0U);
  const auto limits = limits_of({made(10, 0, me.process, 5), made(20, 5, me.process, 5), made(30, 9, me.process, 5)}, me, 5);
  EXPECT_EQ(limits.log, 20U);
  EXPECT_EQ(limits.snapshots, 5);
}

}  // namespace
}  // namespace seatgrid::cluster
