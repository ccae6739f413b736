#pragma once

#include <tuple>

#include "domain/cdr.hpp"
#include "domain/published_acd.hpp"
#include "domain/published_calls.hpp"
#include "domain/published_legs.hpp"
#include "domain/published_nodes.hpp"

/// Every type of public event, in one list: the JSON Schemas, the AsyncAPI document and the checks are made from it.
namespace seatgrid::published {

/// The CDR is published as it is stored.
struct call_cdr : session_cdr {
  static constexpr std::string_view type = "call.cdr";
  static constexpr std::string_view about =
      "The call detail record: one per accepted INVITE, when everything of the call is over.";
};

using events = std::tuple<call_started, call_answered, call_queued, call_left_queue, call_offered, call_connected,
                          call_offer_ended, call_held, call_retrieved, call_transferred, call_transfer_failed, call_recovered,
                          call_ended, session_cdr, leg_started, leg_ringing, leg_answered, leg_ended, recording_started,
                          recording_finished, recording_failed, recording_segment_ended, voicemail_left, queue_call_queued,
                          queue_call_refused, queue_call_offered, queue_attempt_failed, queue_call_moved, queue_call_left,
                          agent_state_changed, registration_changed, binding_made, binding_removed, binding_lapsed, node_joined,
                          node_left, node_fenced, node_replaced, node_drained, node_undrained, node_addresses_taken, lane_taken>;

}  // namespace seatgrid::published
