#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/time.hpp"

/// What the API says of a cluster: /v1/cluster, /v1/nodes.
namespace seatgrid::answers {

struct node_line {
  std::string node{};
  std::string process{};  ///< 32 hexadecimal digits; another one at each start
  std::string version{};
  std::vector<std::string> roles{};
  bool drains = false;
  bool here = false;           ///< this is the node that answers
  std::string link{};          ///< "up", "down", or empty for the node that answers
  std::string api{};           ///< URL of its API
  std::uint32_t slot = 0;      ///< number of its addresses; 0 = it has none
  std::uint32_t lanes = 0;     ///< how many it owns
  std::uint64_t heard_ms = 0;  ///< since it was heard last
  std::uint64_t behind = 0;    ///< records that it has not folded and the node that is ahead has
  std::uint32_t level = 1;     ///< the highest level of the cluster that it understands
  static constexpr auto fields() {
    using m = node_line;
    return members{field{1, "node", &m::node},          field{2, "process", &m::process},
                   field{3, "version", &m::version},    field{4, "roles", &m::roles},
                   field{5, "drains", &m::drains},      field{6, "here", &m::here},
                   field{7, "link", &m::link},          field{8, "api", &m::api},
                   field{9, "slot", &m::slot},          field{10, "lanes", &m::lanes},
                   field{11, "heard_ms", &m::heard_ms}, field{12, "behind", &m::behind},
                   field{13, "level", &m::level}};
  }
};

/// Addresses of an edge and a media engine, and who speaks on them.
struct slot_line {
  std::uint32_t slot = 0;
  std::string node{};    ///< whose they are
  std::string holder{};  ///< node that holds them now, empty = nobody
  std::vector<std::string> listen{};
  static constexpr auto fields() {
    using m = slot_line;
    return members{field{1, "slot", &m::slot}, field{2, "node", &m::node}, field{3, "holder", &m::holder},
                   field{4, "listen", &m::listen}};
  }
};

struct lane_line {
  std::uint32_t lane = 0;
  std::string mode{};  ///< of the node that answers: follower, claiming, owner, stopped
  std::string owner{};
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint64_t to_fold = 0;
  std::uint64_t waiting = 0;
  std::uint64_t in_doubt_ms = 0;
  bool folds = true;                  ///< the node that answers keeps a copy of it
  std::uint64_t lag = 0;              ///< records behind the log's end, up to 5 s old
  std::uint64_t first_offset = 0;     ///< what lies before it was removed from the log
  std::uint64_t snapshot_offset = 0;  ///< where the newest whole snapshot stands; 0 = there is none
  std::string trouble{};
  static constexpr auto fields() {
    using m = lane_line;
    return members{field{1, "lane", &m::lane},
                   field{2, "mode", &m::mode},
                   field{3, "owner", &m::owner},
                   field{4, "epoch", &m::epoch},
                   field{5, "sequence", &m::sequence},
                   field{6, "to_fold", &m::to_fold},
                   field{7, "waiting", &m::waiting},
                   field{8, "in_doubt_ms", &m::in_doubt_ms},
                   field{9, "folds", &m::folds},
                   field{10, "lag", &m::lag},
                   field{11, "first_offset", &m::first_offset},
                   field{12, "snapshot_offset", &m::snapshot_offset},
                   field{13, "trouble", &m::trouble}};
  }
};

/// A lane or a slot that another node took.
struct takeover_line {
  time_point at{};
  std::string what{};  ///< "lane 3", "slot 2"
  std::string from{};
  std::string to{};
  std::uint64_t took_ms = 0;  ///< since the former was heard last; 0: a planned move
  static constexpr auto fields() {
    using m = takeover_line;
    return members{field{1, "at", &m::at}, field{2, "what", &m::what}, field{3, "from", &m::from}, field{4, "to", &m::to},
                   field{5, "took_ms", &m::took_ms}};
  }
};

struct cluster_state {
  std::string cluster{};
  std::uint32_t level = 1;           ///< in force: what is written, and which programs may join
  std::uint32_t level_possible = 1;  ///< the highest that all nodes understand: `cluster level raise` goes there
  bool healthy = false;              ///< every lane has a living owner, every slot a holder, every link is up
  std::vector<std::string> troubles{};
  std::vector<node_line> nodes{};
  std::vector<slot_line> slots{};
  std::vector<lane_line> lanes{};
  std::vector<takeover_line> takeovers{};  ///< the last ones, newest first
  static constexpr auto fields() {
    using m = cluster_state;
    return members{
        field{1, "cluster", &m::cluster},   field{2, "level", &m::level},         field{3, "healthy", &m::healthy},
        field{4, "troubles", &m::troubles}, field{5, "nodes", &m::nodes},         field{6, "slots", &m::slots},
        field{7, "lanes", &m::lanes},       field{8, "takeovers", &m::takeovers}, field{9, "level_possible", &m::level_possible}};
  }
};

std::string text(const cluster_state& what);
std::string text(const std::vector<node_line>& what);
std::string text(const std::vector<lane_line>& what);

}  // namespace seatgrid::answers
