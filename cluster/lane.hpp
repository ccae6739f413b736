#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "cluster/fold.hpp"
#include "cluster/lane_rules.hpp"
#include "cluster/record.hpp"

/// One lane in one process, as a state machine: it claims the lane, writes frames one at a time, and knows which of them count.
/// Pure and deterministic: no clock, thread or log; time comes in with `tick`. The same for Kafka, the simulation and the
/// exhaustive check. DESIGN section 3; ADR 0008.
namespace seatgrid::cluster {

/// Monotonic time of this node, from any beginning.
using node_time = std::chrono::microseconds;

struct lane_options {
  std::uint16_t lanes = 1;                    ///< the cluster's number of lanes: fixed by the first claim that wins
  std::chrono::milliseconds claim_pause{20};  ///< before the second claim in a row; doubles; 0: never a pause
  std::chrono::milliseconds claim_pause_max{1'000};
};

enum class lane_mode : std::uint8_t {
  follower = 0,  ///< reads; another process owns the lane, or nobody
  claiming = 1,  ///< has sent a claim, or will after a pause
  owner = 2,     ///< may write frames
  stopped = 3,   ///< this node's copy cannot be trusted: drop its rows, begin from a snapshot or a peer
};
std::string_view to_string(lane_mode mode) noexcept;

/// Names one append of this process for its report; none is ever sent twice. `seq` 0: a claim.
struct append_ref {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  auto operator<=>(const append_ref&) const = default;
};

// What comes in.
/// Take the lane: at the start, when its owner is suspected, in a planned move. An owner claims anew.
struct claim_order {};
/// Stop acting for the lane: this node cannot write, or its disk fails. Another node's claim takes it.
struct give_up_order {};
/// Write a frame with this body. Only while may_write().
struct write_order {
  std::string body{};
};
/// The log has the record; without an offset nobody knows where.
struct append_stored {
  append_ref what{};
  std::optional<std::uint64_t> offset{};
};
/// The log reports a failure: the record may be lost, stored, or land at any later time.
struct append_failed {
  append_ref what{};
  error why{};
};
/// The tail has read the record at `offset`; nothing: a foreign one.
struct record_read {
  std::uint64_t offset = 0;
  std::optional<record> what{};
};
/// The tail cannot go on: offset out of range, log end below what was folded, a record that cannot be read.
struct tail_failed {
  error why{};
};
struct tick {
  node_time now{};
};
using lane_input =
    std::variant<claim_order, give_up_order, write_order, append_stored, append_failed, record_read, tail_failed, tick>;

// What goes out.
/// Put these bytes behind the lane's log, once.
struct send_record {
  append_ref what{};
  std::string bytes{};
};
/// The frame at `offset` counts: apply its rows. `mine`: it is the one in flight, its requests are answered with success.
struct frame_counted {
  std::uint64_t offset = 0;
  std::uint64_t seq = 0;
  bool mine = false;
};
/// The frame in flight is decided: wrong_state: it does not count and never will; unavailable: this node will not know.
struct frame_lost {
  error why{};
};
/// This process owns the lane from here on; all that counted before was given out. Make actors from rows.
struct lane_owned {
  std::uint64_t epoch = 0;
};
/// This process acts for `epoch` no longer (or: its claim lost). Drop the lane's actors.
struct lane_lost {
  std::uint64_t epoch = 0;
  error why{};
};
/// Follows the losses: see lane_mode::stopped.
struct lane_stopped {
  error why{};
};
using lane_output = std::variant<send_record, frame_counted, frame_lost, lane_owned, lane_lost, lane_stopped>;

/// A frame that was sent and is not decided.
struct frame_in_flight {
  append_ref what{};
  std::uint32_t prev = 0;
  std::uint32_t crc = 0;
  node_time since{};
  bool stored = false;  ///< somewhere: only the tail can say where
  bool failed = false;  ///< reported so; the tail and the next claim say what became of it
  bool operator==(const frame_in_flight&) const = default;
};

/// Plain values, so that a checker can copy, compare and keep them.
struct lane {
  lane_id id = 0;
  lane_owner me{};
  lane_options options{};
  lane_rules rules{};

  lane_fold folded{};
  lane_mode mode = lane_mode::follower;
  std::uint64_t epoch = 0;  ///< the highest that this process claimed; owned while `owner`
  bool claim_sent = false;  ///< while `claiming`: else it waits for `due`
  std::optional<frame_in_flight> flight{};
  std::uint32_t claims_in_a_row = 0;  ///< without a calm time as owner
  node_time now{};
  node_time due{};  ///< `claiming`: when to claim; `owner`: when `claims_in_a_row` is forgotten
};

/// A lane at its start: `folded` is what the row store holds, all zero for an empty one.
lane make_lane(lane_id id, lane_owner me, lane_fold folded, lane_options options, lane_rules rules = {});

/// Changes `at` by one input; what must be done, in this order.
std::vector<lane_output> handle(lane& at, const lane_input& in);

/// Owner with nothing in flight: the next frame may be written.
bool may_write(const lane& at);
/// How long the frame in flight has been undecided; nothing in flight: 0. Heartbeats carry it.
std::chrono::microseconds in_doubt_for(const lane& at, node_time now);

}  // namespace seatgrid::cluster
