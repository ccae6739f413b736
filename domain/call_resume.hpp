#pragma once

#include "domain/call_state.hpp"
#include "domain/media_port.hpp"

/// Words that a call says when something begins and again after a takeover, made from its state alone.
namespace seatgrid::calls {

/// After a takeover the end of a leg is said again so long: whoever held its slot may have been silent, and out before it spoke.
inline constexpr milliseconds end_said_again{30'000};
/// We ended it, with a word that the far end may not have heard: its dialog is kept so that a successor can end it.
bool owes_end(const call_leg& leg);

enqueue enqueue_word(const call_state& call);
media_record record_command(const call_state& call, const call_recording& recording);
media_record_stop record_stop_command(const call_state& call, const call_recording& recording);

}  // namespace seatgrid::calls
