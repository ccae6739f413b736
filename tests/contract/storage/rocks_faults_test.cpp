#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "storage/rocks/rocks_journal.hpp"
#include "tests/contract/storage/child_process.hpp"
#include "tests/contract/storage/journal_bed.hpp"

/// What a disk and a dying process do to the embedded journal.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
namespace fs = std::filesystem;

rocks_options small() { return {.journal = {.reserve_bytes = 1 << 20}}; }

std::unique_ptr<journal> opened(const std::string& directory, rocks_options options = small()) {
  auto made = open_rocks_journal(directory, std::move(options));
  EXPECT_TRUE(made) << made.error().what;
  return made ? std::move(*made) : nullptr;
}

class child : public child_process {
 public:
  explicit child(std::vector<std::string> words) : child_process(JOURNAL_CHILD, std::move(words)) {}
};

/// Every acknowledged step is there, in order, without holes, as it was appended, and rows are what the log folds to.
void expect_whole(const journal& found, std::uint64_t acknowledged) {
  const auto steps = all_steps(found, 3);
  EXPECT_GE(steps.size(), acknowledged);
  EXPECT_EQ(found.end(3).first.sequence, steps.size());
  std::map<std::string, std::string> folded;
  for (std::uint64_t n = 1; n <= steps.size(); ++n) {
    ASSERT_EQ(steps[n - 1].position.sequence, n);
    ASSERT_EQ(steps[n - 1].step, step_number(n));
    for (const auto& row : steps[n - 1].step.rows) folded[row.key] = *row.value;
  }
  const auto rows = all_rows(found, 3);
  EXPECT_TRUE(std::equal(rows.begin(), rows.end(), folded.begin(), folded.end(),
                         [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; }));
}

fs::path newest_wal(const std::string& directory) {
  fs::path found;
  for (const auto& file : fs::directory_iterator{directory + "/db"})
    if (file.path().extension() == ".log" && (found.empty() || file.path() > found)) found = file.path();
  return found;
}

/// A directory whose last steps stand only in the WAL, and how many there are.
std::uint64_t killed_in_the_middle(const std::string& directory) {
  child writer{{"append", directory}};
  auto acknowledged = writer.told(500).size();
  writer.kill_after(std::chrono::milliseconds{0});
  acknowledged += writer.told().size();
  writer.wait();
  return acknowledged;
}

TEST(RocksJournal, HasEveryAcknowledgedStepAfterKillAtAnyMoment) {
  const scratch_directory directory;
  std::minstd_rand random{std::random_device{}()};
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    child writer{{"append", directory.path()}};
    // Every third round dies while it starts, the others at any moment of appending.
    auto told = writer.told(round % 3 == 0 ? 0 : 1);
    writer.kill_after(std::chrono::milliseconds{random() % 100});
    for (const auto sequence : writer.told()) told.push_back(sequence);
    writer.wait();
    for (std::size_t i = 1; i < told.size(); ++i) ASSERT_EQ(told[i], told[i - 1] + 1) << "told in order";
    if (!told.empty()) acknowledged = told.back();
    const auto again = opened(directory.path());
    ASSERT_TRUE(again);
    ASSERT_NO_FATAL_FAILURE(expect_whole(*again, acknowledged)) << "round " << round;
  }
  EXPECT_GT(acknowledged, 100U) << "the children hardly ran";
}

TEST(RocksJournal, ToleratesATornTailOfTheLog) {
  const scratch_directory directory;
  const auto acknowledged = killed_in_the_middle(directory.path());
  ASSERT_GT(acknowledged, 0U);
  std::ofstream{newest_wal(directory.path()), std::ios::app | std::ios::binary} << std::string("\x12\x34\x56\x78\x90\x01\x01", 7);
  const auto again = opened(directory.path());
  ASSERT_TRUE(again);
  expect_whole(*again, acknowledged);
}

TEST(RocksJournal, OpensToAWholePrefixWhenTheLogIsCutAnywhereInItsEnd) {
  const scratch_directory directory;
  ASSERT_GT(killed_in_the_middle(directory.path()), 0U);
  const auto wal = newest_wal(directory.path());
  const auto size = fs::file_size(wal);
  for (std::uint64_t cut : {1U, 5U, 100U, 1'000U}) {
    if (cut >= size) break;
    const scratch_directory copy;
    fs::copy(directory.path(), copy.path(), fs::copy_options::recursive);
    fs::resize_file(newest_wal(copy.path()), size - cut);
    const auto again = opened(copy.path());
    ASSERT_TRUE(again);
    expect_whole(*again, 0);
    EXPECT_TRUE(append_now(*again, *claim_and_wait(*again, 3), step_number(again->end(3).first.sequence + 1)));
  }
}

TEST(RocksJournal, RefusesToStartOnBytesThatChangedInTheMiddle) {
  const scratch_directory directory;
  ASSERT_GT(killed_in_the_middle(directory.path()), 50U);
  const auto wal = newest_wal(directory.path());
  std::fstream file{wal, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(static_cast<std::streamoff>(fs::file_size(wal) / 3));
  file << "rotten";
  file.close();
  const auto again = open_rocks_journal(directory.path(), small());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::corrupt) << again.error().what;
}

TEST(RocksJournal, RefusesASecondProcessAndNamesTheFirst) {
  const scratch_directory directory;
  child holder{{"hold", directory.path()}};
  ASSERT_TRUE(holder.read_one_byte());
  const auto second = open_rocks_journal(directory.path(), small());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::conflict);
  EXPECT_NE(second.error().what.find("is in use by process "), std::string::npos) << second.error().what;
  holder.wait_after_kill();
  EXPECT_TRUE(opened(directory.path()));
}

TEST(RocksJournal, RefusesANewerFormatInClearWords) {
  const scratch_directory directory;
  opened(directory.path())->close();
  std::ofstream{directory.path() + "/FORMAT"} << "seatgrid-journal " << journal_format + 1 << "\n";
  const auto newer = open_rocks_journal(directory.path(), small());
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, errc::unsupported);
  EXPECT_NE(newer.error().what.find("has format 2, this program reads up to 1"), std::string::npos) << newer.error().what;
  std::ofstream{directory.path() + "/FORMAT"} << "something else\n";
  EXPECT_EQ(open_rocks_journal(directory.path(), small()).error().code, errc::corrupt);
  fs::remove(directory.path() + "/FORMAT");
  EXPECT_EQ(open_rocks_journal(directory.path(), small()).error().code, errc::corrupt);
}

TEST(RocksJournal, BackupTakenWhileRunningOpensAndEqualsAPrefix) {
  const scratch_directory directory;
  const scratch_directory copies;
  const auto journal = opened(directory.path());
  const auto epoch = *claim_and_wait(*journal, 3);
  std::atomic<std::uint64_t> counted{0};
  std::jthread writer{[&](const std::stop_token& stop) {
    for (std::uint64_t n = 1; !stop.stop_requested(); ++n) {
      journal->append(epoch, step_number(n), [&](const auto& r) { counted = r.value().sequence; });
      while (journal->status().waiting > 200) std::this_thread::yield();
    }
  }};
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  const std::uint64_t before = counted;
  const auto backup = copies.path() + "/copy";
  const auto done = journal->backup(backup);
  ASSERT_TRUE(done) << done.error().what;
  writer.request_stop();
  writer.join();
  EXPECT_EQ(journal->backup(backup).error().code, errc::conflict) << "never over another copy";
  const auto copy = opened(backup);
  ASSERT_TRUE(copy);
  EXPECT_GT(before, 0U);
  expect_whole(*copy, before);
  EXPECT_GT(claim_and_wait(*copy, 3)->epoch, epoch.epoch);
  journal->close();
  expect_whole(*journal, counted);
}

TEST(RocksJournal, BackupOfAQuietJournalHasTheSameStepsAndRows) {
  const scratch_directory directory;
  const scratch_directory copies;
  const auto journal = opened(directory.path());
  const auto epoch = *claim_and_wait(*journal, 3);
  for (std::uint64_t n = 1; n <= 200; ++n) ASSERT_TRUE(append_now(*journal, epoch, step_number(n)));
  ASSERT_TRUE(journal->backup(copies.path() + "/copy"));
  const auto copy = opened(copies.path() + "/copy");
  ASSERT_TRUE(copy);
  EXPECT_EQ(all_rows(*copy, 3), all_rows(*journal, 3));
  EXPECT_EQ(all_steps(*copy, 3), all_steps(*journal, 3));
  EXPECT_EQ(copy->end(3), journal->end(3));
}

TEST(RocksJournal, EndsTheProcessWhenTheDiskFailsAndKeepsWhatCounted) {
  const scratch_directory directory;
  child writer{{"limited", directory.path(), "3000000"}};
  const auto told = writer.told();
  const auto status = writer.wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 74) << "status " << status;
  ASSERT_FALSE(told.empty());
  const auto again = opened(directory.path());
  ASSERT_TRUE(again);
  expect_whole(*again, told.back());
}

/// A disk of its own, so that it can be filled.
class small_disk {
 public:
  explicit small_disk(const std::string& at) : at_(at) { mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=96m") == 0; }
  ~small_disk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  const std::string at_;
  bool mounted_ = false;
};

TEST(RocksJournal, GivesItsReserveBackOnAFullDiskThenRefusesAndRecovers) {
  const scratch_directory directory;
  const small_disk disk{directory.path()};
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs needs root";
  rocks_options options{.journal = {.reserve_bytes = 16 << 20, .free_bytes_low = 24 << 20, .free_bytes_stop = 12 << 20},
                        .store = {.memtable_bytes = 8 << 20}};
  options.end_process = [](const std::string& why) { ADD_FAILURE() << why; };
  const auto journal = opened(directory.path() + "/data", options);
  ASSERT_TRUE(journal);
  const auto epoch = *claim_and_wait(*journal, 3);
  const auto reserve = directory.path() + "/data/reserve";
  ASSERT_TRUE(append_now(*journal, epoch, step_number(1)));
  ASSERT_TRUE(fs::exists(reserve));
  EXPECT_FALSE(journal->status().low_space);

  const auto fill_to = [&](std::uint64_t free_bytes) {
    const auto free = fs::space(directory.path()).available;
    std::ofstream{directory.path() + "/filler", std::ios::app} << std::string(free > free_bytes ? free - free_bytes : 0, 'f');
    std::this_thread::sleep_for(std::chrono::milliseconds{250});
  };
  fill_to(20 << 20);
  EXPECT_TRUE(append_now(*journal, epoch, step_number(2))) << "the last steps fit";
  EXPECT_FALSE(fs::exists(reserve));
  EXPECT_TRUE(journal->status().low_space);

  fill_to(6 << 20);
  EXPECT_EQ(append_now(*journal, epoch, step_number(3)).error().code, errc::full);
  EXPECT_EQ(append_now(*journal, epoch, step_number(3)).error().code, errc::wrong_state);

  fs::remove(directory.path() + "/filler");
  std::this_thread::sleep_for(std::chrono::milliseconds{250});
  EXPECT_TRUE(append_now(*journal, *claim_and_wait(*journal, 3), step_number(3)));
  EXPECT_TRUE(fs::exists(reserve));
  EXPECT_FALSE(journal->status().low_space);
  expect_whole(*journal, 3);
}

TEST(RocksJournal, HoldsStepsOfManyLanesInOneFrame) {
  const scratch_directory directory;
  const auto journal = opened(directory.path());
  std::vector<lane_epoch> epochs;
  for (lane_id lane = 0; lane < 8; ++lane) epochs.push_back(*claim_and_wait(*journal, lane));
  const auto frames = journal->status().frames;
  for (std::uint64_t n = 0; n < 4'000; ++n) journal->append(epochs[n % 8], step_number(n), [](const auto& r) { EXPECT_TRUE(r); });
  journal->close();
  for (lane_id lane = 0; lane < 8; ++lane) EXPECT_EQ(journal->end(lane).first.sequence, 500U);
  EXPECT_LT(journal->status().frames - frames, 1'000U) << "steps that wait share a sync";
}

}  // namespace
}  // namespace seatgrid
