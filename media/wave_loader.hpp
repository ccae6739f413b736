#pragma once

#include <chrono>
#include <string>

#include "base/result.hpp"
#include "media/tones.hpp"

namespace seatgrid::media {

/// Reads a sound file (WAV of PCM, A-law or mu-law; whatever libsndfile knows) as mono at 8,000 Hz; channels are mixed, other
/// rates resampled. What is longer than `length_max` is cut. Blocks on the disk.
/// @error not_found  no such file, or not a file with sound.  @error corrupt  the file breaks off with an error.
result<pcm> load_wave(const std::string& path, std::chrono::seconds length_max);

/// Resampling by a windowed sinc of 32 zero crossings, for files and not for live audio.
pcm resample(const pcm& in, unsigned from_hz, unsigned to_hz);

}  // namespace seatgrid::media
