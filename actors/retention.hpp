#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/engine.hpp"

namespace seatgrid::actors {

/// Removes what is older than the options say, a bounded part at each call: steps of the log with their events, audio files, CDRs
/// of ended calls with what is left of them, tombstones. A file goes before the row that names it, so that none is ever orphaned.
/// Used by one thread.
class retention {
 public:
  explicit retention(engine& engine) : engine_(engine) {}
  /// Steps of a lane from `first(lane)` on are kept whatever their age: their events are not published yet.
  void keep_from(std::function<std::uint64_t(lane_id)> first) { keep_from_ = std::move(first); }
  /// True while there is more to do at once.
  bool sweep();

 private:
  struct old_cdr {
    std::string key{};  ///< of the index
    entity_ref call{};
    time_point at{};
  };
  bool trim_log(lane& of);
  /// Removes the files of one kind ("talk", "voicemail") and says so in their CDRs.
  void remove_audio(lane& of, shard_id shard, std::string_view kind, std::chrono::seconds keep);
  void remove_cdrs(lane& of, shard_id shard);
  void wake_tombstones(lane& of);
  /// CDRs of calls that ended behind `after`, up to `until`, newest first, at most `most`.
  std::vector<old_cdr> cdrs_between(lane& of, shard_id shard, time_point after, time_point until, std::size_t most);
  time_point& mark(lane& of, shard_id shard, std::string_view kind);

  engine& engine_;
  std::function<std::uint64_t(lane_id)> keep_from_{};
  std::uint32_t left_ = 0;                                          ///< of entities_per_sweep
  std::map<std::pair<shard_id, std::string>, time_point> marks_{};  ///< audio of calls that ended up to here is gone
  bool woken_ = false;
};

}  // namespace seatgrid::actors
