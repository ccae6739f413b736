#include <string>

#include "domain/ip_prefix.hpp"
#include "sip/net_address.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of(data, size)};
  if (const auto read = net_address::parse(text))
    must(net_address::parse(read->text()) == read, "an address is printed as it is read");
  if (const auto read = net_address::parse(text, 5060)) {
    must(net_address::parse(read->host(), 5060) == read, "a host is printed as it is read");
    must(parse_ip_address(read->host()).has_value(), "both parsers know an address");
  }
  const auto prefix = parse_ip_prefix(text);
  if (!prefix) {
    must(prefix.error().code == errc::invalid && !prefix.error().what.empty(), "a refusal says why");
    return 0;
  }
  must(prefix->length <= 128 && masked(prefix->address, prefix->length) == prefix->address, "no bit stands beyond the prefix");
  must(prefix->holds(prefix->address, prefix->port), "a prefix holds its own address");
  return 0;
}
