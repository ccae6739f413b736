#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/control.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/journal.hpp"

/// What `api/` and the CLI see of a node: orders, queries, live events, numbers, provisioning. Free of CAF. All of it is
/// thread-safe; answers come on a thread of the node and must not block.
namespace seatgrid {

class tenant_config;

/// What can be listed. Rows: calls, queues, agents, registrations; CDR rows: cdrs, recordings, voicemails; the log: events.
enum class collection : std::uint8_t {
  calls = 1,
  queues = 2,
  agents = 3,
  registrations = 4,
  recordings = 5,
  voicemails = 6,
  cdrs = 7,
  events = 8
};
std::string_view to_string(collection what) noexcept;

struct list_query {
  std::string tenant{};                          ///< required, but for events of an administrator
  std::map<std::string, std::string> filters{};  ///< member -> text that the item's JSON member must equal; since/until: RFC 3339
  std::uint32_t limit = 100;                     ///< 1-1,000
  std::string cursor{};                          ///< `next_cursor` of the page before, empty = first page
};

/// A public event as consumers see it (CloudEvents: id, type, source, time, data). `id` grows within the lane and has fixed
/// width: lane, sequence, index.
struct live_event {
  std::string id{};
  std::string type{};
  entity_ref entity{};
  std::string tenant{};
  time_point at{};
  std::uint64_t sequence = 0;  ///< per entity, gapless
  std::string data{};          ///< JSON
};

/// Events from a given id on. Take on any one thread; `wake` (given at subscribe) says that there is something to take.
class event_subscription {
 public:
  virtual ~event_subscription() = default;
  /// At most `most` events behind the last one taken; first from the log (resume), then live. Never skips one that the log holds.
  virtual std::vector<live_event> take(std::size_t most) = 0;
};

/// One number for /metrics. Labels never hold call ids or telephone numbers.
struct metric {
  std::string name{};
  std::string help{};
  bool counter = true;  ///< false = gauge
  std::map<std::string, std::string> labels{};
  double value = 0;
};

struct journal_position {
  lane_id lane = 0;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  time_point at{};
};

class gateway {
 public:
  /// JSON text, or why not. @error timed_out no word within `gateway.deadline` (5 s): ask before repeating.
  using answer = std::function<void(result<std::string>)>;

  virtual ~gateway() = default;

  /// Sends the order; `done` runs once, when its step counts or it was refused.
  /// @error not_found, wrong_state, full (requests waiting > requests_max), unavailable, timed_out.
  virtual void submit(control::command order, std::string tenant, answer done) = 0;

  /// {"items":[...],"next_cursor":"..."}; next_cursor is absent on the last page. @error invalid cursor or filter.
  virtual void list(collection what, list_query query, answer done) const = 0;
  /// One item with everything known of it (a queue with its waiting calls, a call with its timeline). @error not_found.
  virtual void show(collection what, std::string tenant, std::string id, answer done) const = 0;
  /// Executes the call's recorded commands again and compares each event byte by byte (D2):
  /// {"call":..,"steps":n,"same":true|false,"complete":true|false,"first_difference":{...}}. @error not_found.
  virtual void replay(entity_ref entity, answer done) const = 0;

  /// Events behind `after` (empty = from now on); tenant empty = all. `wake` runs when something can be taken; it must not
  /// block and may run on any thread until the subscription is gone. @error full events.subscribers_max; invalid bad id.
  virtual result<std::shared_ptr<event_subscription>> subscribe(std::string tenant, std::string after,
                                                                std::function<void()> wake) = 0;

  virtual std::vector<metric> metrics() const = 0;
  virtual std::vector<journal_position> positions() const = 0;

  /// Stores the tenants given as their next versions, whole or not at all; then queues and agents concerned hear of it. A tenant
  /// given as it is changes nothing. Returns how many changed. `removed` names tenants that go. Blocks until stored.
  /// @error conflict, full, invalid, unavailable.
  virtual result<std::uint64_t> apply(std::vector<std::shared_ptr<const tenant_config>> tenants,
                                      std::vector<std::string> removed = {}) = 0;
  virtual std::vector<std::shared_ptr<const tenant_config>> tenants() const = 0;

  /// Why new calls are not taken now, for load balancers and people; empty = they are.
  virtual std::string why_not_ready() const = 0;
};

}  // namespace seatgrid
