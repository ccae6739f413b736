#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/sip/edge/edge_fixture.hpp"
#include "tests/sip/edge/isolated_network.hpp"
#include "tests/sip/edge/name_server.hpp"

namespace seatgrid::test {
namespace {

using clock_t = std::chrono::steady_clock;
constexpr const char* third_ip = "127.0.9.77";

/// The four remote holes of Debian's Sofia (DESIGN section 5), knocked at from a trunk's address: whoever may speak to Sofia.
class Holes : public EdgeTest {
 protected:
  static std::string torture(const std::string& name) {
    std::ifstream in{"tests/data/rfc4475/" + name + ".dat", std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    EXPECT_FALSE(text.empty()) << name;
    return text;
  }
  /// How long an OPTIONS waits for its 200.
  static milliseconds options_round(sip_peer& peer) {
    const auto begun = clock_t::now();
    peer_dialog d{.peer = &peer};
    peer.send(d.request("OPTIONS"));
    peer.expect([&](const sip_message& m) { return m.status() == 200 && m.header("Call-ID") == d.call_id; }, "200 OPTIONS",
                milliseconds{8'000});
    return std::chrono::duration_cast<milliseconds>(clock_t::now() - begun);
  }
  static std::size_t resident_kb() {
    std::ifstream in{"/proc/self/status"};
    for (std::string word; in >> word;)
      if (word == "VmRSS:") {
        std::size_t kb = 0;
        in >> kb;
        return kb;
      }
    return 0;
  }
};

TEST_F(Holes, NamesInViasNeverStopTheEdgeWhenDnsNeverAnswers) {
  const auto network = isolated_network::make("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n");
  if (!network) GTEST_SKIP() << "this machine permits no network namespace";
  name_server silent{name_server::manner::swallows};
  start();
  directory_->by_address["127.0.0.1"] = {.name = "local"};
  sip_peer trunk{trunk_ip, peer_port(), port_}, other{trunk_ip, peer_port(), port_};
  std::vector<std::string> knocks{torture("badvers"), torture("scalar02"), torture("unreason"), torture("ncl")};
  peer_dialog d{.peer = &trunk};
  auto named = d.request("BYE");
  named.replace(named.find(trunk.host_port()), trunk.host_port().size(), "nobody.example.com:5060");
  knocks.push_back(named);
  int slow = 0;
  for (int round = 0; round < 4; ++round)
    for (const auto& text : knocks) {
      trunk.send(text);
      slow += options_round(other) > milliseconds{500} ? 1 : 0;
    }
  {
    sip_peer stream{"127.0.0.1", peer_port(), port_, sip_peer::kind::tcp_client};
    for (const auto* name : {"scalar02", "badvers"}) {
      stream.send(torture(name));
      slow += options_round(other) > milliseconds{500} ? 1 : 0;
    }
  }
  EXPECT_LE(slow, 2) << "a busy machine may be late once, a resolver is late every time";
  EXPECT_EQ(silent.queries(), 0U);
  edge_.reset();
  // What the edge was kept from: the same name on an unmarked thread waits for that server in vain.
  const auto begun = clock_t::now();
  addrinfo* found = nullptr;
  EXPECT_NE(::getaddrinfo("c.example.com", "5060", nullptr, &found), 0);
  EXPECT_GE(clock_t::now() - begun, milliseconds{1'000});
  EXPECT_GE(silent.queries(), 1U);
}

TEST_F(Holes, NoAnswerGoesToAThirdAddress) {
  start();
  directory_->by_address["127.0.0.1"] = {.name = "local"};
  sip_peer trunk{trunk_ip, peer_port(), port_};
  sip_peer third{third_ip, peer_port(), port_};
  const auto there = std::string{third_ip} + ":" + std::to_string(third.port());
  const auto port = ":" + std::to_string(third.port());
  const auto listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_port = htons(third.port()), at.sin_addr.s_addr = htonl(0x7f00094dU);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  const auto send_both = [&](const std::string& text) {
    trunk.send(text);
    sip_peer stream{"127.0.0.1", ++last_port_, port_, sip_peer::kind::tcp_client};
    auto copy = text;
    for (auto udp = copy.find("/UDP"); udp != std::string::npos; udp = copy.find("/UDP")) copy.replace(udp, 4, "/TCP");
    stream.send(copy);
    stream.receive(milliseconds{30});
  };
  for (const auto& via : {" " + trunk.ip() + port + ";maddr=" + third_ip, " " + trunk.ip() + port + ";rport;Maddr = " + third_ip,
                          " " + trunk.ip() + port + ";\r\n\tmaddr=" + third_ip, " h" + port + ";received=" + third_ip,
                          " " + there, " " + there + ";rport"})
    for (const auto* version : {"SIP/2.0", "SIP/7.0"})
      for (const auto* flaw : {"", "Max-Forwards: x\r\n", "Expires: 99999999999999999999999\r\n"})
        for (const auto* transport : {"/UDP", "/TLS"}) {
          peer_dialog d{.peer = &trunk};
          auto text = d.request("OPTIONS", {}, flaw);
          const auto line = text.find("Via:"), end = text.find("\r\n", line);
          text.replace(line, end - line, std::string{"Via: "} + version + transport + via + ";branch=z9hG4bK" + unique());
          text.replace(text.find("SIP/2.0"), 7, version);
          send_both(text);
        }
  EXPECT_TRUE(third.is_silent(milliseconds{300}));
  pollfd ready{.fd = listener, .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 0), 0) << "a connection came";
  ::close(listener);
  EXPECT_GT(edge_->status().datagrams[static_cast<std::size_t>(datagram_cause::via_reflection)], 0U);
  options_round(trunk);
}

TEST_F(Holes, SdpThatSofiaWouldReadForEverIsRefusedAtOnceWhereverItComes) {
  start();
  sip_peer trunk{trunk_ip, peer_port(), port_}, other{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto talking = talking_call(trunk, leg);
  auto early = [&](const char* line) {
    return std::string{"v=0\r\no=- 9 9 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"} + line + "\r\n";
  };
  const auto before = resident_kb();
  const auto begun = clock_t::now();
  std::uint32_t index = 10;
  for (int round = 0; round < 20; ++round)
    for (const auto* line : {"m=audio 9876 UDP ]", "m=audio 49170 RT[::1]ity"}) {
      peer_dialog fresh{.peer = &trunk};
      trunk.send(fresh.request("INVITE", early(line)));
      trunk.expect([&](const sip_message& m) { return m.status() >= 400 && m.header("Call-ID") == fresh.call_id; }, "refusal");
      ++talking.cseq;
      trunk.send(talking.request("INVITE", early(line)));
      trunk.expect([&](const sip_message& m) { return m.status() >= 400 && m.cseq() == talking.cseq; }, "refused re-INVITE");
      trunk.send(talking.request("ACK", {}, {}, talking.last_branch));
      auto order = order_to(other, ++index);
      ASSERT_TRUE(edge_->command(std::move(order)));
      const auto invite = other.expect_request("INVITE");
      other.send(response_to(invite, "200 OK", "h" + unique(), "Contact: <sip:x@" + other.host_port() + ">\r\n", early(line)));
      other.expect_request("BYE");
      EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 488);
    }
  EXPECT_LT(clock_t::now() - begun, seconds{30}) << "each would have taken for ever";
  EXPECT_LT(resident_kb(), before + 32'768) << "one alone took 15 GB";
  ++talking.cseq;
  trunk.send(talking.request("BYE"));
  trunk.expect_status(200, "BYE");
}

TEST_F(Holes, UriParametersThatSofiaReadsPastTheEndNeverReachIt) {
  start();
  directory_->by_address["127.0.0.1"] = {.name = "local"};
  sip_peer trunk{trunk_ip, peer_port(), port_};
  const auto us = "127.0.0.1:" + std::to_string(port_);
  const std::vector<std::string> headers{
      "Route: <sip:" + us + ";lrx>\r\n", "Record-Route: <sip:" + trunk.host_port() + ";lrx>\r\n",
      "Contact: <sip:a@" + trunk.host_port() + ";transportx>\r\n", "Route: <sip:" + us + ";lr>,\r\n <sip:" + us + ";maddrx>\r\n"};
  for (const auto& header : headers) {
    peer_dialog d{.peer = &trunk};
    trunk.send(d.request("INVITE", std::string{offer_pcma}, header));
  }
  peer_dialog d{.peer = &trunk, .target = "sip:4008001234@" + us + ";lrx"};
  trunk.send(d.request("INVITE", std::string{offer_pcma}));
  EXPECT_TRUE(trunk.is_silent(milliseconds{300}));
  EXPECT_FALSE(sink_.is_told<leg_incoming>(milliseconds{50}));
  EXPECT_EQ(edge_->status().datagrams[static_cast<std::size_t>(datagram_cause::uri_parameter)], 5U);
  for (const auto& header : headers) {
    sip_peer stream{"127.0.0.1", ++last_port_, port_, sip_peer::kind::tcp_client};
    peer_dialog over{.peer = &stream};
    const auto text = over.request("INVITE", std::string{offer_pcma}, header);
    const auto middle = text.find(header) + header.size() - 4;  // TCP cuts where it likes
    stream.send(text.substr(0, middle));
    EXPECT_TRUE(stream.is_silent(milliseconds{50}));
    stream.send(text.substr(middle));
    EXPECT_TRUE(stream.is_silent(milliseconds{300}));
  }
  EXPECT_FALSE(sink_.is_told<leg_incoming>(milliseconds{50}));
  EXPECT_EQ(edge_->status().datagrams[static_cast<std::size_t>(datagram_cause::uri_parameter)], 9U);
  options_round(trunk);
}

}  // namespace
}  // namespace seatgrid::test
