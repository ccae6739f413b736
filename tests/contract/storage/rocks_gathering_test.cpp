#include <gtest/gtest.h>

#include <filesystem>

#include "storage/rocks/rocks_store.hpp"
#include "tests/contract/storage/journal_bed.hpp"

/// A store that gathers what is committed: what readers see of it, and what a kill leaves.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

constexpr lane_id lane = 3;

std::unique_ptr<lane_store> opened(const std::string& directory, rocks_store_options options = {.gather = 1h}) {
  auto made = open_rocks_store(directory, options);
  EXPECT_TRUE(made) << made.error().what;
  return made ? std::move(*made) : nullptr;
}

step with_event(std::uint64_t n) {
  auto made = step_number(n);
  made.outbox = {{"call.event", n, "{}"}};
  return made;
}

void put(lane_batch& into, std::uint64_t n, step what) {
  into.put({lane, n}, {7, std::move(what)});
  into.put_end(lane, {.epoch = 7, .sequence = n, .at = noon});
  into.put_fold(lane, "fold " + std::to_string(n));
}

void commit(lane_store& to, std::uint64_t n, bool synced = false) {
  const auto batch = to.make_batch();
  put(*batch, n, with_event(n));
  const auto written = batch->commit(synced);
  ASSERT_TRUE(written) << written.error().what;
}

std::vector<std::string> keys(const lane_store& of, std::string_view prefix) {
  std::vector<std::string> found;
  EXPECT_TRUE(of.scan_from(lane, prefix, prefix, [&](std::string_view key, std::string_view) {
    found.emplace_back(key);
    return true;
  }));
  return found;
}

std::vector<std::uint64_t> steps(const lane_store& of) {
  std::vector<std::uint64_t> found;
  EXPECT_TRUE(of.read(lane, 1, [&](const recorded_step& one) {
    EXPECT_EQ(one.step, with_event(one.position.sequence));
    return found.push_back(one.position.sequence), true;
  }));
  return found;
}

/// What a process that is killed now leaves on the disk.
std::string left_by_a_kill(const std::string& of, const scratch_directory& in) {
  const auto to = in.path() + "/left";
  std::filesystem::remove_all(to);
  std::filesystem::copy(of, to, std::filesystem::copy_options::recursive);
  return to;
}

TEST(RocksGathering, ReadersSeeWhatIsCommittedAtOnce) {
  const scratch_directory directory;
  const auto store = opened(directory.path());
  commit(*store, 1);
  commit(*store, 2);
  EXPECT_EQ(store->get(lane, row_key(call_number(1))), "last 2") << "the newest value";
  EXPECT_EQ(store->last_event(call_number(1)), 2U);
  EXPECT_EQ(store->end(lane).sequence, 2U);
  EXPECT_TRUE(keys(*store, row_key(call_number(9))).empty());
  EXPECT_EQ(keys(*store, row_key(call_number(1))).size(), 3U);
  EXPECT_EQ(steps(*store), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(store->fold(lane), "fold 2");
  commit(*store, 3);  // over what is in the database by now
  EXPECT_EQ(store->get(lane, row_key(call_number(1))), "last 3");
  EXPECT_EQ(store->last_event(call_number(1)), 3U);
  EXPECT_EQ(keys(*store, row_key(call_number(1))).size(), 4U);
}

TEST(RocksGathering, AStepFromTheLogIsTheSameWithItsBytes) {
  const scratch_directory directory;
  const auto store = opened(directory.path());
  commit(*store, 1);
  const auto batch = store->make_batch();
  std::string record;
  encode_record(record, {0, with_event(2)});  // no epoch is no byte: tag and length of the step are left
  const std::size_t head = record.size() > 129 ? 3 : 2;
  batch->put({lane, 2}, 7, with_event(2), std::string_view{record}.substr(head));
  batch->put_end(lane, {.epoch = 7, .sequence = 2, .at = noon});
  ASSERT_TRUE(batch->commit(false));
  EXPECT_EQ(steps(*store), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(store->get(lane, row_key(call_number(1))), "last 2");
  EXPECT_EQ(store->last_event(call_number(1)), 2U);
}

TEST(RocksGathering, ARemovedRowIsGoneBeforeItIsWritten) {
  const scratch_directory directory;
  const auto store = opened(directory.path());
  commit(*store, 1, true);
  const auto batch = store->make_batch();
  step gone{.entity = call_number(1), .at = noon};
  gone.rows = {{row_key(call_number(1)), std::nullopt}};
  put(*batch, 2, gone);
  ASSERT_TRUE(batch->commit(false));
  EXPECT_EQ(store->get(lane, row_key(call_number(1))).error().code, errc::not_found);
  EXPECT_EQ(store->last_event(call_number(1)), 0U) << "a call's numbers go with its main row";
  EXPECT_EQ(keys(*store, row_key(call_number(1))).size(), 1U) << "the element stays";
}

TEST(RocksGathering, AKilledProcessFindsAnOlderStateThatIsWhole) {
  const scratch_directory directory, copies;
  auto store = opened(directory.path());
  for (std::uint64_t n = 1; n <= 5; ++n) commit(*store, n, n == 5);
  for (std::uint64_t n = 6; n <= 10; ++n) commit(*store, n);
  EXPECT_EQ(steps(*store).size(), 10U);  // written, and in no file yet
  commit(*store, 11);                    // not even written
  {
    const auto left = opened(left_by_a_kill(directory.path(), copies));
    EXPECT_EQ(left->end(lane).sequence, 5U);
    EXPECT_EQ(left->fold(lane), "fold 5");
    EXPECT_EQ(steps(*left).size(), 5U);
    EXPECT_EQ(left->get(lane, row_key(call_number(1))), "last 5");
    commit(*left, 6);
    EXPECT_EQ(left->last_event(call_number(1)), 6U) << "it goes on from there";
  }
  store.reset();
  store = opened(directory.path());
  EXPECT_EQ(steps(*store).size(), 11U) << "one that ends well has all";
  EXPECT_EQ(store->fold(lane), "fold 11");
}

TEST(RocksGathering, AKillBehindATrimLeavesNoHole) {
  const scratch_directory directory, copies;
  const auto store = opened(directory.path());
  for (std::uint64_t n = 1; n <= 5; ++n) commit(*store, n, n == 5);
  for (std::uint64_t n = 6; n <= 10; ++n) commit(*store, n);
  EXPECT_EQ(store->trim(lane, 9, 100), 8U);
  EXPECT_EQ(steps(*store), (std::vector<std::uint64_t>{9, 10}));
  const auto left = opened(left_by_a_kill(directory.path(), copies));
  ASSERT_NE(left, nullptr) << "an end whose step was removed would be corrupt";
  EXPECT_EQ(left->end(lane).sequence, 5U);
  EXPECT_EQ(steps(*left).back(), 5U);
}

TEST(RocksGathering, ADroppedLaneHoldsNothingOfWhatWasGathered) {
  const scratch_directory directory;
  const auto store = opened(directory.path());
  commit(*store, 1);
  ASSERT_TRUE(store->drop(lane));
  EXPECT_EQ(store->end(lane).sequence, 0U);
  EXPECT_TRUE(steps(*store).empty());
  EXPECT_TRUE(keys(*store, {}).empty());
  EXPECT_EQ(store->last_event(call_number(1)), 0U);
}

TEST(RocksGathering, AnImageAndABackupHoldWhatWasGathered) {
  const scratch_directory directory, copies;
  const auto store = opened(directory.path());
  commit(*store, 1);
  const auto image = store->image(lane);
  ASSERT_TRUE(image);
  commit(*store, 2);
  EXPECT_EQ((*image)->end().sequence, 1U);
  EXPECT_EQ((*image)->get(row_key(call_number(1))), "last 1") << "as it stood";
  ASSERT_TRUE(store->backup(copies.path() + "/backup"));
  EXPECT_EQ(steps(*opened(copies.path() + "/backup")).size(), 2U);
}

}  // namespace
}  // namespace seatgrid
