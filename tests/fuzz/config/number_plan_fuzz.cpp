#include <cstdint>

#include "domain/number_plan.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto plan = number_plan::parse(text_of(data, size));
  if (!plan) {
    must(!plan.error().what.empty(), "an error says why");
    return 0;
  }
  must(!plan->rows().empty() && !plan->version().empty(), "a plan has rows and a version");
  for (const auto& row : plan->rows()) {
    const auto* found = plan->find(row.table, row.prefix, row.from);
    must(found == &row, "each row is found on its first day by its own prefix");
  }
  return 0;
}
