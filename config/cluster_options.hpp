#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// The cluster that a node belongs to. Without a name it stands alone, on its embedded journal.
namespace seatgrid {

/// Links to the cluster's other nodes (cluster/links.hpp).
struct cluster_link_options {
  std::string host{"127.0.0.1"};                           ///< address that is listened on and told to the others
  std::uint16_t port = 0;                                  ///< 0 = any free one; the others are told which
  std::string certificate{}, key{}, authority{};           ///< PEM files, all or none
  std::size_t waiting_bytes_max = std::size_t{64} << 20U;  ///< of one peer
};

struct cluster_options {
  std::string name{};       ///< of its journal's topic: <name>.journal
  std::string node{};       ///< of this node, another one on each node
  std::uint16_t lanes = 8;  ///< of calls, queues and agents; one more holds the configuration
  cluster_link_options link{};
};

/// Secrets stand in files of their own, so that settings can be shown and copied.
struct secret_files {
  std::string password{};
  std::string key_password{};
};

}  // namespace seatgrid
