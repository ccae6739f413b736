#include <cstdint>

#include "tests/fuzz/config/provision_properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_provisioning(seatgrid::document_format::toml, text_of(data, size));
  return 0;
}
