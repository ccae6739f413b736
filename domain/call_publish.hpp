#pragma once

#include <string>

#include "domain/call_events.hpp"

/// The JSON of a call's public events; every one holds call, tenant, number and at. Written in call_publish_codec.cpp.
namespace seatgrid::calls {

std::string public_data(const call_state& call, const call_started& e);
std::string public_data(const call_state& call, const caller_answered& e);
std::string public_data(const call_state& call, const queue_joined& e);
std::string public_data(const call_state& call, const queue_left& e, const std::string& queue);
std::string public_data(const call_state& call, const attempt_changed& e);
std::string public_data(const call_state& call, const talk_began& e);
std::string public_data(const call_state& call, const hold_changed& e);
std::string public_data(const call_state& call, const transfer_ended& e);
std::string public_data(const call_state& call, const recording_began& e);
std::string public_data(const call_state& call, const recording_ended& e);
std::string public_data(const call_state& call, const voicemail_left& e);
std::string public_data(const call_state& call, const release_began& e);
std::string public_data(const call_state& call, const call_closed& e);

}  // namespace seatgrid::calls
