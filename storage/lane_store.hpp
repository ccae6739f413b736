#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "storage/journal.hpp"
#include "storage/step_codec.hpp"

/// What steps fold into: rows, the log of steps, an index by entity, event numbers, and where each lane stands. Every journal
/// keeps one, in memory or in RocksDB; whether its bytes are the truth (embedded) or a copy of a shared log is the journal's
/// affair.
namespace seatgrid {

/// Changes that become visible, and survive, all together or not at all. Of one thread at a time; several batches of different
/// lanes may be filled at once.
class lane_batch {
 public:
  virtual ~lane_batch() = default;
  /// The step at `position`, the next of its lane: its rows, its place in log and index, the numbers of its events, which are
  /// given.
  virtual void put(step_position position, stored_step&& record) = 0;
  /// The same; `bytes` are those of `what` in the shared log, so that it need not be encoded again.
  virtual void put(step_position position, std::uint64_t epoch, const step& what, std::string_view bytes) = 0;
  /// Where `lane` stands after all that was put.
  virtual void put_end(lane_id lane, const lane_state& end) = 0;
  /// How far a shared log was folded, in the bytes of whoever folds it.
  virtual void put_fold(lane_id lane, std::string_view fold) = 0;
  // Parts of an image of the lane, for a lane that holds nothing yet.
  virtual void put_row(lane_id lane, std::string_view key, std::string_view value) = 0;
  virtual void put_number(lane_id lane, entity_ref entity, std::uint64_t last_event) = 0;
  /// A step whose rows and numbers are given by themselves; the first may stand anywhere, each further one is the next.
  virtual void put_past(step_position position, stored_step&& record) = 0;
  /// Of what was put, roughly as it will be written.
  virtual std::size_t bytes() const = 0;
  /// Writes and empties the batch, also when it fails; `synced`: returns when a power cut cannot undo it.
  /// @error unavailable  the disk: after a failed write nothing is known of it
  virtual result<void> commit(bool synced) = 0;
};

/// One lane as it stood at one moment, whatever is written meanwhile. Of one thread at a time.
class lane_image {
 public:
  virtual ~lane_image() = default;
  virtual lane_state end() const = 0;
  /// @error not_found  none was committed
  virtual result<std::string> fold() const = 0;
  virtual result<std::string> get(std::string_view key) const = 0;
  // All of them, in the order of their keys, until `each` fails, which is the error then.
  virtual result<void> rows(const std::function<result<void>(std::string_view key, std::string_view value)>& each) const = 0;
  /// Entities of the lane that had public events, and the number of the last.
  virtual result<void> numbers(const std::function<result<void>(entity_ref entity, std::uint64_t last)>& each) const = 0;
  /// Steps from `from` on. @error not_found  that one was removed already
  virtual result<void> steps(std::uint64_t from,
                             const std::function<result<void>(std::uint64_t sequence, stored_step&& record)>& each) const = 0;
};

class lane_store {
 public:
  virtual ~lane_store() = default;

  virtual std::unique_ptr<lane_batch> make_batch() = 0;

  /// Every lane that something was committed for.
  virtual std::map<lane_id, lane_state> lanes() const = 0;
  virtual lane_state end(lane_id lane) const = 0;
  /// @error not_found  none was committed
  virtual result<std::string> fold(lane_id lane) const = 0;
  /// The number of the entity's last public event, 0 = none yet. @error unavailable, corrupt
  virtual result<std::uint64_t> last_event(entity_ref entity) const = 0;

  virtual result<std::unique_ptr<lane_image>> image(lane_id lane) const = 0;

  // As journal promises them.
  virtual result<std::string> get(lane_id lane, std::string_view key) const = 0;
  virtual result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from,
                                 const journal::row_reader& each) const = 0;
  virtual result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const = 0;
  virtual result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const = 0;
  virtual result<void> backup(const std::string& directory) const = 0;

  /// As journal::trim, at most `steps_max` steps. May run beside a writer.
  virtual result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence, std::uint64_t steps_max) = 0;
  /// Forgets all that `lane` holds, its end and fold included. Nothing may be written to the lane meanwhile.
  virtual result<void> drop(lane_id lane) = 0;
};

}  // namespace seatgrid
