#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/gateway.hpp"
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
};

/// What of the journal's steps others need.
struct journal_readers {
  bool publishes = false;              ///< public events go into a topic, from the steps
  std::chrono::seconds steps_kept{0};  ///< node.retention.steps
};

/// Below `data`: "journal" when the node stands alone, else "replica", which another node can make anew from snapshot and log.
/// @error those of open_rocks_journal, open_kafka_log, open_lane_journal
result<node_journal> open_node_journal(const std::string& data, const journal_options& options, const cluster_options& cluster,
                                       const kafka_options& kafka, const journal_readers& readers);

/// {"lane":1,"mode":"owner","owner":"n1","epoch":3,"sequence":17,"to_fold":0,"waiting":0,"in_doubt_ms":0}, one per lane.
std::string lanes_json(const std::vector<cluster::lane_view>& lanes);
std::vector<metric> lane_metrics(const std::vector<cluster::lane_view>& lanes);

}  // namespace seatgrid
