#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

/// The cluster that a node belongs to. Without a name it stands alone, on its embedded journal.
namespace seatgrid {

/// Links to the cluster's other nodes (cluster/links.hpp).
struct cluster_link_options {
  std::string host{"127.0.0.1"};                           ///< address that is listened on and told to the others
  std::uint16_t port = 0;                                  ///< 0 = any free one; the others are told which
  std::string certificate{}, key{}, authority{};           ///< PEM files, all or none
  std::size_t waiting_bytes_max = std::size_t{64} << 20U;  ///< of one peer
};

/// How much of the shared log is kept (cluster::log_retention_options), and how this node's replica follows it.
struct cluster_retention_options {
  milliseconds snapshot_every{600'000};
  std::uint64_t snapshot_records = 1'000'000;
  std::uint64_t snapshot_rate = 16ULL << 20U;  ///< bytes a second
  std::chrono::seconds keep{std::chrono::hours{24}};
  milliseconds gather{200};  ///< rocks_store_options::gather
  std::uint64_t gather_bytes{4ULL << 20U};
  milliseconds fetch_gather{10};  ///< kafka_options::fetch_gather of the journal's topic
};

/// How the dialogs of a dead node's slot go on elsewhere: on its own addresses, which move, or on the adopter's.
enum class slot_adoption : std::uint8_t { address = 0, reinvite = 1 };

/// Ports of this node's own hosts on which it opens the slots of others, when their addresses cannot come here.
struct spare_ports {
  std::uint16_t sip_first = 0;  ///< slot n speaks on sip_first + n - 1
  std::uint16_t rtp_first = 30'000;
  std::uint16_t rtp_last = 39'999;
};

struct cluster_options {
  std::string name{};       ///< of its topics: <name>.journal, <name>.snapshots
  std::string node{};       ///< of this node, another one on each node
  std::uint16_t lanes = 8;  ///< of calls, queues and agents; one more holds the configuration
  cluster_link_options link{};
  std::string
      address_command{};  ///< brings the addresses of an adopted slot to this machine; empty = they can be bound as they are
  slot_adoption adoption = slot_adoption::address;
  spare_ports spare{};
  std::vector<std::string> roles{"edge", "core", "media", "api"};
  // As cluster/membership.hpp and cluster/steward.hpp say.
  milliseconds heartbeat{50};
  milliseconds suspect_after{1'000};
  milliseconds lease{1'000};
  milliseconds lease_margin{500};
  milliseconds give_up{2'000};
  milliseconds skew_max{500};
  milliseconds settle{500};
  milliseconds move_every{1'000};
  milliseconds rest_patience{500};
  std::chrono::seconds drain_max{1'800};  ///< a drained node ends after this, with calls or without
  cluster_retention_options retention{};
};

/// Secrets stand in files of their own, so that settings can be shown and copied.
struct secret_files {
  std::string password{};
  std::string key_password{};
};

}  // namespace seatgrid
