#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "cluster/lane_journal.hpp"
#include "storage/kafka/kafka_log.hpp"
#include "storage/rocks/rocks_store.hpp"
#include "tests/contract/storage/journal_bed.hpp"

/// lane_child NODE DIRECTORY BROKERS TOPIC   claims lane 1 and appends for ever; writes each counted sequence (8 bytes) to
/// standard output. Ends with 3 when it cannot claim, with 9 when the lane is lost to another process.
int main(int count, char** words) {
  using namespace seatgrid;
  constexpr int lost_status = 9;
  constexpr std::uint64_t waiting_max = 300;
  if (count != 5) return 2;
  kafka_options kafka;
  kafka.brokers = words[3];
  kafka.topic = words[4];
  kafka.lanes = 2;
  kafka.replicas = 1;
  auto log = open_kafka_log(kafka);
  auto store = open_rocks_store(words[2], {.gather = milliseconds{20}});
  if (!log || !store) return std::fprintf(stderr, "%s\n", (log ? store.error() : log.error()).what.c_str()), 1;
  auto opened = cluster::open_lane_journal(std::move(*log), std::move(*store), {.me = {words[1], cluster::random_process_id()}});
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().what.c_str()), 1;
  auto& journal = **opened;
  const auto epoch = claim_and_wait(journal, 1);
  if (!epoch) return std::fprintf(stderr, "%s\n", epoch.error().what.c_str()), 3;
  for (auto n = journal.end(1).first.sequence + 1;; ++n) {
    journal.append(*epoch, seatgrid::testing::step_number(n), [](const result<step_position>& counted) {
      if (!counted) std::_Exit(lost_status);
      if (::write(STDOUT_FILENO, &counted->sequence, sizeof counted->sequence) < 0) std::_Exit(4);
    });
    while (journal.status().waiting > waiting_max) std::this_thread::yield();
  }
}
