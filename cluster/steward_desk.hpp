#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/lane_journal.hpp"
#include "cluster/links.hpp"
#include "cluster/steward.hpp"
#include "storage/log.hpp"

/// Runs the steward of this process: a thread of its own, so that a busy node does not miss its heartbeats; the topic
/// `<cluster>.nodes`; the links. ADR 0016.
namespace seatgrid::cluster {

/// Called on the steward's thread, one at a time, unless it says otherwise; short, as heartbeats wait for it; must not throw.
/// They may come before open() returns.
struct steward_hooks {
  /// Take this lane; the outcome comes through claim_ended().
  std::function<void(lane_id lane, std::string why)> claim{};
  /// A peer wants this lane of ours: bring it to rest and say so (any thread, once). Who has said yes serves again by itself when
  /// nobody has claimed the lane within `rest_patience`.
  std::function<void(lane_id lane, std::function<void(bool rests)> answer)> bring_to_rest{};
  std::function<void(slot_number number, const slot& what)> open_slot{};
  /// When it returns not one datagram leaves for the slot any more: it is handed to another process then.
  std::function<void(slot_number number)> close_slot{};
  /// lane_journal::give_up.
  std::function<void(const std::string& why)> give_up{};
  /// This process is out of the cluster.
  std::function<void(const std::string& why)> end_process{};
  /// lane_journal::lanes(); any thread.
  std::function<std::vector<lane_view>()> lanes{};
  /// This process may own lanes: its disk is sound. Empty = yes.
  std::function<bool()> may_own{};
  /// Each record of the roster in its order, from the first on; nothing: one that this program does not know.
  std::function<void(std::uint64_t offset, const std::optional<roster_record>& what, time_point log)> record{};
  /// Owners, holders or members changed: the router looks again.
  std::function<void()> changed{};
  std::function<void(const std::string& line)> say{};
  /// What links bring that is not the steward's; on threads of the links.
  std::function<void(const lane_owner& from, envelope what)> message{};
  std::function<void(const lane_owner& who)> link_up{};
  std::function<void(const lane_owner& who, bool reset)> link_down{};
};

struct steward_desk_options {
  node_card card{};  ///< link_port 0: the links'
  steward_options steward{};
  steward_rules rules{};               ///< all of them, but in a test's program
  std::unique_ptr<lane_log> roster{};  ///< one lane, never trimmed
  /// Opens the links of this process with these handlers.
  std::function<result<std::unique_ptr<links>>(link_handlers)> open_links{};
  milliseconds start_patience{20'000};  ///< longest wait of open() for the roster and for its own join in it
  milliseconds order_patience{10'000};  ///< longest wait of an order until it is read back
  /// No thread of its own, for the simulation: open() returns before the join is read back, and who drives it calls step().
  bool by_hand = false;
  std::function<node_time()> now{};     ///< monotonic; empty = the operating system's
  std::function<time_point()> clock{};  ///< UTC; empty = the operating system's
};

struct node_view {
  node_card card{};
  slot_number slot = 0;
  bool is_me = false;
  bool is_live = false;
  bool drains = false;
  std::optional<milliseconds> heard_ago{};  ///< this process: none
  std::uint64_t records_behind = 0;         ///< of all lanes, behind the node that has folded most
};
struct slot_view {
  slot_number number = 0;
  std::string node{};
  std::optional<lane_owner> holder{};
  bool is_open_here = false;
  std::vector<std::string> listen{};  ///< also when its node is gone
};
struct owned_lane_view {
  lane_id lane = 0;
  lane_owner owner{};
  std::uint64_t epoch = 0;
  bool mine = false;
  std::uint64_t to_fold = 0;
};
/// A lane or slot that went from one process to another.
struct takeover_view {
  time_point at{};
  std::string what{};  ///< "lane 3", "slot 2"
  std::string from{}, to{};
  milliseconds took{};  ///< since the former was last heard; 0: a planned move
};
inline constexpr std::size_t takeovers_kept = 200;
struct cluster_view {
  std::vector<node_view> nodes{};
  std::vector<slot_view> slots{};
  std::vector<owned_lane_view> lanes{};
  std::vector<takeover_view> takeovers{};  ///< the oldest first
  std::uint32_t level = 1;
  bool speaks = false;
};

class steward_desk_impl;

class steward_desk {
 public:
  /// Reads the roster, joins, and returns when its join is read back. Blocks.
  /// @error invalid      the card (cluster/roster.hpp)
  /// @error conflict     a live process of this node's name; @error full, unsupported  the join is refused (join_refused)
  /// @error unavailable  roster or links did not open, or the join was not read within `start_patience`
  static result<std::unique_ptr<steward_desk>> open(steward_desk_options options, steward_hooks hooks);
  ~steward_desk();

  // Any thread.
  /// By the last claim that won; no process: nobody's.
  lane_owner owner_of(lane_id lane) const;
  std::optional<lane_owner> holder_of(slot_number number) const;
  std::vector<member> members() const;
  slot_number my_slot() const;
  /// The clock of may_speak.
  static node_time clock_now() {
    return std::chrono::duration_cast<node_time>(std::chrono::steady_clock::now().time_since_epoch());
  }
  /// Whether a datagram may leave for a slot that this process has open. Asked for each: one load.
  bool may_speak(node_time now) const { return now.count() < speaks_until_us_.load(std::memory_order_relaxed); }
  void claim_ended(lane_id lane, bool won);
  /// A claim that won was read (lane_journal_options::on_owner): owner_of says so at once.
  void owner_read(lane_id lane, const lane_owner& owner, std::uint64_t epoch);
  links& link() const;
  cluster_view view() const;

  // Orders of operators; they block until the roster shows them. Not from a hook.
  /// @error not_found  no such node; @error timed_out  not read back within `order_patience`: it may come true later
  result<void> drain(const std::string& node, bool drains);
  result<void> fence(const std::string& node, const std::string& why);
  /// @error conflict  a member does not understand it
  result<void> raise_level(std::uint32_t level);
  void rebalance(std::optional<lane_id> lane = std::nullopt);
  /// Of one that is driven by hand: handles what has come, and ticks when a heartbeat is due. Returns when the next one is.
  node_time step();
  /// Closes its slots, gives all lanes up and leaves; then close. @error timed_out
  result<void> leave();
  /// Ends thread, links and log without a word. Not from a hook. Idempotent.
  void close();

 private:
  steward_desk() = default;
  friend class steward_desk_impl;
  std::atomic<std::int64_t> speaks_until_us_{0};
  std::unique_ptr<steward_desk_impl> impl_{};
};

}  // namespace seatgrid::cluster
