#include "media/quality.hpp"

#include <algorithm>
#include <cmath>

namespace seatgrid::media {

std::uint16_t mos_hundredths(const quality_figures& figures) {
  constexpr std::uint64_t packets_min = 50;
  if (figures.received < packets_min) return 0;
  const double delay_ms = figures.round_trip_us / 2'000.0 + 2.0 * figures.jitter_us / 1'000.0;
  const double impairment_delay = 0.024 * delay_ms + (delay_ms > 177.3 ? 0.11 * (delay_ms - 177.3) : 0.0);
  const auto all = static_cast<double>(figures.received + figures.lost);
  const double loss_percent = 100.0 * static_cast<double>(figures.lost) / all;
  const double impairment_loss = 95.0 * loss_percent / (loss_percent + 25.1);
  const double r = std::clamp(93.2 - impairment_delay - impairment_loss, 0.0, 100.0);
  const double mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
  return static_cast<std::uint16_t>(std::lround(100.0 * std::clamp(mos, 1.0, 4.5)));
}

}  // namespace seatgrid::media
