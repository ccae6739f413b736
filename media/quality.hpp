#pragma once

#include <cstdint>

namespace seatgrid::media {

struct quality_figures {
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint32_t jitter_us = 0;
  std::uint32_t round_trip_us = 0;
};
/// Mean opinion score in hundredths (100-450) by the simplified E-model: R = 93.2 - Id - Ie,eff (ITU-T G.107), G.711 with loss
/// concealment (G.113 appendix I: Ie 0, Bpl 25.1), MOS by G.107 annex B. The delay is half the round trip and a jitter buffer of
/// twice the jitter. 0 below 50 packets (one second).
std::uint16_t mos_hundredths(const quality_figures& figures);

}  // namespace seatgrid::media
