#pragma once

#include <cstdint>
#include <string>

/// The cluster that a node belongs to. Without a name it stands alone, on its embedded journal.
namespace seatgrid {

struct cluster_options {
  std::string name{};       ///< of its journal's topic: <name>.journal
  std::string node{};       ///< of this node, another one on each node
  std::uint16_t lanes = 8;  ///< of calls, queues and agents; one more holds the configuration
};

/// Secrets stand in files of their own, so that settings can be shown and copied.
struct secret_files {
  std::string password{};
  std::string key_password{};
};

}  // namespace seatgrid
