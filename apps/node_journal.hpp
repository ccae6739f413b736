#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/gateway.hpp"
#include "api/answers_cluster.hpp"
#include "base/result.hpp"
#include "cluster/lane_journal.hpp"
#include "config/cluster_options.hpp"
#include "storage/journal.hpp"
#include "storage/kafka/kafka_options.hpp"

/// The journal of a node: embedded, or that of its cluster on Kafka.
namespace seatgrid {

struct node_journal {
  std::unique_ptr<journal> log{};
  cluster::lane_journal* lanes = nullptr;  ///< the same object when the node belongs to a cluster
  cluster::lane_owner me{};                ///< likewise: this node and this process
};

/// Who hears what a cluster's journal reads of other processes; on its threads, must be short. See lane_journal_options.
struct journal_ears {
  std::function<void(const recorded_step& came)> on_folded{};
  std::function<void(lane_id lane, const cluster::lane_owner& owner, std::uint64_t epoch)> on_owner{};
  std::function<void(lane_id lane)> on_remade{};
};

/// What of the journal's steps others need.
struct journal_readers {
  bool publishes = false;              ///< public events go into a topic, from the steps
  std::chrono::seconds steps_kept{0};  ///< node.retention.steps
};

/// Below `data`: "journal" when the node stands alone, else "replica", which another node can make anew from snapshot and log.
/// @error those of open_rocks_journal, open_kafka_log, open_lane_journal
result<node_journal> open_node_journal(const std::string& data, const journal_options& options, const cluster_options& cluster,
                                       const kafka_options& kafka, const journal_readers& readers, journal_ears ears = {});

/// As the API shows them.
std::vector<answers::lane_line> lane_lines(const std::vector<cluster::lane_view>& lanes);
std::vector<metric> lane_metrics(const std::vector<cluster::lane_view>& lanes);

}  // namespace seatgrid
