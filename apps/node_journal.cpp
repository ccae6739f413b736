#include "apps/node_journal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "actors/node.hpp"
#include "apps/fencing.hpp"
#include "storage/kafka/kafka_log.hpp"
#include "storage/rocks/rocks_journal.hpp"

namespace seatgrid {
namespace {

constexpr std::uint64_t snapshot_read_ahead_bytes = 8ULL << 20;

result<node_journal> open_cluster_journal(const std::string& data, const journal_options& options, const cluster_options& cluster,
                                          kafka_options kafka, const journal_readers& readers, journal_ears ears) {
  kafka.topic = cluster.name + ".journal";
  kafka.lanes = static_cast<lane_id>(cluster.lanes + 1);
  const auto patience = kafka.start_patience;
  auto store = open_rocks_store(data + "/replica",
                                {.gather = cluster.retention.gather, .gather_bytes_max = cluster.retention.gather_bytes});
  if (!store) return tl::unexpected{store.error()};
  kafka.fetch_gather = cluster.retention.fetch_gather;
  auto log = open_kafka_log(kafka);
  kafka.fetch_gather = {};
  if (!log) return tl::unexpected{log.error()};
  kafka.topic = cluster.name + ".snapshots";
  kafka.read_ahead_bytes = std::min<std::uint64_t>(kafka.read_ahead_bytes, snapshot_read_ahead_bytes);
  auto snapshots = open_kafka_log(std::move(kafka));
  if (!snapshots) return tl::unexpected{snapshots.error()};
  cluster::lane_journal_options lanes{.journal = options, .me = {cluster.node, cluster::random_process_id()}};
  lanes.rules = fencing_of_this_program().lane;
  lanes.start_patience = patience;
  lanes.retention = {.snapshot_every = cluster.retention.snapshot_every,
                     .snapshot_records = cluster.retention.snapshot_records,
                     .snapshot_rate = cluster.retention.snapshot_rate,
                     .keep = cluster.retention.keep,
                     .steps = readers.steps_kept};
  if (readers.publishes) lanes.retention.steps_from = first_unpublished;
  const auto me = lanes.me;
  lanes.on_folded = std::move(ears.on_folded);
  lanes.on_remade = std::move(ears.on_remade);
  lanes.on_owner = std::move(ears.on_owner);
  lanes.say = [](const std::string& line) { spdlog::info("{}", line); };
  auto opened = cluster::open_lane_journal(std::move(*log), std::move(*store), std::move(lanes), std::move(*snapshots));
  if (!opened) return tl::unexpected{opened.error()};
  auto* seen = opened->get();
  return node_journal{std::move(*opened), seen, me};
}

}  // namespace

result<node_journal> open_node_journal(const std::string& data, const journal_options& options, const cluster_options& cluster,
                                       const kafka_options& kafka, const journal_readers& readers, journal_ears ears) {
  if (!cluster.name.empty()) return open_cluster_journal(data, options, cluster, kafka, readers, std::move(ears));
  auto opened = open_rocks_journal(data + "/journal", {.journal = options});
  if (!opened) return tl::unexpected{opened.error()};
  return node_journal{std::move(*opened), nullptr, {}};
}

std::vector<answers::lane_line> lane_lines(const std::vector<cluster::lane_view>& lanes) {
  std::vector<answers::lane_line> out;
  out.reserve(lanes.size());
  for (const auto& one : lanes)
    out.push_back({.lane = one.lane,
                   .mode = std::string{cluster::to_string(one.mode)},
                   .owner = one.owner,
                   .epoch = one.epoch,
                   .sequence = one.sequence,
                   .to_fold = one.to_fold,
                   .waiting = one.waiting,
                   .in_doubt_ms = static_cast<std::uint64_t>(one.in_doubt.count() / 1'000),
                   .folds = one.folds,
                   .lag = one.lag,
                   .first_offset = one.first_offset,
                   .snapshot_offset = one.snapshot_offset,
                   .trouble = one.trouble});
  return out;
}

std::vector<metric> lane_metrics(const std::vector<cluster::lane_view>& lanes) {
  std::vector<metric> out;
  const auto now = system_clock{}.now();
  for (const auto& one : lanes) {
    const std::map<std::string, std::string> label{{"lane", std::to_string(one.lane)}};
    const auto add = [&](const char* name, const char* help, double value) { out.push_back({name, help, false, label, value}); };
    add("seatgrid_lane_mode", "0 follower, 1 claiming, 2 owner, 3 stopped.", static_cast<double>(one.mode));
    add("seatgrid_lane_epoch", "Epoch of the last claim that won.", static_cast<double>(one.epoch));
    add("seatgrid_lane_in_doubt_seconds", "Age of the frame that is not known to count.",
        static_cast<double>(one.in_doubt.count()) / 1e6);
    add("seatgrid_lane_records_to_fold", "Records that lay in the log at the start and are not folded yet.",
        static_cast<double>(one.to_fold));
    add("seatgrid_lane_next_offset", "Offset of the next record to fold.", static_cast<double>(one.next_offset));
    add("seatgrid_lane_lag_records", "Records behind the log's end at the last look.", static_cast<double>(one.lag));
    add("seatgrid_lane_first_offset", "What lies before it was removed from the log.", static_cast<double>(one.first_offset));
    if (one.snapshot_offset == 0) continue;
    add("seatgrid_lane_snapshot_offset", "Where the newest whole snapshot stands.", static_cast<double>(one.snapshot_offset));
    add("seatgrid_lane_snapshot_bytes", "Its size.", static_cast<double>(one.snapshot_bytes));
    add("seatgrid_lane_snapshot_age_seconds", "Its age.", static_cast<double>((now - one.snapshot_at).count()) / 1e6);
  }
  return out;
}

}  // namespace seatgrid
