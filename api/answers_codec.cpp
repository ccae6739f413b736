#include "api/answers.hpp"

#include "proto/json.hpp"

namespace seatgrid::answers {

std::string text(const call_line& what) { return json::text(what); }
std::string text(const std::vector<number_line>& what) { return json::text(what); }
std::string text(const std::vector<tenant_line>& what) { return json::text(what); }
std::string text(const std::vector<trunk_line>& what) { return json::text(what); }
std::string text(const std::vector<lane_position>& what) { return json::text(what); }
std::string text(const number_check& what) { return json::text(what); }
std::string text(const provisioned& what) { return json::text(what); }
std::string text(const done& what) { return json::text(what); }
std::string text(const removed& what) { return json::text(what); }
std::string text(const backup& what) { return json::text(what); }
std::string text(const readiness& what) { return json::text(what); }
std::string text(const health& what) { return json::text(what); }
std::string text(const version& what) { return json::text(what); }

}  // namespace seatgrid::answers
