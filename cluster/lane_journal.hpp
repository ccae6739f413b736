#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/lane.hpp"
#include "storage/journal.hpp"
#include "storage/lane_store.hpp"
#include "storage/log.hpp"

/// The journal of a cluster: the lane machine (lane.hpp) between a shared log and a store that folds it. DESIGN section 3.
namespace seatgrid::cluster {

/// How snapshots are made and how much of the log is kept (docs/runbook/cluster.md).
struct log_retention_options {
  milliseconds snapshot_every{600'000};        ///< age of a lane's newest snapshot at which another is made
  std::uint64_t snapshot_records = 1'000'000;  ///< or so many records behind it
  std::uint64_t snapshot_rate = 16ULL << 20;   ///< bytes a second: making one must not disturb calls
  milliseconds keep{24LL * 3'600 * 1'000};     ///< no record younger than this is removed from the log
  std::chrono::seconds steps{0};   ///< how long the step log of a lane that another process owns is kept here; 0 = for ever
  milliseconds look_every{5'000};  ///< between looks what is due
  milliseconds patience{5'000};    ///< longest silence of the topics
  /// The first step that must stay readable behind a snapshot, from the lane's rows alone (public events that are not published);
  /// steps before it may be absent on a node that began with the snapshot. Empty = only the lane's last step stays.
  std::function<std::uint64_t(lane_id lane, const std::function<result<std::string>(std::string_view key)>& row)> steps_from{};
};

struct lane_journal_options {
  journal_options journal{};  ///< of these: waiting_max, step_bytes_max, frame_steps_max, frame_bytes_max, trim_steps_max
  lane_owner me{};            ///< this node's name and this process
  lane_options lane{};        ///< `lanes` is the log's
  lane_rules rules{};         ///< all of them, but in a test's program
  log_retention_options retention{};
  std::optional<std::set<lane_id>> folds{};  ///< lanes that are folded from the start; none = all
  milliseconds start_patience{15'000};       ///< longest wait for the log's bounds at the start
  milliseconds close_patience{5'000};        ///< longest wait of close() for steps that do not count yet
  milliseconds rebuild_pause{1'000};         ///< before a stopped lane is folded anew; doubles
  milliseconds rebuild_pause_max{60'000};
  bool by_hand = false;                           ///< no thread of its own: who drives the log calls tick()
  std::function<node_time()> now{};               ///< monotonic; empty = the operating system's
  std::function<void(const std::string&)> say{};  ///< one line per notable thing
  /// A step of another process counts here: called in the lane's order on the journal's thread, when rows and step can be read
  /// from this journal. Those that lay in the log at the start come too. Must be short: other lanes wait for it.
  std::function<void(const recorded_step& came)> on_folded{};
  /// A claim that won was read, our own too (then before `done` of the claim). Not called for what the store knew at the start.
  std::function<void(lane_id lane, const lane_owner& owner, std::uint64_t epoch)> on_owner{};
  /// This node's copy of the lane was made anew: rows may have changed without a step, and steps may come that came before.
  std::function<void(lane_id lane)> on_remade{};
  /// The store's disk has failed: nothing is known of it. Empty = print and end the process with status 74.
  std::function<void(const std::string& why)> end_process{};
};

/// One lane as this process sees it, for people and for heartbeats.
struct lane_view {
  lane_id lane = 0;
  lane_mode mode = lane_mode::follower;
  std::string owner{};                   ///< node of the last claim that won; empty = nobody claimed yet
  process_id process{};                  ///< its process
  std::uint64_t epoch = 0;               ///< of that claim
  std::uint64_t sequence = 0;            ///< last step that counts
  std::uint64_t next_offset = 0;         ///< of the first record that is not folded
  std::uint64_t to_fold = 0;             ///< records that lay before us at the start and are not folded yet
  std::uint64_t waiting = 0;             ///< steps that do not count yet
  std::chrono::microseconds in_doubt{};  ///< age of the frame in flight
  std::string trouble{};                 ///< why the lane is stopped; empty = it is not
  bool folds = true;                     ///< this process reads the lane
  std::uint64_t lag = 0;                 ///< records behind the log's end, as it was at the last look (`look_every`)
  std::uint64_t first_offset = 0;        ///< what lies before it was removed from the log
  // The newest whole snapshot that is known; zeros = none.
  std::uint64_t snapshot_offset = 0;
  std::uint64_t snapshot_bytes = 0;
  time_point snapshot_at{};
};

class lane_journal : public journal {
 public:
  virtual std::vector<lane_view> lanes() const = 0;
  /// Stops acting for every lane that this process owns; another node's claim takes them.
  virtual void give_up(const std::string& why) = 0;
  /// Folds these lanes and no others, from the next tick on. One that this process owns or wants stays folded; rows of those that
  /// are left stay as they are. A claim for another lane begins to fold it.
  virtual void set_lanes(std::set<lane_id> folds) = 0;
  /// Makes the snapshots that are due and removes what is older; the journal does so by itself unless it is `by_hand`. Blocks.
  virtual void look_after_retention() = 0;
  /// Makes one now, whoever owns the lane. Blocks.
  /// @error wrong_state  the lane is not folded to its end, or there is no topic for snapshots; @error unavailable
  virtual result<void> make_snapshot(lane_id lane) = 0;
  /// Time passes: late claims leave, stopped lanes are folded anew, callbacks that wait for a thread run. May block on the log's
  /// bounds when a lane is stopped.
  virtual void tick() = 0;
};

/// Begins to fold lanes from where `store` stands; one that it lacks from its newest whole snapshot in `snapshots` (may be null:
/// then from the log's beginning, and nothing is ever removed). Claims wait until a lane is folded up to the log's end at the
/// start. Callbacks run on the log's thread and on this journal's own.
/// @error invalid      no node name, or the store holds an embedded journal
/// @error corrupt      a fold in the store cannot be read
/// @error unavailable  the log did not tell its bounds
result<std::unique_ptr<lane_journal>> open_lane_journal(std::unique_ptr<lane_log> log, std::unique_ptr<lane_store> store,
                                                        lane_journal_options options,
                                                        std::unique_ptr<lane_log> snapshots = nullptr);

}  // namespace seatgrid::cluster
