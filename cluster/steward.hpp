#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cluster/membership.hpp"
#include "cluster/roster.hpp"
#include "cluster/succession.hpp"

/// What this process does about lanes and slots, from roster, heartbeats and where the lanes stand. Pure; time comes in. ADR
/// 0016.
namespace seatgrid::cluster {

struct steward_options {
  membership_options members{};
  milliseconds settle{500};         ///< after its own join: others may still be joining, so lanes without owner wait so long
  milliseconds move_every{1'000};   ///< between looks for planned moves
  std::size_t moves_max = 1;        ///< planned moves of this process at a time
  milliseconds rest_patience{500};  ///< longest wait for the owner of a lane to bring it to rest; then the move is put off
  milliseconds lease{1'000};        ///< adopts without a reset wait lease + lease_margin after the last word of the dead
  milliseconds lease_margin{500};
};

/// A lane as this process sees it (lane_journal::lanes()).
struct lane_sight {
  lane_id lane = 0;
  lane_owner owner{};  ///< of the last claim that won
  bool mine = false;   ///< this process owns it
  bool warm = false;   ///< folded to within a moment of the log's end
  bool operator==(const lane_sight&) const = default;
};

// What comes in.
struct roster_changed {
  roster_change what{};
};
struct members_input {
  membership_input what{};
};
struct lanes_seen {
  std::vector<lane_sight> lanes{};
};
struct claim_ended {
  lane_id lane = 0;
  bool won = false;
};  ///< of a claim_lane
struct rest_answered {
  lane_id lane = 0;
  process_id from{};
  bool rests = false;
};
struct move_ordered {
  std::optional<lane_id> lane{};
};  ///< `cluster rebalance`: look now
struct steward_tick {
  node_time now{};
  heartbeat mine{};
};
using steward_input =
    std::variant<roster_changed, members_input, lanes_seen, claim_ended, rest_answered, move_ordered, steward_tick>;

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
struct open_slot {
  slot_number slot = 0;
};  ///< this process holds it now: open edge and engine on its addresses
struct close_slot {
  slot_number slot = 0;
};  ///< it holds it no longer: not one datagram more
struct give_up_all {
  std::string why{};
};
struct ask_about {
  std::string of{};
  std::string about{};
};
struct end_process {
  std::string why{};
};  ///< this process is out
using steward_output =
    std::variant<write_roster, claim_lane, ask_rest, open_slot, close_slot, give_up_all, ask_about, end_process>;

struct steward {
  lane_owner me{};
  steward_options options{};
  roster members{};
  membership alive{};
  std::vector<lane_sight> lanes{};
  node_time now{};
  // The rest is the steward's own; see steward.cpp.
  struct waiting_claim {
    node_time since{};
  };
  std::map<lane_id, waiting_claim> claims{};
};

std::vector<steward_output> handle(steward& at, const steward_input& in);
/// Whether this process may speak for its slots now: it is a member, and its lease lives (DESIGN section 5).
bool may_speak(const steward& at, node_time now);

}  // namespace seatgrid::cluster
