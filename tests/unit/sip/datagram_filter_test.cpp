#include "sip/datagram_filter.hpp"
#include "sip/stateless_refusal.hpp"

#include <gtest/gtest.h>

#include "sip/uri_guard.hpp"

namespace seatgrid {
namespace {

constexpr time_point noon{1'763'900'000'000'000};

class demo_directory final : public edge_directory {
 public:
  std::optional<trunk_match> trunk_at(const std::string& ip, std::uint16_t) const override {
    if (ip != "192.0.2.10") return std::nullopt;
    return trunk_match{"demo", &trunk_};
  }
  std::optional<number_match> number(const std::string&) const override { return std::nullopt; }
  bool serves_domain(const std::string& domain) const override { return domain == "demo.example"; }
  digest_policy digest_of(const std::string&) const override { return digest_policy::both; }
  std::optional<credential> user(const std::string&, const std::string&) const override { return std::nullopt; }
  bool is_access_number(const std::string&) const override { return false; }

 private:
  trunk_config trunk_{};
};

const auto trunk = *net_address::parse("192.0.2.10", 5060);
const auto phone = *net_address::parse("198.51.100.7", 40'000);

std::string request(const std::string& method, const std::string& uri, const std::string& more = {},
                    const std::string& body = {}) {
  return method + " " + uri +
         " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:40000;branch=z9hG4bK1;rport\r\nFrom: <sip:a@demo.example>;tag=1\r\n" +
         "To: <sip:a@demo.example>\r\nCall-ID: c\r\nCSeq: 1 " + method + "\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
const std::string registration = request("REGISTER", "sip:demo.example");
const std::string response = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;received=192.0.2.1\r\n\r\n";

struct filtering : testing::Test {
  datagram_filter filter{};
  filtering() { filter.set_directory(std::make_shared<demo_directory>()); }
  datagram_cause ask(const std::string& text, const net_address& from = phone, time_point at = noon) {
    return filter.check(text, from, at).cause;
  }
};
using DatagramFilter = filtering;
using cause = datagram_cause;

TEST_F(DatagramFilter, AnswersStrangersOnlyForRegistersOfServedDomains) {
  EXPECT_EQ(ask(registration), cause::passed);
  EXPECT_EQ(ask(request("REGISTER", "sip:DEMO.example:5060;transport=udp")), cause::passed);
  EXPECT_EQ(ask(request("REGISTER", "sip:other.example")), cause::foreign_domain);
  EXPECT_EQ(ask(request("REGISTER", "demo.example")), cause::foreign_domain);
  for (const auto* method : {"INVITE", "OPTIONS", "ACK", "BYE", "CANCEL", "SUBSCRIBE", "MESSAGE"})
    EXPECT_EQ(ask(request(method, "sip:400@demo.example")), cause::unknown_source) << method;
  EXPECT_EQ(filter.count(cause::unknown_source), 7U);
  EXPECT_EQ(filter.count(cause::passed), 2U);
}

TEST_F(DatagramFilter, LetsTrunksAndBoundFlowsSpeak) {
  EXPECT_EQ(ask(request("INVITE", "sip:400@x"), trunk), cause::passed);
  ASSERT_TRUE(filter.add_flow(phone));
  ASSERT_TRUE(filter.add_flow(phone));
  EXPECT_EQ(ask(request("BYE", "sip:x@192.0.2.1")), cause::passed);
  filter.remove_flow(phone);
  EXPECT_EQ(ask(request("BYE", "sip:x@192.0.2.1")), cause::passed);
  filter.remove_flow(phone);
  filter.remove_flow(phone);
  EXPECT_EQ(ask(request("BYE", "sip:x@192.0.2.1")), cause::unknown_source);
}

TEST_F(DatagramFilter, TakesResponsesOnlyFromWhereRequestsOfOursWent) {
  EXPECT_EQ(ask(response), cause::unknown_response);
  filter.sent_to(phone, noon);
  EXPECT_EQ(ask(response), cause::passed);
  EXPECT_EQ(ask(response, *net_address::parse("198.51.100.7", 40'001)), cause::unknown_response);
  filter.sent_to(trunk, noon + seconds{65});
  EXPECT_EQ(ask(response), cause::passed);
  filter.sent_to(trunk, noon + seconds{130});
  EXPECT_EQ(ask(response), cause::unknown_response);
  EXPECT_EQ(ask(response, trunk), cause::passed);
}

TEST_F(DatagramFilter, MeetsReflectingViasWithSilence) {
  for (const auto* via :
       {"Via: SIP/2.0/UDP h;maddr=203.0.113.9\r\n", "v:SIP/2.0/UDP h;branch=x; MADDR =203.0.113.9\r\n",
        "VIA : SIP/2.0/UDP h;\r\n\tmaddr=203.0.113.9\r\n", "X: y\rVia: SIP/2.0/UDP h;maddr=203.0.113.9\r\n",
        "Via: SIP/2.0/UDP a, SIP/2.0/UDP h;ttl=1;maddr=203.0.113.9\r\n", "X: y\nv: SIP/2.0/UDP h;maddr=203.0.113.9\n"})
    EXPECT_EQ(ask(request("INVITE", "sip:400@x", via), trunk), cause::via_reflection) << via;
  EXPECT_EQ(ask(request("INVITE", "sip:400@x", "Via: SIP/2.0/UDP h;received=203.0.113.9\r\n"), trunk), cause::passed);
  EXPECT_EQ(ask(request("MESSAGE", "sip:400@x", "", "Via: SIP/2.0/UDP h;maddr=203.0.113.9\r\n"), trunk), cause::passed);
}

TEST_F(DatagramFilter, TakesARequestOnlyIfItsViaAndVersionSayWhatItIs) {
  for (const auto* via : {"SIP/2.0/UDP h", "SIP / 2.0\r\n /UDP\r\n h", " sip/2.0/udp h"})
    EXPECT_EQ(ask("OPTIONS sip:x@y SIP/2.0\r\nVia: " + std::string{via} + "\r\n\r\n", trunk), cause::passed) << via;
  for (const auto* via : {"SIP/2.0/TCP h", "SIP/2.0/TLS h", "SIP/7.0/UDP h", "SIP/2.0/UDPX h", "SIP/2.0", ""})
    EXPECT_EQ(ask("OPTIONS sip:x@y SIP/2.0\r\nVia: " + std::string{via} + "\r\n\r\n", trunk), cause::via_transport) << via;
  EXPECT_EQ(ask("OPTIONS sip:x@y SIP/7.0\r\nVia: SIP/7.0/UDP h\r\n\r\n", trunk), cause::version);
  EXPECT_EQ(ask("REGISTER sip:demo.example SIP/7.0\r\nVia: SIP/7.0/UDP h\r\n\r\n"), cause::version);
}

TEST_F(DatagramFilter, NamesWhatSofiaWouldMeetWithSilenceThoughAnAnswerIsDue) {
  EXPECT_EQ(ask(request("TELEPORT", "sip:400@x"), trunk), cause::method);
  EXPECT_EQ(ask(request("invite", "sip:400@x"), trunk), cause::method) << "methods have case";
  EXPECT_EQ(ask(request("INVITE", "sip:400@x; lr"), trunk), cause::request_line);
  EXPECT_EQ(ask(request("INVITE", "sip:2001:db8::10"), trunk), cause::request_line);
  EXPECT_EQ(ask(request("INVITE", "sip:400@2001:db8::10;x=y"), trunk), cause::request_line);
  for (const auto* good :
       {"sip:400@[2001:db8::10]:5060", "sip:400:secret@x:5060", "sip:x:5060;a=b:c:d", "tel:+86:400", "urn:a:b:c"})
    EXPECT_EQ(ask(request("INVITE", good), trunk), cause::passed) << good;
  const auto with = [&](const std::string& via) { return ask("OPTIONS sip:x@y SIP/2.0\r\nVia: " + via + "\r\n\r\n", trunk); };
  EXPECT_EQ(with("SIP/2.0/UDP 192.0.2.15;;,;,,"), cause::via_syntax);
  EXPECT_EQ(with(";branch=x"), cause::via_syntax);
  EXPECT_EQ(with("SIP/2.0/UDP h;x=\"a,;b\", SIP/2.0/UDP i"), cause::passed) << "a comma in quotes parts nothing";
  const auto bind = [&](const std::string& to) {
    return ask("REGISTER sip:demo.example SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: " + to + "\r\n\r\n", trunk);
  };
  EXPECT_EQ(bind("isbn:2983792873"), cause::register_to);
  EXPECT_EQ(bind("\"x\" <http://demo.example>"), cause::register_to);
  EXPECT_EQ(bind("\"x\" <sips:a@demo.example>;tag=1"), cause::passed);
}

TEST(StatelessRefusal, RepeatsWhatAnAnswerMustAndSaysWhereTheRequestCameFrom) {
  const auto from = *net_address::parse("198.51.100.7", 40'000);
  const std::string head =
      "OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=b\r\nv: SIP/2.0/UDP i\r\nf: <sip:a@b>;tag=1\r\n";
  const std::string tail = "t: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\nSubject: x\r\n\r\nbody";
  EXPECT_EQ(stateless_refusal("400 Bad Request", "\r\n" + head + tail, from),
            "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h;rport=40000;branch=b;received=198.51.100.7\r\nv: SIP/2.0/UDP i\r\n"
            "f: <sip:a@b>;tag=1\r\nt: <sip:x@y>;tag=refused\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(stateless_refusal("501 Not Implemented", head + tail, from).find("\r\nAllow: INVITE, "), std::string::npos);
  EXPECT_EQ(stateless_refusal("400 Bad Request", head + "\r\n", from), "") << "To, Call-ID and CSeq are missing";
  EXPECT_EQ(stateless_refusal("400 Bad Request", "ACK" + head.substr(7) + tail, from), "") << "nobody answers an ACK";
}

TEST(StatelessRefusal, IsSentForFiveCausesAndOnlyToTheAcquainted) {
  EXPECT_EQ(refusal_status(cause::version), "505 Version Not Supported");
  EXPECT_EQ(refusal_status(cause::method), "501 Not Implemented");
  for (const auto why : {cause::request_line, cause::via_syntax, cause::register_to})
    EXPECT_EQ(refusal_status(why), "400 Bad Request");
  for (const auto why : {cause::passed, cause::via_reflection, cause::uri_parameter, cause::unknown_source, cause::not_sip})
    EXPECT_EQ(refusal_status(why), "");
}

TEST_F(DatagramFilter, MeetsUrisThatSofiaOverreadsWithSilence) {
  for (const auto* header : {"Route: <sip:a@b;lrx>\r\n", "Record-Route: <sip:a@b;transport=udp;LRx>\r\n",
                             "m: \"x\" <sip:a@b;maddrs?x=y>\r\n", "Contact: <sip:ok@b>,\r\n <sip:a@b;transport-x>\r\n"})
    EXPECT_EQ(ask(request("INVITE", "sip:400@x", header), trunk), cause::uri_parameter) << header;
  EXPECT_EQ(ask(request("INVITE", "sip:400@x;lrx"), trunk), cause::uri_parameter);
  EXPECT_EQ(
      ask(request("INVITE", "sip:400@x;lr", "Route: <sip:a@b;lr>, <sip:c;lr=on>\r\nContact: <sip:a@b>;methods=\"INVITE\"\r\n"),
          trunk),
      cause::passed);
}

TEST_F(DatagramFilter, MeetsWhatIsNoSipWithSilence) {
  for (const auto* text :
       {"GET / HTTP/1.1\r\n\r\n", "INVITE\r\n\r\n", "INVITE SIP/2.0\r\n\r\n", "\x16\x03\x01", "SIP/2.0\r\n\r\n", "x"})
    EXPECT_EQ(ask(text, trunk), cause::not_sip) << text;
  for (const auto& text : {std::string{"\r\n\r\n"}, std::string(4, '\0'), std::string{}})
    EXPECT_EQ(ask(text, trunk), cause::keepalive);
  EXPECT_EQ(ask(request("INVITE", "sip:400@x", std::string("X: a\0b\r\n", 8)), trunk), cause::binary);
  EXPECT_EQ(ask(request("INVITE", "sip:400@x", std::string("X: \"\\\0\"\r\n", 9)), trunk), cause::passed);
  EXPECT_EQ(ask(request("INVITE", "sip:400@x", "", std::string(20, '\0')), trunk), cause::passed);
}

TEST_F(DatagramFilter, HasBounds) {
  std::string headers;
  for (int i = 0; i < 260; ++i) headers += "X: y\r\n";
  EXPECT_EQ(ask(request("INVITE", "sip:400@x", headers), trunk), cause::headers);
  EXPECT_EQ(ask(request("INVITE", "sip:400@x", "X: " + std::string(9'000, 'y') + "\r\n"), trunk), cause::headers);
  EXPECT_EQ(ask(request("INVITE", "sip:400@x", "", std::string(33'000, 'y')), trunk), cause::too_big);
}

TEST_F(DatagramFilter, CutsOffWhatFollowsTheBody) {
  const auto whole = request("INVITE", "sip:400@x", "", "v=0\r\n");
  EXPECT_EQ(filter.check(whole + request("REGISTER", "sip:x"), trunk, noon).length, whole.size());
  EXPECT_EQ(filter.check(whole, trunk, noon).length, whole.size());
}

TEST_F(DatagramFilter, LimitsStrangersPerSourceAndTogether) {
  unsigned passed = 0;
  for (int i = 0; i < 1'000; ++i) passed += ask(registration) == cause::passed ? 1 : 0;
  EXPECT_EQ(passed, 300U);
  EXPECT_EQ(ask(registration, phone, noon + seconds{1}), cause::passed);
  EXPECT_EQ(filter.count(cause::source_rate), 700U);
  passed = 0;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto other = phone;
    other.ip[12] = 10, other.ip[13] = static_cast<std::uint8_t>(i >> 16), other.ip[14] = static_cast<std::uint8_t>(i >> 8),
    other.ip[15] = static_cast<std::uint8_t>(i);
    passed += ask(registration, other) == cause::passed ? 1 : 0;
  }
  EXPECT_LT(passed, 5'001U);
  EXPECT_GT(passed, 4'000U);
  EXPECT_GT(filter.count(cause::total_rate), 4'000U);
}

TEST_F(DatagramFilter, LimitsABoundPhoneButNotTheNextOneBehindItsNat) {
  auto next = phone;
  next.port = 40'001;
  filter.add_flow(phone), filter.add_flow(next);
  unsigned passed = 0;
  for (int i = 0; i < 5'000; ++i) passed += ask(request("OPTIONS", "sip:x"), phone) == cause::passed ? 1 : 0;
  EXPECT_EQ(passed, 1'000U);
  EXPECT_EQ(ask(request("OPTIONS", "sip:x"), next), cause::passed);
}

TEST_F(DatagramFilter, LimitsAnIpv6StrangerByItsNetwork) {
  unsigned passed = 0;
  for (std::uint16_t i = 0; i < 1'000; ++i)
    passed += ask(registration, *net_address::parse("2001:db8::" + std::to_string(i), 5060)) == cause::passed ? 1 : 0;
  EXPECT_EQ(passed, 300U);
}

TEST_F(DatagramFilter, OutlivesARequestUriThatIsASchemeAlone) {
  filter.add_flow(phone);
  for (const auto* uri : {"sip", "sips", "SIP", "sip:", "sips:", "tel", ":"}) {
    EXPECT_EQ(ask(request("INVITE", uri), trunk), cause::passed) << uri;
    EXPECT_EQ(ask(request("REGISTER", uri), phone), cause::passed) << uri;
    EXPECT_EQ(judge_head(request("INVITE", uri), {}).cause, cause::passed) << uri;
  }
}

TEST_F(DatagramFilter, AsksTheSameOfNewConnections) {
  EXPECT_EQ(filter.check_connection(registration, phone, noon), cause::passed);
  EXPECT_EQ(filter.check_connection("OPTIONS sip:x SIP/2.0\r\n", phone, noon), cause::unknown_source);
  EXPECT_EQ(filter.check_connection("OPTIONS sip:x SIP/2.0\r\n", trunk, noon), cause::passed);
}

cause in_chunks(std::string_view whole, std::size_t size) {
  stream_scanner scanner;
  for (std::size_t at = 0; at < whole.size(); at += size)
    if (const auto found = scanner.scan(whole.substr(at, size), {}); found != cause::passed) return found;
  return cause::passed;
}

TEST(StreamScanner, FindsMaddrInAViaAcrossChunks) {
  const auto whole = request("INVITE", "sip:400@x", "Via: SIP/2.0/TCP h;\r\n maddr=203.0.113.9\r\n");
  for (std::size_t size = 1; size < 40; ++size) EXPECT_EQ(in_chunks(whole, size), cause::via_reflection) << size;
}

TEST(StreamScanner, FindsUrisThatSofiaOverreadsAcrossChunks) {
  for (const auto& whole : {request("INVITE", "sip:400@x", "Route: <sip:a@b;lr>,\r\n <sip:a@b;lrx>\r\n"),
                            request("INVITE", "sip:400@x;lrx"), request("BYE", "sip:a@b") + request("INVITE", "sip:400@x;lrx")})
    for (std::size_t size = 1; size < 40; ++size) EXPECT_EQ(in_chunks(whole, size), cause::uri_parameter) << size << whole;
}

TEST(StreamScanner, FindsMaddrInAViaThatBeginsWithWhiteSpaceBehindTheStartLine) {
  for (const auto& start :
       std::vector<std::string>{"OPTIONS sip:400@x SIP/2.0\r\n", "OPTIONS sip:400@x SIP/2.0\r", "SIP/2.0 200 OK\n"})
    for (std::size_t size = 1; size < 40; ++size)
      EXPECT_EQ(in_chunks(start + "\tVia: SIP/2.0/TCP h;\r\n maddr=203.0.113.9\r\n\r\nx", size), cause::via_reflection)
          << start << size;
}

TEST(StreamScanner, FindsWhatIsFoldedBehindAHeaderLineThatEndsLikeAStartLine) {
  for (std::size_t size = 1; size < 40; ++size) {
    EXPECT_EQ(in_chunks(request("INVITE", "sip:400@x", "Via: SIP/2.0/TCP h;x= SIP/2.0\r\n ;maddr=203.0.113.9\r\n"), size),
              cause::via_reflection)
        << size;
    EXPECT_EQ(in_chunks(request("INVITE", "sip:400@x", "To: <sip:a SIP/2.0\r b>\r\n"), size), cause::uri_parameter) << size;
  }
}

TEST(StreamScanner, BoundsAHeader) {
  EXPECT_EQ(in_chunks(request("INVITE", "sip:400@x", "X: " + std::string(9'000, 'y') + "\r\n"), 1'000), cause::headers);
}

TEST(StreamScanner, LeavesOtherHeadersAlone) {
  for (const auto* header : {"Contact: <sip:a@b;maddr=203.0.113.9>\r\n", "X-Via: x;maddr=1\r\n", "Vi: x;maddr=1\r\n",
                             "Via: x;mad\r\nX: dr=1\r\n", "Via: x\r\nRoute: <sip:b;maddr=1>\r\n"})
    EXPECT_EQ(in_chunks(request("INVITE", "sip:400@x", header), 10'000), cause::passed) << header;
}

TEST(UriGuard, KnowsTheParametersThatAreReadPastTheirEnd) {
  for (const auto* uri :
       {"sip:a@b;lrx", "sip:a@b;x;LR-", "sip:b;transportx", "sip:a@b;maddrs?h=1", "sip:u;x@h;lry?a@b", "sip:a@b\r\n", "sip:<x>"})
    EXPECT_FALSE(is_safe_uri(uri)) << uri;
  for (const auto* uri : {"sip:a@b", "sip:a@b;lr", "sip:a@b;lr=on", "sip:a@b;lrx;lr", "sip:user;par=u%40example.net@example.com",
                          "sip:a@b;transport=udp?x=;lrx", ""})
    EXPECT_TRUE(is_safe_uri(uri)) << uri;
  EXPECT_TRUE(is_safe_route("<sip:a;lr>, \"x\" <sip:b;lr>;lrx"));
  EXPECT_FALSE(is_safe_route("<sip:a;lr>, <sip:b;lrx>"));
  EXPECT_FALSE(is_safe_route("<sip:a;lr"));
  EXPECT_TRUE(is_safe_route("sip:a@b;lrx"));
  EXPECT_FALSE(is_safe_uri(std::string(3'000, 'a')));
}

TEST(NetAddress, ReadsAndPrintsBothFamilies) {
  EXPECT_EQ(net_address::parse("192.0.2.1:5060")->text(), "192.0.2.1:5060");
  EXPECT_EQ(net_address::parse("[2001:DB8::1]:5060")->text(), "[2001:db8::1]:5060");
  EXPECT_TRUE(net_address::parse("127.0.0.9", 1)->is_loopback());
  EXPECT_TRUE(net_address::parse("::1", 1)->is_loopback());
  EXPECT_FALSE(net_address::parse("host:5060"));
  EXPECT_FALSE(net_address::parse("192.0.2.1"));
}

}  // namespace
}  // namespace seatgrid
