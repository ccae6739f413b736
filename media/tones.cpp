#include "media/tones.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace seatgrid::media {
namespace {

constexpr double rate = 8'000;
constexpr double turn = 2.0 * std::numbers::pi;

/// A sine with edges of 5 ms, so that nothing clicks.
void add_burst(pcm& out, double hz, double level, std::size_t length) {
  constexpr std::size_t edge = 40;
  for (std::size_t i = 0; i < length; ++i) {
    const auto from_edge = std::min({i, length - 1 - i, edge});
    const double gain = static_cast<double>(from_edge) / edge;
    out.push_back(static_cast<std::int16_t>(level * gain * std::sin(turn * hz * static_cast<double>(i) / rate)));
  }
}

pcm cadence(double hz, double level, std::size_t on, std::size_t off) {
  pcm out;
  out.reserve(on + off);
  add_burst(out, hz, level, on);
  out.resize(on + off, 0);
  return out;
}

double note_hz(int semitones_from_a4) { return 440.0 * std::pow(2.0, semitones_from_a4 / 12.0); }

/// A sine that fades: one complex product a sample, where sin and exp would make the piece cost half a second.
class partial {
 public:
  partial(double hz, double level, double fade_per_second)
      : at_(0, -level), step_(std::polar(std::exp(-fade_per_second / rate), turn * hz / rate)) {}
  double next() {
    at_ *= step_;
    return at_.real();
  }

 private:
  std::complex<double> at_;
  std::complex<double> step_;
};

/// One soft bell: three partials that fade at different speeds. What rings past the end is heard at the beginning.
void add_bell(std::vector<double>& mix, std::size_t start, double hz, double level) {
  constexpr std::size_t length = 24'000;
  constexpr double attack = 96;  // samples
  partial low{hz, level, 1.6};
  partial middle{2.0 * hz, 0.35 * level, 2.8};
  partial high{3.01 * hz, 0.12 * level, 4.5};
  for (std::size_t i = 0; i < length; ++i) {
    const double gain = std::min(1.0, static_cast<double>(i) / attack);
    mix[(start + i) % mix.size()] += gain * (low.next() + middle.next() + high.next());
  }
}

/// A quiet chord under the bells, swelling and falling once over its length.
void add_pad(std::vector<double>& mix, std::size_t start, std::size_t length, double hz, double level) {
  partial base{hz, level, 0};
  partial beside{hz * 1.004, 0.4 * level, 0};
  partial octave{2.0 * hz, 0.2 * level, 0};
  partial swell{rate / (2.0 * static_cast<double>(length)), 1.0, 0};
  for (std::size_t i = 0; i < length; ++i)
    mix[(start + i) % mix.size()] += swell.next() * (base.next() + beside.next() + octave.next());
}

}  // namespace

std::optional<pcm> make_tone(std::string_view name) {
  constexpr double level = 6'000;  // about -11 dBm0
  if (name == "ringback") return cadence(450, level, 8'000, 32'000);
  if (name == "busy") return cadence(450, level, 2'800, 2'800);
  if (name == "beep") return cadence(1'000, level, 2'400, 400);
  return std::nullopt;
}

pcm make_music() {
  // Eight bars of 4 s over four chords; notes in semitones from A4, all within a telephone's band.
  constexpr std::array<std::array<int, 4>, 4> chords{
      {{-9, -5, -2, 2}, {-12, -9, -5, -2}, {-16, -12, -9, -5}, {-14, -10, -7, -3}}};
  constexpr std::array<std::array<int, 8>, 2> figures{{{0, 2, 1, 3, 2, 1, 3, 2}, {3, 1, 2, 0, 2, 3, 1, 2}}};
  constexpr std::size_t bar = 32'000;
  constexpr std::size_t eighth = bar / 8;
  std::vector<double> mix(8 * bar, 0.0);
  for (std::size_t b = 0; b < 8; ++b) {
    const auto& chord = chords[b % 4];
    for (const int note : chord) add_pad(mix, b * bar, bar + bar / 4, note_hz(note), 0.16);
    for (std::size_t n = 0; n < 8; ++n) {
      const int octave = n % 4 == 3 ? 12 : 0;
      const double accent = n % 4 == 0 ? 1.0 : 0.7;
      add_bell(mix, b * bar + n * eighth, note_hz(chord[static_cast<std::size_t>(figures[b / 4][n])] + octave), 0.5 * accent);
    }
  }
  double top = 0;
  for (const double v : mix) top = std::max(top, std::abs(v));
  pcm out;
  out.reserve(mix.size());
  for (const double v : mix) out.push_back(static_cast<std::int16_t>(9'000.0 * v / top));
  return out;
}

}  // namespace seatgrid::media
