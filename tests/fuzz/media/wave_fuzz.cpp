#include "media/wave_loader.hpp"
#include "tests/fuzz/media/memory_file.hpp"

using namespace seatgrid;
using namespace seatgrid::media;

/// A prompt as a tenant uploads it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const memory_file file{text_of(data, size)};
  const auto sound = load_wave(file.path(), std::chrono::seconds{1});
  if (!sound) {
    must(sound.error().code == errc::not_found || sound.error().code == errc::corrupt, "a refusal is one of two");
    must(!sound.error().what.empty(), "a refusal says why");
    return 0;
  }
  must(sound->size() <= 8'000, "a sound is cut at its bound");
  return 0;
}
