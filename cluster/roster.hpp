#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

/// The addresses of one edge and one media engine, enough to open them elsewhere.
struct slot_addresses {
  std::vector<std::string> listen{};  ///< sip:HOST:PORT;transport=udp|tcp
  std::string sip_advertised{};       ///< host; empty = the bound one
  std::string rtp_host{};
  std::string rtp_advertised{};
  std::uint16_t rtp_first = 0;
  std::uint16_t rtp_last = 0;
  bool operator==(const slot_addresses&) const = default;
};

/// What a process tells of itself when it joins.
struct node_card {
  lane_owner who{};
  std::uint8_t roles = all_roles;
  std::string version{};
  std::uint32_t level = 1;  ///< highest cluster level that it understands
  std::string link_host{};
  std::uint16_t link_port = 0;
  std::string api_url{};
  slot_addresses slot{};  ///< empty without the role edge or media
  bool operator==(const node_card&) const = default;
};

// Records of the topic. Tags stand in logs: add, never change.
struct node_joined {
  static constexpr std::uint32_t tag = 1;
  node_card card{};
};
/// It ends by itself, with nothing left to do.
struct node_left {
  static constexpr std::uint32_t tag = 2;
  process_id process{};
};
/// `process` is out: it acts for nothing any more. Void when `by` is out itself by then.
struct node_fenced {
  static constexpr std::uint32_t tag = 3;
  process_id by{};
  process_id process{};
  std::string why{};
};
/// `by` holds the slot from here on. Void when `by` is not a member, or when `from`, who held it in its eyes, holds it no longer.
struct slot_taken {
  static constexpr std::uint32_t tag = 4;
  process_id by{};
  slot_number slot = 0;
  process_id from{};
};
/// An operator's word: it shall lose lanes and take no new calls, or serve again.
struct node_drained {
  static constexpr std::uint32_t tag = 5;
  std::string node{};
  bool drains = true;
};
/// All members understand this level: its fields and records may be written from here on (DESIGN section 2).
struct level_raised {
  static constexpr std::uint32_t tag = 6;
  std::uint32_t level = 1;
};
using roster_record = std::variant<node_joined, node_left, node_fenced, slot_taken, node_drained, level_raised>;
std::string encode_roster_record(const roster_record& what);
/// @error unsupported  of a later program: passed over by all alike; @error corrupt
result<roster_record> decode_roster_record(std::string_view bytes);

struct member {
  node_card card{};
  slot_number slot = 0;         ///< of its node; 0 = it has no addresses
  std::uint64_t joined_at = 0;  ///< offset
  bool drains = false;
};
struct slot {
  std::string node{};          ///< whose addresses they are
  slot_addresses addresses{};  ///< as its last process gave them
  process_id holder{};         ///< a member; none = nobody holds it
};

struct roster {
  std::uint64_t next = 0;  ///< offset of the first record that is not folded
  std::map<process_id, member> members{};
  std::map<slot_number, slot> slots{};
  std::map<std::string, bool> draining{};  ///< node -> drains
  std::uint32_t level = 1;
  const member* find(process_id process) const;
  const member* of_node(const std::string& node) const;
};

/// What a record changed; for the router, the steward and people.
struct member_came {
  member who{};
};
struct member_gone {
  member who{};
  std::string why{};
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
using roster_change = std::variant<member_came, member_gone, slot_moved, drain_changed, level_changed>;

/// Folds the record at `offset`; nothing: one that this program does not know, or that is void. Rules: a join of a node that has
/// a member replaces that member (its slot is free then); the first join of a node with addresses gets it the next number; a
/// member that goes frees every slot that it held.
std::vector<roster_change> fold(roster& at, std::uint64_t offset, const std::optional<roster_record>& what);

}  // namespace seatgrid::cluster
