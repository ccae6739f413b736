#include <unistd.h>

#include "tests/sip/edge/registering_fixture.hpp"

namespace seatgrid::test {
namespace {

class Registrar : public RegisteringTest {};

TEST_F(Registrar, ChallengesWithBothHashesAndAcceptsEither) {
  start();
  for (const std::size_t which : {0U, 1U}) {
    sip_peer peer{phone_ip, peer_port(), port_};
    auto p = phone(peer);
    learn_challenge(p, peer);
    ASSERT_EQ(p.challenge.size(), 2U);
    EXPECT_NE(p.challenge[0].find("SHA-256"), std::string::npos);
    EXPECT_NE(p.challenge[1].find("MD5"), std::string::npos);
    p.challenge = {p.challenge[which]};
    peer.send(authorized(p, "Expires: 600\r\n"));
    const auto asked = sink_.expect_register();
    EXPECT_EQ(asked.aor, "sip:1001@demo.example");
    EXPECT_EQ(asked.tenant, "demo");
    ASSERT_EQ(asked.contacts.size(), 1U);
    EXPECT_EQ(asked.contacts[0].contact.flow, "udp:" + peer.host_port());
    EXPECT_LE(asked.contacts[0].expires_s, 600U);
    EXPECT_GE(asked.contacts[0].expires_s, 540U) << "spread by a tenth";
    ASSERT_TRUE(edge_->answer_register(granted(asked)));
    const auto ok = peer.expect_status(200, "REGISTER");
    EXPECT_NE(ok.header("Contact").find("peer@" + peer.host_port()), std::string::npos);
    EXPECT_NE(ok.header("Authentication-Info").find("nextnonce"), std::string::npos);
  }
}

TEST_F(Registrar, RefreshThatChangesNothingIsAnsweredFromMemory) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  register_phone(p, peer);
  peer.send(authorized(p, "Expires: 600\r\n"));
  peer.expect_status(200, "REGISTER");
  EXPECT_FALSE(sink_.is_asked_to_register(milliseconds{100}));
  EXPECT_EQ(edge_->status().refreshes, 1U);
}

TEST_F(Registrar, WrongPasswordIsChallengedAgainAndThenMetWithSilence) {
  auto o = options();
  o.digest_backoff.free_failures = 2;
  start(o);
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  learn_challenge(p, peer);
  p.password = "guess";
  int answers = 0;
  for (int i = 0; i < 6; ++i) {
    peer.send(authorized(p, {}));
    if (peer.receive(milliseconds{200})) ++answers;
  }
  EXPECT_GE(answers, 2);
  EXPECT_LT(answers, 6);
  EXPECT_GE(edge_->status().drops[static_cast<std::size_t>(edge_status::drop::digest_backoff)], 1U);
}

TEST_F(Registrar, NobodyRegistersForAnother) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  learn_challenge(p, peer);
  p.dialog.remote = "<sip:1002@demo.example>";
  peer.send(authorized(p, {}));
  peer.expect_status(403);
}

TEST_F(Registrar, ForeignDomainHearsNothing) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  p.dialog.remote = p.dialog.local = "<sip:1001@elsewhere.example>";
  p.dialog.target = "sip:elsewhere.example";
  peer.send(authorized(p, {}));
  EXPECT_TRUE(peer.is_silent(milliseconds{300}));
}

TEST_F(Registrar, TooShortIs423AndStarNeedsZero) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  learn_challenge(p, peer);
  peer.send(authorized(p, "Expires: 10\r\n"));
  EXPECT_EQ(peer.expect_status(423).header("Min-Expires"), "60");
  peer.send(authorized(p, "Contact: *\r\nExpires: 600\r\n"));
  peer.expect_status(400);
  peer.send(authorized(p, "Contact: *\r\nExpires: 0\r\n"));
  const auto asked = sink_.expect_register();
  EXPECT_TRUE(asked.remove_all);
  ASSERT_TRUE(edge_->answer_register({.request = asked.request}));
  EXPECT_TRUE(peer.expect_status(200, "REGISTER").header("Contact").empty());
}

TEST_F(Registrar, PathQAndInstanceReachTheOwner) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  const auto asked = register_phone(p, peer,
                                    "Contact: <sip:1001@10.0.0.1?Subject=x>;q=0.7;expires=120;+sip.instance=\"<urn:uuid:1>\", "
                                    "<sip:1001@10.0.0.2>;expires=300\r\nSupported: path\r\nPath: <sip:192.0.2.1;lr>\r\n");
  ASSERT_EQ(asked.contacts.size(), 2U);
  const auto& b = asked.contacts[0];
  EXPECT_EQ(b.contact.target, "sip:1001@10.0.0.1");
  EXPECT_EQ(b.contact.route, std::vector<std::string>{"<sip:192.0.2.1;lr>"});
  EXPECT_TRUE(b.contact.flow.empty());
  EXPECT_EQ(b.q_thousandths, 700);
  EXPECT_EQ(b.instance, "\"<urn:uuid:1>\"");
  EXPECT_LE(b.expires_s, 120U);
}

TEST_F(Registrar, OwnerWhoDoesNotAnswerMakesIt503) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  learn_challenge(p, peer);
  peer.send(authorized(p, "Expires: 600\r\n"));
  sink_.expect_register();
  EXPECT_FALSE(peer.expect_status(503).header("Retry-After").empty());
}

TEST_F(Registrar, RegisteredPhoneMayCallOverItsFlowAndAStrangerMayNot) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  register_phone(p, peer);
  peer_dialog call{.peer = &peer, .local = "<sip:1001@demo.example>"};
  peer.send(call.request("INVITE", std::string{offer_pcma}));
  const auto told = sink_.expect<leg_incoming>();
  EXPECT_EQ(told.trunk, "");
  EXPECT_EQ(told.early.flow, "udp:" + peer.host_port());
  sip_peer other{phone_ip, peer_port(), port_};
  peer_dialog stranger{.peer = &other};
  other.send(stranger.request("INVITE", std::string{offer_pcma}));
  EXPECT_TRUE(other.is_silent(milliseconds{300}));
}

TEST_F(Registrar, PhoneOnTcpIsCalledAndHungUpOverItsOwnConnection) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_, sip_peer::kind::tcp_client};
  auto p = phone(peer);
  const auto asked = register_phone(p, peer, "Contact: <sip:1001@192.168.5.5:5060;transport=tcp>\r\nExpires: 600\r\n");
  ASSERT_EQ(asked.contacts.at(0).contact.flow, "tcp:" + peer.host_port());
  for (const std::uint32_t index : {2U, 3U}) {
    auto order = order_to(peer, index);
    const auto leg = order.leg;
    const bool offer_is_theirs = index == 3;
    order.to = asked.contacts[0].contact;
    if (offer_is_theirs) order.offer.reset();
    ASSERT_TRUE(edge_->command(std::move(order)));
    const auto invite = peer.expect_request("INVITE");
    EXPECT_EQ(invite.request_uri(), "sip:1001@192.168.5.5:5060;transport=tcp");
    EXPECT_NE(invite.header("Contact").find("transport=tcp"), std::string::npos);
    peer.send(
        response_to(invite, "200 OK", "tc", "Contact: <sip:1001@192.168.5.5:5060;transport=tcp>\r\n", std::string{offer_pcma}));
    EXPECT_EQ(sink_.expect<leg_answered>().confirmed.flow, "tcp:" + peer.host_port());
    if (offer_is_theirs) {
      EXPECT_TRUE(peer.is_silent(milliseconds{300})) << "the ACK waits for our answer";
      ASSERT_TRUE(edge_->command(leg_answer{.leg = leg, .media = our_media()}));
    } else {
      ASSERT_TRUE(edge_->command(leg_ack{leg}));
    }
    EXPECT_EQ(peer.expect_request("ACK").body().empty(), !offer_is_theirs);
    ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
    peer.send(response_to(peer.expect_request("BYE"), "200 OK", ""));
  }
}

TEST_F(Registrar, SeveralContactsAreListedAndOneOfThemUnregisters) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  auto p = phone(peer);
  const auto desk = "Contact: <sip:1001@" + peer.host_port() + ">", soft = std::string{"Contact: <sip:1001@192.0.2.7:5070>"};
  const auto both = register_phone(p, peer, desk + ";expires=600\r\n" + soft + ";expires=600\r\n");
  ASSERT_EQ(both.contacts.size(), 2U);
  peer.send(authorized(p, soft + ";expires=0\r\n"));
  const auto less = sink_.expect_register();
  ASSERT_EQ(less.contacts.size(), 1U);
  EXPECT_EQ(less.contacts.front().expires_s, 0U);
  register_reply left{.request = less.request};
  left.contacts.push_back({both.contacts.front().contact, both.contacts.front().expires_s});
  ASSERT_TRUE(edge_->answer_register(left));
  auto ok = peer.expect_status(200, "REGISTER");
  ASSERT_EQ(ok.headers("Contact").size(), 1U);
  EXPECT_NE(ok.header("Contact").find(peer.host_port()), std::string::npos);
  peer.send(authorized(p, "Contact: *\r\nExpires: 0\r\n"));
  const auto none = sink_.expect_register();
  EXPECT_TRUE(none.remove_all);
  ASSERT_TRUE(edge_->answer_register({.request = none.request}));
  EXPECT_TRUE(peer.expect_status(200, "REGISTER").headers("Contact").empty());
}

TEST_F(Registrar, LoadedBindingsLetAPhoneSpeakAfterARestart) {
  start();
  sip_peer peer{phone_ip, peer_port(), port_};
  binding b{.contact = {.target = "sip:1001@" + peer.host_port(), .flow = "udp:" + peer.host_port()}, .expires_s = 600};
  b.at = system_clock{}.now();
  ASSERT_TRUE(edge_->load_bindings("sip:1001@demo.example", {b}));
  peer_dialog call{.peer = &peer, .local = "<sip:1001@demo.example>"};
  for (int i = 0; i < 20 && edge_->status().commands_waiting > 0; ++i) ::usleep(10'000);
  peer.send(call.request("INVITE", std::string{offer_pcma}));
  sink_.expect<leg_incoming>();
}

}  // namespace
}  // namespace seatgrid::test
