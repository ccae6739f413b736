#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/time.hpp"

/// What other systems are told of a cluster's nodes and lanes. The same promises as in published_calls.hpp. They are of no
/// tenant, begin with level 2 of the cluster, and their `at` is when the cluster's log took what they tell.
namespace seatgrid::published {

struct node_joined {
  static constexpr std::string_view type = "node.joined";
  static constexpr std::string_view about = "A process of this node became a member: it takes its addresses, and lanes.";
  std::string node{};     ///< its name, for ever the same
  std::string process{};  ///< 32 hexadecimal digits; another one at each start
  time_point at{};
  std::string version{};
  std::uint32_t level = 1;           ///< highest cluster level that it understands
  std::vector<std::string> roles{};  ///< of edge, core, media, api
  std::uint32_t slot = 0;            ///< number of its addresses; 0 = it has none
  static constexpr auto fields() {
    return members{field{1, "node", &node_joined::node},   field{2, "process", &node_joined::process},
                   field{3, "at", &node_joined::at},       field{4, "version", &node_joined::version},
                   field{5, "level", &node_joined::level}, field{6, "roles", &node_joined::roles},
                   field{7, "slot", &node_joined::slot}};
  }
};
struct node_left {
  static constexpr std::string_view type = "node.left";
  static constexpr std::string_view about = "The node's process ended by itself, with nothing left to do.";
  std::string node{};
  std::string process{};
  time_point at{};
  static constexpr auto fields() {
    return members{field{1, "node", &node_left::node}, field{2, "process", &node_left::process}, field{3, "at", &node_left::at}};
  }
};
struct node_fenced {
  static constexpr std::string_view type = "node.fenced";
  static constexpr std::string_view about =
      "The node's process was put out, by another node or an operator: it died, fell silent or hung. Others take its place.";
  std::string node{};
  std::string process{};
  time_point at{};
  std::string by{};  ///< node that wrote the fence
  std::string why{};
  bool is_dead = false;  ///< for certain: its kernel said so; else it may only be silent
  static constexpr auto fields() {
    return members{field{1, "node", &node_fenced::node}, field{2, "process", &node_fenced::process},
                   field{3, "at", &node_fenced::at},     field{4, "by", &node_fenced::by},
                   field{5, "why", &node_fenced::why},   field{6, "is_dead", &node_fenced::is_dead}};
  }
};
struct node_replaced {
  static constexpr std::string_view type = "node.replaced";
  static constexpr std::string_view about =
      "Another process of the node joined before anybody had put out this one, which is lost: node.joined follows.";
  std::string node{};
  std::string process{};
  time_point at{};
  std::string successor{};  ///< process
  static constexpr auto fields() {
    return members{field{1, "node", &node_replaced::node}, field{2, "process", &node_replaced::process},
                   field{3, "at", &node_replaced::at}, field{4, "successor", &node_replaced::successor}};
  }
};
struct node_drained {
  static constexpr std::string_view type = "node.drained";
  static constexpr std::string_view about = "An operator's order: the node takes no new calls, and its lanes go to others.";
  std::string node{};
  time_point at{};
  static constexpr auto fields() { return members{field{1, "node", &node_drained::node}, field{2, "at", &node_drained::at}}; }
};
struct node_undrained {
  static constexpr std::string_view type = "node.undrained";
  static constexpr std::string_view about = "The drain is over: by order, or because the node has left.";
  std::string node{};
  time_point at{};
  static constexpr auto fields() { return members{field{1, "node", &node_undrained::node}, field{2, "at", &node_undrained::at}}; }
};
struct node_addresses_taken {
  static constexpr std::string_view type = "node.addresses_taken";
  static constexpr std::string_view about = "The node speaks on these addresses from here on: its own, or those of another.";
  std::string node{};
  std::string process{};
  time_point at{};
  std::uint32_t slot = 0;   ///< number of the addresses
  std::string addresses{};  ///< node whose they are
  std::string handed_by{};  ///< node that gave them over; empty = nobody held them
  static constexpr auto fields() {
    return members{field{1, "node", &node_addresses_taken::node},
                   field{2, "process", &node_addresses_taken::process},
                   field{3, "at", &node_addresses_taken::at},
                   field{4, "slot", &node_addresses_taken::slot},
                   field{5, "addresses", &node_addresses_taken::addresses},
                   field{6, "handed_by", &node_addresses_taken::handed_by}};
  }
};
struct lane_taken {
  static constexpr std::string_view type = "lane.taken";
  static constexpr std::string_view about =
      "Another process owns the lane from here on: calls, queues and agents in it go on there.";
  std::uint32_t lane = 0;
  std::string node{};
  std::string process{};
  time_point at{};
  std::uint64_t epoch = 0;  ///< of its claim
  std::string former{};     ///< node that owned it before; empty = the first
  std::string former_process{};
  static constexpr auto fields() {
    return members{field{1, "lane", &lane_taken::lane},
                   field{2, "node", &lane_taken::node},
                   field{3, "process", &lane_taken::process},
                   field{4, "at", &lane_taken::at},
                   field{5, "epoch", &lane_taken::epoch},
                   field{6, "former", &lane_taken::former},
                   field{7, "former_process", &lane_taken::former_process}};
  }
};

}  // namespace seatgrid::published
