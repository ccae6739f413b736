#include "api/answers_cluster.hpp"
#include "proto/json.hpp"

namespace seatgrid::answers {

std::string text(const cluster_state& what) { return json::text(what); }
std::string text(const std::vector<node_line>& what) { return json::text(what); }
std::string text(const std::vector<lane_line>& what) { return json::text(what); }

}  // namespace seatgrid::answers
