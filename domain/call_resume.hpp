#pragma once

#include "domain/call_state.hpp"
#include "domain/media_port.hpp"

/// Words that a call says when something begins and again after a takeover, made from its state alone.
namespace seatgrid::calls {

enqueue enqueue_word(const call_state& call);
media_record record_command(const call_state& call, const call_recording& recording);
media_record_stop record_stop_command(const call_state& call, const call_recording& recording);

}  // namespace seatgrid::calls
