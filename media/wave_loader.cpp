#include "media/wave_loader.hpp"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>

#include "media/g711.hpp"

namespace seatgrid::media {
namespace {

struct close_sound {
  void operator()(SNDFILE* file) const { sf_close(file); }
};

constexpr int channels_max = 8;
constexpr int rate_max = 192'000;

/// Sine and cosine of angles one step apart: a filter's taps without a call of the library for each.
class turning {
 public:
  turning(double at, double step)
      : sin_(std::sin(at)), cos_(std::cos(at)), step_sin_(std::sin(step)), step_cos_(std::cos(step)) {}
  double sine() const { return sin_; }
  double cosine() const { return cos_; }
  void next() {
    const double turned = sin_ * step_cos_ + cos_ * step_sin_;
    cos_ = cos_ * step_cos_ - sin_ * step_sin_;
    sin_ = turned;
  }

 private:
  double sin_, cos_, step_sin_, step_cos_;
};

}  // namespace

pcm resample(const pcm& in, unsigned from_hz, unsigned to_hz) {
  if (from_hz == to_hz || in.empty() || from_hz == 0) return in;
  constexpr double crossings = 32;
  const double step = static_cast<double>(from_hz) / to_hz;
  const double cut = std::min(1.0, 1.0 / step) * 0.96;  // of the source's half rate: leaves room for the filter's slope
  const auto reach = static_cast<std::int64_t>(std::ceil(crossings / cut));
  pcm out(static_cast<std::size_t>(static_cast<double>(in.size()) / step));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double centre = static_cast<double>(i) * step;
    const auto middle = static_cast<std::int64_t>(centre);
    double sum = 0;
    const auto first = std::max<std::int64_t>(middle - reach, 0);
    const auto last = std::min(middle + reach, static_cast<std::int64_t>(in.size()) - 1);
    const double begin = static_cast<double>(first) - centre, bell_step = std::numbers::pi / static_cast<double>(reach + 1);
    turning tone{std::numbers::pi * cut * begin, std::numbers::pi * cut}, bell{bell_step * begin, bell_step};
    for (auto k = first; k <= last; ++k, tone.next(), bell.next()) {
      const double angle = std::numbers::pi * cut * (static_cast<double>(k) - centre);
      const double sinc = std::abs(angle) < 1e-6 ? 1.0 : tone.sine() / angle;
      sum += in[static_cast<std::size_t>(k)] * sinc * (0.5 + 0.5 * bell.cosine()) * cut;
    }
    out[i] = static_cast<std::int16_t>(std::clamp(std::lround(sum), -32'768L, 32'767L));
  }
  return out;
}

result<pcm> load_wave(const std::string& path, std::chrono::seconds length_max) {
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, close_sound> file{sf_open(path.c_str(), SFM_READ, &info)};
  if (!file) return fail(errc::not_found, path + ": " + sf_strerror(nullptr));
  if (info.channels < 1 || info.channels > channels_max || info.samplerate < 1 || info.samplerate > rate_max)
    return fail(errc::not_found, path + ": at most 8 channels and 192 kHz");
  const auto channels = static_cast<std::size_t>(info.channels);
  const auto frames_max = static_cast<std::size_t>(length_max.count()) * static_cast<std::size_t>(info.samplerate);
  pcm mono;
  std::array<std::int16_t, 4'096> block{};
  const auto per_read = static_cast<sf_count_t>(block.size() / channels);
  while (mono.size() < frames_max) {
    const auto got = sf_readf_short(file.get(), block.data(), per_read);
    if (got <= 0) break;
    for (std::size_t f = 0; f < static_cast<std::size_t>(got); ++f) {
      int sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += block[f * channels + c];
      mono.push_back(static_cast<std::int16_t>(sum / info.channels));
    }
  }
  if (sf_error(file.get()) != SF_ERR_NO_ERROR) return fail(errc::corrupt, path + ": " + sf_strerror(file.get()));
  mono.resize(std::min(mono.size(), frames_max));
  return resample(mono, static_cast<unsigned>(info.samplerate), sample_rate_hz);
}

}  // namespace seatgrid::media
