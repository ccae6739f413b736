#pragma once

#include <cstdint>
#include <string>

/// How the files of one recording are named: "calls/7.wav", and after each death of its process "calls/7.2.wav", "calls/7.3.wav";
/// and what the rows say of a file.
namespace seatgrid {

/// "calls/7.wav" and 2 are "calls/7.2.wav"; 1 or 0 leave the path alone.
std::string segment_path(const std::string& path, std::uint32_t segment);

/// "calls/7.3.wav" and 3 are "calls/7.wav"; a path that does not end so is the first already.
std::string first_segment_path(const std::string& path, std::uint32_t segment);

/// What the rows say of a file.
enum class recording_owner : std::uint8_t {
  unknown,  ///< nobody can say now: left alone
  living,   ///< a call that goes on: its file may be growing
  over,     ///< a call that has ended
  none      ///< no row names it
};

}  // namespace seatgrid
