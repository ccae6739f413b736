#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.hpp"
#include "media/g711.hpp"
#include "media/rtp.hpp"
#include "media/wave_file.hpp"

namespace seatgrid::media {

/// Lays the packets of one or two legs on a common time line and gives it away in blocks of half a second. A packet stands where
/// its timestamp puts it; the first one, and one that is off by more than 200 ms, where its arrival puts it. What never comes is
/// silence. Costs the media thread one table look-up per sample.
class recorder {
 public:
  using take_block = std::function<void(std::vector<std::uint8_t>)>;

  recorder(wave_layout layout, std::int64_t now_ns, milliseconds max_length, milliseconds stop_after_silence, take_block take);

  void write(unsigned channel, const rtp_packet& packet, law from, std::int64_t now_ns);
  /// Gives away what is complete. True when the recording is over: its length or the silence is reached.
  bool tick(std::int64_t now_ns);
  /// Gives away the rest up to `now_ns`.
  void finish(std::int64_t now_ns);

 private:
  static constexpr std::int64_t block_frames = 4'000;
  static constexpr std::int64_t window_frames = 2 * block_frames;
  static constexpr std::int64_t drift_frames_max = 1'600;
  static constexpr std::int64_t late_frames_max = 2'400;

  struct channel_state {
    std::int64_t anchor = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    bool anchored = false;
  };

  std::int64_t elapsed(std::int64_t now_ns) const;
  std::int64_t place(channel_state& c, const rtp_packet& packet, std::int64_t now);
  void store(unsigned channel, std::int64_t at, byte_view payload, law from);
  void listen(byte_view payload, law from, std::int64_t now);
  void give_block(std::int64_t frames);
  void fill_silence(std::size_t from);

  const wave_layout layout_;
  const std::int64_t start_ns_;
  const std::int64_t frames_max_;
  const std::int64_t silence_frames_;
  const take_block take_;
  std::array<channel_state, 2> channels_{};
  std::vector<std::uint8_t> window_{};
  std::int64_t window_start_ = 0;
  std::int64_t last_voice_ = 0;
};

}  // namespace seatgrid::media
