#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

/// The journal: lanes of steps, and the rows that the steps fold into. `memory/` and `rocks/` here, `cluster/lane_journal.hpp` on
/// a shared log: a lane's owner claims it for an epoch, appends steps, and learns when a step counts (DESIGN sections 2 and 3).
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
  static constexpr auto fields() { return members{field{1, "key", &row::key}, field{2, "value", &row::value}}; }
};
/// The key of one row of `entity`; without `element` it is the main row's key and the prefix of all rows of the entity.
std::string row_key(entity_ref entity, std::string_view element = {});
/// What follows the entity in `key`; empty for the main row and for what is no row key.
std::string_view element_of(std::string_view key);
/// Nothing when `key` is shorter than an entity's prefix or names no kind.
std::optional<entity_ref> entity_of(std::string_view key);

/// A public event as the journal keeps it until consumers have it: entity sequence without holes (I14).
struct outbox_event {
  std::string type{};
  std::uint64_t sequence = 0;  ///< per entity, from 1; 0 in an appended step: the journal gives the next number
  std::string data{};          ///< JSON
  bool operator==(const outbox_event&) const = default;
  static constexpr auto fields() {
    return members{field{1, "type", &outbox_event::type}, field{2, "sequence", &outbox_event::sequence},
                   field{3, "data", &outbox_event::data}};
  }
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
  static constexpr auto fields() {
    return members{field{1, "entity", &step::entity},   field{2, "at", &step::at},
                   field{3, "chance", &step::chance},   field{4, "config_version", &step::config_version},
                   field{5, "command", &step::command}, field{6, "events", &step::events},
                   field{7, "rows", &step::rows},       field{8, "outbox", &step::outbox}};
  }
};
/// The bytes of `step` that count against `journal.step_bytes_max`: texts and keys, without framing.
std::size_t bytes_of(const step& step);

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
  bool operator==(const recorded_step&) const = default;
};

using on_counted = std::function<void(result<step_position>)>;

/// A lane that this process may write from here on.
struct lane_claim {
  lane_epoch at{};
  time_point now{};  ///< the lane's time: waits that ran when the lane was left have used up what lies before it
};
using on_claimed = std::function<void(result<lane_claim>)>;
/// Why an epoch is over although no step of it failed: another process claimed the lane, or this one is in doubt.
using on_lost = std::function<void(const error& why)>;

struct journal_options {
  std::uint32_t waiting_max = 100'000;  ///< steps that wait for their frame; beyond: full
  std::uint32_t step_bytes_max = 512 * 1'024;
  std::uint32_t frame_steps_max = 1'000;  ///< steps per sync
  /// Shortest time between the begins of two syncs; a step after a pause is synced at once, what comes meanwhile shares the next.
  milliseconds sync_spacing{1};
  std::uint32_t frame_bytes_max = 512 * 1'024;
  std::uint64_t reserve_bytes = 64ULL << 20;    ///< a file kept so that a full disk can still take the last steps
  std::uint64_t free_bytes_low = 256ULL << 20;  ///< below it the reserve file is given back and `low_space` is true
  std::uint64_t free_bytes_stop = 96ULL << 20;  ///< below it, the reserve gone, steps are refused as full: flushes need the rest
  std::uint32_t trim_steps_max = 10'000;        ///< steps that one trim() removes
};

/// For metrics, `doctor` and the shedding of load before a bound is met.
struct journal_status {
  std::uint64_t waiting = 0;     ///< steps appended and not yet counted or failed
  std::uint64_t counted = 0;     ///< steps that counted since the start
  std::uint64_t frames = 0;      ///< syncs since the start
  std::uint64_t free_bytes = 0;  ///< of the disk; 0 = not known yet
  bool low_space = false;        ///< the reserve is in use: begin nothing new, end what runs
  bool failed = false;           ///< nothing can be written any more
};

class journal {
 public:
  virtual ~journal() = default;

  /// Takes the lane for this process under a higher epoch, which is durable when `done` hears of it. Never blocks; `done` runs
  /// exactly once, on the journal's thread or within this call. What was appended before still counts or fails first; steps of
  /// older epochs appended later never count. `lost` (may be empty) runs at most once, on the journal's thread, behind `done`.
  /// On a shared log a claim waits while nobody can write; close() ends the waiting.
  /// @error unavailable  the journal cannot tell, or its copy of the lane must be made anew first: try again
  /// @error conflict     another process claimed the lane behind us
  /// @error wrong_state  it was closed
  virtual void claim(lane_id lane, on_claimed done, on_lost lost) = 0;

  /// Puts `step` (events and rows) behind everything appended to this lane before. Never blocks. `done` runs exactly once, in
  /// append order, on the journal's thread, when the step counts: synced on this disk, or folded from the log. It must be short:
  /// the next sync waits for it. (After close(), or when twice `journal.waiting_max` wait, the refusal comes at once, on the
  /// caller's thread.) **Any error ends the epoch**, because a later step of an entity builds on the one that did not count.
  /// @error wrong_state  this epoch is over; every later append fails too. Drop the lane's actors and rebuild them.
  /// @error unavailable  outcome unknown; the lane claims again and rebuilds before it answers. Never append it again.
  /// @error full         `journal.waiting_max` steps wait, the step exceeds `journal.step_bytes_max`, or the disk is full.
  /// @error invalid      no entity, a row key of no entity, or an outbox number that is not the entity's next.
  virtual void append(lane_epoch at, step step, on_counted done) = 0;

  /// The folded value of one row; sees every step that counts. @error not_found
  virtual result<std::string> get(lane_id lane, std::string_view key) const = 0;
  using row_reader = std::function<bool(std::string_view key, std::string_view value)>;
  /// Every row whose key begins with `prefix`, from key `from` on, in key order, until `each` says false. One moment's view.
  virtual result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from, const row_reader& each) const = 0;
  result<void> scan(lane_id lane, std::string_view prefix, const row_reader& each) const {
    return scan_from(lane, prefix, prefix, each);
  }
  /// Steps from `from` on, in order, until `each` says false or the end. Steps below the retention limit are gone.
  /// @error corrupt  a hole or a record that cannot be read
  virtual result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const = 0;
  /// Steps of one entity, in order (an index, not a scan of the lane).
  virtual result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const = 0;

  /// The last counted position and its time; zero when the lane is empty. The successor computes waits from this time.
  virtual std::pair<step_position, time_point> end(lane_id lane) const = 0;
  /// Removes steps below `sequence` from the log (never rows), at most `trim_steps_max`; call again until it returns 0. The last
  /// step of a lane always stays.
  virtual result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence) = 0;
  /// A consistent copy into an empty or new directory while running (hard links where it can). @error unsupported for memory.
  virtual result<void> backup(const std::string& directory) const = 0;
  virtual journal_status status() const = 0;
  /// Waits until everything appended before has counted or failed, then refuses further appends. Reads go on working.
  virtual void close() = 0;
};

inline constexpr milliseconds claim_patience{30'000};
/// claim() for start-up, tools and tests, which may block. @error timed_out  no answer within `patience`; the claim goes on
result<lane_epoch> claim_and_wait(journal& log, lane_id lane, milliseconds patience = claim_patience);

}  // namespace seatgrid
