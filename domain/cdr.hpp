#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"

/// The call detail record: one per accepted INVITE (I8), with its legs nested in it. Field numbers and JSON names are a public
/// schema: add, never change.
namespace seatgrid {

struct leg_cdr {
  std::uint32_t leg = 0;
  std::string direction{};  ///< "in" or "out"
  std::string role{};       ///< "caller", "agent", "phone"
  std::string target{};
  std::string name{};
  std::string trunk{};
  std::string sip_call_id{};
  time_point started_at{};
  time_point ringing_at{};
  time_point answered_at{};
  time_point ended_at{};
  std::int64_t talk_ms = 0;
  std::string ended_by{};  ///< "them", "us"
  release_cause cause{};
  std::string codec{};
  media_statistics media{};
  bool operator==(const leg_cdr&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_cdr::leg},
                      field{2, "direction", &leg_cdr::direction},
                      field{3, "role", &leg_cdr::role},
                      field{4, "target", &leg_cdr::target},
                      field{5, "name", &leg_cdr::name},
                      field{6, "trunk", &leg_cdr::trunk},
                      field{7, "sip_call_id", &leg_cdr::sip_call_id},
                      field{8, "started_at", &leg_cdr::started_at},
                      field{9, "ringing_at", &leg_cdr::ringing_at},
                      field{10, "answered_at", &leg_cdr::answered_at},
                      field{11, "ended_at", &leg_cdr::ended_at},
                      field{12, "talk_ms", &leg_cdr::talk_ms},
                      field{13, "ended_by", &leg_cdr::ended_by},
                      field{14, "cause", &leg_cdr::cause},
                      field{15, "codec", &leg_cdr::codec},
                      field{16, "media", &leg_cdr::media}};
  }
};

struct queue_cdr {
  std::string queue{};
  time_point entered_at{};
  std::int64_t waited_ms = 0;
  std::string outcome{};
  std::string agent{};
  bool operator==(const queue_cdr&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "queue", &queue_cdr::queue}, field{2, "entered_at", &queue_cdr::entered_at},
                      field{3, "waited_ms", &queue_cdr::waited_ms}, field{4, "outcome", &queue_cdr::outcome},
                      field{5, "agent", &queue_cdr::agent}};
  }
};

/// `missing` of a file that a row names and a start did not find.
inline constexpr std::string_view lost_file = "lost: not on the disk at a start";
/// `missing` of a recording whose files went because node.retention.recordings or voicemails was over.
inline constexpr std::string_view removed_by_retention = "retention";

/// One file of a recording. Above number 1 a gap lies before it: the process that recorded had died.
struct recording_file_cdr {
  std::uint32_t number = 1;
  std::string path{};  ///< below the data directory
  time_point began_at{};
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};
  std::int64_t gap_ms = 0;  ///< not recorded between the end of the file before and this one
  std::string missing{};    ///< why there is no file; empty = there is
  bool operator==(const recording_file_cdr&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "number", &recording_file_cdr::number},       field{2, "path", &recording_file_cdr::path},
                      field{3, "began_at", &recording_file_cdr::began_at},   field{4, "bytes", &recording_file_cdr::bytes},
                      field{5, "length_ms", &recording_file_cdr::length_ms}, field{6, "sha256", &recording_file_cdr::sha256},
                      field{7, "gap_ms", &recording_file_cdr::gap_ms},       field{8, "missing", &recording_file_cdr::missing}};
  }
};

/// `path` to `sha256` are those of the last file that there is.
struct recording_cdr {
  std::string kind{};  ///< "talk", "voicemail"
  std::string path{};
  std::uint32_t segments = 1;
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};
  std::string mailbox{};
  std::string missing{};  ///< why there is no file; empty = there is
  std::vector<recording_file_cdr> files{};
  bool operator==(const recording_cdr&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "kind", &recording_cdr::kind},           field{2, "path", &recording_cdr::path},
                      field{3, "segments", &recording_cdr::segments},   field{4, "bytes", &recording_cdr::bytes},
                      field{5, "length_ms", &recording_cdr::length_ms}, field{6, "sha256", &recording_cdr::sha256},
                      field{7, "mailbox", &recording_cdr::mailbox},     field{8, "missing", &recording_cdr::missing},
                      field{9, "files", &recording_cdr::files}};
  }
};

/// Every path that the recording may have, also of a CDR that was written before `files` came.
std::vector<std::string> paths_of(const recording_cdr& recording);

struct session_cdr {
  static constexpr std::string_view type = "call.cdr";
  static constexpr std::string_view about =
      "The call detail record: one per accepted INVITE, when everything of the call is over.";
  std::uint32_t schema = 1;
  call_id call{};
  std::string tenant{};
  std::string number{};
  std::string dialled{};
  std::string caller{};
  std::string trunk{};
  time_point started_at{};
  time_point answered_at{};  ///< zero = never
  time_point ended_at{};
  std::int64_t duration_ms = 0;  ///< started to ended
  std::int64_t billed_ms = 0;    ///< answered to ended; above 0 if and only if answered (I8)
  std::string answer_policy{};
  std::string agent{};  ///< the last that talked
  std::vector<queue_cdr> queues{};
  std::vector<std::string> ivr_path{};
  std::string released_by{};
  release_cause cause{};
  std::string why{};
  std::vector<recording_cdr> recordings{};
  std::vector<leg_cdr> legs{};
  std::uint64_t recoveries = 0;  ///< times that another process took the call over
  std::uint64_t config_version = 0;
  bool operator==(const session_cdr&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "schema", &session_cdr::schema},
                      field{2, "call", &session_cdr::call},
                      field{3, "tenant", &session_cdr::tenant},
                      field{4, "number", &session_cdr::number},
                      field{5, "dialled", &session_cdr::dialled},
                      field{6, "caller", &session_cdr::caller},
                      field{7, "trunk", &session_cdr::trunk},
                      field{8, "started_at", &session_cdr::started_at},
                      field{9, "answered_at", &session_cdr::answered_at},
                      field{10, "ended_at", &session_cdr::ended_at},
                      field{11, "duration_ms", &session_cdr::duration_ms},
                      field{12, "billed_ms", &session_cdr::billed_ms},
                      field{13, "answer_policy", &session_cdr::answer_policy},
                      field{14, "agent", &session_cdr::agent},
                      field{15, "queues", &session_cdr::queues},
                      field{16, "ivr_path", &session_cdr::ivr_path},
                      field{17, "released_by", &session_cdr::released_by},
                      field{18, "cause", &session_cdr::cause},
                      field{19, "why", &session_cdr::why},
                      field{20, "recordings", &session_cdr::recordings},
                      field{21, "legs", &session_cdr::legs},
                      field{22, "recoveries", &session_cdr::recoveries},
                      field{23, "config_version", &session_cdr::config_version}};
  }
};

namespace calls {
struct call_state;
/// The CDR of a call that has ended: a pure function of its row.
session_cdr cdr_of(const call_state& call);
}  // namespace calls

}  // namespace seatgrid
