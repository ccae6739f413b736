#include "apps/node_journal.hpp"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "storage/kafka/kafka_log.hpp"
#include "storage/rocks/rocks_journal.hpp"

namespace seatgrid {
namespace {

result<node_journal> open_cluster_journal(const std::string& data, const journal_options& options, const cluster_options& cluster,
                                          kafka_options kafka) {
  kafka.topic = cluster.name + ".journal";
  kafka.lanes = static_cast<lane_id>(cluster.lanes + 1);
  const auto patience = kafka.start_patience;
  auto store = open_rocks_store(data + "/replica");
  if (!store) return tl::unexpected{store.error()};
  auto log = open_kafka_log(std::move(kafka));
  if (!log) return tl::unexpected{log.error()};
  cluster::lane_journal_options lanes{.journal = options, .me = {cluster.node, cluster::random_process_id()}};
  lanes.start_patience = patience;
  lanes.say = [](const std::string& line) { spdlog::info("{}", line); };
  auto opened = cluster::open_lane_journal(std::move(*log), std::move(*store), std::move(lanes));
  if (!opened) return tl::unexpected{opened.error()};
  auto* seen = opened->get();
  return node_journal{std::move(*opened), seen};
}

}  // namespace

result<node_journal> open_node_journal(const std::string& data, const journal_options& options, const cluster_options& cluster,
                                       const kafka_options& kafka) {
  if (!cluster.name.empty()) return open_cluster_journal(data, options, cluster, kafka);
  auto opened = open_rocks_journal(data + "/journal", {.journal = options});
  if (!opened) return tl::unexpected{opened.error()};
  return node_journal{std::move(*opened), nullptr};
}

std::string lanes_json(const std::vector<cluster::lane_view>& lanes) {
  auto rows = nlohmann::json::array();
  for (const auto& one : lanes) {
    nlohmann::json row{{"lane", one.lane},         {"mode", cluster::to_string(one.mode)},
                       {"owner", one.owner},       {"epoch", one.epoch},
                       {"sequence", one.sequence}, {"to_fold", one.to_fold},
                       {"waiting", one.waiting},   {"in_doubt_ms", one.in_doubt.count() / 1'000}};
    if (!one.trouble.empty()) row["trouble"] = one.trouble;
    rows.push_back(std::move(row));
  }
  return rows.dump();
}

std::vector<metric> lane_metrics(const std::vector<cluster::lane_view>& lanes) {
  std::vector<metric> out;
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
  }
  return out;
}

}  // namespace seatgrid
