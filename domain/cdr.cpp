#include "domain/cdr.hpp"

#include <algorithm>

#include "domain/call_state.hpp"
#include "domain/recording_path.hpp"

namespace seatgrid::calls {
namespace {

std::int64_t span_ms(time_point from, time_point to) {
  if (from == time_point{} || to < from) return 0;
  return ms_between(to, from).count();
}

leg_cdr leg_record(const call_state& call, const call_leg& leg) {
  const auto ended = leg.ended_at == time_point{} ? call.ended_at : leg.ended_at;
  return {.leg = leg.index,
          .direction = leg.role == leg_role::caller ? "in" : "out",
          .role = std::string{to_string(leg.role)},
          .target = leg.role == leg_role::caller ? call.dialled : leg.to.target,
          .name = leg.name,
          .trunk = leg.role == leg_role::caller ? call.trunk : leg.to.trunk,
          .sip_call_id = leg.dialog.sip_call_id,
          .started_at = leg.started_at,
          .ringing_at = leg.ringing_at,
          .answered_at = leg.answered_at,
          .ended_at = ended,
          .talk_ms = span_ms(leg.answered_at, ended),
          .ended_by = leg.ended_by_them ? "them" : "us",
          .cause = leg.cause,
          .codec = leg.path ? leg.path->codec_name : std::string{},
          .media = leg.statistics};
}

queue_cdr queue_record(const call_state& call, const queue_visit& visit) {
  const auto left = visit.left_at == time_point{} ? call.ended_at : visit.left_at;
  return {.queue = visit.queue,
          .entered_at = visit.entered_at,
          .waited_ms = span_ms(visit.entered_at, left),
          .outcome = visit.outcome,
          .agent = visit.agent};
}

std::vector<recording_file_cdr> files_of(const call_recording& r) {
  std::vector<recording_file_cdr> out;
  time_point end{};  // of the file before, as far as it is known
  for (const auto& s : r.segments) {
    out.push_back({.number = s.number,
                   .path = s.path,
                   .began_at = s.began_at,
                   .bytes = s.bytes,
                   .length_ms = s.length_ms,
                   .sha256 = s.sha256,
                   .gap_ms = span_ms(end, s.began_at),
                   .missing = s.is_known() ? s.missing : "nobody said what became of it"});
    end = s.began_at + milliseconds{s.length_ms};
  }
  return out;
}

recording_cdr recording_record(const call_recording& r) {
  recording_cdr out{.kind = r.kind == recording_kind::talk ? "talk" : "voicemail",
                    .path = r.path,
                    .segments = r.segment,
                    .bytes = r.bytes,
                    .length_ms = r.length_ms,
                    .sha256 = r.sha256,
                    .mailbox = r.mailbox,
                    .missing = r.state == recording_state::finished ? std::string{} : r.why,
                    .files = files_of(r)};
  if (out.missing.empty()) return out;
  const auto last = std::find_if(out.files.rbegin(), out.files.rend(), [](const auto& file) { return file.missing.empty(); });
  if (last == out.files.rend()) return out;
  out.path = last->path;
  out.bytes = last->bytes;
  out.length_ms = last->length_ms;
  out.sha256 = last->sha256;
  out.missing.clear();
  return out;
}

}  // namespace

session_cdr cdr_of(const call_state& call) {
  session_cdr out{.call = call.id,
                  .tenant = call.tenant,
                  .number = call.number,
                  .dialled = call.dialled,
                  .caller = call.caller.number,
                  .trunk = call.trunk,
                  .started_at = call.started_at,
                  .answered_at = call.answered_at,
                  .ended_at = call.ended_at};
  out.duration_ms = span_ms(call.started_at, call.ended_at);
  // An answered call is billed even when it lasted less than a millisecond (I8).
  if (call.is_answered()) out.billed_ms = std::max<std::int64_t>(1, span_ms(call.answered_at, call.ended_at));
  out.answer_policy = word_of(call.policy);
  out.agent = call.answered_agents == 0 ? std::string{} : call.talked_agent;
  out.ivr_path = call.path;
  out.released_by = to_string(call.released_by);
  out.cause = call.cause;
  out.why = call.why;
  out.recoveries = call.recoveries;
  out.config_version = call.config_version;
  for (const auto& visit : call.visits) out.queues.push_back(queue_record(call, visit));
  for (const auto& r : call.recordings) out.recordings.push_back(recording_record(r));
  for (const auto& leg : call.legs) out.legs.push_back(leg_record(call, leg));
  return out;
}

}  // namespace seatgrid::calls

namespace seatgrid {

std::vector<std::string> paths_of(const recording_cdr& recording) {
  std::vector<std::string> out;
  for (const auto& file : recording.files) out.push_back(file.path);
  if (!out.empty()) return out;
  const auto first = first_segment_path(recording.path, recording.segments);
  for (std::uint32_t n = 1; n <= std::max<std::uint32_t>(recording.segments, 1); ++n) out.push_back(segment_path(first, n));
  return out;
}

}  // namespace seatgrid
