#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "cluster/membership.hpp"
#include "cluster/roster.hpp"
#include "cluster/succession.hpp"

/// What this process does about lanes and slots, from roster, heartbeats and where the lanes stand. Pure; time comes in. ADR
/// 0016.
///
/// Lanes are given by claims alone, so a wrong answer costs a pause. Slots have no such judge: two processes on one address would
/// talk into each other's calls. So a process speaks only while its **lease** lives: at least half of the other members (those
/// that a reset has shown dead do not count) have echoed a heartbeat that it sent within `lease`. An echo and not merely a word:
/// what lies unread in the sockets of a process that was stopped does not make it fresh. A process without other members speaks
/// while it is not stopped. After a pause longer than the lease a process is silent until it has written node_checked and read it
/// back: then it has read its fence, if there is one. Whoever reads that a process is out ignores it, so no lease of it grows any
/// more; heartbeats say how far the roster was read and when the gone was heard last, and the adopter waits lease + lease_margin
/// from the last of these (from its own reading while it does not know all). At once when the kernel of the gone has reset its
/// link, or it left. **Assumed**: a process that runs reads the roster at most `lease_margin` later than another, or it is the
/// one that is out and more than half of its peers do; clocks run alike to within the margin; a reset is the truth.
///
/// **Two nodes, parted, both reach Kafka**: neither can ask a third. Both fall silent after `lease`, both write a fence of the
/// other after 2 * suspect_after. The log puts one first; the other is void, because its writer is out by then. The loser reads
/// its fence and ends; the survivor is alone, speaks again, and adopts when lease + lease_margin have passed since it heard the
/// loser. When only one of them reaches Kafka it is the survivor; when none does, both are silent until one does: the log is the
/// judge, and without it nobody knows. When the other's process dies (reset), the survivor is alone at once, with or without
/// Kafka.
namespace seatgrid::cluster {

/// The rules by name; a running node has all of them. tests/model/roster switches each one off and sees it break.
struct steward_rules {
  bool speaks_by_lease = true;        ///< else a member always speaks
  bool lease_by_echo = true;          ///< else any word that is heard keeps the lease
  bool checks_after_pause = true;     ///< else a process speaks as soon as it wakes and is echoed, or is alone
  bool adopts_after_lease = true;     ///< else a free slot is opened at once
  bool closes_before_handing = true;  ///< else the owner that is back takes its slot from the holder at once
  bool fences_the_silent = true;      ///< else only a reset or an operator puts a member out
  bool ignores_the_gone = true;       ///< else heartbeats of a process that is out are still answered
};

struct steward_options {
  membership_options members{};
  milliseconds settle{500};         ///< after its own join: others may still be joining, so lanes without owner wait so long
  milliseconds move_every{1'000};   ///< between looks for planned moves
  std::size_t moves_max = 1;        ///< planned moves of this process at a time
  milliseconds rest_patience{500};  ///< longest wait for the owner of a lane to bring it to rest; then the move is put off
  milliseconds lease{1'000};        ///< at most 2 * suspect_after
  milliseconds lease_margin{500};
  milliseconds write_again{1'000};     ///< a record that was not read back within this is written again
  milliseconds successor_step{2'000};  ///< the next in rank acts when the one before it has not for so long
};

/// A lane as this process sees it (lane_journal::lanes()).
struct lane_sight {
  lane_id lane = 0;
  lane_owner owner{};       ///< of the last claim that won
  bool mine = false;        ///< this process owns it, or claims it just now
  bool warm = false;        ///< folded to within a moment of the log's end
  std::uint64_t next = 0;   ///< offset of the first record that is not folded
  std::uint64_t epoch = 0;  ///< of that claim
  bool operator==(const lane_sight&) const = default;
};

struct lane_claimed {
  process_id owner{};
  std::uint64_t epoch = 0;
};

// What comes in.
/// The record at `offset` of the roster; nothing: one that this program does not know.
struct roster_read {
  std::uint64_t offset = 0;
  std::optional<roster_record> what{};
  time_point log{};  ///< when the log took it
  node_time now{};
};
/// All that lay in the roster at the start was read: this process may join.
struct roster_caught_up {
  node_time now{};
};
struct peer_heard {
  process_id from{};
  heartbeat said{};
  node_time now{};
  time_point clock{};  ///< UTC here
};
/// The kernel of its host says that the process is gone.
struct peer_reset {
  process_id process{};
};
struct peer_opinion {
  process_id from{};
  process_id about{};
  bool hears_it = false;
};
struct lanes_seen {
  std::vector<lane_sight> lanes{};
};
/// Of a claim_lane.
struct claim_ended {
  lane_id lane = 0;
  bool won = false;
};
struct rest_answered {
  lane_id lane = 0;
  process_id from{};
  bool rests = false;
};
/// `cluster rebalance`: look now, forget back-offs.
struct move_ordered {
  std::optional<lane_id> lane{};
};
/// An operator's word or the end of the service: leave with nothing left to do.
struct leave_ordered {};
struct steward_tick {
  node_time now{};
  heartbeat mine{};  ///< of it: clock, oldest_in_doubt, records_read, frames_counted, owns_lanes_allowed
};
using steward_input = std::variant<roster_read, roster_caught_up, peer_heard, peer_reset, peer_opinion, log_time_seen, lanes_seen,
                                   claim_ended, rest_answered, move_ordered, leave_ordered, steward_tick>;

// What goes out.
struct write_roster {
  roster_record what{};
};
struct claim_lane {
  lane_id lane = 0;
  std::string why{};
};
struct ask_rest {
  lane_id lane = 0;
  lane_owner owner{};
};
/// This process holds it now: open edge and engine on its addresses.
struct open_slot {
  slot_number slot = 0;
};
/// It holds it no longer: not one datagram more. Must be done when the call of it returns: it is handed over then.
struct close_slot {
  slot_number slot = 0;
};
struct give_up_all {
  std::string why{};
};
struct ask_about {
  process_id of{};
  process_id about{};
};
/// This process is out, or may not join.
struct end_process {
  error why{};
};
/// One line for operators.
struct note {
  std::string text{};
};
using steward_output =
    std::variant<write_roster, claim_lane, ask_rest, open_slot, close_slot, give_up_all, ask_about, end_process, note>;

enum class steward_phase : std::uint8_t {
  reading = 0,   ///< what lies in the roster at the start
  knocking = 1,  ///< its node has another process: is it alive?
  joining = 2,   ///< its join is written and not read
  serving = 3,
  leaving = 4,
  over = 5,
};

/// What is known of another process.
struct process_sight {
  node_time since{};     ///< when it was first read or heard
  node_time heard_at{};  ///< 0 = never
  node_time echo{};      ///< the latest `sent` of ours that it has echoed
  bool is_dead = false;  ///< a reset said so, and it has not spoken since
  heartbeat last{};
};
struct suspicion {
  std::string why{};
  node_time since{};
};
/// A process that is out.
struct departure {
  std::string node{};
  std::uint64_t offset = 0;  ///< of the record that put it out
  time_point log{};
  bool speaks_no_more = false;  ///< for certain
  node_time read_at{};
  node_time heard_at{};  ///< here; or when it was first read of
};
enum class course_phase : std::uint8_t { idle = 0, asking = 1, claiming = 2 };
/// What this process does about a lane.
struct lane_course {
  course_phase phase = course_phase::idle;
  node_time since{};
  bool planned = false;
  process_id asked{};
  unsigned tries = 0;  ///< in a row that did not last
  node_time not_before{};
  std::optional<node_time> needed_since{};  ///< it has no owner that can serve it
  std::optional<node_time> owned_since{};
};

struct steward {
  node_card card{};
  steward_options options{};
  steward_rules rules{};
  roster members{};
  membership alive{};
  std::vector<lane_sight> lanes{};
  node_time now{};
  steward_phase phase = steward_phase::reading;
  node_time phase_since{};
  // The rest is the steward's own.
  process_id former{};  ///< `knocking`: its node's other process
  bool former_is_dead = false;
  std::map<process_id, process_sight> processes{};
  std::map<process_id, suspicion> suspects{};
  std::map<process_id, departure> departures{};
  std::map<slot_number, std::vector<process_id>> former_holders{};  ///< that may still speak for it
  std::map<slot_number, node_time> free_since{};
  std::set<slot_number> open{};
  std::map<slot_number, process_id> handing{};  ///< closed here, given to
  std::map<lane_id, lane_course> courses{};
  std::map<std::string, node_time> written{};
  bool is_unsure = false;  ///< it was stopped and does not know yet what it has missed
  std::uint64_t checks = 0, check_awaited = 0;
  std::uint64_t checks_read = 0;  ///< of its own, so of records that the log took: they count as frames do
  std::uint64_t probe_awaited = 0;
  node_time probed_at{};
  node_time ticked_at{};
  node_time looked_at{};  ///< for planned moves
  time_point log{};       ///< the latest time that the log told
  process_id me() const { return card.who.process; }
};

steward make_steward(node_card card, steward_options options, steward_rules rules = {});
std::vector<steward_output> handle(steward& at, const steward_input& in);

/// Until when this process may speak for its slots as things stand; 0 = it must be silent. By the clock of the ticks.
node_time speaks_until(const steward& at);
bool may_speak(const steward& at, node_time now);
/// The heartbeat for one process, to be sent each `members.heartbeat` to everyone of wanted_peers().
heartbeat heartbeat_for(const steward& at, process_id to);
/// Who owns the lane as the living say, this process among them: the claim with the highest epoch that one of them has read. For
/// who cannot read the log; it is a way for messages and gives no lane away. No process: nobody's.
lane_claimed claimed_by(const steward& at, lane_id lane);
/// With whom this process shall be linked.
std::vector<node_card> wanted_peers(const steward& at);
/// The answer to a question about `process`.
bool hears(const steward& at, process_id process);
/// When the process's last possible word is over for certain, as far as is known now; 0 = it is.
node_time silent_from(const steward& at, process_id gone);

}  // namespace seatgrid::cluster
