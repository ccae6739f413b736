#include "api/call_summary.hpp"

#include <nlohmann/json.hpp>

namespace seatgrid {
namespace {

using nlohmann::json;

std::string text_of(const json& call, const char* member) {
  return call.is_object() && call.contains(member) && call[member].is_string() ? call[member].get<std::string>() : "";
}

json part_of(const json& call, const char* member) { return call.is_object() && call.contains(member) ? call[member] : json{}; }

std::string state_of(const json& call) {
  auto phase = text_of(call, "phase");
  if (phase == "opening" || phase == "releasing") return phase;
  if (phase != "running") return "ended";
  auto stage = text_of(call, "stage");
  if (stage == "queue") return text_of(part_of(call, "attempt"), "state") == "ringing" ? "ringing" : "waiting";
  if (stage == "dialling" || stage == "voicemail") return stage;
  if (stage != "talking") return "in_flow";
  for (const auto& leg : part_of(call, "legs"))
    if (part_of(leg, "holding") == json(true)) return "held";
  return stage;
}

json line_of(const json& call) {
  const auto caller = part_of(call, "caller");
  const auto visits = part_of(call, "visits");
  auto queue_name = text_of(part_of(call, "wait"), "queue");
  if (queue_name.empty() && visits.is_array() && !visits.empty()) queue_name = text_of(visits.back(), "queue");
  return {{"id", text_of(call, "id")},
          {"tenant", text_of(call, "tenant")},
          {"state", state_of(call)},
          {"caller", part_of(caller, "withheld") == json(true) ? "withheld" : text_of(caller, "number")},
          {"called", text_of(call, "number")},
          {"queue", queue_name},
          {"agent", text_of(call, "agent_name")},
          {"started_at", text_of(call, "started_at")},
          {"answered_at", text_of(call, "answered_at")}};
}

}  // namespace

std::string summarise_calls(const std::string& page, const std::string& state) {
  auto json_page = json::parse(page, nullptr, false);
  if (!json_page.is_object()) return page;
  json lines = json::array();
  for (const auto& call : part_of(json_page, "items")) {
    auto line = line_of(call);
    if (state.empty() || line["state"] == state || (state == "active" && line["state"] != "ended"))
      lines.push_back(std::move(line));
  }
  json_page["items"] = std::move(lines);
  return json_page.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string recording_path(const json& cdr, const std::string& kind) {
  for (const auto& one : part_of(cdr, "recordings"))
    if (text_of(one, "kind") == kind) return text_of(one, "path");
  return text_of(cdr, "path");
}

}  // namespace seatgrid
