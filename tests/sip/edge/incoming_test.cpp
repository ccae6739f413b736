#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

using drop = edge_status::drop;
class Incoming : public EdgeTest {};

TEST_F(Incoming, BecomesALegAndIsRungAnsweredConfirmedAndHungUpByTheCaller) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told, "P-Asserted-Identity: <sip:+8613800138000@carrier.example>\r\n");
  EXPECT_EQ(told.tenant, "demo");
  EXPECT_EQ(told.trunk, "carrier");
  EXPECT_EQ(told.called, "4008001234");
  EXPECT_EQ(told.caller.number, "13800138000");
  EXPECT_EQ(told.leg.index, 1U);
  EXPECT_EQ(told.leg.call.shard(), shard_of_tenant("demo"));
  EXPECT_EQ(told.hops_left, 69U);
  ASSERT_TRUE(told.offer);
  EXPECT_EQ(told.offer->audio.port, 40'000);
  EXPECT_NE(told.early.invite.find("INVITE sip:4008001234@"), std::string::npos);

  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 180, .media = {}}));
  const auto ringing = caller.expect_status(180);
  EXPECT_FALSE(ringing.uri_of("Contact").empty());
  ASSERT_TRUE(edge_->command(leg_answer{.leg = told.leg, .media = our_media()}));
  const auto ok = caller.expect_status(200, "INVITE");
  EXPECT_EQ(ok.tag_of("To"), ringing.tag_of("To"));
  EXPECT_NE(ok.body().find("m=audio 30000"), std::string::npos);
  EXPECT_NE(ok.header("Allow").find("UPDATE"), std::string::npos);
  d.learn(ok);
  caller.send(d.request("ACK"));
  const auto confirmed = sink_.expect<leg_confirmed>().confirmed;
  EXPECT_EQ(confirmed.local_tag, ok.tag_of("To"));
  EXPECT_EQ(confirmed.remote_target, "sip:peer@" + caller.host_port());
  EXPECT_TRUE(confirmed.invite.empty());

  ++d.cseq;
  caller.send(d.request("BYE", {}, "Reason: Q.850;cause=31;text=\"normal\"\r\n"));
  caller.expect_status(200, "BYE");
  const auto ended = sink_.expect<leg_ended>();
  EXPECT_FALSE(ended.cancelled);
  EXPECT_EQ(ended.cause.q850, 31);
  EXPECT_EQ(sink_.expect<leg_ended>().at, ended.at) << "repeated with the same time until forgotten";
  ASSERT_TRUE(edge_->command(leg_forget{told.leg}));
  sink_.is_told<leg_probed>(milliseconds{300});
  while (sink_.is_told<leg_ended>(milliseconds{10})) sink_.expect<leg_ended>();
  EXPECT_FALSE(sink_.is_told<leg_ended>(milliseconds{500}));
  EXPECT_EQ(edge_->status().legs, 0U);
}

TEST_F(Incoming, IsHungUpByUsWithAReason) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {.q850 = 16, .text = "agent hung up"}}));
  const auto bye = caller.expect_request("BYE");
  EXPECT_EQ(bye.header("Reason"), "Q.850;cause=16;text=\"agent hung up\"");
  EXPECT_EQ(bye.tag_of("To"), d.local_tag);
  EXPECT_EQ(bye.tag_of("From"), d.remote_tag);
  caller.send(response_to(bye, "200 OK", ""));
  EXPECT_FALSE(sink_.is_told<leg_ended>(milliseconds{300})) << "what we ended is no news";
  EXPECT_EQ(edge_->status().legs, 0U);
}

TEST_F(Incoming, CancelEndsItWith200And487) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told);
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 180, .media = {}}));
  caller.expect_status(180);
  caller.send(d.request("CANCEL", {}, {}, d.last_branch));
  caller.expect_status(200, "CANCEL");
  const auto refused = caller.expect_status(487, "INVITE");
  d.remote_tag = refused.tag_of("To");
  caller.send(d.request("ACK", {}, {}, d.last_branch));
  EXPECT_TRUE(sink_.expect<leg_ended>().cancelled);
  EXPECT_TRUE(caller.is_silent(milliseconds{600})) << "the ACK ends retransmission";
}

TEST_F(Incoming, ByeBeforeTheAnswerGets200AndTheInvite487) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told);
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 180, .media = {}}));
  d.learn(caller.expect_status(180));
  ++d.cseq;
  caller.send(d.request("BYE"));
  int seen = 0;
  for (int i = 0; i < 2; ++i)
    if (const auto m = caller.receive()) seen += m->status() * (m->method() == "BYE" ? 1 : 10);
  EXPECT_EQ(seen, 200 + 4870);
  EXPECT_FALSE(sink_.expect<leg_ended>().cancelled);
}

TEST_F(Incoming, TwoHundredIsRepeatedAndWithoutAckEndsInBye) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  incoming_call(caller, told);
  ASSERT_TRUE(edge_->command(leg_answer{.leg = told.leg, .media = our_media()}));
  caller.expect_status(200, "INVITE");
  caller.expect_status(200, "INVITE");
  const auto bye = caller.expect_request("BYE", milliseconds{4'000});
  EXPECT_FALSE(bye.header("Reason").empty());
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 408);
}

TEST_F(Incoming, ReleaseBetween200AndAckWaitsForTheAck) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told);
  ASSERT_TRUE(edge_->command(leg_answer{.leg = told.leg, .media = our_media()}));
  d.learn(caller.expect_status(200, "INVITE"));
  ASSERT_TRUE(edge_->command(leg_release{.leg = told.leg, .cause = {}}));
  const auto next = caller.receive(milliseconds{400});
  EXPECT_TRUE(!next || next->status() == 200) << "no BYE before the ACK";
  caller.send(d.request("ACK"));
  caller.expect_request("BYE");
}

TEST_F(Incoming, WithoutOfferGetsOursAndTheAckAnswers) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller};
  caller.send(d.request("INVITE"));
  const auto told = sink_.expect<leg_incoming>();
  EXPECT_FALSE(told.offer);
  ASSERT_TRUE(edge_->command(leg_answer{.leg = told.leg, .media = our_media()}));
  const auto ok = caller.expect_status(200, "INVITE");
  EXPECT_NE(ok.body().find("m=audio 30000"), std::string::npos);
  d.learn(ok);
  caller.send(d.request("ACK", std::string{offer_pcma}));
  const auto confirmed = sink_.expect<leg_confirmed>();
  ASSERT_TRUE(confirmed.media);
  EXPECT_EQ(confirmed.media->audio.port, 40'000);
}

TEST_F(Incoming, RefusalCarriesStatusReasonAndRetryAfter) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  incoming_call(caller, told);
  ASSERT_TRUE(edge_->command(leg_reject{.leg = told.leg, .cause = {.q850 = 17, .sip = 486}, .retry_after_s = 9}));
  const auto refused = caller.expect_status(486);
  EXPECT_EQ(refused.header("Retry-After"), "9");
  EXPECT_NE(refused.header("Reason").find("cause=17"), std::string::npos);
}

TEST_F(Incoming, AdvertisedAddressStandsWhereThePeerLooksAndNotTheBoundOne) {
  auto o = options();
  o.advertised_host = "192.0.2.77";
  start(o);
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  incoming_call(caller, told);
  ASSERT_TRUE(edge_->command(leg_ring{.leg = told.leg, .status = 180, .media = {}}));
  EXPECT_NE(caller.expect_status(180).uri_of("Contact").find("@192.0.2.77:" + std::to_string(port_)), std::string::npos);
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  order.offer->audio.host.clear();
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = phone.expect_request("INVITE");
  EXPECT_NE(invite.header("Via").find("192.0.2.77:" + std::to_string(port_)), std::string::npos);
  EXPECT_NE(invite.uri_of("Contact").find("@192.0.2.77:"), std::string::npos);
  EXPECT_NE(invite.body().find("o=- "), std::string::npos);
  EXPECT_NE(invite.body().find("IN IP4 192.0.2.77"), std::string::npos);
  EXPECT_EQ(invite.text.find("127.0.0.1:" + std::to_string(port_)), std::string::npos);
}

TEST_F(Incoming, ComesOverTcpToo) {
  start();
  directory_->by_address["127.0.0.1"] = {.name = "local"};
  sip_peer caller{"127.0.0.1", peer_port(), port_, sip_peer::kind::tcp_client};
  leg_id leg;
  auto d = talking_call(caller, leg, "Contact: <sip:peer@127.0.0.1:" + std::to_string(caller.port()) + ";transport=tcp>\r\n");
  EXPECT_NE(d.target.find("transport=tcp"), std::string::npos);
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
  caller.expect_request("BYE");
}

/// What is wrong with an INVITE, and the answer it gets.
struct fault {
  const char* name = "";
  const char* extra = "";
  const char* body = "";
  int status = 0;
  const char* header = "";  ///< that the refusal must carry
};
class IncomingFault : public EdgeTest, public ::testing::WithParamInterface<fault> {};

TEST_P(IncomingFault, IsRefusedWithTheRightStatus) {
  const auto f = GetParam();
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller};
  caller.send(d.request("INVITE", *f.body == '\0' ? std::string{offer_pcma} : std::string{f.body}, f.extra));
  const auto refused = caller.expect_status(f.status, "INVITE");
  if (*f.header != '\0') { EXPECT_FALSE(refused.header(f.header).empty()) << refused.text; }
  EXPECT_FALSE(sink_.is_told<leg_incoming>(milliseconds{50}));
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3261, IncomingFault,
    ::testing::Values(
        fault{"hops", "Max-Forwards: 0\r\n", "", 483, ""}, fault{"require", "Require: teleport\r\n", "", 420, "Unsupported"},
        fault{"sdp", "", "v=0\r\nm=audio 9876 UDP ]\r\n", 400, "Warning"},
        fault{"codec", "", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 31\r\n",
              488, ""},
        fault{"type", "Content-Type: text/plain\r\n", "hello", 415, "Accept"},
        fault{"encoding", "Content-Encoding: gzip\r\n", "xxxx", 415, "Accept-Encoding"},
        fault{"timer", "Session-Expires: 60\r\nSupported: timer\r\n", "", 422, "Min-SE"}),
    [](const auto& which) { return std::string{which.param.name}; });

TEST_F(Incoming, WithoutContactIsBad) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller};
  auto text = d.request("INVITE", std::string{offer_pcma});
  const auto at = text.find("Contact:");
  text.erase(at, text.find("\r\n", at) + 2 - at);
  caller.send(text);
  caller.expect_status(400);
}

TEST_F(Incoming, NumberThatIsNotOursIs404) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller, .remote = "<sip:4009999999@127.0.0.1>"};
  caller.send(d.request("INVITE", std::string{offer_pcma}));
  caller.expect_status(404);
}

TEST_F(Incoming, StrangersHearNothing) {
  start();
  sip_peer stranger{"127.0.9.9", peer_port(), port_};
  peer_dialog d{.peer = &stranger};
  stranger.send(d.request("INVITE", std::string{offer_pcma}));
  stranger.send(d.request("OPTIONS"));
  EXPECT_TRUE(stranger.is_silent(milliseconds{500}));
  EXPECT_GE(edge_->status().datagrams[static_cast<std::size_t>(datagram_cause::unknown_source)], 2U);
}

TEST_F(Incoming, DialledNumberStandsWhereTheTrunkSaysIt) {
  start();
  sip_peer by_to{trunk_to_ip, peer_port(), port_};
  peer_dialog d{.peer = &by_to, .target = "sip:anything@127.0.0.1"};
  by_to.send(d.request("INVITE", std::string{offer_pcma}, "P-Asserted-Identity: <sip:999@x>\r\n"));
  auto told = sink_.expect<leg_incoming>();
  EXPECT_EQ(told.called, "4008001234");
  EXPECT_EQ(told.caller.number, "13800138000") << "this trunk's caller stands in From";
  sip_peer by_div{trunk_div_ip, peer_port(), port_};
  peer_dialog e{.peer = &by_div, .remote = "<sip:02112345678@127.0.0.1>"};
  by_div.send(e.request("INVITE", std::string{offer_pcma}, "Diversion: <tel:+86-400-800-1234>;reason=unconditional\r\n"));
  told = sink_.expect<leg_incoming>();
  EXPECT_EQ(told.called, "4008001234");
  EXPECT_EQ(told.dialled, "+86-400-800-1234");
  sip_peer by_party{trunk_party_ip, peer_port(), port_};
  peer_dialog f{.peer = &by_party, .target = "sip:gateway@127.0.0.1"};
  by_party.send(
      f.request("INVITE", std::string{offer_pcma}, "P-Called-Party-ID: <sip:+864008001234@carrier.example;user=phone>\r\n"));
  EXPECT_EQ(sink_.expect<leg_incoming>().called, "4008001234");
}

TEST_F(Incoming, CallerStandsInPaiFromTelOrUserPhone) {
  start();
  sip_peer by_pai{trunk_ip, peer_port(), port_}, by_from{trunk_to_ip, peer_port(), port_};
  const auto caller_seen = [&](sip_peer& peer, const std::string& from, const std::string& extra) {
    peer_dialog d{.peer = &peer, .local = from};
    peer.send(d.request("INVITE", std::string{offer_pcma}, extra));
    const auto told = sink_.expect<leg_incoming>();
    (void)edge_->command(leg_reject{.leg = told.leg, .cause = {.q850 = 17, .sip = 486}});
    return told.caller.number;
  };
  const std::string pai = "P-Asserted-Identity: \"Li\" <sip:+8613900001111@c.example;user=phone>\r\n";
  EXPECT_EQ(caller_seen(by_pai, "<sip:unknown@c.example>", pai), "13900001111");
  EXPECT_EQ(caller_seen(by_pai, "<sip:unknown@c.example>", "P-Asserted-Identity: <tel:+86-139-0000-1112>\r\n"), "13900001112");
  EXPECT_EQ(caller_seen(by_pai, "<tel:+8613900001113>", ""), "13900001113") << "without it, From";
  EXPECT_EQ(caller_seen(by_from, "<sip:+8613900001114;phone-context=x@c.example;user=phone>", pai), "13900001114");
}

TEST_F(Incoming, WithheldCallerIsMarked) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller, .local = "\"Anonymous\" <sip:anonymous@anonymous.invalid>"};
  caller.send(d.request("INVITE", std::string{offer_pcma}, "Privacy: id\r\nP-Asserted-Identity: <tel:+8613900001111>\r\n"));
  const auto told = sink_.expect<leg_incoming>();
  EXPECT_TRUE(told.caller.withheld);
  EXPECT_EQ(told.caller.number, "13900001111");
}

TEST_F(Incoming, TrunkBeyondItsRateGets503AndBeyondItsCalls486) {
  start();
  sip_peer caller{trunk_tight_ip, peer_port(), port_};
  peer_dialog first{.peer = &caller};
  caller.send(first.request("INVITE", std::string{offer_pcma}));
  caller.expect_status(100);
  peer_dialog second{.peer = &caller};
  caller.send(second.request("INVITE", std::string{offer_pcma}));
  EXPECT_FALSE(caller.expect_status(486).header("Retry-After").empty());
  peer_dialog third{.peer = &caller};
  caller.send(third.request("INVITE", std::string{offer_pcma}));
  EXPECT_FALSE(caller.expect_status(503).header("Retry-After").empty());
}

TEST_F(Incoming, AccessNumberBeyondItsCallsIsBusyUntilOneEnds) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog first{.peer = &caller, .remote = "<sip:4008005555@127.0.0.1>"};
  caller.send(first.request("INVITE", std::string{offer_pcma}));
  const auto told = sink_.expect<leg_incoming>();
  peer_dialog second{.peer = &caller, .remote = "<sip:4008005555@127.0.0.1>"};
  caller.send(second.request("INVITE", std::string{offer_pcma}));
  caller.expect_status(486);
  ASSERT_TRUE(edge_->command(leg_reject{.leg = told.leg, .cause = {.q850 = 16, .sip = 480}}));
  caller.expect_status(480);
  peer_dialog third{.peer = &caller, .remote = "<sip:4008005555@127.0.0.1>"};
  caller.send(third.request("INVITE", std::string{offer_pcma}));
  sink_.expect<leg_incoming>();
}

TEST_F(Incoming, ClosedValveGives503WithRetryAfter) {
  start();
  sink_.open = false;
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller};
  caller.send(d.request("INVITE", std::string{offer_pcma}));
  EXPECT_EQ(caller.expect_status(503).header("Retry-After"), "5");
  EXPECT_EQ(edge_->status().drops[static_cast<std::size_t>(drop::overload)], 1U);
}

TEST_F(Incoming, MergedRequestIs482AndARetransmissionIsNot) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told);
  const auto first = d.last_branch;
  caller.send(d.request("INVITE", std::string{offer_pcma}, {}, first));
  caller.expect_status(100);
  caller.send(d.request("INVITE", std::string{offer_pcma}));
  caller.expect_status(482);
  EXPECT_FALSE(sink_.is_told<leg_incoming>(milliseconds{50}));
}

TEST_F(Incoming, OptionsOfATrunkIsAnsweredWithWhatWeDo) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller};
  caller.send(d.request("OPTIONS"));
  const auto ok = caller.expect_status(200, "OPTIONS");
  EXPECT_NE(ok.header("Allow").find("INVITE"), std::string::npos);
  EXPECT_NE(ok.header("Accept").find("application/sdp"), std::string::npos);
}

TEST_F(Incoming, OtherMethodsOutsideADialogAreRefusedByKind) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  const std::pair<const char*, int> cases[] = {
      {"MESSAGE", 405}, {"SUBSCRIBE", 405}, {"BYE", 481}, {"INFO", 481}, {"NEWTHING", 501}};
  for (const auto& [method, status] : cases) {
    peer_dialog d{.peer = &caller};
    caller.send(d.request(method));
    const auto refused = caller.expect_status(status, method);
    if (status != 481) { EXPECT_FALSE(refused.header("Allow").empty()) << method; }
  }
}

TEST_F(Incoming, TooBigIs513) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller};
  auto o = options();
  edge_.reset();
  o.message_bytes_max = 2'000;
  start(o);
  caller.send(d.request("INVITE", std::string{offer_pcma}, "Subject: " + std::string(2'500, 'x') + "\r\n"));
  caller.expect_status(513);
}

TEST_F(Incoming, OurOwnInviteComingBackIsALoop) {
  start();
  sip_peer proxy{trunk_ip, peer_port(), port_};
  auto order = order_to(proxy);
  order.to.target = "sip:4008001234@" + proxy.host_port();
  ASSERT_TRUE(edge_->command(std::move(order)));
  auto invite = proxy.expect_request("INVITE").text;
  const auto via = invite.find("Via:");
  invite.insert(via, proxy.via("z9hG4bK" + unique()));
  proxy.send(invite);
  proxy.expect_status(482);
}

}  // namespace
}  // namespace seatgrid::test
