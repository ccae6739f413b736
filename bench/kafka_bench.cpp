#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "cluster/lane_journal.hpp"
#include "storage/kafka/kafka_log.hpp"
#include "storage/rocks/rocks_store.hpp"

/// Appends to a lane with one in flight, as its owner writes frames, beside the floor of the same bytes over a loopback
/// connection and back, in one run. SEATGRID_KAFKA: bootstrap servers; SEATGRID_KAFKA_REPLICAS: copies of each record.
namespace seatgrid {
namespace {

using clock_type = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{30};
constexpr milliseconds cluster_gather{200};  // as journal.gather

double cpu_micros() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return 1e6 * static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

void report(benchmark::State& state, std::vector<double>& micros, double cpu) {
  if (micros.empty()) return;
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double q) { return micros[static_cast<std::size_t>(q * static_cast<double>(micros.size() - 1))]; };
  state.counters["p50_us"] = at(0.50);
  state.counters["p99_us"] = at(0.99);
  state.counters["cpu_us"] = cpu / static_cast<double>(micros.size());
  state.counters["per_second"] = benchmark::Counter(static_cast<double>(micros.size()), benchmark::Counter::kIsRate);
}

/// Runs `one_round` per iteration and reports its times.
template <class Round>
void measure(benchmark::State& state, Round one_round) {
  std::vector<double> micros;
  const auto cpu = cpu_micros();
  for (auto _ : state) {
    const auto began = clock_type::now();
    if (!one_round()) return state.SkipWithError("a round failed");
    micros.push_back(std::chrono::duration<double, std::micro>(clock_type::now() - began).count());
  }
  report(state, micros, cpu_micros() - cpu);
}

/// An append and its report, waited for.
class one_in_flight {
 public:
  bool append(lane_log& to, std::string record) {
    std::unique_lock lock{mutex_};
    done_ = fine_ = false;
    to.append(0, std::move(record), [this](const auto& outcome) {
      const std::lock_guard inner{mutex_};
      done_ = true;
      fine_ = outcome.has_value();
      changed_.notify_one();
    });
    return changed_.wait_for(lock, patience, [this] { return done_; }) && fine_;
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  bool done_ = false, fine_ = false;
};

kafka_options options_for(const std::string& topic) {
  kafka_options made;
  if (const auto* brokers = std::getenv("SEATGRID_KAFKA")) made.brokers = brokers;
  if (const auto* replicas = std::getenv("SEATGRID_KAFKA_REPLICAS"))
    made.replicas = static_cast<std::uint16_t>(std::strtoul(replicas, nullptr, 10));
  made.topic = topic + "." + std::to_string(::getpid());
  made.lanes = 1;
  return made;
}

void kafka_ack(benchmark::State& state) {
  const auto options = options_for("bench");
  if (options.brokers.empty()) return state.SkipWithError("SEATGRID_KAFKA names no brokers");
  auto log = open_kafka_log(options);
  if (!log) return state.SkipWithError(log.error().what.c_str());
  const std::string record(static_cast<std::size_t>(state.range(0)), 'f');
  one_in_flight flight;
  for (int warm = 0; warm < 200; ++warm) flight.append(**log, record);
  measure(state, [&] { return flight.append(**log, record); });
}
BENCHMARK(kafka_ack)->ArgName("bytes")->Arg(1'000)->Arg(16'000)->Arg(256'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// One step of a cluster's journal by itself: from append() until it counts.
void kafka_step(benchmark::State& state) {
  const auto options = options_for("bench-step");
  if (options.brokers.empty()) return state.SkipWithError("SEATGRID_KAFKA names no brokers");
  auto pattern = (std::filesystem::temp_directory_path() / "seatgrid-bench-XXXXXX").string();
  const std::filesystem::path directory = ::mkdtemp(pattern.data());
  {
    auto log = open_kafka_log(options);
    auto store = open_rocks_store(directory, {.gather = cluster_gather});
    if (!log || !store) return state.SkipWithError("no journal");
    auto steps = cluster::open_lane_journal(std::move(*log), std::move(*store),
                                            {.me = {.node = "bench", .process = cluster::random_process_id()}});
    const auto owned = steps ? claim_and_wait(**steps, 0) : tl::unexpected(steps.error());
    if (!owned) return state.SkipWithError(owned.error().what.c_str());
    const entity_ref call = ref(call_id::make(7, 1));
    measure(state, [&] {
      step one{.entity = call, .at = system_clock{}.now(), .command = "command"};
      one.rows = {{row_key(call), std::string(static_cast<std::size_t>(state.range(0)), 'r')}};
      std::promise<bool> counted;
      (*steps)->append(*owned, std::move(one), [&](const auto& outcome) { counted.set_value(outcome.has_value()); });
      return counted.get_future().get();
    });
  }
  std::filesystem::remove_all(directory);
}
BENCHMARK(kafka_step)->ArgName("bytes")->Arg(2'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// From append() to the record's arrival at a reader of another connection: what a standby lags behind.
void kafka_append_to_reader(benchmark::State& state) {
  const auto options = options_for("bench");
  if (options.brokers.empty()) return state.SkipWithError("SEATGRID_KAFKA names no brokers");
  auto writes = open_kafka_log(options), reads = open_kafka_log(options);
  if (!writes || !reads) return state.SkipWithError("no brokers");
  std::mutex mutex;
  std::condition_variable changed;
  log_offset seen = -1;
  const auto at_end = (*reads)->bounds(0, patience);
  if (!at_end) return state.SkipWithError("no bounds");
  const auto read = (*reads)->tail(0, at_end->end, [&](const auto& came) {
    const std::lock_guard lock{mutex};
    if (came) seen = came->back().offset;
    changed.notify_one();
  });
  if (!read) return state.SkipWithError("no reader");
  auto next = at_end->end;
  const std::string record(static_cast<std::size_t>(state.range(0)), 'f');
  measure(state, [&] {
    (*writes)->append(0, record, [](const auto&) {});
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, patience, [&, wanted = next++] { return seen >= wanted; });
  });
  (*reads)->close(std::chrono::milliseconds{0});
}
BENCHMARK(kafka_append_to_reader)->ArgName("bytes")->Arg(1'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// The floor: the same bytes to another thread over loopback TCP, and one byte back.
void loopback_floor(benchmark::State& state) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener, 1) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    return state.SkipWithError("no socket");
  const auto bytes = static_cast<std::size_t>(state.range(0));
  std::thread echo{[&] {
    const int peer = ::accept(listener, nullptr, nullptr);
    std::string room(bytes, '\0');
    while (::recv(peer, room.data(), bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes) && ::send(peer, "k", 1, 0) == 1) {}
    ::close(peer);
  }};
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool joined = ::connect(client, reinterpret_cast<sockaddr*>(&at), size) == 0;
  const std::string record(bytes, 'f');
  char answer = 0;
  measure(state, [&] {
    return joined && ::send(client, record.data(), bytes, 0) == static_cast<ssize_t>(bytes) && ::recv(client, &answer, 1, 0) == 1;
  });
  ::close(client);
  echo.join();
  ::close(listener);
}
BENCHMARK(loopback_floor)->ArgName("bytes")->Arg(1'000)->Arg(16'000)->Arg(256'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace seatgrid

BENCHMARK_MAIN();
