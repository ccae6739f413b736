#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "storage/rocks/rocks_journal.hpp"
#include "storage/step_codec.hpp"

/// Durable steps of the embedded journal beside the disk's own floor (a bare write and fdatasync), in one run on one disk.
/// SEATGRID_BENCH_DIR chooses the disk; default: the temporary directory.
namespace seatgrid {
namespace {

using clock_type = std::chrono::steady_clock;

std::string scratch() {
  const auto* chosen = std::getenv("SEATGRID_BENCH_DIR");
  const std::filesystem::path base = chosen != nullptr ? chosen : std::filesystem::temp_directory_path();
  auto pattern = (base / "seatgrid-bench-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

/// A step as a call makes it: its input, two events, its main row rewritten, one element row, now and then a public event.
step typical_step(std::uint64_t n) {
  const auto call = ref(call_id::make(7, 1 + n / 15));
  step made{.entity = call, .at = {static_cast<std::int64_t>(1'700'000'000'000'000 + n)}, .chance = n * 0x9e3779b97f4a7c15ULL};
  made.command = std::string(60, 'c');
  made.events = {std::string(40, 'e'), std::string(30, 'f')};
  made.rows = {{row_key(call), std::string(220, 'r')}, {row_key(call, "l" + std::to_string(n % 4)), std::string(60, 'l')}};
  if (n % 4 == 0) made.outbox = {{"call.changed", 0, std::string(250, 'j')}};
  return made;
}

void report(benchmark::State& state, std::vector<double>& micros) {
  if (micros.empty()) return;
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double q) { return micros[static_cast<std::size_t>(q * static_cast<double>(micros.size() - 1))]; };
  state.counters["p50_us"] = at(0.50);
  state.counters["p99_us"] = at(0.99);
}

/// User and system time of the journal's threads (the process less this thread, which makes the steps), in microseconds.
double journal_cpu_micros() {
  const auto micros = [](int who) {
    rusage used{};
    ::getrusage(who, &used);
    return 1e6 * static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  };
  return micros(RUSAGE_SELF) - micros(RUSAGE_THREAD);
}

/// The floor: as many bytes as a group of steps writes to the WAL, then fdatasync.
void disk_floor(benchmark::State& state) {
  const auto directory = scratch();
  const std::string block(static_cast<std::size_t>(state.range(0)) * 1'100, 'b');
  const int file = ::open((directory + "/file").c_str(), O_CREAT | O_WRONLY, 0644);
  std::vector<double> micros;
  for (auto _ : state) {
    const auto begin = clock_type::now();
    if (::write(file, block.data(), block.size()) < 0 || ::fdatasync(file) != 0) state.SkipWithError("the disk fails");
    micros.push_back(std::chrono::duration<double, std::micro>(clock_type::now() - begin).count());
  }
  state.counters["groups/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  report(state, micros);
  ::close(file);
  std::filesystem::remove_all(directory);
}
BENCHMARK(disk_floor)->Arg(1)->Arg(10)->Arg(100)->UseRealTime();

/// Counts down in on_counted, wakes the producer at zero.
class countdown {
 public:
  void start(std::uint64_t n) { left_ = n; }
  void one() {
    const std::lock_guard lock{mutex_};
    if (--left_ == 0) zero_.notify_one();
  }
  void wait() {
    std::unique_lock lock{mutex_};
    zero_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_{};
  std::condition_variable zero_{};
  std::uint64_t left_ = 0;
};

/// Groups of steps appended together; the next group when all of this one count. p50 and p99 are of a whole group. Syncs keep
/// their distance (journal.sync_spacing), so that small groups in a row show that distance and not the disk.
void durable_steps(benchmark::State& state) {
  const auto directory = scratch();
  auto opened = open_rocks_journal(directory, {.journal = {.reserve_bytes = 0}});
  if (!opened) return state.SkipWithError(opened.error().what.c_str());
  auto& journal = **opened;
  const auto epoch = *claim_and_wait(journal, 1);
  const auto group = static_cast<std::uint64_t>(state.range(0));
  countdown counted;
  std::vector<double> micros;
  std::uint64_t n = 0;
  const auto cpu_before = journal_cpu_micros();
  for (auto _ : state) {
    if (group == 1) {  // a step by itself: the journal has rested since the last sync
      state.PauseTiming();
      ::usleep(2'000);
      state.ResumeTiming();
    }
    counted.start(group);
    const auto begin = clock_type::now();
    for (std::uint64_t i = 0; i < group; ++i)
      journal.append(epoch, typical_step(n++), [&](const result<step_position>& r) {
        if (!r) std::abort();
        counted.one();
      });
    counted.wait();
    micros.push_back(std::chrono::duration<double, std::micro>(clock_type::now() - begin).count());
  }
  state.counters["cpu_us/step"] = (journal_cpu_micros() - cpu_before) / static_cast<double>(n);
  state.counters["steps/s"] = benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsRate);
  state.counters["steps/sync"] = static_cast<double>(n) / static_cast<double>(journal.status().frames);
  report(state, micros);
  opened->reset();
  std::filesystem::remove_all(directory);
}
BENCHMARK(durable_steps)->Arg(1)->Arg(10)->Arg(100)->Arg(1'000)->UseRealTime();

/// A producer that never waits for less than 2,000 steps: what the journal can take.
void saturated_steps(benchmark::State& state) {
  const auto directory = scratch();
  auto opened = open_rocks_journal(directory, {.journal = {.reserve_bytes = 0}});
  if (!opened) return state.SkipWithError(opened.error().what.c_str());
  auto& journal = **opened;
  const auto epoch = *claim_and_wait(journal, 1);
  std::uint64_t n = 0;
  const auto cpu_before = journal_cpu_micros();
  for (auto _ : state) {
    while (journal.status().waiting > 2'000) ::usleep(50);
    for (int i = 0; i < 100; ++i)
      journal.append(epoch, typical_step(n++), [](const result<step_position>& r) {
        if (!r) std::abort();
      });
  }
  journal.close();
  state.counters["cpu_us/step"] = (journal_cpu_micros() - cpu_before) / static_cast<double>(n);
  state.counters["steps/s"] = benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsRate);
  state.counters["steps/sync"] = static_cast<double>(n) / static_cast<double>(journal.status().frames);
  opened->reset();
  std::filesystem::remove_all(directory);
}
BENCHMARK(saturated_steps)->UseRealTime();

void encode_step(benchmark::State& state) {
  const stored_step record{1, typical_step(4)};
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode_record(out, record);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK(encode_step);

void decode_step(benchmark::State& state) {
  std::string bytes;
  encode_record(bytes, {1, typical_step(4)});
  for (auto _ : state) {
    auto record = decode_record(bytes);
    benchmark::DoNotOptimize(record);
  }
}
BENCHMARK(decode_step);

}  // namespace
}  // namespace seatgrid

BENCHMARK_MAIN();
