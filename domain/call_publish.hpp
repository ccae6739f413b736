#pragma once

#include <cstdint>
#include <string>

#include "domain/call_events.hpp"
#include "domain/effect.hpp"

/// Which public events (domain/published.hpp) follow from what happened to a call. Written in call_publish_codec.cpp.
namespace seatgrid::calls {

publish told(const call_state& call, const call_started& e);
publish told(const call_state& call, const caller_answered& e);
publish told(const call_state& call, const queue_joined& e);
publish told(const call_state& call, const queue_left& e, const std::string& queue);
publish told_offered(const call_state& call, const attempt_changed& e);
publish told_connected(const call_state& call, const attempt_changed& e);
publish told_offer_ended(const call_state& call, const attempt_changed& e);
publish told_connected(const call_state& call, const call_leg& phone, time_point at);
publish told(const call_state& call, const hold_changed& e);
publish told(const call_state& call, const transfer_ended& e);
publish told(const call_state& call, const recording_began& e);
publish told(const call_state& call, const recording_ended& e);
publish told(const call_state& call, const recording_segment_ended& e);
publish told(const call_state& call, const voicemail_left& e);
publish told(const call_state& call, const call_recovered& e);
publish told(const call_state& call, const release_began& e);
publish told(const call_closed& e);

publish told_started(const call_state& call, const call_leg& leg);
publish told_ringing(const call_state& call, const call_leg& leg, std::uint16_t status, time_point at);
publish told_answered(const call_state& call, const call_leg& leg);
publish told_ended(const call_state& call, const call_leg& leg);

}  // namespace seatgrid::calls
