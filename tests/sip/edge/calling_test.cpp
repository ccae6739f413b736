#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

class Calling : public EdgeTest {};
const std::string contact_of(const sip_peer& p) { return "Contact: <sip:phone@" + p.host_port() + ">\r\n"; }

TEST_F(Calling, RingsIsAnsweredAcknowledgedAndHungUpFromEitherSide) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  for (const bool we_hang_up : {true, false}) {
    auto order = order_to(phone, we_hang_up ? 2 : 3);
    const auto leg = order.leg;
    const auto names = order.early;
    ASSERT_TRUE(edge_->command(std::move(order)));
    const auto invite = phone.expect_request("INVITE");
    EXPECT_EQ(invite.header("Expires"), "20");
    EXPECT_EQ(invite.header("Max-Forwards"), "69");
    EXPECT_NE(invite.header("From").find("\"Zhang \\\"San\\\"\" <sip:13800138000@127.0.0.1>"), std::string::npos);
    EXPECT_TRUE(invite.header("P-Asserted-Identity").empty()) << "not to a device";
    EXPECT_NE(invite.body().find("m=audio 30000"), std::string::npos);
    EXPECT_EQ(invite.header("Call-ID"), names.sip_call_id);
    EXPECT_EQ(invite.tag_of("From"), names.local_tag);
    EXPECT_EQ(invite.cseq(), names.local_cseq);
    EXPECT_NE(invite.header("Via").find("branch=" + names.invite), std::string::npos);
    phone.send(response_to(invite, "180 Ringing", "ph1", contact_of(phone)));
    const auto ringing = sink_.expect<leg_progress>();
    EXPECT_EQ(ringing.status, 180);
    EXPECT_EQ(ringing.early.remote_tag, "ph1");
    EXPECT_EQ(ringing.early.invite.rfind("z9hG4bK", 0), 0U);
    phone.send(response_to(invite, "200 OK", "ph1", contact_of(phone), std::string{offer_pcma}));
    const auto answered = sink_.expect<leg_answered>();
    phone.send(response_to(invite, "200 OK", "ph1", contact_of(phone), std::string{offer_pcma}));
    EXPECT_TRUE(phone.is_silent(milliseconds{200})) << "ACK is a promise: it waits for the step that holds the answer";
    EXPECT_FALSE(sink_.is_told<leg_answered>(milliseconds{1}));
    ASSERT_TRUE(edge_->command(leg_ack{leg}));
    const auto ack = phone.expect_request("ACK");
    EXPECT_EQ(ack.cseq(), invite.cseq());
    EXPECT_EQ(ack.request_uri(), "sip:phone@" + phone.host_port());
    ASSERT_TRUE(answered.media);
    EXPECT_EQ(answered.media->audio.port, 40'000);
    EXPECT_EQ(answered.confirmed.remote_tag, "ph1");
    phone.send(response_to(invite, "200 OK", "ph1", contact_of(phone), std::string{offer_pcma}));
    phone.expect_request("ACK");  // repeated for a repeated 200
    if (we_hang_up) {
      ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {.q850 = 16}}));
      const auto bye = phone.expect_request("BYE");
      EXPECT_EQ(bye.cseq(), invite.cseq() + 1);
      phone.send(response_to(bye, "200 OK", ""));
    } else {
      peer_dialog d{.peer = &phone,
                    .call_id = invite.header("Call-ID"),
                    .local = "<" + invite.uri_of("To") + ">",
                    .remote = "<" + invite.uri_of("From") + ">",
                    .local_tag = "ph1",
                    .remote_tag = invite.tag_of("From"),
                    .target = invite.uri_of("Contact")};
      phone.send(d.request("BYE"));
      phone.expect_status(200, "BYE");
      EXPECT_EQ(sink_.expect<leg_ended>().leg, leg);
      ASSERT_TRUE(edge_->command(leg_forget{leg}));
    }
  }
}

TEST_F(Calling, FailureTellsStatusReasonAndRetryAfter) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  ASSERT_TRUE(edge_->command(order_to(phone)));
  const auto invite = phone.expect_request("INVITE");
  phone.send(response_to(invite, "503 Busy", "x", "Retry-After: 7\r\nReason: Q.850;cause=42\r\n"));
  phone.expect_request("ACK");
  const auto failed = sink_.expect<leg_failed>();
  EXPECT_EQ(failed.cause.sip, 503);
  EXPECT_EQ(failed.cause.q850, 42);
  EXPECT_EQ(failed.retry_after_s, 7U);
}

TEST_F(Calling, RefusesAnInviteThatNobodyCouldCancelLater) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  order.early.invite.clear();
  ASSERT_TRUE(edge_->command(std::move(order)));
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 500);
  EXPECT_TRUE(phone.is_silent(milliseconds{100}));
}

TEST_F(Calling, FailureIsToldAgainUntilItsCallHasKeptIt) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  ASSERT_TRUE(edge_->command(order));
  phone.send(response_to(phone.expect_request("INVITE"), "480 Away", "p1"));
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 480);
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 480) << "who heard it first may have lost the lane";
  ASSERT_TRUE(edge_->command(leg_restore{.leg = order.leg, .saved = order.early, .confirmed = false}));
  EXPECT_EQ(sink_.expect<leg_failed>(milliseconds{100}).cause.sip, 480) << "its new owner asks";
  ASSERT_TRUE(edge_->command(leg_forget{order.leg}));
  EXPECT_FALSE(sink_.is_told<leg_failed>(3 * options().ended_repeat));
  EXPECT_EQ(edge_->status().legs, 0U);
}

TEST_F(Calling, RedirectionIsARefusalAndNotFollowed) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  ASSERT_TRUE(edge_->command(order_to(phone)));
  const auto invite = phone.expect_request("INVITE");
  phone.send(response_to(invite, "302 Moved", "x", "Contact: <sip:elsewhere@" + phone.host_port() + ">\r\n"));
  phone.expect_request("ACK");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 302);
  EXPECT_TRUE(phone.is_silent(milliseconds{300}));
}

TEST_F(Calling, SilenceEndsIn408) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  ASSERT_TRUE(edge_->command(order_to(phone)));
  phone.expect_request("INVITE");
  EXPECT_EQ(sink_.expect<leg_failed>(milliseconds{5'000}).cause.sip, 408);
}

TEST_F(Calling, CancelWaitsForAProvisionalResponse) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  const auto leg = order.leg;
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = phone.expect_request("INVITE");
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {.q850 = 26, .text = "answered elsewhere"}}));
  const auto early = phone.receive(milliseconds{250});
  EXPECT_TRUE(!early || early->method() == "INVITE");
  phone.send(response_to(invite, "180 Ringing", "c1", contact_of(phone)));
  const auto cancel = phone.expect_request("CANCEL");
  EXPECT_EQ(cancel.header("Via"), invite.header("Via"));
  EXPECT_EQ(cancel.cseq(), invite.cseq());
  EXPECT_EQ(cancel.header("Reason"), "SIP;cause=200;text=\"Call completed elsewhere\"");
  phone.send(response_to(cancel, "200 OK", "c1"));
  phone.send(response_to(invite, "487 Request Terminated", "c1"));
  phone.expect_request("ACK");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 487);
}

TEST_F(Calling, AnswerThatCrossesTheCancelGetsAckAndBye) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  const auto leg = order.leg;
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = phone.expect_request("INVITE");
  phone.send(response_to(invite, "180 Ringing", "c1", contact_of(phone)));
  sink_.expect<leg_progress>();
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
  phone.expect_request("CANCEL");
  phone.send(response_to(invite, "200 OK", "c1", contact_of(phone), std::string{offer_pcma}));
  phone.expect_request("ACK");
  phone.expect_request("BYE");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 487);
  EXPECT_FALSE(sink_.is_told<leg_answered>(milliseconds{50}));
}

TEST_F(Calling, SecondForkThatAnswersGetsAckAndBye) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  ASSERT_TRUE(edge_->command(order_to(phone)));
  const auto invite = phone.expect_request("INVITE");
  phone.send(response_to(invite, "180 Ringing", "f1", contact_of(phone)));
  phone.send(response_to(invite, "183 Progress", "f2", contact_of(phone), std::string{offer_pcma}));
  EXPECT_EQ(sink_.expect<leg_progress>().early.remote_tag, "f1");
  const auto second = sink_.expect<leg_progress>();
  EXPECT_EQ(second.early.remote_tag, "f2");
  EXPECT_TRUE(second.media);
  phone.send(response_to(invite, "200 OK", "f1", contact_of(phone), std::string{offer_pcma}));
  const auto first = sink_.expect<leg_answered>();
  EXPECT_EQ(first.confirmed.remote_tag, "f1");
  ASSERT_TRUE(edge_->command(leg_ack{first.leg}));
  phone.expect_request("ACK");
  phone.send(response_to(invite, "200 OK", "f2", contact_of(phone), std::string{offer_pcma}));
  const auto is_f2 = [](const char* method) {
    return [method](const sip_message& m) { return m.method() == method && m.status() == 0 && m.tag_of("To") == "f2"; };
  };
  phone.expect(is_f2("ACK"), "ACK to f2");
  phone.expect(is_f2("BYE"), "BYE to f2");
}

TEST_F(Calling, OfferOfTheirsIsAnsweredInOurAck) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  const auto leg = order.leg;
  order.offer.reset();
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = phone.expect_request("INVITE");
  EXPECT_TRUE(invite.body().empty());
  phone.send(response_to(invite, "200 OK", "o1", contact_of(phone), std::string{offer_pcma}));
  ASSERT_TRUE(sink_.expect<leg_answered>().media);
  ASSERT_TRUE(edge_->command(leg_answer{.leg = leg, .media = our_media(30'100)}));
  EXPECT_NE(phone.expect_request("ACK").body().find("m=audio 30100"), std::string::npos);
}

TEST_F(Calling, ToATrunkAssertsTheCallerAndHidesAWithheldOne) {
  start();
  sip_peer trunk{trunk_ip, peer_port(), port_};
  auto order = order_to(trunk);
  order.to.trunk = "carrier";
  order.presented.withheld = true;
  order.diverted_from = "4008001234";
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = trunk.expect_request("INVITE");
  EXPECT_NE(invite.header("From").find("anonymous.invalid"), std::string::npos);
  EXPECT_EQ(invite.header("Privacy"), "id");
  EXPECT_EQ(invite.uri_of("P-Asserted-Identity"), "sip:13800138000@127.0.0.1");
  EXPECT_TRUE(invite.header("Diversion").empty()) << "an access number stands in no header of ours (I10)";
}

TEST_F(Calling, NeverPresentsAnAccessNumberToATrunk) {
  start();
  sip_peer trunk{trunk_ip, peer_port(), port_};
  auto order = order_to(trunk);
  order.to.trunk = "carrier";
  order.presented.number = "4008001234";
  ASSERT_TRUE(edge_->command(std::move(order)));
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 403);
  EXPECT_TRUE(trunk.is_silent(milliseconds{200}));
}

TEST_F(Calling, FollowsRouteAndFlowAndIgnoresHeadersInTheTarget) {
  start();
  sip_peer proxy{phone_ip, peer_port(), port_};
  auto order = order_to(proxy);
  order.to.target = "sip:1001@192.0.2.9:5099?Subject=injected";
  order.to.route = {"<sip:" + proxy.host_port() + ";lr>"};
  ASSERT_TRUE(edge_->command(std::move(order)));
  auto invite = proxy.expect_request("INVITE");
  EXPECT_EQ(invite.request_uri(), "sip:1001@192.0.2.9:5099");
  EXPECT_EQ(invite.header("Route"), "<sip:" + proxy.host_port() + ";lr>");
  EXPECT_TRUE(invite.header("Subject").empty());
  order = order_to(proxy, 3);
  order.to.target = "sip:1001@192.168.77.1:5060";
  order.to.flow = "udp:" + proxy.host_port();
  ASSERT_TRUE(edge_->command(std::move(order)));
  invite =
      proxy.expect([](const sip_message& m) { return m.request_uri() == "sip:1001@192.168.77.1:5060"; }, "INVITE on the flow");
  proxy.send(response_to(invite, "200 OK", "n1", "Contact: <sip:1001@192.168.77.1:5060>\r\n", std::string{offer_pcma}));
  EXPECT_EQ(sink_.expect<leg_answered>().confirmed.flow, "udp:" + proxy.host_port());
  ASSERT_TRUE(edge_->command(leg_ack{{call_id::make(7, 77), 3}}));
  proxy.expect_request("ACK");
}

TEST_F(Calling, RecordRouteIsFollowedInReverse) {
  start();
  sip_peer proxy{phone_ip, peer_port(), port_};
  auto order = order_to(proxy);
  const auto leg = order.leg;
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = proxy.expect_request("INVITE");
  proxy.send(
      response_to(invite, "200 OK", "r1",
                  "Record-Route: <sip:192.0.2.8;lr>, <sip:" + proxy.host_port() + ";lr>\r\nContact: <sip:far@192.0.2.7>\r\n",
                  std::string{offer_pcma}));
  const auto answered = sink_.expect<leg_answered>();
  ASSERT_TRUE(edge_->command(leg_ack{answered.leg}));
  const auto ack = proxy.expect_request("ACK");
  EXPECT_EQ(ack.request_uri(), "sip:far@192.0.2.7");
  EXPECT_EQ(answered.confirmed.route_set, (std::vector<std::string>{"<sip:" + proxy.host_port() + ";lr>", "<sip:192.0.2.8;lr>"}));
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
  EXPECT_EQ(proxy.expect_request("BYE").request_uri(), "sip:far@192.0.2.7");
}

TEST_F(Calling, RetriesOnceWithTheMinSeOfA422) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  const auto order_branch = order.early.invite;
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto first = phone.expect_request("INVITE");
  EXPECT_EQ(first.header("Session-Expires"), "1800");
  phone.send(response_to(first, "422 Too Small", "s1", "Min-SE: 3600\r\n"));
  const auto second =
      phone.expect([&](const sip_message& m) { return m.method() == "INVITE" && m.cseq() == first.cseq() + 1; }, "second INVITE");
  EXPECT_EQ(second.header("Session-Expires"), "3600");
  EXPECT_NE(second.header("Via").find("branch=" + order_branch + "r"), std::string::npos) << "known to whoever must CANCEL it";
}

}  // namespace
}  // namespace seatgrid::test
