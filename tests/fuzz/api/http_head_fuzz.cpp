#include "api/http_head.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

/// A head judged whole and as it comes, in pieces of the size that the first byte names, must be judged alike.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input_reader in{data, size};
  const auto piece = std::size_t{1} + in.byte();
  const auto bytes = in.rest();
  constexpr http_head_limits most{.target_bytes_max = 100, .header_bytes_max = 300};
  http_head_scanner whole{most};
  const auto said = whole.look(bytes);
  http_head_scanner slow{most};
  auto said_slowly = head_state::incomplete;
  for (std::size_t n = piece; said_slowly == head_state::incomplete; n += piece) {
    const std::string part = bytes.substr(0, n);  // in memory of its own
    said_slowly = slow.look(part);
    if (n >= bytes.size()) break;
  }
  must(said == said_slowly, "a head is judged alike however it comes");
  must(said != head_state::incomplete || bytes.size() < 600, "what has no end is refused");
  if (said != head_state::complete) return 0;
  must(whole.bytes() == slow.bytes() && whole.bytes() <= bytes.size(), "a head has one end");
  must(whole.bytes() < 500, "a head is bounded");
  const auto head = std::string_view{bytes}.substr(0, whole.bytes());
  must(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4, "a head ends at its first empty line");
  must(empty_lines(bytes) == 0, "a head begins with its method");
  return 0;
}
