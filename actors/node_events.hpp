#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine.hpp"
#include "cluster/roster.hpp"

namespace seatgrid::actors {

/// What one record of the roster tells the world: all of it is of one node, whose events are numbered by themselves.
struct node_news {
  std::uint64_t offset = 0;
  std::string node{};
  time_point at{};  ///< when the log took the record
  std::vector<publish> events{};
};
/// Of a record that was folded into `after` with these changes; no events: nobody outside asks for it.
node_news news_of(const cluster::roster& after, const cluster::roster_record& what,
                  const std::vector<cluster::roster_change>& changes, time_point at);
publish news_of_owner(const lane_epoch& claimed, const cluster::lane_owner& owner, const cluster::lane_owner& former,
                      time_point at);

/// Tells of nodes and of lanes' owners as public events. The roster's records are told by the owner of lane 1, in that lane, each
/// with a row that says how far it has come: whoever owns the lane next goes on behind what counted. A lane's owner is told in
/// the lane itself. Nothing is told below level `cluster::level_of_node_events`.
class node_events {
 public:
  static constexpr std::size_t waiting_max = 10'000;  ///< news that lane 1 has not taken; beyond, the oldest are lost and said so

  explicit node_events(engine& owner);
  /// The next record of the roster; nothing: one that this program does not know. Any thread, in the order of the log.
  void on_record(std::uint64_t offset, const std::optional<cluster::roster_record>& what, time_point log);
  /// Journals what is not told yet of lanes that this process owns. One thread; often.
  void tell();

 private:
  /// Of a lane under one claim of this process.
  struct lane_notes {
    std::uint64_t epoch = 0;
    bool is_owner_told = false;
    std::uint64_t next = 0;                         ///< lane 1: offset behind what was journaled
    std::map<entity_ref, std::uint64_t> numbers{};  ///< of the last event that was journaled
  };
  void tell_of_nodes(lane& first, lane_notes& notes);
  void tell_of_owner(lane& of, lane_notes& notes);
  struct mark {
    std::string key{}, value{};
  };
  bool append(lane& to, lane_notes& notes, entity_ref entity, std::vector<publish> events, mark how_far);
  std::uint64_t told_before(const lane& first) const;

  engine& engine_;
  std::mutex mutex_{};
  cluster::roster roster_{};  ///< under the mutex, as the next two
  std::deque<node_news> waiting_{};
  std::uint64_t lost_ = 0;
  std::map<lane_id, lane_notes> notes_{};
};

}  // namespace seatgrid::actors
