#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/call_flow_events.hpp"
#include "domain/call_leg_events.hpp"
#include "domain/call_state.hpp"
#include "domain/cdr.hpp"

/// What happened to a call: its agent, talk, transfer, recordings, waits and end; and the variant of all its events.
namespace seatgrid::calls {

/// Reserve-confirm-release: an attempt rings, talks or is over.
struct attempt_changed {
  static constexpr std::uint32_t tag = 54;
  static constexpr std::string_view type = "attempt_changed";
  attempt_step step{};
  std::string agent_name{};
  bool news{true};
  std::string rule{};
  std::string input{};
  time_point at{};
  bool operator==(const attempt_changed&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "step", &attempt_changed::step},   field{2, "agent_name", &attempt_changed::agent_name},
                      field{3, "news", &attempt_changed::news},   field{4, "rule", &attempt_changed::rule},
                      field{5, "input", &attempt_changed::input}, field{6, "at", &attempt_changed::at}};
  }
};
/// Two parties talk.
struct talk_began {
  static constexpr std::uint32_t tag = 55;
  static constexpr std::string_view type = "talk_began";
  std::uint32_t leg{0};
  time_point at{};
  bool operator==(const talk_began&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "leg", &talk_began::leg}, field{2, "at", &talk_began::at}}; }
};
/// A real phone is called for the caller.
struct dial_began {
  static constexpr std::uint32_t tag = 56;
  static constexpr std::string_view type = "dial_began";
  dial_plan plan{};
  std::string rule{};
  time_point at{};
  bool operator==(const dial_began&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "plan", &dial_began::plan}, field{2, "rule", &dial_began::rule}, field{3, "at", &dial_began::at}};
  }
};
/// It did not answer, or its talk is over.
struct dial_ended {
  static constexpr std::uint32_t tag = 57;
  static constexpr std::string_view type = "dial_ended";
  std::string outcome{};
  std::string rule{};
  time_point at{};
  bool operator==(const dial_ended&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "outcome", &dial_ended::outcome}, field{2, "rule", &dial_ended::rule},
                      field{3, "at", &dial_ended::at}};
  }
};
/// Blind transfer: the caller goes to `target`.
struct transfer_began {
  static constexpr std::uint32_t tag = 58;
  static constexpr std::string_view type = "transfer_began";
  transfer_plan plan{};
  std::string kind{};
  time_point at{};
  bool operator==(const transfer_began&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "plan", &transfer_began::plan}, field{2, "kind", &transfer_began::kind},
                      field{3, "at", &transfer_began::at}};
  }
};
/// It reached its target, or not.
struct transfer_ended {
  static constexpr std::uint32_t tag = 59;
  static constexpr std::string_view type = "transfer_ended";
  bool done{true};
  std::string why{};
  time_point at{};
  bool operator==(const transfer_ended&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "done", &transfer_ended::done}, field{2, "why", &transfer_ended::why},
                      field{3, "at", &transfer_ended::at}};
  }
};
/// A message may be left.
struct voicemail_began {
  static constexpr std::uint32_t tag = 60;
  static constexpr std::string_view type = "voicemail_began";
  voicemail_plan plan{};
  time_point at{};
  bool operator==(const voicemail_began&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "plan", &voicemail_began::plan}, field{2, "at", &voicemail_began::at}};
  }
};
/// The last prompts of the call.
struct farewell_began {
  static constexpr std::uint32_t tag = 61;
  static constexpr std::string_view type = "farewell_began";
  release_cause cause{};
  bool operator==(const farewell_began&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "cause", &farewell_began::cause}}; }
};
/// The file may be made: this counts before it is.
struct recording_began {
  static constexpr std::uint32_t tag = 62;
  static constexpr std::string_view type = "recording_began";
  call_recording recording{};
  bool operator==(const recording_began&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "recording", &recording_began::recording}}; }
};
/// The file is to be finished.
struct recording_stopping {
  static constexpr std::uint32_t tag = 63;
  static constexpr std::string_view type = "recording_stopping";
  std::uint64_t recording{0};
  bool operator==(const recording_stopping&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "recording", &recording_stopping::recording}}; }
};
/// The file is complete, or its absence is explained.
struct recording_ended {
  static constexpr std::uint32_t tag = 64;
  static constexpr std::string_view type = "recording_ended";
  std::uint64_t recording{0};
  bool good{true};
  std::string path{};
  std::uint64_t bytes{0};
  std::uint32_t length_ms{0};
  std::string sha256{};
  std::uint32_t segment{1};
  std::string why{};
  time_point at{};
  bool operator==(const recording_ended&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "recording", &recording_ended::recording},
                      field{2, "good", &recording_ended::good},
                      field{3, "path", &recording_ended::path},
                      field{4, "bytes", &recording_ended::bytes},
                      field{5, "length_ms", &recording_ended::length_ms},
                      field{6, "sha256", &recording_ended::sha256},
                      field{7, "segment", &recording_ended::segment},
                      field{8, "why", &recording_ended::why},
                      field{9, "at", &recording_ended::at}};
  }
};
/// A segment that a death ended is complete, or its absence is explained; the recording goes on in a later one.
struct recording_segment_ended {
  static constexpr std::uint32_t tag = 74;
  static constexpr std::string_view type = "recording_segment_ended";
  std::uint64_t recording{0};
  recording_segment segment{};
  time_point at{};
  bool operator==(const recording_segment_ended&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "recording", &recording_segment_ended::recording},
                      field{2, "segment", &recording_segment_ended::segment}, field{3, "at", &recording_segment_ended::at}};
  }
};
/// A message is in the mailbox.
struct voicemail_left {
  static constexpr std::uint32_t tag = 65;
  static constexpr std::string_view type = "voicemail_left";
  std::string mailbox{};
  std::string path{};
  std::uint64_t bytes{0};
  std::uint32_t length_ms{0};
  std::string sha256{};
  time_point at{};
  bool operator==(const voicemail_left&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "mailbox", &voicemail_left::mailbox}, field{2, "path", &voicemail_left::path},
                      field{3, "bytes", &voicemail_left::bytes},     field{4, "length_ms", &voicemail_left::length_ms},
                      field{5, "sha256", &voicemail_left::sha256},   field{6, "at", &voicemail_left::at}};
  }
};
/// The call ends: by whom and why.
struct release_began {
  static constexpr std::uint32_t tag = 66;
  static constexpr std::string_view type = "release_began";
  call_side by{call_side::none};
  release_cause cause{};
  std::string why{};
  std::uint64_t request{0};
  time_point at{};
  bool operator==(const release_began&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "by", &release_began::by}, field{2, "cause", &release_began::cause},
                      field{3, "why", &release_began::why}, field{4, "request", &release_began::request},
                      field{5, "at", &release_began::at}};
  }
};
/// Everything is over; the one CDR.
struct call_closed {
  static constexpr std::uint32_t tag = 67;
  static constexpr std::string_view type = "call_closed";
  session_cdr cdr{};
  bool operator==(const call_closed&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "cdr", &call_closed::cdr}}; }
};
/// Taken over by a new process.
struct call_recovered {
  static constexpr std::uint32_t tag = 68;
  static constexpr std::string_view type = "call_recovered";
  std::uint64_t count{0};
  time_point at{};
  bool operator==(const call_recovered&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "count", &call_recovered::count}, field{2, "at", &call_recovered::at}};
  }
};
/// The tombstone's hour is over.
struct call_forgotten {
  static constexpr std::uint32_t tag = 69;
  static constexpr std::string_view type = "call_forgotten";
  time_point at{};
  bool operator==(const call_forgotten&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "at", &call_forgotten::at}}; }
};
/// A wait begins.
struct timer_set {
  static constexpr std::uint32_t tag = 70;
  static constexpr std::string_view type = "timer_set";
  call_timer timer{call_timer::length};
  std::uint64_t generation{0};
  time_point began_at{};
  milliseconds length{0};
  bool operator==(const timer_set&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "timer", &timer_set::timer}, field{2, "generation", &timer_set::generation},
                      field{3, "began_at", &timer_set::began_at}, field{4, "length", &timer_set::length}};
  }
};
/// A wait is over.
struct timer_cleared {
  static constexpr std::uint32_t tag = 71;
  static constexpr std::string_view type = "timer_cleared";
  call_timer timer{call_timer::length};
  bool operator==(const timer_cleared&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "timer", &timer_cleared::timer}}; }
};
/// An order of the API was carried out.
struct request_done {
  static constexpr std::uint32_t tag = 72;
  static constexpr std::string_view type = "request_done";
  std::uint64_t request{0};
  bool operator==(const request_done&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "request", &request_done::request}}; }
};
/// Somebody asks about a call that this lane never had.
struct call_unknown {
  static constexpr std::uint32_t tag = 73;
  static constexpr std::string_view type = "call_unknown";
  call_id call{};
  time_point at{};
  bool operator==(const call_unknown&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "call", &call_unknown::call}, field{2, "at", &call_unknown::at}}; }
};

using call_event =
    std::variant<leg_added, leg_endpoint_ready, leg_endpoint_closed, leg_endpoint_asked, caller_rang, caller_answered,
                 leg_acknowledged, leg_invited, leg_alerted, leg_accepted, leg_lost, leg_dropped, leg_cleared, leg_quieted,
                 leg_path_set, dialog_kept, play_began, play_ended, digit_relayed, legs_bridged, legs_unbridged, offer_answered,
                 offer_refused, offer_made, hold_changed, probe_sent, probe_answered, refer_answered, call_started, call_running,
                 ringback_began, node_entered, input_failed, digit_heard, variable_set, queue_asked, enqueue_repeated,
                 queue_joined, queue_left, place_asked, place_heard, wait_overdue, attempt_changed, talk_began, dial_began,
                 dial_ended, transfer_began, transfer_ended, voicemail_began, farewell_began, recording_began, recording_stopping,
                 recording_ended, voicemail_left, release_began, call_closed, call_recovered, call_forgotten, timer_set,
                 timer_cleared, request_done, call_unknown, recording_segment_ended>;

}  // namespace seatgrid::calls
