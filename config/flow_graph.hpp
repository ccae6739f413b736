#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/flow_config.hpp"

/// What the shape of a flow tells before a caller finds out.
namespace seatgrid {

/// How long an edge takes: `instant` ones in a circle would spin; `playing` ones in a circle hold a caller who cannot choose.
enum class edge_pace : std::uint8_t { instant = 0, playing = 1, waiting = 2 };
struct flow_edge {
  std::string_view to{};  ///< never empty: an edge to "" ends the call and is none
  edge_pace pace = edge_pace::waiting;
};
std::vector<flow_edge> edges_of(const flow_node& node);

enum class flow_flaw_kind : std::uint8_t { unreachable = 0, instant_loop = 1, playing_loop = 2 };
struct flow_flaw {
  flow_flaw_kind kind = flow_flaw_kind::unreachable;
  std::string node{};
  std::string circle{};  ///< "a > b > a"
};
/// `more_edges` adds what lies outside the flow: the keys of a queue lead back into it. Edges to unknown nodes are skipped.
std::vector<flow_flaw> flaws_of(const flow& checked, const std::function<std::vector<flow_edge>(const flow_node&)>& more_edges);

}  // namespace seatgrid
