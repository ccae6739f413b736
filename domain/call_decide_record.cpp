#include <fmt/format.h>
#include <algorithm>

#include "domain/call_decision.hpp"
#include "domain/recording_path.hpp"

/// Recordings of talks and messages in mailboxes.
namespace seatgrid::calls {
namespace {

std::string safe(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        return !plain && static_cast<unsigned char>(c) < 0x80;
      },
      '_');
  return name;
}

std::string file_name(const call_state& call, std::uint64_t number) {
  return number == 1 ? to_text(call.id) + ".wav" : fmt::format("{}-{}.wav", to_text(call.id), number);
}

std::string path_of(const call_state& call, recording_kind kind, const std::string& mailbox, std::uint64_t number,
                    time_point at) {
  if (kind == recording_kind::voicemail)
    return fmt::format("voicemail/{}/{}/{}", safe(call.tenant), safe(mailbox), file_name(call, number));
  using namespace std::chrono;
  const year_month_day day{floor<days>(sys_time<microseconds>{microseconds{at.us}})};
  return fmt::format("recordings/{}/{:04}/{:02}/{:02}/{}", safe(call.tenant), static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), file_name(call, number));
}

/// Unique over all calls, because the engine knows recordings by this number alone.
std::uint64_t recording_id(const call_state& call, std::uint64_t number) {
  return stable_hash(to_text(call.id) + "/" + std::to_string(number));
}

void begin_message(decision& d) {
  if (d.call.recordings.size() >= call_limits::recordings) return enter_node(d, d.call.voicemail->next, "voicemail", "too many");
  start_recording(d, recording_kind::voicemail, 0);
  set_timer(d, call_timer::voicemail, d.call.voicemail->length_max + call_limits::voicemail_grace);
}

void finish_message(decision& d) {
  const auto* recording = d.call.recording(d.call.voicemail->recording);
  if (recording == nullptr || recording->state != recording_state::running) return;
  clear_timer(d, call_timer::voicemail);
  d.emit(recording_stopping{recording->id});
  set_timer(d, call_timer::recording, call_limits::recording_wait);
}

void end_segment(decision& d, const call_recording& r, recording_segment ended) {
  const auto known = std::find_if(r.segments.begin(), r.segments.end(), [&](const auto& s) { return s.number == ended.number; });
  if (known != r.segments.end() && known->is_known()) return;
  if (known == r.segments.end() && r.segments.size() >= call_limits::segments) return;
  d.emit(recording_segment_ended{.recording = r.id, .segment = std::move(ended), .at = d.at()});
}

/// A recording has come to its end, one way or the other: what waited for it goes on.
void after_recording(decision& d, std::uint64_t which) {
  if (d.call.phase == call_phase::releasing) return try_close(d);
  const bool open = std::any_of(d.call.recordings.begin(), d.call.recordings.end(),
                                [](const call_recording& r) { return r.state == recording_state::stopping; });
  if (!open) clear_timer(d, call_timer::recording);
  if (d.call.stage != call_stage::voicemail || !d.call.voicemail || d.call.voicemail->recording != which) return;
  clear_timer(d, call_timer::voicemail);
  enter_node(d, d.call.voicemail->next, "voicemail", "ended");
}

}  // namespace

void start_recording(decision& d, recording_kind kind, std::uint32_t right) {
  if (d.call.recordings.size() >= call_limits::recordings) return;
  const auto number = d.call.last_recording + 1;
  call_recording r{.id = recording_id(d.call, number), .kind = kind, .left = 1, .right = right, .began_at = d.at()};
  if (kind == recording_kind::voicemail) {
    r.mailbox = d.call.voicemail->mailbox;
    r.max_length = d.call.voicemail->length_max;
    r.stop_after_silence = d.call.voicemail->silence;
  } else if (const auto* length = d.call.timer(call_timer::length)) {
    r.max_length = length->length;
  }
  r.path = path_of(d.call, kind, r.mailbox, number, d.at());
  r.segments = {{.number = 1, .path = r.path, .began_at = d.at()}};
  d.emit(recording_began{std::move(r)});
}

void stop_recordings(decision& d) {
  bool any = false;
  for (std::size_t i = 0; i < d.call.recordings.size(); ++i) {
    if (d.call.recordings[i].state != recording_state::running) continue;
    d.emit(recording_stopping{d.call.recordings[i].id});
    any = true;
  }
  if (any) set_timer(d, call_timer::recording, call_limits::recording_wait);
}

void start_voicemail(decision& d, voicemail_plan plan, std::vector<prompt_ref> greeting) {
  if (!d.config.mailboxes.contains(plan.mailbox)) return enter_node(d, plan.next, "unknown_mailbox", plan.mailbox);
  answer_caller(d, "voicemail");
  d.emit(voicemail_began{std::move(plan), d.at()});
  if (greeting.empty()) greeting = {{.source = "voicemail.greeting"}};
  greeting.push_back({.source = "tone:beep"});
  play(d, 1, std::move(greeting), false);
}

void on_voicemail_played(decision& d) {
  if (d.call.voicemail && d.call.voicemail->recording == 0) begin_message(d);
}

void on_voicemail_digit(decision& d, char digit) {
  if (digit != '#' || !d.call.voicemail) return;
  if (d.call.voicemail->recording != 0) return finish_message(d);
  const auto& heard = d.call.leg(1)->play;
  const bool already = heard && heard->list.size() == 1;
  if (!already) play(d, 1, {{.source = "tone:beep"}}, false);
}

void on_voicemail_timer(decision& d) {
  if (d.call.stage == call_stage::voicemail && d.call.voicemail) finish_message(d);
}

void on_recorded(decision& d, const media_recorded& c) {
  const auto* r = d.call.recording(c.recording);
  if (r == nullptr || r->state == recording_state::finished) return;
  if (c.goes_on)
    return end_segment(d, *r,
                       {.number = c.segment, .path = c.path, .bytes = c.bytes, .length_ms = c.length_ms, .sha256 = c.sha256});
  const auto kind = r->kind;
  const auto mailbox = r->mailbox;
  d.emit(recording_ended{.recording = c.recording,
                         .good = true,
                         .path = c.path,
                         .bytes = c.bytes,
                         .length_ms = c.length_ms,
                         .sha256 = c.sha256,
                         .segment = c.segment,
                         .at = d.at()});
  if (kind == recording_kind::voicemail && c.length_ms > 0)
    d.emit(voicemail_left{
        .mailbox = mailbox, .path = c.path, .bytes = c.bytes, .length_ms = c.length_ms, .sha256 = c.sha256, .at = d.at()});
  after_recording(d, c.recording);
}

void on_record_failed(decision& d, const media_record_failed& c) {
  const auto* r = d.call.recording(c.recording);
  if (r == nullptr || !r->is_open()) return;
  if (c.segment != 0)
    return end_segment(d, *r, {.number = c.segment, .path = segment_path(r->path, c.segment), .missing = c.why});
  d.emit(recording_ended{
      .recording = c.recording, .good = false, .path = r->path, .segment = r->segment, .why = c.why, .at = d.at()});
  after_recording(d, c.recording);
}

void on_recording_timer(decision& d) {
  std::vector<std::uint64_t> late;
  for (const auto& r : d.call.recordings)
    if (r.state == recording_state::stopping) late.push_back(r.id);
  for (const auto id : late)
    on_record_failed(d, {.call = d.call.id, .recording = id, .why = "the file was not finished in time"});
}

void resume_recordings(decision& d) {
  for (std::size_t i = 0; i < d.call.recordings.size(); ++i) {
    if (d.call.recordings[i].state != recording_state::running) continue;
    auto next = d.call.recordings[i];
    if (next.segments.size() >= call_limits::segments) {
      on_record_failed(d, {.call = d.call.id, .recording = next.id, .why = "too many segments"});
      continue;
    }
    ++next.segment;
    next.segments.push_back({.number = next.segment, .path = segment_path(next.path, next.segment), .began_at = d.at()});
    d.emit(recording_began{std::move(next)});
  }
}

}  // namespace seatgrid::calls
