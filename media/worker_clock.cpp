#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

#include "media/worker.hpp"

namespace seatgrid::media {
namespace {

constexpr long tick_ns = 5'000'000;
constexpr std::uint64_t catch_up_ticks_max = 20;   // 100 ms: after a longer stop playing goes on later instead of in a burst
constexpr std::int64_t lost_end_ns = 200'000'000;  // a key whose last packet is so old is over

}  // namespace

void worker::arm_clock(bool on) {
  if (on == clock_armed_) return;
  clock_armed_ = on;
  const timespec distance{.tv_sec = 0, .tv_nsec = on ? tick_ns : 0};
  const itimerspec every{.it_interval = distance, .it_value = distance};
  timerfd_settime(clock_, 0, &every, nullptr);
}

void worker::set_clocked(endpoint& e) {
  if (e.clocked) return;
  e.clocked = true;
  const auto least = [](const auto& a, const auto& b) { return a.size() < b.size(); };
  std::min_element(clocked_.begin(), clocked_.end(), least)->push_back(&e);
  counters_.playing.add();
  arm_clock(true);
}

void worker::on_clock() {
  std::uint64_t due = 0;
  if (::read(clock_, &due, sizeof due) != sizeof due) return;
  for (auto ticks = std::min(due, catch_up_ticks_max); ticks > 0; --ticks) {
    auto& phase = clocked_[++tick_ % phases];
    for (std::size_t i = 0; i < phase.size();) {
      if (step(*phase[i])) {
        ++i;
        continue;
      }
      phase[i]->clocked = false;
      phase[i] = phase.back();
      phase.pop_back();
      counters_.playing.set(counters_.playing.get() - 1);
    }
  }
  if (counters_.playing.get() == 0) arm_clock(false);
}

/// One frame of 20 ms for one leg. False when nothing is left to do.
bool worker::step(endpoint& e) {
  if (!e.is_connected()) return false;
  if (e.keys && !e.keys->idle() && step_keys(e)) return true;
  if (e.play) step_play(e);
  return e.is_busy();
}

bool worker::step_keys(endpoint& e) {
  const auto next = e.keys->next();
  constexpr auto samples = static_cast<std::uint32_t>(frame_samples);
  auto* payload = &buffer_[rtp_header_bytes];
  rtp_packet header;
  std::size_t bytes = frame_samples;
  switch (next.what) {
    case key_sender::kind::idle: return false;
    case key_sender::kind::pause: e.out.skip(samples, now_ns_); return true;
    case key_sender::kind::event:
      header = e.out.key(e.dtmf_payload_type, next.first, samples, now_ns_);
      write_telephone_event(payload, next.event);
      bytes = telephone_event_bytes;
      break;
    case key_sender::kind::tone: {
      if (e.codec == law::other) return true;
      std::array<std::int16_t, frame_samples> linear{};
      write_key_tone(next.key, next.sample, linear);
      std::transform(linear.begin(), linear.end(), payload, [&](std::int16_t s) { return from_linear(e.codec, s); });
      header = e.out.own(e.payload_type, samples, now_ns_);
      break;
    }
  }
  if (!e.may_send()) return true;
  write_rtp_header(buffer_.data(), header);
  if (transmit(e, {buffer_.data(), rtp_header_bytes + bytes})) e.out.count(bytes);
  return true;
}

void worker::step_play(endpoint& e) {
  const std::span payload{&buffer_[rtp_header_bytes], frame_samples};
  if (e.codec == law::other || !e.play->fill(payload, e.codec)) {
    const media_played played{.leg = e.leg, .play_id = e.play->play_id(), .missing = e.play->take_missing()};
    e.play.reset();
    return parts_.sink(played);
  }
  if (!e.may_send()) return;
  write_rtp_header(buffer_.data(), e.out.own(e.payload_type, static_cast<std::uint32_t>(frame_samples), now_ns_));
  if (!transmit(e, {buffer_.data(), rtp_header_bytes + frame_samples})) return;
  e.out.count(frame_samples);
  counters_.packets_played.add();
}

void worker::obey(const media_play& c) {
  auto* e = find(c.leg);
  if (e == nullptr) return counters_.commands_refused.add();
  if (c.play_id < e->play_generation) return;  // a later order came first
  const bool repeated = c.play_id == e->play_generation && c.play_id != 0;
  if (repeated && (e->play || e->play_waits)) return;
  if (repeated) return parts_.sink(media_played{.leg = c.leg, .play_id = c.play_id});
  drop_play(*e);
  e->play_generation = c.play_id;
  const auto codec = e->codec == law::other ? law::alaw : e->codec;
  const auto library = parts_.library();
  auto requests = expand(c.list, {.library = *library,
                                  .tenant = e->tenant,
                                  .data_directory = parts_.options.data_directory,
                                  .codec = codec,
                                  .requests_max = parts_.options.prompts_per_play_max});
  clips_ready ready{.leg = c.leg, .play_id = c.play_id, .loop = c.loop, .codec = codec};
  bool all = true;
  for (const auto& r : requests) {
    ready.clips.push_back(parts_.clips.find(r));
    if (r.from == clip_request::kind::absent) ready.missing.push_back(r.name);
    all = all && (ready.clips.back() || r.from == clip_request::kind::absent);
  }
  e->play_waits = true;
  if (all) return obey(ready);
  const bool posted = parts_.loader.post(0, [this, ready, requests] {
    auto loaded = ready;
    loaded.missing.clear();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (!loaded.clips[i]) loaded.clips[i] = parts_.clips.load(requests[i]);
      if (!loaded.clips[i]) loaded.missing.push_back(requests[i].name);
    }
    post(std::move(loaded));
  });
  if (posted) return;
  ready.clips.clear();
  for (const auto& r : requests) ready.missing.push_back(r.name);
  obey(ready);
}

void worker::obey(const clips_ready& c) {
  auto* e = find(c.leg);
  if (e == nullptr || !e->play_waits || e->play_generation != c.play_id) return;
  e->play_waits = false;
  start_play(*e, std::make_unique<player>(c.play_id, c.clips, c.codec, c.loop, c.missing));
}

void worker::start_play(endpoint& e, std::unique_ptr<player> play) {
  e.play = std::move(play);
  if (e.is_connected()) set_clocked(e);
}

void worker::obey(const media_stop& c) {
  auto* e = find(c.leg);
  if (e == nullptr || c.play_id < e->play_generation) return;
  e->play_generation = c.play_id;
  drop_play(*e);
}

void worker::drop_play(endpoint& e) {
  e.play.reset();
  e.play_waits = false;
}

void worker::on_sweep() {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto got = ::read(sweep_, &ignored, sizeof ignored);
  read_clocks();
  for (std::size_t i = sweeps_ % sweep_parts; i < slots_.size(); i += sweep_parts)
    if (slots_[i]) sweep_endpoint(*slots_[i]);
  ++sweeps_;
  sweep_recordings();
  std::erase_if(open_keys_, [&](endpoint* e) {
    if (e->keys_heard.open() && now_ns_ - e->key_seen_ns < lost_end_ns) return false;
    if (auto key = e->keys_heard.expire()) tell_key(*e, *key);
    return true;
  });
}

void worker::sweep_endpoint(endpoint& e) {
  if (!e.is_connected()) return;
  const auto since = std::max(e.last_packet_ns, e.listening_since_ns);
  const auto silence_ns = std::chrono::nanoseconds{parts_.options.silence}.count();
  if (!e.silence_told && e.accepts() && now_ns_ - since > silence_ns) {
    e.silence_told = true;
    parts_.sink(media_silent{.leg = e.leg, .last_packet_at = {e.last_packet_ns == 0 ? 0 : utc_us(e.last_packet_ns)}});
  }
  if (!e.rtcp || now_ns_ < e.rtcp->next_ns) return;
  const auto mean_ms = parts_.options.rtcp_every.count();
  const auto varied = mean_ms / 2 + static_cast<std::int64_t>(chance_() % static_cast<std::uint64_t>(mean_ms + 1));
  e.rtcp->next_ns = now_ns_ + varied * 1'000'000;
  report_rtcp(e, false);
}

}  // namespace seatgrid::media
