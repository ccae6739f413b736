#pragma once

#include <cstdint>
#include <string>

#include "actors/engine.hpp"
#include "domain/recording_path.hpp"

namespace seatgrid::actors {

/// Files and rows of recordings held against each other after a start (I16): who owns a file, and which file a row misses.
class recording_audit {
 public:
  explicit recording_audit(engine& engine) : engine_(engine), since_(engine.time().now()) {}

  /// By the call id that begins the file's name. Any thread.
  recording_owner owner_of(const std::string& path) const;

  /// CDRs of calls that ended before this start and name files which are not there say `lost_file` from then on. A bounded part
  /// at each call, newest first; nothing when all are done, or nobody can say what there is. One thread, that of retention: both
  /// write CDRs.
  void explain_missing();

 private:
  /// False when the shard has no more.
  bool look_at_some(lane& of, shard_id shard);
  void look_at(lane& of, entity_ref call);

  engine& engine_;
  const time_point since_;
  unsigned shard_ = 0;
  std::string last_key_{};
  std::uint64_t lost_ = 0;
};

}  // namespace seatgrid::actors
