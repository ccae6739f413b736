#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/time.hpp"
#include "cluster/lane.hpp"

/// Which nodes live, seen from one of them: pure, time comes in. A wrong answer costs a pause, never correctness: only claims in
/// the log give lanes away. DESIGN section 3.
namespace seatgrid::cluster {

struct membership_options {
  milliseconds heartbeat{50};
  milliseconds suspect_after{1'000};  ///< silence; a host that died without a word
  milliseconds pause_max{200};        ///< between two ticks; beyond, this node was stopped itself and suspects nobody
  milliseconds give_up{2'000};        ///< a frame in doubt for so long while the tail stands still: the node is stuck
  milliseconds skew_max{500};
};

/// Where the sender's fold of a lane stands.
struct lane_place {
  lane_id lane = 0;
  std::uint64_t next = 0;  ///< offset of the first record that is not folded
  bool warm = false;       ///< folded to within a moment of the end: it could serve the lane at once
  process_id owner{};      ///< by the last claim that won as far as the sender has read
  std::uint64_t epoch = 0;
  bool operator==(const lane_place&) const = default;
  static constexpr auto fields() {
    return members{field{1, "lane", &lane_place::lane}, field{2, "next", &lane_place::next}, field{3, "warm", &lane_place::warm},
                   field{4, "owner", &lane_place::owner}, field{5, "epoch", &lane_place::epoch}};
  }
};
/// How long ago the sender heard a process that is out by now.
struct last_word {
  process_id of{};
  milliseconds ago{};
  bool operator==(const last_word&) const = default;
  static constexpr auto fields() { return members{field{1, "of", &last_word::of}, field{2, "ago", &last_word::ago}}; }
};

/// What every node tells every other each `heartbeat`.
struct heartbeat {
  time_point clock{};  ///< UTC of the sender
  std::chrono::microseconds oldest_in_doubt{};
  std::uint64_t records_read = 0;    ///< by its tails, since its start: moves while it can read
  std::uint64_t frames_counted = 0;  ///< its own, since its start: moves while it can write
  bool owns_lanes_allowed = true;    ///< false: its disk failed, it cannot write, or its clock is off
  node_time sent{};                  ///< by the sender's monotonic clock
  node_time echo{};                  ///< `sent` of the last heartbeat of yours that came here; 0 = none yet
  std::uint64_t roster_next = 0;     ///< how far it has read the roster
  std::vector<lane_place> lanes{};
  std::vector<last_word> gone{};  ///< of processes that went within the last minute and may still speak
};

// What comes in. `now` never goes back.
struct heard {
  std::string node{};
  heartbeat said{};
  node_time now{};
  time_point clock{};  ///< UTC here
};
/// It belongs to the cluster from here on, and has said nothing yet: its silence begins now.
struct peer_expected {
  std::string node{};
  node_time now{};
};
/// The connection ended by a reset: the kernel of a killed process says so within milliseconds.
struct link_reset {
  std::string node{};
};
/// It said goodbye, or an operator removed it.
struct peer_left {
  std::string node{};
};
struct opinion {
  std::string from{};
  std::string about{};
  bool hears_it = false;
};
struct membership_tick {
  node_time now{};
  heartbeat mine{};
};
/// A record of the log: its broker's clock is one more voice about ours.
struct log_time_seen {
  time_point log{};
  time_point clock{};
};
using membership_input = std::variant<heard, peer_expected, link_reset, peer_left, opinion, membership_tick, log_time_seen>;

// What goes out.
struct node_came {
  std::string node{};
};
/// Its lanes need a successor.
struct node_lost {
  std::string node{};
  std::string why{};
};
struct ask_opinion {
  std::string of{};
  std::string about{};
};
/// It lives but cannot write, while this node can: its lanes are claimed from it.
struct node_stuck {
  std::string node{};
};
/// This node cannot write, while another can: hand all lanes over.
struct give_up_lanes {
  std::string why{};
};
/// This node's clock is off (or right again): it must own nothing while it is.
struct clock_off {
  bool off = false;
};
using membership_output = std::variant<node_came, node_lost, ask_opinion, node_stuck, give_up_lanes, clock_off>;

/// Whether a node moves on: what it read or counted grew lately.
struct progress {
  std::uint64_t amount = 0;
  node_time since{};  ///< when it last grew
};

struct peer {
  bool lost = false;
  bool was_heard = false;
  node_time last_heard{};
  std::optional<node_time> asked{};  ///< for opinions, in this silence
  bool vouched = false;              ///< another node hears it
  bool stuck = false;
  bool clock_differs = false;
  heartbeat last{};
  progress read{};
  progress counted{};
};

struct membership {
  std::string me{};
  membership_options options{};
  std::map<std::string, peer> peers{};
  node_time now{};
  bool began = false;
  heartbeat mine{};
  progress read{};
  progress counted{};
  bool given_up = false;
  std::optional<bool> log_differs{};
  bool clock_is_off = false;
};

std::vector<membership_output> handle(membership& at, const membership_input& in);
/// What this node answers when asked about `node`.
bool hears(const membership& at, const std::string& node);
/// Nodes that live and may own lanes, this one included if it may, in name order.
std::vector<std::string> candidates(const membership& at);

}  // namespace seatgrid::cluster
