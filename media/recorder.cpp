#include "media/recorder.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace seatgrid::media {
namespace {
constexpr std::int64_t ns_per_frame = 125'000;
constexpr int voice_level_min = 400;  // mean of the samples' size: about -38 dBm0
}  // namespace

recorder::recorder(wave_layout layout, std::int64_t now_ns, milliseconds max_length, milliseconds stop_after_silence,
                   take_block take)
    : layout_(layout),
      start_ns_(now_ns),
      frames_max_(std::max<std::int64_t>(max_length.count(), 0) * 8),
      silence_frames_(std::max<std::int64_t>(stop_after_silence.count(), 0) * 8),
      take_(std::move(take)),
      window_(static_cast<std::size_t>(window_frames) * layout.frame_bytes()) {
  fill_silence(0);
}

std::int64_t recorder::elapsed(std::int64_t now_ns) const { return std::min((now_ns - start_ns_) / ns_per_frame, frames_max_); }

void recorder::fill_silence(std::size_t from) {
  const auto code = layout_.format == record_format::alaw ? silence_of(law::alaw) : std::uint8_t{0};
  std::fill(window_.begin() + static_cast<std::ptrdiff_t>(from), window_.end(), code);
}

std::int64_t recorder::place(channel_state& c, const rtp_packet& packet, std::int64_t now) {
  const auto by_time = c.anchor + static_cast<std::int32_t>(packet.timestamp - c.timestamp);
  if (c.anchored && c.ssrc == packet.ssrc && std::abs(by_time - now) <= drift_frames_max) return by_time;
  c = {.anchor = now, .timestamp = packet.timestamp, .ssrc = packet.ssrc, .anchored = true};
  return now;
}

void recorder::write(unsigned channel, const rtp_packet& packet, law from, std::int64_t now_ns) {
  const auto now = elapsed(now_ns);
  if (channel >= layout_.channels || from == law::other || now >= frames_max_) return;
  if (silence_frames_ > 0) listen(packet.payload, from, now);
  auto at = place(channels_[channel], packet, now);
  auto payload = packet.payload;
  while (at + static_cast<std::int64_t>(payload.size()) > window_start_ + window_frames) give_block(block_frames);
  if (at < window_start_) {
    const auto late = static_cast<std::size_t>(window_start_ - at);
    if (late >= payload.size()) return;
    payload = payload.subspan(late);
    at = window_start_;
  }
  store(channel, at - window_start_, payload, from);
}

void recorder::store(unsigned channel, std::int64_t at, byte_view payload, law from) {
  const auto step = layout_.frame_bytes();
  auto* out = &window_[static_cast<std::size_t>(at) * step + channel * layout_.sample_bytes()];
  if (layout_.format == record_format::alaw) {
    const auto& codes = codes_between(from, law::alaw);
    for (const auto code : payload) {
      *out = codes[code];
      out += step;
    }
    return;
  }
  const auto& linear = linear_of(from);
  for (const auto code : payload) {
    store_le16(out, static_cast<std::uint16_t>(linear[code]));
    out += step;
  }
}

void recorder::listen(byte_view payload, law from, std::int64_t now) {
  const auto& linear = linear_of(from);
  std::int64_t sum = 0;
  for (const auto code : payload) sum += std::abs(static_cast<int>(linear[code]));
  if (sum > voice_level_min * static_cast<std::int64_t>(payload.size())) last_voice_ = now;
}

void recorder::give_block(std::int64_t frames) {
  const auto bytes = static_cast<std::ptrdiff_t>(frames * layout_.frame_bytes());
  take_({window_.begin(), window_.begin() + bytes});
  std::copy(window_.begin() + bytes, window_.end(), window_.begin());
  window_start_ += frames;
  fill_silence(window_.size() - static_cast<std::size_t>(bytes));
}

bool recorder::tick(std::int64_t now_ns) {
  const auto now = elapsed(now_ns);
  while (now > window_start_ + block_frames + late_frames_max) give_block(block_frames);
  return now >= frames_max_ || (silence_frames_ > 0 && now - last_voice_ >= silence_frames_);
}

void recorder::finish(std::int64_t now_ns) {
  const auto now = elapsed(now_ns);
  while (now > window_start_) give_block(std::min(block_frames, now - window_start_));
}

}  // namespace seatgrid::media
