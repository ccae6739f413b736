#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace seatgrid {

/// A page of calls as the gateway gives it -> one line a call: id, state, caller, called, queue, agent, started_at. States:
/// opening, in_flow, waiting, ringing, dialling, talking, held, voicemail, releasing, ended. `state` keeps only those; empty =
/// all.
std::string summarise_calls(const std::string& page, const std::string& state);

/// A file as a CDR names it.
struct recorded_file {
  std::string path{};  ///< below the data directory
  std::string sha256{};
  std::string missing{};  ///< why it should not be there
};
/// Segment `segment` of the `recording`th recording of `kind` ("talk", "voicemail") in a CDR, both from 1.
/// @error not_found  says how many there are.
result<recorded_file> recorded_file_of(const nlohmann::json& cdr, std::string_view kind, std::uint32_t recording,
                                       std::uint32_t segment);

}  // namespace seatgrid
