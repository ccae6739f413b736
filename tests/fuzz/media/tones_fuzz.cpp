#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "media/dtmf.hpp"
#include "media/g711.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid::media;

namespace {

constexpr std::string_view keys = "0123456789*#ABCD";

std::size_t feed(tone_detector& detector, const std::vector<std::int16_t>& samples, std::string* told = nullptr) {
  std::size_t heard = 0;
  for (std::size_t at = 0; at < samples.size(); at += frame_samples) {
    const auto count = std::min(frame_samples, samples.size() - at);
    const auto key = detector.feed({&samples[at], count});
    if (!key) continue;
    must(keys.find(key->key) != std::string_view::npos, "a key is a key");
    must(key->duration_ms >= 20, "a key lasted");
    ++heard;
    if (told != nullptr) *told += key->key;
  }
  return heard;
}

/// 60 ms of silence, 80 ms of the key, 60 ms of silence.
const std::vector<std::int16_t>& among_silence(char key) {
  static std::map<char, std::vector<std::int16_t>> made;
  auto& audio = made[key];
  if (audio.empty()) {
    audio.resize(frame_samples * 10);
    write_key_tone(key, 0, std::span{audio}.subspan(frame_samples * 3, frame_samples * 4));
  }
  return audio;
}

}  // namespace

/// Any audio, as A-law or linear samples, and sometimes a key behind it: that is heard whatever came before.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input_reader in{data, size};
  const auto choice = in.byte();
  std::vector<std::int16_t> audio;
  while (!in.empty()) audio.push_back((choice & 0x80) != 0 ? static_cast<std::int16_t>(in.word()) : alaw_to_linear(in.byte()));
  tone_detector detector;
  must(feed(detector, audio) <= audio.size() / 204 + 1, "a key takes two blocks");
  const char key = keys[choice % keys.size()];
  if ((choice & 0x40) == 0) return 0;
  std::string told;
  feed(detector, among_silence(key), &told);
  must(!told.empty() && told.back() == key, "a key after anything is heard");
  return 0;
}
