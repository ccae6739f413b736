#include "media/wave_file.hpp"
#include "tests/fuzz/media/memory_file.hpp"

using namespace seatgrid;
using namespace seatgrid::media;

/// What a crash left of a recording, or anything else that stands among them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t header_bytes = 58;
  const auto before = text_of(data, size);
  const memory_file file{before};
  const auto done = repair_wave(file.path());
  const auto after = file.bytes();
  must(done.has_value() == (size >= header_bytes), "only what is shorter than a header is no recording");
  if (!done || !*done) {
    must(after == before, "what is not ours or is complete stays as it is");
    return 0;
  }
  must((*done)->bytes == after.size() && after.size() <= size, "repair only cuts half a frame");
  must(size - after.size() < 4, "repair keeps every whole frame");
  must(after.substr(header_bytes) == before.substr(header_bytes, after.size() - header_bytes), "repair keeps what was recorded");
  must((*done)->sha256.size() == 64, "a recording has a checksum");
  const auto again = repair_wave(file.path());
  must(again && !*again, "what was repaired is complete");
  return 0;
}
