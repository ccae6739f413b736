#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/gateway.hpp"
#include "storage/journal.hpp"

namespace seatgrid::actors {

/// Where an event stands; its id in text is these three in fixed width.
struct event_place {
  lane_id lane = 0;
  std::uint64_t sequence = 0;
  std::uint32_t index = 0;
  auto operator<=>(const event_place&) const = default;
};
std::string id_text(const event_place& place);
std::optional<event_place> place_from_text(std::string_view text);

/// The public events of a recorded step.
std::vector<live_event> events_of(const recorded_step& recorded);

/// The last events in memory, and who listens. A listener that is behind the ring reads the log until it has caught up.
class live_events : public std::enable_shared_from_this<live_events> {
 public:
  live_events(const journal& log, std::vector<lane_id> lanes, std::size_t ring_max, std::size_t subscribers_max);
  void push(std::vector<live_event> events);
  result<std::shared_ptr<event_subscription>> subscribe(std::string tenant, std::string after, std::function<void()> wake);
  /// The events of one lane behind `after`, of all tenants; not counted among the subscribers.
  std::shared_ptr<event_subscription> follow(lane_id lane, const event_place& after, std::function<void()> wake);
  std::size_t subscribers() const;

 private:
  class subscription;
  struct listener {
    std::function<void()> wake{};
    bool follows = false;  ///< the node's own; not counted among the subscribers
  };
  std::size_t count_subscribers() const;
  const journal& log_;
  const std::vector<lane_id> lanes_;
  const std::size_t ring_max_;
  const std::size_t subscribers_max_;
  mutable std::mutex mutex_;
  std::deque<std::pair<event_place, live_event>> ring_{};
  std::uint64_t first_ = 0;  ///< number of ring_.front() since the start
  std::uint64_t last_listener_ = 0;
  std::map<std::uint64_t, std::shared_ptr<listener>> listeners_{};
};

}  // namespace seatgrid::actors
