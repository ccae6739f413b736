#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/call_parts.hpp"

/// What other systems are told of a call's legs, recordings and voicemails. The same promises as in published_calls.hpp.
namespace seatgrid::published {

struct leg_started {
  static constexpr std::string_view type = "leg.started";
  static constexpr std::string_view about = "A SIP leg begins: the caller's, an agent's or an outside phone's.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::uint32_t leg = 0;  ///< 1 = the caller's
  calls::leg_role role = calls::leg_role::none;
  std::string name{};    ///< the agent, or the number called
  std::string target{};  ///< Request-URI
  std::string trunk{};
  static constexpr auto fields() {
    return members{
        field{1, "call", &leg_started::call}, field{2, "tenant", &leg_started::tenant}, field{3, "number", &leg_started::number},
        field{4, "at", &leg_started::at},     field{5, "leg", &leg_started::leg},       field{6, "role", &leg_started::role},
        field{7, "name", &leg_started::name}, field{8, "target", &leg_started::target}, field{9, "trunk", &leg_started::trunk}};
  }
};
struct leg_ringing {
  static constexpr std::string_view type = "leg.ringing";
  static constexpr std::string_view about = "18x on the leg.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::uint32_t leg = 0;  ///< 1 = the caller's
  calls::leg_role role = calls::leg_role::none;
  std::uint16_t status = 0;  ///< RFC 3261 status
  static constexpr auto fields() {
    return members{field{1, "call", &leg_ringing::call},     field{2, "tenant", &leg_ringing::tenant},
                   field{3, "number", &leg_ringing::number}, field{4, "at", &leg_ringing::at},
                   field{5, "leg", &leg_ringing::leg},       field{6, "role", &leg_ringing::role},
                   field{7, "status", &leg_ringing::status}};
  }
};
struct leg_answered {
  static constexpr std::string_view type = "leg.answered";
  static constexpr std::string_view about = "2xx on the leg.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::uint32_t leg = 0;  ///< 1 = the caller's
  calls::leg_role role = calls::leg_role::none;
  static constexpr auto fields() {
    return members{field{1, "call", &leg_answered::call},     field{2, "tenant", &leg_answered::tenant},
                   field{3, "number", &leg_answered::number}, field{4, "at", &leg_answered::at},
                   field{5, "leg", &leg_answered::leg},       field{6, "role", &leg_answered::role}};
  }
};
struct leg_ended {
  static constexpr std::string_view type = "leg.ended";
  static constexpr std::string_view about = "The leg is over, or given up.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::uint32_t leg = 0;  ///< 1 = the caller's
  calls::leg_role role = calls::leg_role::none;
  bool by_them = false;  ///< the far end ended it
  release_cause cause{};
  static constexpr auto fields() {
    return members{field{1, "call", &leg_ended::call},       field{2, "tenant", &leg_ended::tenant},
                   field{3, "number", &leg_ended::number},   field{4, "at", &leg_ended::at},
                   field{5, "leg", &leg_ended::leg},         field{6, "role", &leg_ended::role},
                   field{7, "by_them", &leg_ended::by_them}, field{8, "cause", &leg_ended::cause}};
  }
};
struct recording_started {
  static constexpr std::string_view type = "recording.started";
  static constexpr std::string_view about = "A recording's file is about to be made; also for a new segment after a takeover.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string recording{};
  std::string path{};         ///< below the data directory
  std::uint32_t segment = 1;  ///< above 1: a gap lies before
  static constexpr auto fields() {
    return members{field{1, "call", &recording_started::call},           field{2, "tenant", &recording_started::tenant},
                   field{3, "number", &recording_started::number},       field{4, "at", &recording_started::at},
                   field{5, "recording", &recording_started::recording}, field{6, "path", &recording_started::path},
                   field{7, "segment", &recording_started::segment}};
  }
};
struct recording_finished {
  static constexpr std::string_view type = "recording.finished";
  static constexpr std::string_view about = "The file is complete.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string recording{};
  std::string path{};  ///< below the data directory
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};
  std::uint32_t segments = 1;
  std::string why{};  ///< empty, or why it is short
  static constexpr auto fields() {
    return members{field{1, "call", &recording_finished::call},
                   field{2, "tenant", &recording_finished::tenant},
                   field{3, "number", &recording_finished::number},
                   field{4, "at", &recording_finished::at},
                   field{5, "recording", &recording_finished::recording},
                   field{6, "path", &recording_finished::path},
                   field{7, "bytes", &recording_finished::bytes},
                   field{8, "length_ms", &recording_finished::length_ms},
                   field{9, "sha256", &recording_finished::sha256},
                   field{10, "segments", &recording_finished::segments},
                   field{11, "why", &recording_finished::why}};
  }
};
struct recording_failed {
  static constexpr std::string_view type = "recording.failed";
  static constexpr std::string_view about = "There is no file, and why.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string recording{};
  std::string path{};  ///< below the data directory
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};
  std::uint32_t segments = 1;
  std::string why{};
  static constexpr auto fields() {
    return members{field{1, "call", &recording_failed::call},
                   field{2, "tenant", &recording_failed::tenant},
                   field{3, "number", &recording_failed::number},
                   field{4, "at", &recording_failed::at},
                   field{5, "recording", &recording_failed::recording},
                   field{6, "path", &recording_failed::path},
                   field{7, "bytes", &recording_failed::bytes},
                   field{8, "length_ms", &recording_failed::length_ms},
                   field{9, "sha256", &recording_failed::sha256},
                   field{10, "segments", &recording_failed::segments},
                   field{11, "why", &recording_failed::why}};
  }
};
struct recording_segment_ended {
  static constexpr std::string_view type = "recording.segment_ended";
  static constexpr std::string_view about =
      "A file that a death of its process ended is complete, or gone; the recording goes on in a later one.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string recording{};
  std::string path{};  ///< below the data directory
  std::uint32_t segment = 1;
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};
  std::string missing{};  ///< why there is no file; empty = there is
  static constexpr auto fields() {
    return members{
        field{1, "call", &recording_segment_ended::call},           field{2, "tenant", &recording_segment_ended::tenant},
        field{3, "number", &recording_segment_ended::number},       field{4, "at", &recording_segment_ended::at},
        field{5, "recording", &recording_segment_ended::recording}, field{6, "path", &recording_segment_ended::path},
        field{7, "segment", &recording_segment_ended::segment},     field{8, "bytes", &recording_segment_ended::bytes},
        field{9, "length_ms", &recording_segment_ended::length_ms}, field{10, "sha256", &recording_segment_ended::sha256},
        field{11, "missing", &recording_segment_ended::missing}};
  }
};
struct voicemail_left {
  static constexpr std::string_view type = "voicemail.left";
  static constexpr std::string_view about = "A message is in the mailbox.";
  call_id call{};
  std::string tenant{};
  std::string number{};  ///< the access number, canonical
  time_point at{};
  std::string mailbox{};
  std::string caller{};  ///< empty = withheld
  std::string path{};    ///< below the data directory
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};
  static constexpr auto fields() {
    return members{field{1, "call", &voicemail_left::call},           field{2, "tenant", &voicemail_left::tenant},
                   field{3, "number", &voicemail_left::number},       field{4, "at", &voicemail_left::at},
                   field{5, "mailbox", &voicemail_left::mailbox},     field{6, "caller", &voicemail_left::caller},
                   field{7, "path", &voicemail_left::path},           field{8, "bytes", &voicemail_left::bytes},
                   field{9, "length_ms", &voicemail_left::length_ms}, field{10, "sha256", &voicemail_left::sha256}};
  }
};

}  // namespace seatgrid::published
