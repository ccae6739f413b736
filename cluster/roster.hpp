#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "cluster/record.hpp"

/// Who belongs to the cluster, and who holds which addresses: a fold of the topic `<cluster>.nodes`, the same on every node.
/// Pure. ADR 0016.
namespace seatgrid::cluster {

/// What a process can do. Bits; stand in the log.
enum class node_role : std::uint8_t { edge = 1, core = 2, media = 4, api = 8 };
constexpr bool has_role(std::uint8_t roles, node_role one) { return (roles & static_cast<std::uint8_t>(one)) != 0; }
inline constexpr std::uint8_t all_roles = 15;

/// The highest cluster level whose records and fields this program understands.
inline constexpr std::uint32_t level_known = 2;
inline constexpr std::uint32_t level_of_node_events = 2;  ///< from here on nodes and owners of lanes are told as public events
inline constexpr std::size_t members_max = 1'023;         ///< at a time; a further join is void and refused
inline constexpr std::size_t gone_max =
    4'096;  ///< processes that are out and remembered, so that a late copy of their join is void
inline constexpr std::size_t card_text_bytes_max = 256;  ///< of each text of a card
inline constexpr std::size_t listens_max = 16;
inline constexpr std::size_t why_bytes_max = 300;

/// The addresses of one edge and one media engine, enough to open them elsewhere.
struct slot_addresses {
  std::vector<std::string> listen{};  ///< sip:HOST:PORT;transport=udp|tcp
  std::string sip_advertised{};       ///< host; empty = the bound one
  std::string rtp_host{};
  std::string rtp_advertised{};
  std::uint16_t rtp_first = 0;
  std::uint16_t rtp_last = 0;
  bool operator==(const slot_addresses&) const = default;
  bool has_edge() const { return !listen.empty(); }
  bool has_media() const { return rtp_last != 0; }
  bool is_empty() const { return !has_edge() && !has_media(); }
  static constexpr auto fields() {
    return members{field{1, "listen", &slot_addresses::listen},       field{2, "sip_advertised", &slot_addresses::sip_advertised},
                   field{3, "rtp_host", &slot_addresses::rtp_host},   field{4, "rtp_advertised", &slot_addresses::rtp_advertised},
                   field{5, "rtp_first", &slot_addresses::rtp_first}, field{6, "rtp_last", &slot_addresses::rtp_last}};
  }
};

/// What a process tells of itself when it joins.
struct node_card {
  lane_owner who{};
  std::uint8_t roles = all_roles;
  std::string version{};
  std::uint32_t level = level_known;  ///< highest cluster level that it understands
  std::string link_host{};
  std::uint16_t link_port = 0;
  std::string api_url{};
  slot_addresses slot{};  ///< empty without the role edge or media
  bool operator==(const node_card&) const = default;
  static constexpr auto fields() {
    return members{field{1, "who", &node_card::who},
                   field{2, "roles", &node_card::roles},
                   field{3, "version", &node_card::version},
                   field{4, "level", &node_card::level},
                   field{5, "link_host", &node_card::link_host},
                   field{6, "link_port", &node_card::link_port},
                   field{7, "api_url", &node_card::api_url},
                   field{8, "slot", &node_card::slot}};
  }
};
/// @error invalid  no node or process, a name or text that is too long, no role, or no port for links
result<void> check(const node_card& card);

// Records of the topic. Tags stand in logs: add, never change.
struct node_joined {
  static constexpr std::uint32_t tag = 1;
  node_card card{};
  /// Its node's former process is dead for certain (its kernel refused the link): what that held is free at once.
  bool former_is_dead = false;
  bool operator==(const node_joined&) const = default;
  static constexpr auto fields() {
    return members{field{1, "card", &node_joined::card}, field{2, "former_is_dead", &node_joined::former_is_dead}};
  }
};
/// It ends by itself, with nothing left to do.
struct node_left {
  static constexpr std::uint32_t tag = 2;
  process_id process{};
  bool operator==(const node_left&) const = default;
  static constexpr auto fields() { return members{field{1, "process", &node_left::process}}; }
};
/// `process` is out: it acts for nothing any more. Void when `by` is out itself by then.
struct node_fenced {
  static constexpr std::uint32_t tag = 3;
  process_id by{};
  process_id process{};
  std::string why{};
  bool is_dead = false;  ///< for certain: its kernel reset the link; else it may speak until its lease is over
  bool operator==(const node_fenced&) const = default;
  static constexpr auto fields() {
    return members{field{1, "by", &node_fenced::by}, field{2, "process", &node_fenced::process},
                   field{3, "why", &node_fenced::why}, field{4, "is_dead", &node_fenced::is_dead}};
  }
};
/// `by` holds the slot from here on. Void when `by` is not a member, or when `from`, who held it in its eyes, holds it no longer.
/// A free slot is taken by the new holder; a held one is handed over by its holder, which has closed it by then.
struct slot_taken {
  static constexpr std::uint32_t tag = 4;
  process_id by{};
  slot_number slot = 0;
  process_id from{};
  bool operator==(const slot_taken&) const = default;
  static constexpr auto fields() {
    return members{field{1, "by", &slot_taken::by}, field{2, "slot", &slot_taken::slot}, field{3, "from", &slot_taken::from}};
  }
};
/// An operator's word, or that of a process which ends: it shall lose lanes and take no new calls, or serve again. Also for later
/// processes of the node, until one of them has left: then it is done. Void for a node that nobody knows.
struct node_drained {
  static constexpr std::uint32_t tag = 5;
  std::string node{};
  bool drains = true;
  bool operator==(const node_drained&) const = default;
  static constexpr auto fields() {
    return members{field{1, "node", &node_drained::node}, field{2, "drains", &node_drained::drains}};
  }
};
/// All members understand this level: its fields and records may be written from here on (DESIGN section 2). Void when it is not
/// higher than before, or a member does not understand it.
struct level_raised {
  static constexpr std::uint32_t tag = 6;
  std::uint32_t level = 1;
  bool operator==(const level_raised&) const = default;
  static constexpr auto fields() { return members{field{1, "level", &level_raised::level}}; }
};
/// `process` was here: it lives, and when it reads this it has read all that lies before. Changes nothing.
struct node_checked {
  static constexpr std::uint32_t tag = 7;
  process_id process{};
  std::uint64_t number = 0;  ///< grows with each of this process
  bool operator==(const node_checked&) const = default;
  static constexpr auto fields() {
    return members{field{1, "process", &node_checked::process}, field{2, "number", &node_checked::number}};
  }
};
/// A process that wants to join asks whether its node's former one lives; that one answers with node_checked. Changes nothing.
struct node_knocked {
  static constexpr std::uint32_t tag = 8;
  lane_owner who{};
  bool operator==(const node_knocked&) const = default;
  static constexpr auto fields() { return members{field{1, "who", &node_knocked::who}}; }
};
using roster_record =
    std::variant<node_joined, node_left, node_fenced, slot_taken, node_drained, level_raised, node_checked, node_knocked>;
std::string encode_roster_record(const roster_record& what);
/// @error unsupported  of a later program: passed over by all alike; @error corrupt  passed over too: all read the same bytes
result<roster_record> decode_roster_record(std::string_view bytes);

struct member {
  node_card card{};
  slot_number slot = 0;         ///< of its node; 0 = it has no addresses
  std::uint64_t joined_at = 0;  ///< offset
  bool drains = false;
  bool operator==(const member&) const = default;
};
struct slot {
  std::string node{};          ///< whose addresses they are
  slot_addresses addresses{};  ///< as its last process gave them
  process_id holder{};         ///< a member; none = nobody holds it
  bool operator==(const slot&) const = default;
};

struct roster {
  std::uint64_t next = 0;  ///< offset of the first record that is not folded
  std::map<process_id, member> members{};
  std::map<slot_number, slot> slots{};
  std::set<std::string> draining{};  ///< nodes
  std::uint32_t level = 1;
  std::deque<process_id> gone{};  ///< the last `gone_max` that are out
  /// Nothing when it is no member.
  const member* find(process_id process) const;
  const member* of_node(const std::string& node) const;
  /// The slot of this node's addresses; 0 = it has none.
  slot_number slot_of(const std::string& node) const;
  bool operator==(const roster&) const = default;
};

/// What a record changed; for the router, the steward and people.
struct member_came {
  member who{};
};
struct member_gone {
  member who{};
  std::string why{};
  bool speaks_no_more = false;  ///< for certain: it left, or is dead
  bool by_leaving = false;
};
struct slot_moved {
  slot_number number = 0;
  process_id from{};
  process_id to{};
};  ///< `to` none: free
struct drain_changed {
  std::string node{};
  bool drains = false;
};
struct level_changed {
  std::uint32_t level = 1;
};
/// A join that is void: every number of a slot is given (`slots_max`; they are never given twice), `members_max`, or the program
/// is too old for the cluster's level. The process ends when it reads that.
struct join_refused {
  lane_owner who{};
  error why{};
};
using roster_change = std::variant<member_came, member_gone, slot_moved, drain_changed, level_changed, join_refused>;

/// Folds the record at `offset`; nothing: one that this program does not know. No change: it is void. Rules: a join of a node
/// that has a member replaces that member; the first join of a node with addresses gets it the next number; a member that goes
/// frees every slot that it held; a process that is out never comes back. An offset below `next` was folded before.
std::vector<roster_change> fold(roster& at, std::uint64_t offset, const std::optional<roster_record>& what);

}  // namespace seatgrid::cluster
