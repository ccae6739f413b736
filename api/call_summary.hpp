#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace seatgrid {

/// A page of calls as the gateway gives it -> one line a call: id, state, caller, called, queue, agent, started_at. States:
/// opening, in_flow, waiting, ringing, dialling, talking, held, voicemail, releasing, ended. `state` keeps only those; empty =
/// all.
std::string summarise_calls(const std::string& page, const std::string& state);

/// The path below the data directory of the first recording of `kind` ("talk", "voicemail") in a CDR; "" = none.
std::string recording_path(const nlohmann::json& cdr, const std::string& kind);

}  // namespace seatgrid
