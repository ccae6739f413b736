#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/node.hpp"
#include "api/api.hpp"
#include "base/time.hpp"
#include "config/cluster_options.hpp"
#include "config/finding.hpp"
#include "config/settings.hpp"
#include "media/options.hpp"
#include "sip/edge.hpp"
#include "storage/journal.hpp"
#include "storage/kafka/kafka_events.hpp"

/// Everything a server is started with: the options structs of its rooms, filled from a TOML file and the environment.
namespace seatgrid {

struct server_options {
  std::string data{"data/server"};     ///< journal, recordings, voicemails
  std::string assets{"build/assets"};  ///< built-in prompts
  std::string provision{};             ///< applied at start when it differs from what is in force; empty = none
  seconds restore_max{60};             ///< longest wait for restored calls before new ones are taken
  seconds drain_max{5};                ///< longest wait for calls to end at SIGTERM; what lives then goes on at the next start
  journal_options journal{};
  media_options media{};
  edge_options edge{};
  node_options node{};
  api_options api{};
  cluster_options cluster{};
  secret_files kafka_secrets{};  ///< read at the start into kafka.security
  kafka_options kafka{};         ///< brokers and access; the topic and its partitions are filled in where it is used
  std::string events_topic{};    ///< empty = public events are not published
  std::string events_source{};   ///< CloudEvents source; empty = made of the node's name and the data directory's word
  kafka_events_options events{};
};

struct server_outcome {
  server_options options{};
  std::vector<finding> found{};
  std::size_t errors = 0;
  bool ok() const { return errors == 0; }
};

using environment = std::vector<std::pair<std::string, std::string>>;

/// Settings of `text` (TOML), then those of `overrides` (seatgrid_environment()). Strict: every error with file, line, bounds and
/// the nearest name. With errors `options` must not be used. `file` is only a name.
server_outcome read_server_options(std::string_view text, const std::string& file, const environment& overrides);
/// As above from a file and this process's environment; a file that cannot be read is one finding.
server_outcome load_server_options(const std::string& path);

/// All settings tied to `options`, which must outlive the result.
settings_catalog settings_of(server_options& options);
/// docs/settings.md.
std::string settings_page();

}  // namespace seatgrid
