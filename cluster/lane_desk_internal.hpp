#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "cluster/frame.hpp"
#include "cluster/lane_journal.hpp"
#include "cluster/snapshot_topic_internal.hpp"

/// One lane of a lane_journal: its machine, what waits for it, and the store that it folds into. Inside cluster/ only.
namespace seatgrid::cluster {

inline constexpr std::size_t batch_bytes_max = 4 << 20;      ///< of folded steps before they are written
inline constexpr std::size_t callbacks_behind_max = 20'000;  ///< that wait for another thread before reading waits for them

/// Runs callbacks in the order in which they were posted, one at a time, on whichever of the journal's threads comes.
class callbacks {
 public:
  void post(std::vector<std::function<void()>>&& more);
  /// Returns when all that was posted has run or another thread runs it; when very many wait for that thread, a little later.
  void run();
  bool empty() const;

 private:
  mutable std::mutex mutex_{};
  std::condition_variable shrunk_{};
  std::deque<std::function<void()>> waiting_{};
  std::optional<std::thread::id> running_{};
};

/// What the desks of a journal share.
struct desk_room {
  lane_log& log;
  lane_store& store;
  snapshot_topic* snapshots;  ///< null = there is none
  const lane_journal_options& options;
  callbacks& calls;
  std::function<void()> wake{};  ///< the ticking thread has something to do
  std::function<node_time()> now{};
  std::atomic<std::uint64_t> waiting{0}, counted{0}, frames{0};
};

class lane_desk {
 public:
  lane_desk(lane_id id, desk_room& room, std::optional<applied_fold> applied);

  /// Begins to fold, if the lane is wanted. Blocks when the store lacks the lane.
  result<void> open(log_bounds bounds);
  /// Whether the lane is folded; takes effect with a tick.
  void set_folds(bool folds);

  // Any thread; never blocks on log or store.
  void append(lane_epoch at, step what, on_counted done);
  void claim(on_claimed done, on_lost lost);
  lane_view view() const;

  /// The lane as it stands, from which every node makes the same snapshot.
  /// @error unavailable  not at this moment: try again soon; @error wrong_state  the lane is not folded to its end
  result<std::unique_ptr<lane_image>> cut();
  /// What a look at log and snapshots has shown.
  void note(log_bounds bounds, const std::optional<whole_snapshot>& newest);

  void give_up(const error& why);
  /// Time passed. True while the lane needs another tick soon.
  bool tick();
  /// Nothing waits and nothing is in flight.
  bool is_idle() const;
  /// The log is closed: whatever waits fails.
  void fail_rest();

 private:
  struct waiting_step {
    lane_epoch at{};
    step what{};
    on_counted done{};
    std::optional<error> refused{};
  };
  struct waiting_claim {
    on_claimed done{};
    on_lost lost{};
  };
  using waiting_item = std::variant<waiting_step, waiting_claim>;
  struct sent_step {
    step what{};
    std::string bytes{};  ///< as they stand in the frame
    on_counted done{};
  };

  void put(waiting_item item);
  bool work();
  void take_inbox();
  /// Lets the machine handle one input and does what it says.
  void feed(const lane_input& in);
  void act(send_record&& out);
  void act(const frame_counted& out);
  void act(const frame_lost& out);
  void act(const lane_owned& out);
  void act(const lane_lost& out);
  void act(const lane_stopped& out);
  void on_reported(std::uint64_t life, append_ref what, const result<std::optional<log_offset>>& outcome);
  void on_records(std::uint64_t life, const result<std::span<const log_record>>& came);
  void read_one(const log_record& came);
  void fold_history(const record_read& in);
  void note_log_time(std::uint64_t offset, time_point at);
  step_position fold_step(const step& what, std::string_view bytes);
  /// Folds the steps of a frame that another process wrote.
  void fold_read();
  void tell_owner(const record& claim);
  /// Writes what was folded; then moves on what waits, as far as it can.
  /// True when callbacks were posted.
  bool settle();
  void commit(bool always = false);
  void advance();
  void take_claim(waiting_claim&& one);
  bool take_step();
  void refuse_first(error why);
  void write_frame();
  result<void> admit_step(step& what);
  void note_numbers(const step& what);
  void grant();
  void end_epoch(const error& why);
  void fail_claims(const error& why);
  void count(on_counted&& done, result<step_position> outcome);
  bool has_caught_up() const { return folds_ && machine_.folded.next >= target_; }
  /// A frame of the owner is under way: what comes behind it waits for it.
  bool may_write_later() const { return machine_.mode == lane_mode::owner && machine_.flight.has_value(); }
  /// Not when this program is too old for the lane, or set to another number of lanes.
  bool can_rebuild() const { return stopped_->code != errc::unsupported && stopped_->code != errc::conflict; }
  /// Reads the log on from where the machine stands; claims wait until `end` is folded.
  result<void> start(std::uint64_t end);
  void rebuild(bool keeps_rows);
  /// Drops the lane's rows and fills them from its newest snapshot, or leaves them empty when the log has its beginning.
  result<applied_fold> fill(log_bounds bounds);
  void stand_at(applied_fold applied, bool is_fresh);
  /// Ends or begins folding as it is wanted.
  void change_folding();
  void say(const std::string& text) const;

  const lane_id id_;
  desk_room& room_;

  mutable std::mutex inbox_mutex_{};
  std::vector<waiting_item> inbox_{};
  std::atomic<bool> has_work_{false};

  mutable std::mutex mutex_{};  ///< guards the rest
  lane machine_;
  std::uint64_t life_ = 1;  ///< of the machine: reports and records for an earlier one are late
  std::uint64_t target_ = 0;
  bool folds_ = false;
  std::atomic<bool> wanted_{true};
  bool was_in_store_ = false;
  /// The frame that `log_ahead_us_` is of is the last one, as it is for every reader who has read as far.
  bool ahead_is_sure_ = false;
  std::optional<snapshot_id> filled_from_{};
  std::set<snapshot_id> rejected_{};  ///< the log does not go on from them
  log_bounds seen_bounds_{};
  std::optional<whole_snapshot> newest_{};
  lane_state state_{};
  std::optional<std::int64_t> log_ahead_us_{};                     ///< the log's clock minus the lane's, as last seen
  std::optional<time_point> claim_read_at_{};                      ///< the log's time of our last claim that won
  std::deque<std::pair<std::uint64_t, time_point>> counted_at_{};  ///< offsets of own frames, and the lane's time with them
  std::unique_ptr<lane_batch> batch_;
  std::uint64_t committed_ = 0;  ///< the offset up to which the store holds the fold
  std::deque<waiting_item> waiting_{};
  std::vector<sent_step> flight_{};
  std::unordered_map<entity_ref, std::uint64_t> numbers_{};  ///< last public event of entities, those in flight included
  std::vector<waiting_claim> claims_{};
  std::uint64_t granted_ = 0;  ///< the epoch that a claim was answered with
  bool over_ = true;
  std::vector<on_lost> lost_{};
  std::vector<frame_step> read_steps_{};  ///< of the frame that the machine handles
  std::vector<std::function<void()>> posted_{};
  std::optional<error> stopped_{};
  node_time rebuild_at_{};
  milliseconds rebuild_pause_{0};
  bool failed_ = false;
};

}  // namespace seatgrid::cluster
