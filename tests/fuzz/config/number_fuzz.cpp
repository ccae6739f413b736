#include <cstdint>
#include <string>

#include "domain/number.hpp"
#include "domain/number_plan.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto info = classify(text);
  must((info.kind == number_kind::invalid) == !info.why.empty(), "what is invalid says why, nothing else does");
  must((info.kind == number_kind::invalid) == info.canonical.empty(), "what is valid has a canonical form");
  const auto canonical = canonical_number(text);
  must(canonical_number(canonical) == canonical, "the canonical form is its own");
  if (info.kind == number_kind::invalid) return 0;
  must(canonical == info.canonical, "both ways agree");
  must(classify(canonical).kind == info.kind, "the canonical form is of the same kind");
  return 0;
}
