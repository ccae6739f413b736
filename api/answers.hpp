#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

/// The API's own answers, declared once: their JSON and their schemas in /openapi.json are made from these. What is an entity's
/// state or a CDR is declared in domain/.
namespace seatgrid::answers {

/// An order was carried out.
struct done {
  bool done = true;
  static constexpr auto fields() { return members{field{1, "done", &answers::done::done}}; }
};

/// A call in a list.
struct call_line {
  std::string id{};
  std::string tenant{};
  std::string state{};  ///< opening, in_flow, waiting, ringing, dialling, talking, held, voicemail, releasing, ended
  std::string caller{};
  std::string called{};
  std::string queue{};
  std::string agent{};
  std::string started_at{};
  std::string answered_at{};
  static constexpr auto fields() {
    return members{field{1, "id", &call_line::id},
                   field{2, "tenant", &call_line::tenant},
                   field{3, "state", &call_line::state},
                   field{4, "caller", &call_line::caller},
                   field{5, "called", &call_line::called},
                   field{6, "queue", &call_line::queue},
                   field{7, "agent", &call_line::agent},
                   field{8, "started_at", &call_line::started_at},
                   field{9, "answered_at", &call_line::answered_at}};
  }
};

struct number_line {
  std::string number{};  ///< canonical
  std::string tenant{};
  std::string flow{};
  std::string answer{};  ///< on_agent, at_once, on_queue
  std::uint32_t calls_max = 0;
  static constexpr auto fields() {
    return members{field{1, "number", &number_line::number}, field{2, "tenant", &number_line::tenant},
                   field{3, "flow", &number_line::flow}, field{4, "answer", &number_line::answer},
                   field{5, "calls_max", &number_line::calls_max}};
  }
};

struct tenant_line {
  std::string tenant{};
  std::uint64_t version = 0;
  std::string domain{};
  std::uint64_t numbers = 0;
  std::uint64_t queues = 0;
  std::uint64_t agents = 0;
  static constexpr auto fields() {
    return members{field{1, "tenant", &tenant_line::tenant}, field{2, "version", &tenant_line::version},
                   field{3, "domain", &tenant_line::domain}, field{4, "numbers", &tenant_line::numbers},
                   field{5, "queues", &tenant_line::queues}, field{6, "agents", &tenant_line::agents}};
  }
};

struct trunk_line {
  std::string trunk{};
  std::string tenant{};
  std::vector<std::string> addresses{};
  std::string outbound{};
  std::string dialled{};
  std::string caller{};
  std::uint32_t calls_max = 0;
  std::uint32_t calls_per_second_max = 0;
  bool probed = false;
  bool reachable = true;
  std::uint32_t misses = 0;
  static constexpr auto fields() {
    return members{
        field{1, "trunk", &trunk_line::trunk},         field{2, "tenant", &trunk_line::tenant},
        field{3, "addresses", &trunk_line::addresses}, field{4, "outbound", &trunk_line::outbound},
        field{5, "dialled", &trunk_line::dialled},     field{6, "caller", &trunk_line::caller},
        field{7, "calls_max", &trunk_line::calls_max}, field{8, "calls_per_second_max", &trunk_line::calls_per_second_max},
        field{9, "probed", &trunk_line::probed},       field{10, "reachable", &trunk_line::reachable},
        field{11, "misses", &trunk_line::misses}};
  }
};

/// What a number is; `why` only when it is none.
struct number_check {
  std::string input{};
  std::string kind{};
  std::string canonical{};
  std::string dialled{};
  std::string form{};
  std::string owner{};
  bool resale = false;
  std::string detail{};
  std::string area{};
  std::string area_name{};
  std::string province{};
  std::vector<std::string> warnings{};
  std::string why{};
  static constexpr auto fields() {
    return members{field{1, "input", &number_check::input},
                   field{2, "kind", &number_check::kind},
                   field{3, "canonical", &number_check::canonical},
                   field{4, "dialled", &number_check::dialled},
                   field{5, "form", &number_check::form},
                   field{6, "operator", &number_check::owner},
                   field{7, "resale", &number_check::resale},
                   field{8, "detail", &number_check::detail},
                   field{9, "area", &number_check::area},
                   field{10, "area_name", &number_check::area_name},
                   field{11, "province", &number_check::province},
                   field{12, "warnings", &number_check::warnings},
                   field{13, "why", &number_check::why}};
  }
};

struct provisioned {
  std::uint64_t changed = 0;
  std::vector<std::string> removed{};
  std::vector<std::string> warnings{};
  static constexpr auto fields() {
    return members{field{1, "changed", &provisioned::changed}, field{2, "removed", &provisioned::removed},
                   field{3, "warnings", &provisioned::warnings}};
  }
};

struct removed {
  std::vector<std::string> removed{};
  static constexpr auto fields() { return members{field{1, "removed", &answers::removed::removed}}; }
};

struct backup {
  std::string directory{};
  std::uint64_t files = 0;  ///< 0 when only the journal was copied
  std::uint64_t bytes = 0;
  static constexpr auto fields() {
    return members{field{1, "directory", &backup::directory}, field{2, "files", &backup::files},
                   field{3, "bytes", &backup::bytes}};
  }
};

struct lane_position {
  std::uint32_t lane = 0;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  static constexpr auto fields() {
    return members{field{1, "lane", &lane_position::lane}, field{2, "epoch", &lane_position::epoch},
                   field{3, "sequence", &lane_position::sequence}};
  }
};

struct health {
  std::string status{"ok"};
  static constexpr auto fields() { return members{field{1, "status", &health::status}}; }
};

/// In a cluster /readyz adds `lanes`: how each stands.
struct readiness {
  bool ready = true;
  std::string why{};  ///< empty = ready
  static constexpr auto fields() { return members{field{1, "ready", &readiness::ready}, field{2, "why", &readiness::why}}; }
};

struct version {
  std::string name{"seatgrid"};
  std::string version{};
  static constexpr auto fields() {
    return members{field{1, "name", &answers::version::name}, field{2, "version", &answers::version::version}};
  }
};

/// Members as the gateway writes them (actors/pages.hpp), but for `data`.
struct event_head {
  std::string id{};
  std::string type{};
  std::string entity{};
  std::string tenant{};
  time_point at{};
  std::uint64_t sequence = 0;
  static constexpr auto fields() {
    return members{field{1, "id", &event_head::id},         field{2, "type", &event_head::type},
                   field{3, "entity", &event_head::entity}, field{4, "tenant", &event_head::tenant},
                   field{5, "at", &event_head::at},         field{6, "sequence", &event_head::sequence}};
  }
};

/// Likewise, but for `events`.
struct timeline_head {
  time_point at{};
  std::uint64_t step = 0;
  static constexpr auto fields() { return members{field{1, "at", &timeline_head::at}, field{2, "step", &timeline_head::step}}; }
};

/// Likewise, but for `first_difference`.
struct replay_verdict {
  std::string entity{};
  std::uint64_t steps = 0;
  bool complete = true;
  bool same_config = true;
  bool same = true;
  static constexpr auto fields() {
    return members{field{1, "entity", &replay_verdict::entity}, field{2, "steps", &replay_verdict::steps},
                   field{3, "complete", &replay_verdict::complete}, field{4, "same_config", &replay_verdict::same_config},
                   field{5, "same", &replay_verdict::same}};
  }
};

/// What a list adds to an item whose own JSON does not say it.
struct tenant_head {
  std::string tenant{};
  static constexpr auto fields() { return members{field{1, "tenant", &tenant_head::tenant}}; }
};
struct named_head {
  std::string tenant{};
  std::string name{};
  static constexpr auto fields() { return members{field{1, "tenant", &named_head::tenant}, field{2, "name", &named_head::name}}; }
};

/// What a list of recordings adds to each recording of a CDR.
struct recording_head {
  call_id call{};
  std::string tenant{};
  std::string number{};
  std::string caller{};
  std::string agent{};
  time_point started_at{};
  static constexpr auto fields() {
    return members{field{1, "call", &recording_head::call},     field{2, "tenant", &recording_head::tenant},
                   field{3, "number", &recording_head::number}, field{4, "caller", &recording_head::caller},
                   field{5, "agent", &recording_head::agent},   field{6, "started_at", &recording_head::started_at}};
  }
};

std::string text(const call_line& what);
std::string text(const std::vector<number_line>& what);
std::string text(const std::vector<tenant_line>& what);
std::string text(const std::vector<trunk_line>& what);
std::string text(const std::vector<lane_position>& what);
std::string text(const number_check& what);
std::string text(const provisioned& what);
std::string text(const done& what);
std::string text(const removed& what);
std::string text(const backup& what);
std::string text(const readiness& what);
std::string text(const health& what);
std::string text(const version& what);

/// The JSON Schemas of every answer by name, as one JSON object: `components.schemas` of /openapi.json. Takes milliseconds.
std::string schemas();

}  // namespace seatgrid::answers
