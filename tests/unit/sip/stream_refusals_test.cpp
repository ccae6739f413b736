#include "sip/stream_refusals.hpp"

#include <gtest/gtest.h>

namespace seatgrid {
namespace {

const auto peer = *net_address::parse("192.0.2.10", 40'000);

std::string request(const std::string& method, const std::string& uri, const std::string& body = {}) {
  return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK1\r\nFrom: <sip:a@demo.example>;tag=1\r\n" +
         "To: <sip:b@demo.example>\r\nCall-ID: c\r\nCSeq: 1 " + method + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
const std::string options = request("OPTIONS", "sip:x"), odd_method = request("FROB", "sip:x", "a body\r\n\r\n");
const std::string spaced_uri = request("INVITE", "sip:x; lr");

class StreamRefusals : public testing::Test {
 protected:
  struct heard {
    std::string rest{}, answer{};
    bool goes_on = true;
  };
  heard take(std::string_view whole, std::size_t piece = 100'000, bool known = true) {
    heard all;
    for (; !whole.empty() && all.goes_on; whole.remove_prefix(std::min(piece, whole.size()))) {
      const auto chunk = whole.substr(0, piece);
      const auto out = stream.take(chunk, peer, known, filter);
      all.rest += out.rest ? *out.rest : std::string{chunk};
      all.answer += out.answer;
      all.goes_on = out.goes_on;
    }
    return all;
  }
  datagram_filter filter{};
  stream_refusals stream{};
};

TEST_F(StreamRefusals, AnswersWhatSofiaWouldMeetWithSilenceAndKeepsTheRestAsItWas) {
  const auto out = take("\r\n" + options + odd_method + options + spaced_uri + "\r\n");
  EXPECT_TRUE(out.goes_on);
  EXPECT_EQ(out.rest, "\r\n" + options + options + "\r\n");
  EXPECT_EQ(out.answer.find("SIP/2.0 501 Not Implemented\r\nVia: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK1"), 0U);
  EXPECT_NE(out.answer.find("SIP/2.0 400 Bad Request\r\n"), std::string::npos);
  EXPECT_EQ(filter.count(datagram_cause::method), 1U);
  EXPECT_EQ(filter.count(datagram_cause::request_line), 1U);
}

TEST_F(StreamRefusals, CutsABodyThatComesLater) {
  const auto head = odd_method.size() - 10;
  auto out = take(odd_method.substr(0, head));
  EXPECT_EQ(out.rest, "");
  EXPECT_NE(out.answer, "");
  out = take(odd_method.substr(head) + options, 3);
  EXPECT_EQ(out.rest, options);
  EXPECT_EQ(out.answer, "");
}

TEST_F(StreamRefusals, EndsTheConnectionWhenSofiaHasSeenAPart) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    stream = {};
    const auto out = take(options + spaced_uri + options, piece);
    EXPECT_EQ(out.answer.find("SIP/2.0 400 "), 0U) << piece;
    EXPECT_FALSE(out.goes_on) << piece;
    EXPECT_TRUE(out.rest.starts_with(options)) << piece;
  }
}

TEST_F(StreamRefusals, TellsStrangersNothing) {
  const auto out = take(odd_method + spaced_uri, 100'000, false);
  EXPECT_EQ(out.rest, odd_method + spaced_uri);
  EXPECT_EQ(out.answer, "");
}

TEST_F(StreamRefusals, TakesNoBodyForARequest) {
  const auto invite = request("INVITE", "sip:x", odd_method);
  for (std::size_t piece = 1; piece < 1'000; piece += 7) {
    const auto out = take(invite + options, piece);
    EXPECT_EQ(out.rest, invite + options) << piece;
    EXPECT_EQ(out.answer, "") << piece;
  }
}

TEST_F(StreamRefusals, CutsNothingBehindWhatItCannotFollow) {
  for (const auto& lead :
       {std::string{"OPTIONS sip:x SIP/2.0\rVia: x\r\n\r\n"}, std::string{"OPTIONS sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n"},
        "OPTIONS sip:x SIP/2.0\r\nX: " + std::string(40'000, 'y') + "\r\n\r\n"}) {
    stream = {};
    const auto out = take(lead + odd_method, 10'000);
    EXPECT_EQ(out.rest, lead + odd_method);
    EXPECT_EQ(out.answer, "");
  }
}

TEST_F(StreamRefusals, NeverAnswersAck) {
  const auto out = take(request("ACK", "sip:x; lr") + options);
  EXPECT_EQ(out.rest, options);
  EXPECT_EQ(out.answer, "");
}

}  // namespace
}  // namespace seatgrid
