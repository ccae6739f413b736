#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

/// 100rel and PRACK (RFC 3262): first ours to a caller, then theirs to an INVITE of ours.
class Reliable : public EdgeTest {};
std::string contact_at(const sip_peer& p) { return "Contact: <sip:phone@" + p.host_port() + ">\r\n"; }

TEST_F(Reliable, ReliableProgressIsAcknowledgedByPrackBeforeThe200) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told, "Supported: 100rel\r\n");
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 183, .media = our_media()}));
  const auto progress = caller.expect_status(183);
  EXPECT_NE(progress.header("Require").find("100rel"), std::string::npos);
  const auto rseq = progress.header("RSeq");
  ASSERT_FALSE(rseq.empty());
  caller.expect_status(183);  // until the PRACK
  d.learn(progress);
  ++d.cseq;
  caller.send(d.request("PRACK", {}, "RAck: " + rseq + " 1 INVITE\r\n"));
  caller.expect_status(200, "PRACK");
  ASSERT_TRUE(edge_->command(leg_answer{.leg = told.leg, .media = our_media()}));
  const auto ok = caller.expect_status(200, "INVITE");
  EXPECT_EQ(ok.body(), progress.body()) << "one answer, one o= version";
}

TEST_F(Reliable, PrackComesOverTcpInPiecesToo) {
  start();
  directory_->by_address["127.0.0.1"] = {.name = "local"};
  sip_peer caller{"127.0.0.1", peer_port(), port_, sip_peer::kind::tcp_client};
  leg_incoming told;
  auto d = incoming_call(caller, told, "Supported: 100rel\r\n");
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 183, .media = our_media()}));
  const auto progress = caller.expect_status(183);
  d.learn(progress);
  ++d.cseq;
  const auto prack = d.request("PRACK", {}, "RAck: " + progress.header("RSeq") + " 1 INVITE\r\n");
  caller.send(prack.substr(0, 60));
  EXPECT_TRUE(caller.is_silent(milliseconds{60}));
  caller.send(prack.substr(60));
  caller.expect_status(200, "PRACK");
}

TEST_F(Reliable, RequiredReliabilityMakesEven180Reliable) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  incoming_call(caller, told, "Require: 100rel\r\n");
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 180, .media = {}}));
  EXPECT_FALSE(caller.expect_status(180).header("RSeq").empty());
}

TEST_F(Reliable, AnswerWaitsForThePrackOfTheProgressThatHeldTheSdp) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told, "Supported: 100rel\r\n");
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 183, .media = our_media()}));
  const auto progress = caller.expect_status(183);
  ASSERT_TRUE(edge_->command(leg_answer{.leg = told.leg, .media = our_media()}));
  const auto early = caller.receive(milliseconds{150});
  EXPECT_TRUE(!early || early->status() == 183) << "no 200 before the PRACK (RFC 3262 section 3)";
  d.learn(progress);
  ++d.cseq;
  caller.send(d.request("PRACK", {}, "RAck: " + progress.header("RSeq") + " 2 INVITE\r\n"));
  caller.expect_status(481, "PRACK");
  ++d.cseq;
  caller.send(d.request("PRACK", {}, "RAck: " + progress.header("RSeq") + " 1 INVITE\r\n"));
  caller.expect_status(200, "PRACK");
  caller.expect_status(200, "INVITE");
}

TEST_F(Reliable, SecondReliableProgressFollowsThePrackOfTheFirstWithTheNextRSeq) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told, "Require: 100rel\r\n");
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 180, .media = {}}));
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 183, .media = our_media()}));
  const auto first = caller.expect_status(180);
  const auto repeated = caller.receive(milliseconds{500});
  ASSERT_TRUE(repeated);
  EXPECT_EQ(repeated->status(), 180);
  d.learn(first);
  ++d.cseq;
  caller.send(d.request("PRACK", {}, "RAck: " + first.header("RSeq") + " 1 INVITE\r\n"));
  const auto second = caller.expect_status(183);
  EXPECT_EQ(std::stoul(second.header("RSeq")), std::stoul(first.header("RSeq")) + 1);
  EXPECT_EQ(sink_.expect<leg_dialog_changed>().now.rseq, std::stoul(first.header("RSeq")));
  EXPECT_EQ(sink_.expect<leg_dialog_changed>().now.rseq, std::stoul(second.header("RSeq")));
}

TEST_F(Reliable, NoPrackEndsTheCallWith5xx) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  incoming_call(caller, told, "Require: 100rel\r\n");
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 180, .media = {}}));
  caller.expect_status(504, "INVITE", milliseconds{8'000});
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 504);
}

std::string reliable(const sip_peer& p, int rseq) {
  return contact_at(p) + "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\n";
}

TEST_F(Reliable, ReliableProgressGetsOnePrackEachAndInOrder) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  const auto leg = order.leg;
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = phone.expect_request("INVITE");
  EXPECT_NE(invite.header("Supported").find("100rel"), std::string::npos);
  const auto early_media = response_to(invite, "183 Progress", "r1", reliable(phone, 7), std::string{offer_pcma});
  phone.send(early_media);
  auto prack = phone.expect_request("PRACK");
  EXPECT_EQ(prack.header("RAck"), "7 " + std::to_string(invite.cseq()) + " INVITE");
  EXPECT_EQ(prack.tag_of("To"), "r1");
  EXPECT_EQ(prack.request_uri(), "sip:phone@" + phone.host_port());
  EXPECT_GT(prack.cseq(), invite.cseq());
  phone.send(response_to(prack, "200 OK", ""));
  EXPECT_EQ(sink_.expect<leg_progress>().early.local_cseq, invite.cseq()) << "what a CANCEL would have to repeat";
  phone.send(early_media);
  phone.send(response_to(invite, "180 Ringing", "r1", reliable(phone, 9)));
  EXPECT_TRUE(phone.is_silent(milliseconds{300})) << "a repetition and one out of order";
  EXPECT_FALSE(sink_.is_told<leg_progress>(milliseconds{50}));
  phone.send(response_to(invite, "180 Ringing", "r1", reliable(phone, 8)));
  prack = phone.expect_request("PRACK");
  EXPECT_EQ(prack.header("RAck"), "8 " + std::to_string(invite.cseq()) + " INVITE");
  phone.send(response_to(prack, "200 OK", ""));
  sink_.expect<leg_progress>();
  phone.send(response_to(invite, "200 OK", "r1", contact_at(phone)));
  phone.expect_request("ACK");
  const auto answered = sink_.expect<leg_answered>();
  ASSERT_TRUE(answered.media) << "the reliable 183 was the answer";
  EXPECT_EQ(answered.media->audio.port, 40'000);
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
  EXPECT_GT(phone.expect_request("BYE").cseq(), prack.cseq());
}

TEST_F(Reliable, EachEarlyDialogHasItsOwnRSeqAndRoute) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  ASSERT_TRUE(edge_->command(order_to(phone)));
  const auto invite = phone.expect_request("INVITE");
  phone.send(response_to(invite, "183 Progress", "f1", reliable(phone, 1), std::string{offer_pcma}));
  EXPECT_EQ(phone.expect_request("PRACK").tag_of("To"), "f1");
  phone.send(response_to(invite, "180 Ringing", "f2",
                         "Record-Route: <sip:192.0.2.8;lr>, <sip:" + phone.host_port() + ";lr>\r\n" + reliable(phone, 1)));
  const auto second =
      phone.expect([](const sip_message& m) { return m.method() == "PRACK" && m.tag_of("To") == "f2"; }, "PRACK to f2");
  EXPECT_EQ(second.headers("Route"), (std::vector<std::string>{"<sip:" + phone.host_port() + ";lr>", "<sip:192.0.2.8;lr>"}));
  phone.send(response_to(second, "200 OK", ""));
  // f2 answers without a body, though only f1 ever sent one: there is no session.
  phone.send(response_to(invite, "200 OK", "f2", contact_at(phone)));
  phone.expect_request("ACK");
  phone.expect_request("BYE");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 488);
}

TEST_F(Reliable, InviteWithoutOfferPromisesNoPrack) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  order.offer.reset();
  ASSERT_TRUE(edge_->command(std::move(order)));
  EXPECT_EQ(phone.expect_request("INVITE").header("Supported"), "timer");
}

}  // namespace
}  // namespace seatgrid::test
