#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/call_parts.hpp"

/// What other systems are told of a call. JSON names are a public schema: add, never change or remove (docs/events). An empty
/// text, id or time means: none.
namespace seatgrid::published {

struct call_started {
  static constexpr std::string_view type = "call.started";
  static constexpr std::string_view about = "A trunk's INVITE on a number of ours was accepted.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string caller{};   ///< empty = withheld
  std::string dialled{};  ///< as it came
  std::string trunk{};
  std::string answer_policy{};
  std::uint64_t config_version = 0;  ///< of the tenant, for the whole call
  static constexpr auto fields() {
    return members{field{1, "call", &call_started::call},
                   field{2, "tenant", &call_started::tenant},
                   field{3, "number", &call_started::number},
                   field{4, "at", &call_started::at},
                   field{5, "caller", &call_started::caller},
                   field{6, "dialled", &call_started::dialled},
                   field{7, "trunk", &call_started::trunk},
                   field{8, "answer_policy", &call_started::answer_policy},
                   field{9, "config_version", &call_started::config_version}};
  }
};
struct call_answered {
  static constexpr std::string_view type = "call.answered";
  static constexpr std::string_view about = "200 to the caller: charging begins.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string why{};
  static constexpr auto fields() {
    return members{field{1, "call", &call_answered::call}, field{2, "tenant", &call_answered::tenant},
                   field{3, "number", &call_answered::number}, field{4, "at", &call_answered::at},
                   field{5, "why", &call_answered::why}};
  }
};
struct call_queued {
  static constexpr std::string_view type = "call.queued";
  static constexpr std::string_view about = "The caller has a place in a queue.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string queue{};
  std::uint32_t position = 1;  ///< 1 = next
  time_point enqueued_at{};    ///< in the call's first queue: decides the place
  std::string caller{};        ///< empty = withheld
  static constexpr auto fields() {
    return members{field{1, "call", &call_queued::call},
                   field{2, "tenant", &call_queued::tenant},
                   field{3, "number", &call_queued::number},
                   field{4, "at", &call_queued::at},
                   field{5, "queue", &call_queued::queue},
                   field{6, "position", &call_queued::position},
                   field{7, "enqueued_at", &call_queued::enqueued_at},
                   field{8, "caller", &call_queued::caller}};
  }
};
struct call_left_queue {
  static constexpr std::string_view type = "call.left_queue";
  static constexpr std::string_view about = "The one exit for the entry into that queue.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string queue{};
  std::string outcome{};
  std::string rule{};   ///< which rule decided
  std::string input{};  ///< what it decided on
  static constexpr auto fields() {
    return members{field{1, "call", &call_left_queue::call},     field{2, "tenant", &call_left_queue::tenant},
                   field{3, "number", &call_left_queue::number}, field{4, "at", &call_left_queue::at},
                   field{5, "queue", &call_left_queue::queue},   field{6, "outcome", &call_left_queue::outcome},
                   field{7, "rule", &call_left_queue::rule},     field{8, "input", &call_left_queue::input}};
  }
};
struct call_offered {
  static constexpr std::string_view type = "call.offered";
  static constexpr std::string_view about = "An agent's phones are called.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  agent_id agent{};
  std::string agent_name{};
  queue_id queue{};
  attempt_no attempt = 0;  ///< counts the call's attempts over all queues
  std::string rule{};
  std::string input{};
  static constexpr auto fields() {
    return members{field{1, "call", &call_offered::call},     field{2, "tenant", &call_offered::tenant},
                   field{3, "number", &call_offered::number}, field{4, "at", &call_offered::at},
                   field{5, "agent", &call_offered::agent},   field{6, "agent_name", &call_offered::agent_name},
                   field{7, "queue", &call_offered::queue},   field{8, "attempt", &call_offered::attempt},
                   field{9, "rule", &call_offered::rule},     field{10, "input", &call_offered::input}};
  }
};
struct call_connected {
  static constexpr std::string_view type = "call.connected";
  static constexpr std::string_view about = "Caller and agent, or caller and an outside phone, talk.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  agent_id agent{};
  std::string agent_name{};
  queue_id queue{};
  attempt_no attempt = 0;  ///< counts the call's attempts over all queues
  std::uint32_t leg = 0;   ///< of an outside phone; 0 = an agent
  std::string target{};    ///< the outside number
  std::string trunk{};     ///< to the outside phone
  std::string rule{};
  std::string input{};
  static constexpr auto fields() {
    return members{field{1, "call", &call_connected::call},     field{2, "tenant", &call_connected::tenant},
                   field{3, "number", &call_connected::number}, field{4, "at", &call_connected::at},
                   field{5, "agent", &call_connected::agent},   field{6, "agent_name", &call_connected::agent_name},
                   field{7, "queue", &call_connected::queue},   field{8, "attempt", &call_connected::attempt},
                   field{9, "leg", &call_connected::leg},       field{10, "target", &call_connected::target},
                   field{11, "trunk", &call_connected::trunk},  field{12, "rule", &call_connected::rule},
                   field{13, "input", &call_connected::input}};
  }
};
struct call_offer_ended {
  static constexpr std::string_view type = "call.offer_ended";
  static constexpr std::string_view about = "The attempt on an agent is over: refused, not answered, or the talk has ended.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  agent_id agent{};
  std::string agent_name{};
  queue_id queue{};
  attempt_no attempt = 0;  ///< counts the call's attempts over all queues
  attempt_failure why = attempt_failure::none;
  std::string rule{};
  std::string input{};
  static constexpr auto fields() {
    return members{field{1, "call", &call_offer_ended::call},     field{2, "tenant", &call_offer_ended::tenant},
                   field{3, "number", &call_offer_ended::number}, field{4, "at", &call_offer_ended::at},
                   field{5, "agent", &call_offer_ended::agent},   field{6, "agent_name", &call_offer_ended::agent_name},
                   field{7, "queue", &call_offer_ended::queue},   field{8, "attempt", &call_offer_ended::attempt},
                   field{9, "why", &call_offer_ended::why},       field{10, "rule", &call_offer_ended::rule},
                   field{11, "input", &call_offer_ended::input}};
  }
};
struct call_held {
  static constexpr std::string_view type = "call.held";
  static constexpr std::string_view about = "One side put the other on hold.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  calls::leg_role by = calls::leg_role::none;
  std::uint32_t leg = 0;
  static constexpr auto fields() {
    return members{field{1, "call", &call_held::call},     field{2, "tenant", &call_held::tenant},
                   field{3, "number", &call_held::number}, field{4, "at", &call_held::at},
                   field{5, "by", &call_held::by},         field{6, "leg", &call_held::leg}};
  }
};
struct call_retrieved {
  static constexpr std::string_view type = "call.retrieved";
  static constexpr std::string_view about = "It took the other side back.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  calls::leg_role by = calls::leg_role::none;
  std::uint32_t leg = 0;
  static constexpr auto fields() {
    return members{field{1, "call", &call_retrieved::call},     field{2, "tenant", &call_retrieved::tenant},
                   field{3, "number", &call_retrieved::number}, field{4, "at", &call_retrieved::at},
                   field{5, "by", &call_retrieved::by},         field{6, "leg", &call_retrieved::leg}};
  }
};
struct call_transferred {
  static constexpr std::string_view type = "call.transferred";
  static constexpr std::string_view about = "A blind transfer reached its target.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string why{};
  static constexpr auto fields() {
    return members{field{1, "call", &call_transferred::call}, field{2, "tenant", &call_transferred::tenant},
                   field{3, "number", &call_transferred::number}, field{4, "at", &call_transferred::at},
                   field{5, "why", &call_transferred::why}};
  }
};
struct call_transfer_failed {
  static constexpr std::string_view type = "call.transfer_failed";
  static constexpr std::string_view about = "A blind transfer did not reach its target; the talk went on or the call ended.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string why{};
  static constexpr auto fields() {
    return members{field{1, "call", &call_transfer_failed::call}, field{2, "tenant", &call_transfer_failed::tenant},
                   field{3, "number", &call_transfer_failed::number}, field{4, "at", &call_transfer_failed::at},
                   field{5, "why", &call_transfer_failed::why}};
  }
};
struct call_recovered {
  static constexpr std::string_view type = "call.recovered";
  static constexpr std::string_view about = "Another process took the call over, with all that it was doing.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::uint64_t recoveries = 0;  ///< this one included
  static constexpr auto fields() {
    return members{field{1, "call", &call_recovered::call}, field{2, "tenant", &call_recovered::tenant},
                   field{3, "number", &call_recovered::number}, field{4, "at", &call_recovered::at},
                   field{5, "recoveries", &call_recovered::recoveries}};
  }
};
struct call_ended {
  static constexpr std::string_view type = "call.ended";
  static constexpr std::string_view about = "The call ends: by whom and why.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  calls::call_side by = calls::call_side::none;
  release_cause cause{};
  std::string why{};
  bool answered = false;
  static constexpr auto fields() {
    return members{field{1, "call", &call_ended::call},     field{2, "tenant", &call_ended::tenant},
                   field{3, "number", &call_ended::number}, field{4, "at", &call_ended::at},
                   field{5, "by", &call_ended::by},         field{6, "cause", &call_ended::cause},
                   field{7, "why", &call_ended::why},       field{8, "answered", &call_ended::answered}};
  }
};

}  // namespace seatgrid::published
