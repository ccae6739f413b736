#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/node.hpp"
#include "api/api.hpp"
#include "base/result.hpp"
#include "config/cluster_options.hpp"
#include "media/engine.hpp"
#include "sip/edge.hpp"
#include "storage/journal.hpp"
#include "storage/kafka/kafka_events.hpp"

/// A whole node in one process: journal, configuration, media, edge, actors and API, wired to each other.
namespace seatgrid {

struct node_app_options {
  std::string data{"data/dev"};
  std::string assets{"build/assets"};  ///< built-in prompts, <language>/<name>.wav
  std::string provision{};             ///< file applied at start when its text differs from what is in force; empty = none
  journal_options journal{};
  media_options media{};
  edge_options edge{};
  node_options node{};
  api_options api{};
  cluster_options cluster{};  ///< with a name: the node runs on its cluster's journal
  kafka_options kafka{};
  std::string events_topic{};   ///< empty = public events are not published
  std::string events_source{};  ///< empty = made of the node's name and the data directory's word
  kafka_events_options events{};
  seconds restore_max{60};  ///< longest wait for restored calls before new ones are taken
  seconds drain_max{5};     ///< longest wait for calls to end by themselves when the node ends
};

class node_app {
 public:
  virtual ~node_app() = default;
  /// Opens the data directory (or makes it), restores what lived there, takes calls. Writes `<data>/api.json` for the CLI.
  /// @error invalid provisioning or settings; unavailable an address or the data directory is taken; corrupt damaged data.
  static result<std::unique_ptr<node_app>> start(node_app_options options);
  virtual gateway& api() = 0;
  /// The tenant's newest configuration; null = none of that name.
  virtual config_ptr tenant(const std::string& name) const = 0;
  virtual std::string url() const = 0;
  virtual std::string token() const = 0;
  virtual restore_progress restored() const = 0;
  /// New calls get 503; returns when no call lives, after `drain_max`, or when `hurried` says true. What lives goes on at the
  /// next start.
  virtual void drain(const std::function<bool()>& hurried) = 0;
};

}  // namespace seatgrid
