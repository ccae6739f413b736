#include "tests/sip/edge/edge_fixture.hpp"
#include "tests/sip/edge/isolated_network.hpp"
#include "tests/sip/edge/name_server.hpp"

namespace seatgrid::test {
namespace {

constexpr const char* other_trunk_ip = "127.0.2.9";

/// Trunks by name, and whether they live.
class TrunkPaths : public EdgeTest {
 protected:
  leg_invite order_by(const std::string& host, std::uint16_t port, std::uint32_t index) const {
    return {.leg = {call_id::make(7, 78), index},
            .to = {.target = "sip:13900001111@" + host + ":" + std::to_string(port), .trunk = "named"},
            .presented = {.number = "13800138000"},
            .called = "13900001111",
            .offer = our_media(),
            .expires = milliseconds{20'000},
            .early = named_by_the_rules(index, "sip:13900001111@" + host + ":" + std::to_string(port))};
  }
  trunk_config& named_trunk(const std::string& outbound) {
    auto& t = directory_->extra.emplace_back();
    t.name = "named";
    t.outbound = outbound;
    return t;
  }
  template <class Check>
  static bool within(milliseconds wait, Check check) {
    const auto until = std::chrono::steady_clock::now() + wait;
    while (!check()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(milliseconds{20});
    }
    return true;
  }
  trunk_state state() const {
    for (const auto& t : edge_->status().trunks)
      if (t.trunk == "named") return t;
    return {};
  }
  void TearDown() override {
    edge_.reset();  // whose threads live in that network
    network_.reset();
  }
  std::unique_ptr<isolated_network> network_{};
  static constexpr const char* conf = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
};

TEST_F(TrunkPaths, NameIsResolvedCallsAndIsCalledAndFollowedWhenItsTimeToLiveIsOver) {
  network_ = isolated_network::make(conf);
  if (!network_) GTEST_SKIP() << "this machine permits no network namespace";
  name_server dns{name_server::manner::answers};
  dns.set("sbc.carrier.example", {"127.0.2.8"}, 1);
  sip_peer first{"127.0.2.8", peer_port(), port_};
  sip_peer second{other_trunk_ip, first.port(), port_};
  named_trunk("sip:SBC.carrier.example:" + std::to_string(first.port())).addresses = {"sbc.carrier.example"};
  auto o = options();
  o.names.ttl_min = seconds{1};
  start(o);
  peer_dialog d{.peer = &first};
  ASSERT_TRUE(within(milliseconds{5'000}, [&] {
    first.send(d.request("OPTIONS"));
    return first.receive(milliseconds{100}).has_value();
  })) << "the name's address may speak";
  while (first.receive(milliseconds{20})) {}
  auto order = order_by("sbc.carrier.example", first.port(), 2);
  const auto leg = order.leg;
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = first.expect_request("INVITE");
  EXPECT_EQ(invite.request_uri(), "sip:13900001111@sbc.carrier.example:" + std::to_string(first.port()));
  first.send(response_to(invite, "200 OK", "n1", "Contact: <sip:x@sbc.carrier.example>\r\n", std::string{offer_pcma}));
  first.expect_request("ACK");
  sink_.expect<leg_answered>();
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
  EXPECT_EQ(first.expect_request("BYE").request_uri(), "sip:x@sbc.carrier.example") << "where a name stands, the path stays";
  dns.set("sbc.carrier.example", {other_trunk_ip}, 60);
  std::uint32_t index = 10;
  EXPECT_TRUE(within(milliseconds{6'000}, [&] {
    if (!edge_->command(order_by("sbc.carrier.example", first.port(), ++index))) return false;
    const auto m = second.receive(milliseconds{200});
    return m && m->method() == "INVITE";
  }));
  const auto asked = dns.queries();
  EXPECT_FALSE(within(milliseconds{1'500}, [&] { return dns.queries() > asked; })) << "60 s are not over";
}

TEST_F(TrunkPaths, SilentDnsStopsNothingAndTheNameIsAskedAgainLater) {
  network_ = isolated_network::make(conf);
  if (!network_) GTEST_SKIP() << "this machine permits no network namespace";
  name_server dns{name_server::manner::swallows};
  sip_peer peer{other_trunk_ip, peer_port(), port_}, carrier{trunk_ip, peer_port(), port_};
  dns.set("sbc.carrier.example", {other_trunk_ip});
  named_trunk("sip:sbc.carrier.example:" + std::to_string(peer.port()));
  auto o = options();
  o.name_timeout = milliseconds{300};
  o.names.failed_retry = seconds{2};
  start(o);
  ASSERT_TRUE(within(milliseconds{3'000}, [&] { return dns.queries() > 0; }));
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(edge_->command(order_by("sbc.carrier.example", peer.port(), 2)));
  const auto failed = sink_.expect<leg_failed>();
  EXPECT_EQ(failed.cause.sip, 503);
  EXPECT_NE(failed.cause.text.find("no address is known for 'sbc.carrier.example'"), std::string::npos) << failed.cause.text;
  peer_dialog d{.peer = &carrier};
  carrier.send(d.request("OPTIONS"));
  carrier.expect_status(200, "OPTIONS");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{1'500});
  dns.behave(name_server::manner::answers);
  std::uint32_t index = 10;
  EXPECT_TRUE(within(milliseconds{8'000}, [&] {
    if (!edge_->command(order_by("sbc.carrier.example", peer.port(), ++index))) return false;
    const auto m = peer.receive(milliseconds{200});
    return m && m->method() == "INVITE";
  }));
}

TEST_F(TrunkPaths, UnknownNameIsAnsweredOnceAndRemembered) {
  network_ = isolated_network::make(conf);
  if (!network_) GTEST_SKIP() << "this machine permits no network namespace";
  name_server dns{name_server::manner::answers};
  named_trunk("sip:nobody.example");
  start();
  ASSERT_TRUE(within(milliseconds{3'000}, [&] { return dns.queries("nobody.example") > 0; }));
  std::this_thread::sleep_for(milliseconds{300});
  const auto asked = dns.queries("nobody.example");
  for (std::uint32_t i = 2; i < 50; ++i) {
    ASSERT_TRUE(edge_->command(order_by("nobody.example", 5'060, i)));
    EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 503);
  }
  EXPECT_EQ(dns.queries("nobody.example"), asked) << "the calls asked nobody";
}

TEST_F(TrunkPaths, SilentTrunkIsSkippedUntilItAnswersAgain) {
  sip_peer peer{other_trunk_ip, peer_port(), port_};
  auto& trunk = named_trunk("sip:" + peer.host_port());
  trunk.probe_every = milliseconds{1'000};
  trunk.probe_misses = 2;
  start();
  const auto probe = peer.expect_request("OPTIONS");
  EXPECT_EQ(probe.request_uri(), "sip:" + peer.host_port());
  peer.send(response_to(probe, "404 Not Found", "o1"));
  EXPECT_TRUE(state().probed);
  EXPECT_TRUE(state().reachable) << "any answer is a sign of life";
  ASSERT_TRUE(within(milliseconds{8'000}, [&] { return !state().reachable; }));
  EXPECT_GE(state().misses, 2U);
  ASSERT_TRUE(edge_->command(order_by(other_trunk_ip, peer.port(), 2)));
  const auto failed = sink_.expect<leg_failed>(milliseconds{500});
  EXPECT_EQ(failed.cause.sip, 503);
  EXPECT_NE(failed.cause.text.find("trunk 'named' is unreachable"), std::string::npos) << failed.cause.text;
  ASSERT_TRUE(within(milliseconds{5'000}, [&] {
    if (const auto next = peer.receive(milliseconds{50})) peer.send(response_to(*next, "200 OK", "o2"));
    return state().reachable;
  }));
  ASSERT_TRUE(edge_->command(order_by(other_trunk_ip, peer.port(), 3)));
  peer.expect_request("INVITE");
}

TEST_F(TrunkPaths, TrunkThatRefusesTheConnectionIsUnreachableToo) {
  auto& trunk = named_trunk("sip:" + std::string{other_trunk_ip} + ":" + std::to_string(peer_port()));
  trunk.via = transport::tcp;
  trunk.probe_every = milliseconds{1'000};
  trunk.probe_misses = 1;
  start();
  EXPECT_TRUE(within(milliseconds{5'000}, [&] { return !state().reachable; }));
}

}  // namespace
}  // namespace seatgrid::test
