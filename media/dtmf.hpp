#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "media/telephone_event.hpp"

/// Keys as tones in the audio (ITU-T Q.23), made and heard.
namespace seatgrid::media {

/// Writes the two tones of `key` at -9 dBm0 each, continuing at `first_sample` of the key; silence when `key` is none.
void write_key_tone(char key, std::uint32_t first_sample, std::span<std::int16_t> out);

/// Goertzel filters over blocks of 102 samples. A key counts after two equal blocks in a row (at least 40 ms of tone; 23 ms are
/// refused), and is told when two blocks without it have passed. Tolerates 8 dB of twist and levels down to -30 dBm0 (Q.24).
class tone_detector {
 public:
  std::optional<heard_key> feed(std::span<const std::int16_t> samples);

 private:
  static constexpr unsigned block_samples = 102;
  char decide_block() const;
  std::optional<heard_key> step(char block_key);

  std::array<float, 8> s1_{};
  std::array<float, 8> s2_{};
  float energy_ = 0;
  unsigned filled_ = 0;
  char last_ = 0;
  char held_ = 0;
  unsigned hits_ = 0;
  unsigned misses_ = 0;
};

}  // namespace seatgrid::media
