#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "bench/figure.hpp"
#include "cluster/lane_journal.hpp"
#include "storage/memory/memory_log.hpp"
#include "storage/rocks/rocks_store.hpp"

/// How long a node takes to fill an empty directory with a lane: from the whole log, and from a snapshot, beside a plain copy of
/// as many bytes in the same run. Brokers in memory, the store on the disk of the temporary directory. snapshot_bench [--quick]
namespace seatgrid {
namespace {

using clock_type = std::chrono::steady_clock;
constexpr lane_id lane = 1;
constexpr std::uint64_t steps_per_row = 3;

double seconds_since(clock_type::time_point began) { return std::chrono::duration<double>(clock_type::now() - began).count(); }

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "snapshot_bench: %s\n", why.c_str());
  std::exit(1);
}

class scratch {
 public:
  scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "seatgrid-bench-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~scratch() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_{};
};

struct topics {
  std::shared_ptr<memory_brokers> journal = make_memory_brokers(2), snapshots = make_memory_brokers(2);
};

std::unique_ptr<cluster::lane_journal> open_on(const topics& all, const std::string& directory, bool uses_snapshots) {
  auto store = open_rocks_store(directory);
  if (!store) give_up(store.error().what);
  cluster::lane_journal_options options{.me = {"bench", cluster::random_process_id()}};
  options.retention.snapshot_rate = 1ULL << 40;
  auto opened = cluster::open_lane_journal(make_memory_log(all.journal), std::move(*store), std::move(options),
                                           uses_snapshots ? make_memory_log(all.snapshots) : nullptr);
  if (!opened) give_up(opened.error().what);
  return std::move(*opened);
}

void append_all(cluster::lane_journal& to, std::uint64_t rows) {
  const auto at = claim_and_wait(to, lane);
  if (!at) give_up(at.error().what);
  std::atomic<std::uint64_t> left{rows * steps_per_row};
  for (std::uint64_t n = 0; n < rows * steps_per_row; ++n) {
    const auto call = ref(call_id::make(7, 1 + n / steps_per_row));
    step one{.entity = call, .at = {static_cast<std::int64_t>(1'700'000'000'000'000 + n)}, .command = std::string(60, 'c')};
    one.events = {std::string(70, 'e')};
    one.rows = {{row_key(call), std::string(220, 'r')}};
    while (to.status().waiting > 50'000) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    to.append(*at, std::move(one), [&left](const auto& counted) {
      if (!counted) give_up(counted.error().what);
      --left;
    });
  }
  while (left > 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

double fill(const topics& all, bool uses_snapshots, std::uint64_t steps) {
  const scratch directory;
  const auto began = clock_type::now();
  const auto made = open_on(all, directory.path(), uses_snapshots);
  while (made->end(lane).first.sequence < steps) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return seconds_since(began);
}

double copy(std::uint64_t bytes) {
  const scratch directory;
  std::ofstream{directory.path() + "/from"} << std::string(bytes, 'x');
  const auto began = clock_type::now();
  std::ofstream{directory.path() + "/to"} << std::ifstream{directory.path() + "/from"}.rdbuf();
  return seconds_since(began);
}

int run(std::uint64_t rows) {
  const scratch directory;
  const topics all;
  const auto owner = open_on(all, directory.path(), true);
  append_all(*owner, rows);
  const auto began = clock_type::now();
  if (const auto made = owner->make_snapshot(lane); !made) give_up(made.error().what);
  const auto making = seconds_since(began);
  owner->look_after_retention();
  const auto bytes = owner->lanes().at(lane).snapshot_bytes;
  const auto floor = copy(bytes);
  const auto from_log = fill(all, false, rows * steps_per_row);
  const auto from_snapshot = fill(all, true, rows * steps_per_row);
  const auto shape = std::to_string(rows) + " rows, " + std::to_string(bytes / 1'000'000) + " MB";
  const auto beside = "plain copy of as many bytes: " + std::to_string(floor) + " s";
  bench::print({"start with an empty directory from the log, " + shape + ", " + std::to_string(rows * steps_per_row) + " steps",
                from_log, "s", "", beside});
  bench::print({"start with an empty directory from a snapshot, " + shape, from_snapshot, "s", "", beside});
  bench::print({"start from a snapshot beside a plain copy, " + shape, from_snapshot / floor, "times", "", ""});
  bench::print({"making a snapshot, " + shape, making, "s", "", beside});
  return 0;
}

}  // namespace
}  // namespace seatgrid

int main(int count, char** words) {
  const bool quick = count > 1 && std::strcmp(words[1], "--quick") == 0;
  return seatgrid::run(quick ? 20'000 : 100'000);
}
