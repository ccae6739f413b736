#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// Sounds that need no file, 8,000 samples a second.
namespace seatgrid::media {

using pcm = std::vector<std::int16_t>;

/// "ringback" and "busy" as in mainland China (450 Hz; GB/T 3380: 1 s on, 4 s off; 0.35 s on and off), "beep" (1,000 Hz, 0.3 s);
/// nothing for any other name. Loops without a click.
std::optional<pcm> make_tone(std::string_view name);

/// Waiting music for tenants that brought none: 32 s, made by synthesis here, the end meets the beginning.
pcm make_music();

}  // namespace seatgrid::media
