#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/call_attempt.hpp"
#include "domain/leg.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"
#include "domain/negotiation.hpp"
#include "domain/tenant_config.hpp"

/// The parts of a call: its legs, waits, recordings and plans; its words for phases, timers and sides; its fixed bounds.
namespace seatgrid::calls {

enum class call_phase : std::uint8_t {
  none = 0,       ///< never seen
  opening = 1,    ///< accepted; waits for the caller's RTP port, or for their answer to our offer
  running = 2,    ///< `call_state::stage` says what the caller hears
  releasing = 3,  ///< legs are ended; waits for statistics and recordings
  closed = 4,     ///< the CDR is written; a tombstone that answers agents for an hour
  forgotten = 5,
};
enum class call_stage : std::uint8_t {
  none = 0,
  ringback = 1,  ///< the number's own ringback, once, before the flow
  prompt = 2,    ///< play node
  menu = 3,
  collect = 4,
  queue = 5,     ///< asked for a place, waiting, or an agent rings (attempt says which)
  dialling = 6,  ///< a real phone is called: bridge node or transfer
  talking = 7,
  voicemail = 8,  ///< greeting, then recording
  farewell = 9,   ///< last prompts of a hang-up node
};
enum class leg_role : std::uint8_t { none = 0, caller = 1, agent = 2, phone = 3 };
/// Who ended the call.
enum class call_side : std::uint8_t { none = 0, caller = 1, agent = 2, phone = 3, system = 4 };
enum class endpoint_state : std::uint8_t { none = 0, opening = 1, open = 2, closing = 3, closed = 4 };

/// Every wait of a call. Numbers stand in rows.
enum class call_timer : std::uint32_t {
  length = 1,      ///< call_length_max of the number
  endpoint = 2,    ///< media_opened for the caller
  digit = 3,       ///< first or next key of a menu or collect node
  enqueue = 4,     ///< repeat `enqueue`
  wait = 5,        ///< wait_max of the queue
  announce = 6,    ///< ask for the place
  empty = 7,       ///< nobody logged in: wait_max_no_agent
  ring = 8,        ///< an agent's or phone's ring timeout
  prompt = 9,      ///< a prompt that never ends
  voicemail = 10,  ///< longest message
  silence = 11,    ///< probe again: no RTP since
  closing = 12,    ///< statistics of the endpoints
  recording = 13,  ///< files being finished
  tombstone = 14,
  recovered = 15,  ///< fires at once after a takeover
  quiet = 16,      ///< the first INVITE that we gave up has expired at its phone
};
std::string_view word_of(answer_policy policy) noexcept;
std::string_view to_string(call_phase phase) noexcept;
std::string_view to_string(call_stage stage) noexcept;
std::string_view to_string(leg_role role) noexcept;
std::string_view to_string(call_side side) noexcept;
std::string_view to_string(call_timer timer) noexcept;

/// Bounds and waits of a call that are not a tenant's to choose.
struct call_limits {
  static constexpr milliseconds endpoint_wait{2'000};
  static constexpr milliseconds enqueue_first{200};  ///< then doubling
  static constexpr milliseconds enqueue_last{2'000};
  static constexpr milliseconds place_poll{30'000};  ///< when positions are not announced
  static constexpr milliseconds prompt_max{300'000};
  static constexpr milliseconds silence_again{60'000};
  static constexpr milliseconds closing_wait{5'000};
  static constexpr milliseconds recording_wait{15'000};
  static constexpr milliseconds tombstone{3'600'000};
  static constexpr milliseconds voicemail_grace{2'000};
  static constexpr milliseconds transfer_ring{30'000};
  static constexpr milliseconds ring_grace{2'000};  ///< after Expires, before a phone counts as quiet
  /// After a takeover, whatever the clock says: a phone that answered while nobody lived repeats its 2xx every T2 = 4 s (RFC 3261
  /// 13.3.1.4), and the second repetition is heard, too, by then.
  static constexpr milliseconds adoption_listens{9'000};
  static constexpr std::uint32_t nodes_without_wait = 100;  ///< loop guard
  static constexpr std::uint32_t nodes_in_all = 2'000;
  static constexpr std::uint32_t nodes_in_path = 200;  ///< kept for the CDR; later ones are counted only
  static constexpr std::size_t contacts = 8;           ///< of one agent
  static constexpr std::size_t legs = 200;             ///< of one call over its life
  static constexpr std::size_t ended_legs = 32;        ///< kept for the CDR: the caller's and the last of the others
  static constexpr std::size_t variables = 64;
  static constexpr std::size_t variable_bytes = 256;
  static constexpr std::size_t queue_visits = 50;
  static constexpr std::size_t recordings = 50;
  static constexpr std::size_t segments = 200;  ///< of one recording: as many deaths as it goes on after
};

struct call_play {
  std::uint32_t play_id = 0;
  std::vector<prompt_ref> list{};
  bool loop = false;
  bool operator==(const call_play&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "play_id", &call_play::play_id}, field{2, "list", &call_play::list},
                      field{3, "loop", &call_play::loop}};
  }
};

struct call_leg {
  std::uint32_t index = 0;
  leg_role role = leg_role::none;
  leg_state state = leg_state::idle;
  std::string name{};  ///< the agent's name or the number called
  agent_id agent{};
  attempt_no attempt = 0;
  destination to{};
  struct dialog dialog {};
  caller_identity presented{};                  ///< whom our INVITE shows; what CANCELs it must show the same
  session_description local{};                  ///< what we said last
  std::optional<session_description> remote{};  ///< what they said last
  media_address endpoint{};                     ///< ours; port 0 = not open yet
  endpoint_state media = endpoint_state::none;
  std::optional<media_path> path{};
  bool holding = false;        ///< they put us on hold
  bool awaits_answer = false;  ///< our offer went out in a 2xx: their answer comes with ACK
  bool probing = false;
  time_point silent_since{};
  std::optional<call_play> play{};
  time_point rings_until{};  ///< our INVITE has expired by then, whatever became of it
  time_point started_at{};
  time_point ringing_at{};
  time_point answered_at{};
  time_point ended_at{};
  bool ended_by_them = false;
  bool cancelled = false;
  release_cause cause{};
  bool has_statistics = false;
  media_statistics statistics{};
  bool is_over() const { return state == leg_state::released || state == leg_state::idle; }
  /// Part of what the call does. A leg that we gave up is not, though its phone may still ring.
  bool is_live() const { return !is_over() && state != leg_state::cancelling; }
  bool may_ring() const { return state == leg_state::inviting || state == leg_state::alerting || state == leg_state::cancelling; }
  bool is_up() const { return state == leg_state::confirmed || state == leg_state::answered; }
  bool operator==(const call_leg&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "index", &call_leg::index},
                      field{2, "role", &call_leg::role},
                      field{3, "state", &call_leg::state},
                      field{4, "name", &call_leg::name},
                      field{5, "agent", &call_leg::agent},
                      field{6, "attempt", &call_leg::attempt},
                      field{7, "to", &call_leg::to},
                      field{8, "dialog", &call_leg::dialog},
                      field{9, "local", &call_leg::local},
                      field{10, "remote", &call_leg::remote},
                      field{11, "endpoint", &call_leg::endpoint},
                      field{12, "media", &call_leg::media},
                      field{13, "path", &call_leg::path},
                      field{14, "holding", &call_leg::holding},
                      field{15, "awaits_answer", &call_leg::awaits_answer},
                      field{16, "probing", &call_leg::probing},
                      field{17, "silent_since", &call_leg::silent_since},
                      field{18, "play", &call_leg::play},
                      field{19, "started_at", &call_leg::started_at},
                      field{20, "ringing_at", &call_leg::ringing_at},
                      field{21, "answered_at", &call_leg::answered_at},
                      field{22, "ended_at", &call_leg::ended_at},
                      field{23, "ended_by_them", &call_leg::ended_by_them},
                      field{24, "cancelled", &call_leg::cancelled},
                      field{25, "cause", &call_leg::cause},
                      field{26, "has_statistics", &call_leg::has_statistics},
                      field{27, "statistics", &call_leg::statistics},
                      field{28, "presented", &call_leg::presented},
                      field{29, "rings_until", &call_leg::rings_until}};
  }
};

/// A wait that runs: what is left after a takeover is began_at + length - now, never below 0 nor above length.
struct running_timer {
  call_timer timer = call_timer::length;
  std::uint64_t generation = 0;
  time_point began_at{};
  milliseconds length{0};
  bool operator==(const running_timer&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "timer", &running_timer::timer}, field{2, "generation", &running_timer::generation},
                      field{3, "began_at", &running_timer::began_at}, field{4, "length", &running_timer::length}};
  }
};

struct flow_position {
  std::string flow{};
  std::string node{};
  std::uint32_t tries = 0;  ///< of this menu or collect node, from 1
  std::string digits{};     ///< of this collect node so far; never sensitive ones
  bool operator==(const flow_position&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "flow", &flow_position::flow}, field{2, "node", &flow_position::node},
                      field{3, "tries", &flow_position::tries}, field{4, "digits", &flow_position::digits}};
  }
};

/// Where and how the caller waits.
struct queue_wait {
  queue_id queue{};
  std::string name{};
  std::int32_t priority = 0;
  std::vector<skill_level> skills{};
  time_point enqueued_at{};  ///< kept over queues (I4)
  time_point entered_at{};   ///< of this queue
  agent_id preferred{};
  bool at_head = false;
  bool joined = false;
  bool wait_over = false;  ///< wait_max passed while an agent rang
  std::uint32_t position = 0;
  milliseconds repeat{0};  ///< until the next `enqueue`
  std::vector<prompt_ref> music{};
  std::string on_timeout{};
  std::string on_full{};
  std::string on_key{};
  bool operator==(const queue_wait&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "queue", &queue_wait::queue},
                      field{2, "name", &queue_wait::name},
                      field{3, "priority", &queue_wait::priority},
                      field{4, "skills", &queue_wait::skills},
                      field{5, "enqueued_at", &queue_wait::enqueued_at},
                      field{6, "entered_at", &queue_wait::entered_at},
                      field{7, "preferred", &queue_wait::preferred},
                      field{8, "at_head", &queue_wait::at_head},
                      field{9, "joined", &queue_wait::joined},
                      field{10, "wait_over", &queue_wait::wait_over},
                      field{11, "position", &queue_wait::position},
                      field{12, "repeat", &queue_wait::repeat},
                      field{13, "music", &queue_wait::music},
                      field{14, "on_timeout", &queue_wait::on_timeout},
                      field{15, "on_full", &queue_wait::on_full},
                      field{16, "on_key", &queue_wait::on_key}};
  }
};

/// One queue of the call's life, for its CDR.
struct queue_visit {
  std::string queue{};
  time_point entered_at{};
  time_point left_at{};
  std::string outcome{};  ///< "connected", "abandoned", "timeout", "overflow", "key", "transferred", "system" (I5)
  std::string agent{};
  bool operator==(const queue_visit&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "queue", &queue_visit::queue}, field{2, "entered_at", &queue_visit::entered_at},
                      field{3, "left_at", &queue_visit::left_at}, field{4, "outcome", &queue_visit::outcome},
                      field{5, "agent", &queue_visit::agent}};
  }
};

enum class recording_kind : std::uint8_t { talk = 0, voicemail = 1 };
enum class recording_state : std::uint8_t { running = 0, stopping = 1, finished = 2, failed = 3 };
/// One file of a recording: the death of a process ends it, and the next begins behind a gap.
struct recording_segment {
  std::uint32_t number = 1;
  std::string path{};  ///< below the data directory
  time_point began_at{};
  std::uint64_t bytes = 0;  ///< 0 while nobody has said
  std::uint32_t length_ms = 0;
  std::string sha256{};
  std::string missing{};  ///< why there is no file (I16)
  bool is_known() const { return bytes != 0 || !missing.empty(); }
  bool operator==(const recording_segment&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "number", &recording_segment::number},       field{2, "path", &recording_segment::path},
                      field{3, "began_at", &recording_segment::began_at},   field{4, "bytes", &recording_segment::bytes},
                      field{5, "length_ms", &recording_segment::length_ms}, field{6, "sha256", &recording_segment::sha256},
                      field{7, "missing", &recording_segment::missing}};
  }
};
struct call_recording {
  std::uint64_t id = 0;
  recording_kind kind = recording_kind::talk;
  recording_state state = recording_state::running;
  std::string path{};
  std::uint32_t left = 0;   ///< leg index
  std::uint32_t right = 0;  ///< 0 = none
  std::uint32_t segment = 1;
  milliseconds max_length{3'600'000};
  milliseconds stop_after_silence{0};
  time_point began_at{};
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};
  std::string mailbox{};
  std::string why{};  ///< of a failure: the absence explained (I16)
  std::vector<recording_segment> segments{};
  bool is_open() const { return state == recording_state::running || state == recording_state::stopping; }
  bool operator==(const call_recording&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "id", &call_recording::id},
                      field{2, "kind", &call_recording::kind},
                      field{3, "state", &call_recording::state},
                      field{4, "path", &call_recording::path},
                      field{5, "left", &call_recording::left},
                      field{6, "right", &call_recording::right},
                      field{7, "segment", &call_recording::segment},
                      field{8, "max_length", &call_recording::max_length},
                      field{9, "stop_after_silence", &call_recording::stop_after_silence},
                      field{10, "began_at", &call_recording::began_at},
                      field{11, "bytes", &call_recording::bytes},
                      field{12, "length_ms", &call_recording::length_ms},
                      field{13, "sha256", &call_recording::sha256},
                      field{14, "mailbox", &call_recording::mailbox},
                      field{15, "why", &call_recording::why},
                      field{16, "segments", &call_recording::segments}};
  }
};

/// A phone that is being called, and where the caller goes if it does not answer.
struct dial_plan {
  std::uint32_t leg = 0;
  std::string target{};
  std::string on_busy{};
  std::string on_no_answer{};
  std::string on_fail{};
  std::string next{};  ///< when the far end hangs up after a talk
  bool early_media = false;
  bool operator==(const dial_plan&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &dial_plan::leg},
                      field{2, "target", &dial_plan::target},
                      field{3, "on_busy", &dial_plan::on_busy},
                      field{4, "on_no_answer", &dial_plan::on_no_answer},
                      field{5, "on_fail", &dial_plan::on_fail},
                      field{6, "next", &dial_plan::next},
                      field{7, "early_media", &dial_plan::early_media}};
  }
};

/// A blind transfer to a phone under way; `by` is the leg that asked and gets the caller back if it fails.
struct transfer_plan {
  std::uint32_t by = 0;
  std::uint32_t refer_id = 0;
  bool by_refer = false;
  std::string target{};
  bool operator==(const transfer_plan&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "by", &transfer_plan::by}, field{2, "refer_id", &transfer_plan::refer_id},
                      field{3, "by_refer", &transfer_plan::by_refer}, field{4, "target", &transfer_plan::target}};
  }
};

struct voicemail_plan {
  std::string mailbox{};
  std::string next{};
  milliseconds length_max{120'000};
  milliseconds silence{5'000};
  std::uint64_t recording = 0;  ///< 0 = still greeting
  bool operator==(const voicemail_plan&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "mailbox", &voicemail_plan::mailbox}, field{2, "next", &voicemail_plan::next},
                      field{3, "length_max", &voicemail_plan::length_max}, field{4, "silence", &voicemail_plan::silence},
                      field{5, "recording", &voicemail_plan::recording}};
  }
};

}  // namespace seatgrid::calls
