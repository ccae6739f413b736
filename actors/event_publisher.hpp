#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "actors/engine.hpp"
#include "cluster/publication.hpp"
#include "storage/event_topic.hpp"

namespace seatgrid::actors {

/// The event as CloudEvents 1.0 in binary mode (Kafka protocol binding): attributes are headers, data is the value.
topic_record record_of(live_event event, const std::string& source);

/// Carries the public events of this node's lanes into the events' topic: from the journal, in order, without holes, over deaths
/// of this process and of the topic's brokers (cluster/publication.hpp). Waits for the topic; calls never wait for it.
class event_publisher {
 public:
  event_publisher(engine& owner, publisher_options options);
  ~event_publisher();
  event_publisher(const event_publisher&) = delete;
  event_publisher& operator=(const event_publisher&) = delete;

  /// Ends the thread; what was not reported is sent again at the next start.
  void stop();
  /// Steps of the lane below this are in the topic and may be forgotten; 0 = not known yet, none may.
  std::uint64_t done_before(lane_id lane) const;
  void write(std::vector<metric>& out) const;

 private:
  struct lane_work {
    lane* of = nullptr;
    std::uint64_t epoch = 0;     ///< of the claim that we publish for; 0 = not begun
    std::uint64_t named_in = 0;  ///< epoch in which we gave the journal its word
    std::string source{};
    cluster::publication place{};
    std::shared_ptr<event_subscription> events{};
  };

  void run(const std::stop_token& stop);
  bool connect();
  void rest(const std::stop_token& stop);
  void look_after_lanes();
  bool knows_source(lane_work& work, std::uint64_t epoch);
  bool begin(lane_work& work, std::uint64_t epoch);
  bool send_some(lane_work& work);
  void send(lane_work& work, live_event event);
  void stored(lane_work& work, std::uint64_t connection, const std::string& id, const result<void>& outcome);
  void journal_places();
  void complain(const std::string& what);

  engine& engine_;
  const publisher_options options_;
  mutable std::mutex mutex_{};
  std::condition_variable_any changed_{};
  bool news_ = false;  ///< something may be sent, or was stored
  bool broken_ = false;
  std::uint64_t connection_ = 0;  ///< grows with each; reports of an older one are of no interest
  std::vector<lane_work> lanes_{};
  std::uint64_t sent_ = 0, stored_ = 0;
  std::string trouble_{};
  std::shared_ptr<event_topic> topic_{};
  std::jthread thread_{};
};

}  // namespace seatgrid::actors
