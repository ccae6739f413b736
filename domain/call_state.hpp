#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/call_parts.hpp"

/// What a call knows: its legs, where its caller is in the flow, queue or talk, its waits, its recordings. One row.
namespace seatgrid::calls {

struct call_state {
  call_id id{};
  call_phase phase = call_phase::none;
  call_stage stage = call_stage::none;
  std::string tenant{};
  std::uint64_t config_version = 0;
  std::string trunk{};
  std::string number{};   ///< the access number, canonical
  std::string dialled{};  ///< as received
  caller_identity caller{};
  answer_policy policy = answer_policy::on_agent;
  std::string language{};
  std::uint32_t hops_left = 70;
  time_point started_at{};
  time_point answered_at{};  ///< our 200; zero = never (not billed)
  time_point ended_at{};
  call_side released_by = call_side::none;
  release_cause cause{};
  std::string why{};  ///< of the end, in a word: "caller_hung_up", "queue_full", ...
  std::vector<call_leg> legs{};
  std::uint32_t last_leg = 0;
  std::uint32_t last_play = 0;
  std::uint64_t last_recording = 0;
  flow_position flow{};
  std::map<std::string, std::string> variables{};
  std::vector<std::string> path{};
  std::uint32_t nodes_entered = 0;
  std::optional<queue_wait> wait{};
  std::vector<queue_visit> visits{};
  call_attempt attempt{};
  attempt_step last_word{};  ///< said again after a takeover
  std::string agent_name{};  ///< of the attempt
  std::optional<dial_plan> dial{};
  std::optional<transfer_plan> transfer{};
  std::optional<voicemail_plan> voicemail{};
  release_cause farewell{};
  std::uint32_t talk_leg = 0;  ///< who the caller talks to, held or not; 0 = nobody
  std::uint32_t bridge_a = 0;  ///< leg indexes; 0 = none
  std::uint32_t bridge_b = 0;
  std::vector<call_recording> recordings{};
  std::vector<running_timer> timers{};
  std::uint64_t timer_generation = 0;
  std::uint64_t recoveries = 0;
  std::uint32_t answered_agents = 0;  ///< attempts that talked
  std::string talked_agent{};         ///< the last of them
  bool collects_secret = false;       ///< the node under way takes sensitive digits

  /// Digits of a sensitive collect node and what came of them: in memory only, never in rows, events or recordings. A takeover
  /// forgets them and the caller is asked again.
  std::string secret_digits{};
  std::map<std::string, std::string> secrets{};

  const call_leg* leg(std::uint32_t index) const;
  call_leg* leg(std::uint32_t index);
  const call_leg& caller_leg() const { return legs.front(); }
  const running_timer* timer(call_timer which) const;
  const call_recording* recording(std::uint64_t which) const;
  call_recording* recording(std::uint64_t which);
  bool is_answered() const { return answered_at != time_point{}; }
  bool operator==(const call_state&) const = default;
  static constexpr auto fields() {
    using s = call_state;
    return std::tuple{field{1, "id", &s::id},
                      field{2, "phase", &s::phase},
                      field{3, "stage", &s::stage},
                      field{4, "tenant", &s::tenant},
                      field{5, "config_version", &s::config_version},
                      field{6, "trunk", &s::trunk},
                      field{7, "number", &s::number},
                      field{8, "dialled", &s::dialled},
                      field{9, "caller", &s::caller},
                      field{10, "policy", &s::policy},
                      field{11, "language", &s::language},
                      field{12, "hops_left", &s::hops_left},
                      field{13, "started_at", &s::started_at},
                      field{14, "answered_at", &s::answered_at},
                      field{15, "ended_at", &s::ended_at},
                      field{16, "released_by", &s::released_by},
                      field{17, "cause", &s::cause},
                      field{18, "why", &s::why},
                      field{19, "legs", &s::legs},
                      field{20, "last_leg", &s::last_leg},
                      field{21, "last_play", &s::last_play},
                      field{22, "last_recording", &s::last_recording},
                      field{23, "flow", &s::flow},
                      field{24, "variables", &s::variables},
                      field{25, "path", &s::path},
                      field{26, "nodes_entered", &s::nodes_entered},
                      field{27, "wait", &s::wait},
                      field{28, "visits", &s::visits},
                      field{29, "attempt", &s::attempt},
                      field{30, "last_word", &s::last_word},
                      field{31, "agent_name", &s::agent_name},
                      field{32, "dial", &s::dial},
                      field{33, "transfer", &s::transfer},
                      field{34, "voicemail", &s::voicemail},
                      field{35, "farewell", &s::farewell},
                      field{36, "bridge_a", &s::bridge_a},
                      field{37, "bridge_b", &s::bridge_b},
                      field{38, "recordings", &s::recordings},
                      field{39, "timers", &s::timers},
                      field{40, "timer_generation", &s::timer_generation},
                      field{41, "recoveries", &s::recoveries},
                      field{42, "answered_agents", &s::answered_agents},
                      field{43, "talk_leg", &s::talk_leg},
                      field{44, "talked_agent", &s::talked_agent},
                      field{45, "collects_secret", &s::collects_secret}};
  }
};

}  // namespace seatgrid::calls
