#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

/// The journal: lanes of steps, and the rows that the steps fold into. `memory/` and `rocks/` here; Kafka later behind the same
/// words (DESIGN section 3): a lane's owner claims it for an epoch, appends frames of steps, and learns when a step counts.
namespace seatgrid {

using lane_id = std::uint16_t;

/// A claim on a lane. Grows with every claim; a step of an older epoch never counts.
struct lane_epoch {
  lane_id lane = 0;
  std::uint64_t epoch = 0;
  auto operator<=>(const lane_epoch&) const = default;
};

/// A row written (value) or removed (none). Key: shard (2 bytes, big endian), kind (1), id (8, big endian), element (any).
struct row {
  std::string key{};
  std::optional<std::string> value{};
  bool operator==(const row&) const = default;
};
std::string row_key(entity_ref entity, std::string_view element = {});
/// The prefix of all rows of `entity`; row_key(entity) is exactly that.
std::string_view element_of(std::string_view key);
std::optional<entity_ref> entity_of(std::string_view key);

/// A public event as the journal keeps it until consumers have it: entity sequence without holes (I14).
struct outbox_event {
  std::string type{};
  std::uint64_t sequence = 0;  ///< per entity, from 1
  std::string data{};          ///< JSON
  bool operator==(const outbox_event&) const = default;
};

/// One decision, atomic: the input, what it decided, the rows that change.
struct step {
  entity_ref entity{};
  time_point at{};
  std::uint64_t chance = 0;
  std::uint64_t config_version = 0;
  std::string command{};              ///< encoded input, for replay
  std::vector<std::string> events{};  ///< encoded events
  std::vector<row> rows{};
  std::vector<outbox_event> outbox{};
  bool operator==(const step&) const = default;
};

/// Where a step stands in its lane, once it counts.
struct step_position {
  lane_id lane = 0;
  std::uint64_t sequence = 0;  ///< 1, 2, 3 ... within the lane, never a hole
  auto operator<=>(const step_position&) const = default;
};

/// A step read back.
struct recorded_step {
  step_position position{};
  std::uint64_t epoch = 0;
  struct step step {};
};

using on_counted = std::function<void(result<step_position>)>;

struct journal_options {
  std::uint32_t waiting_max = 100'000;  ///< steps that wait for their frame; beyond: full
  std::uint32_t step_bytes_max = 512 * 1'024;
  std::uint32_t frame_steps_max = 1'000;  ///< steps per sync
  std::uint32_t frame_bytes_max = 512 * 1'024;
  std::uint64_t reserve_bytes = 64ULL << 20;  ///< a file kept so that a full disk can still take the last steps
};

class journal {
 public:
  virtual ~journal() = default;

  /// Takes the lane for this process: epoch = last epoch + 1, durable when this returns. Steps of older epochs never count from
  /// here on. @error unavailable the journal cannot tell; @error wrong_state it was closed.
  virtual result<lane_epoch> claim(lane_id lane) = 0;

  /// Puts `step` (events and rows) behind everything appended to this lane before. Never blocks. `done` runs exactly
  /// once, in append order, on the lane's thread, when the step counts: synced on this disk, or folded from the log.
  /// @error wrong_state  this epoch is over; every later append fails too. Drop the lane's actors and rebuild them.
  /// @error unavailable  outcome unknown; the lane claims again and rebuilds before it answers. Never append it again.
  /// @error full         `journal.waiting_max` steps wait, or the step exceeds `journal.step_bytes_max`.
  virtual void append(lane_epoch at, step step, on_counted done) = 0;

  /// The folded value of one row; sees every step that counts. @error not_found
  virtual result<std::string> get(lane_id lane, std::string_view key) const = 0;
  /// Every row whose key begins with `prefix`, in key order, until `each` says false.
  virtual result<void> scan(lane_id lane, std::string_view prefix,
                            const std::function<bool(std::string_view key, std::string_view value)>& each) const = 0;
  /// Steps from `from` on, in order, until `each` says false or the end. Steps below the retention limit are gone.
  virtual result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const = 0;
  /// Steps of one entity, in order (an index, not a scan of the lane).
  virtual result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const = 0;

  /// The last counted position and its time; zero when the lane is empty. The successor computes waits from this time.
  virtual std::pair<step_position, time_point> end(lane_id lane) const = 0;
  /// Removes steps below `sequence` from the log (never rows). Bounded work per call; call again until it returns 0.
  virtual result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence) = 0;
  /// A consistent copy into an empty directory while running (hard links where it can). @error unsupported for memory.
  virtual result<void> backup(const std::string& directory) const = 0;
  /// Waits until everything appended before has counted or failed, then refuses further appends.
  virtual void close() = 0;
};

}  // namespace seatgrid
