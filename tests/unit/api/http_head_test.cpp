#include "api/http_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace seatgrid {
namespace {

constexpr http_head_limits small{.target_bytes_max = 16, .header_bytes_max = 64};

/// The head given whole, and byte by byte: the first answer that is not `incomplete`. Both must say the same.
head_state look(const std::string& head, http_head_limits limits = small) {
  const auto whole = http_head_scanner{limits}.look(head);
  http_head_scanner scanner{limits};
  auto slowly = head_state::incomplete;
  for (std::size_t n = 1; n <= head.size() && slowly == head_state::incomplete; ++n) slowly = scanner.look({head.data(), n});
  EXPECT_EQ(whole, slowly) << head;
  return whole;
}

TEST(HttpHead, EndsWithTheEmptyLineWhateverFollows) {
  const std::string head = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(look(head), head_state::complete);
  http_head_scanner scanner{small};
  EXPECT_EQ(scanner.look(head + "GET /b HTTP"), head_state::complete);
  EXPECT_EQ(scanner.bytes(), head.size());
  EXPECT_EQ(look("GET / HTTP/1.0\r\n\r\n"), head_state::complete);
}

TEST(HttpHead, TakesExactlyItsBoundsAndNoByteMore) {
  EXPECT_EQ(look("GET " + std::string(16, 'a') + " HTTP/1.1\r\n\r\n"), head_state::complete);
  EXPECT_EQ(look("GET " + std::string(17, 'a') + " HTTP/1.1\r\n\r\n"), head_state::target_too_long);
  const auto with_field = [](std::size_t bytes) { return "GET / HTTP/1.1\r\nA: " + std::string(bytes - 7, 'b') + "\r\n\r\n"; };
  EXPECT_EQ(look(with_field(64)), head_state::complete);
  EXPECT_EQ(look(with_field(65)), head_state::header_too_large);
}

TEST(HttpHead, RefusesWhatIsTooLongBeforeItsEnd) {
  http_head_scanner target{small};
  EXPECT_EQ(target.look("GET /" + std::string(100, 'a')), head_state::target_too_long);
  http_head_scanner header{small};
  EXPECT_EQ(header.look("GET / HTTP/1.1\r\nA: " + std::string(100, 'b')), head_state::header_too_large);
}

TEST(HttpHead, RefusesAtOnceWhatIsNoRequest) {
  EXPECT_EQ(look("\x16\x03\x01"), head_state::malformed) << "a handshake of TLS";
  EXPECT_EQ(look(std::string(40, 'M')), head_state::malformed) << "a method without an end";
  EXPECT_EQ(look("GET / HTTP/1.1\nHost: x\n\n"), head_state::malformed) << "lines without CR";
  EXPECT_EQ(look("GET / HTTP/1.1\r\nHost: x\n"), head_state::malformed);
  EXPECT_EQ(look(" / HTTP/1.1\r\n"), head_state::malformed);
  EXPECT_EQ(look("\n"), head_state::malformed);
}

TEST(HttpHead, SaysTheSameOfALongLineHoweverItComes) {
  EXPECT_EQ(look("GET /" + std::string(100, 'a') + "\n"), head_state::target_too_long) << "whole, its bare end is seen too";
  EXPECT_EQ(look("GET / HTTP/1.1\r\nA: " + std::string(100, 'b') + "\n"), head_state::header_too_large);
}

TEST(HttpHead, WaitsForTheRestOfWhatMayBecomeARequest) {
  for (const auto* part :
       {"", "G", "GET", "GET ", "GET /a", "GET /a HTTP/1.1\r", "GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1\r\nHost: x\r\n\r"})
    EXPECT_EQ(look(part), head_state::incomplete) << part;
}

TEST(HttpHead, KnowsEmptyLinesBeforeARequest) {
  EXPECT_EQ(empty_lines("\r\n\r\nGET"), 4U);
  EXPECT_EQ(empty_lines("\rGET"), 0U);
  EXPECT_EQ(empty_lines(""), 0U);
}

}  // namespace
}  // namespace seatgrid
