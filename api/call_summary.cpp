#include "api/call_summary.hpp"

#include <nlohmann/json.hpp>

#include "api/answers.hpp"

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
  const answers::call_line line{.id = text_of(call, "id"),
                                .tenant = text_of(call, "tenant"),
                                .state = state_of(call),
                                .caller = part_of(caller, "withheld") == json(true) ? "withheld" : text_of(caller, "number"),
                                .called = text_of(call, "number"),
                                .queue = std::move(queue_name),
                                .agent = text_of(call, "agent_name"),
                                .started_at = text_of(call, "started_at"),
                                .answered_at = text_of(call, "answered_at")};
  return json::parse(answers::text(line));
}

/// @error not_found  it leads out of the data directory, or there is none.
result<recorded_file> check_path(recorded_file file) {
  if (file.path.empty() || file.path.front() == '/' || file.path.find("..") != std::string::npos)
    return fail(errc::not_found, "it has no file");
  return file;
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

result<recorded_file> recorded_file_of(const json& cdr, std::string_view kind, std::uint32_t recording, std::uint32_t segment) {
  const auto file_of = [](const json& item) {
    return recorded_file{text_of(item, "path"), text_of(item, "sha256"), text_of(item, "missing")};
  };
  std::uint32_t seen = 0;
  for (const auto& one : part_of(cdr, "recordings")) {
    if (text_of(one, "kind") != kind || ++seen != recording) continue;
    const auto files = part_of(one, "files");
    if (!files.is_array() || files.empty()) {
      if (segment == 1) return check_path(file_of(one));
      return fail(errc::not_found, "it has 1 segment");
    }
    if (segment <= files.size()) return check_path(file_of(files[segment - 1]));
    return fail(errc::not_found, "it has " + std::to_string(files.size()) + " segments");
  }
  return fail(errc::not_found, "the call has " + std::to_string(seen) + " of that kind");
}

}  // namespace seatgrid
