#include <string>

#include "api/byte_range.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

/// A Range header of any words against a file of any size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  input_reader in{data, bytes};
  const auto size = in.qword() >> (in.byte() % 64);
  const auto header = in.rest();
  const auto wish = wanted_range(header, size);
  must(!wish.part || !wish.unsatisfiable, "one answer");
  if (wish.part) {
    must(wish.part->bytes >= 1 && wish.part->first < size && wish.part->bytes <= size - wish.part->first,
         "a part lies within the file");
    const auto again = wanted_range(
        "bytes=" + std::to_string(wish.part->first) + "-" + std::to_string(wish.part->first + wish.part->bytes - 1), size);
    must(again.part == wish.part, "what was understood says the same");
  }
  return 0;
}
