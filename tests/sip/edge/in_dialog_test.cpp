#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

class InDialog : public EdgeTest {
 protected:
  static std::string offer_version(int version, int port) {
    auto text = std::string{offer_pcma};
    text.replace(text.find("o=- 7 1"), 7, "o=- 7 " + std::to_string(version));
    text.replace(text.find("40000"), 5, std::to_string(port));
    return text;
  }
};

TEST_F(InDialog, ReInviteIsOfferedAnsweredAndItsRepeatAnsweredFromMemory) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(d.request("INVITE", offer_version(2, 40'002)));
  const auto offered = sink_.expect<leg_offered>();
  EXPECT_FALSE(offered.is_update);
  EXPECT_EQ(offered.offer->audio.port, 40'002);
  ASSERT_TRUE(edge_->command(leg_answer_offer{.leg = leg, .offer_id = offered.offer_id, .media = our_media(30'002)}));
  const auto ok = caller.expect_status(200, "INVITE");
  EXPECT_NE(ok.body().find("m=audio 30002"), std::string::npos);
  caller.send(d.request("ACK"));
  ++d.cseq;
  caller.send(d.request("INVITE", offer_version(2, 40'002)));
  EXPECT_EQ(caller.expect_status(200, "INVITE").body(), ok.body());
  EXPECT_FALSE(sink_.is_told<leg_offered>(milliseconds{50})) << "the same o= version asks nothing new";
}

TEST_F(InDialog, OverlappingOffersGet500WithRetryAfter) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(d.request("INVITE", offer_version(2, 40'002)));
  sink_.expect<leg_offered>();
  ++d.cseq;
  caller.send(d.request("UPDATE", offer_version(3, 40'004)));
  EXPECT_FALSE(caller.expect_status(500, "UPDATE").header("Retry-After").empty());
}

TEST_F(InDialog, OfferNobodyAnswersIsRefusedInTime) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(d.request("UPDATE", offer_version(2, 40'002)));
  sink_.expect<leg_offered>();
  caller.expect_status(500, "UPDATE");
}

TEST_F(InDialog, RejectedOfferLeavesTheSession) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(d.request("INVITE", offer_version(2, 40'002)));
  const auto offered = sink_.expect<leg_offered>();
  ASSERT_TRUE(edge_->command(leg_reject_offer{.leg = leg, .offer_id = offered.offer_id, .status = 488}));
  caller.expect_status(488, "INVITE");
  caller.send(d.request("ACK", {}, {}, d.last_branch));
  ++d.cseq;
  caller.send(d.request("BYE"));
  caller.expect_status(200, "BYE");
}

TEST_F(InDialog, FaxOrVideoIsRefusedWith488AndTheCallGoesOn) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  for (const auto* stream : {"m=image 40100 udptl t38\r\na=T38FaxVersion:0\r\n", "m=video 40102 RTP/AVP 31\r\n"})
    for (const auto* method : {"INVITE", "UPDATE"}) {
      ++d.cseq;
      caller.send(
          d.request(method, std::string{"v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"} + stream));
      caller.expect_status(488, method);
      if (std::string{method} == "INVITE") caller.send(d.request("ACK", {}, {}, d.last_branch));
    }
  EXPECT_FALSE(sink_.is_told<leg_offered>(milliseconds{50}));
  ++d.cseq;
  caller.send(d.request("INVITE", offer_version(3, 40'008)));
  const auto offered = sink_.expect<leg_offered>();
  ASSERT_TRUE(edge_->command(leg_answer_offer{.leg = leg, .offer_id = offered.offer_id, .media = our_media(30'008)}));
  caller.expect_status(200, "INVITE");
}

TEST_F(InDialog, ReInviteWithoutOfferGetsOursAndItsAckAnswers) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(d.request("INVITE"));
  const auto offered = sink_.expect<leg_offered>();
  EXPECT_FALSE(offered.offer);
  ASSERT_TRUE(edge_->command(leg_answer_offer{.leg = leg, .offer_id = offered.offer_id, .media = our_media(30'002)}));
  EXPECT_NE(caller.expect_status(200, "INVITE").body().find("m=audio 30002"), std::string::npos);
  caller.send(d.request("ACK", offer_version(2, 40'002)));
  const auto done = sink_.expect<leg_offer_done>();
  ASSERT_TRUE(done.answer);
  EXPECT_EQ(done.answer->audio.port, 40'002);
}

TEST_F(InDialog, UpdateWithoutOfferRefreshesTargetAndTimerAtOnce) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(
      d.request("UPDATE", {},
                "Contact: <sip:moved@" + caller.host_port() + ">\r\nSupported: timer\r\nSession-Expires: 600;refresher=uac\r\n"));
  const auto ok = caller.expect_status(200, "UPDATE");
  EXPECT_EQ(ok.header("Session-Expires"), "600;refresher=uac");
  const auto now = sink_.expect<leg_dialog_changed>().now;
  EXPECT_EQ(now.remote_target, "sip:moved@" + caller.host_port());
  EXPECT_EQ(now.session_expires_s, 600U);
  EXPECT_FALSE(now.we_refresh);
}

TEST_F(InDialog, OurOfferIsAcknowledgedAndItsAnswerTold) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ASSERT_TRUE(edge_->command(leg_offer{.leg = leg, .media = our_media(30'050)}));
  const auto invite = caller.expect_request("INVITE");
  EXPECT_NE(invite.body().find("m=audio 30050"), std::string::npos);
  caller.send(response_to(invite, "200 OK", "", "Contact: <sip:peer@" + caller.host_port() + ">\r\n", offer_version(2, 40'010)));
  EXPECT_EQ(caller.expect_request("ACK").cseq(), invite.cseq());
  const auto done = sink_.expect<leg_offer_done>();
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.answer->audio.port, 40'010);
}

TEST_F(InDialog, GlareIs491BothWaysAndOursIsTriedAgain) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ASSERT_TRUE(edge_->command(leg_offer{.leg = leg, .media = our_media(30'050)}));
  const auto ours = caller.expect_request("INVITE");
  ++d.cseq;
  caller.send(d.request("INVITE", offer_version(2, 40'002)));
  caller.expect_status(491, "INVITE");
  caller.send(d.request("ACK", {}, {}, d.last_branch));
  caller.send(response_to(ours, "491 Request Pending", ""));
  caller.expect_request("ACK");
  const auto again = caller.expect_request("INVITE", milliseconds{3'000});
  EXPECT_EQ(again.cseq(), ours.cseq() + 1);
  EXPECT_EQ(again.body(), ours.body());
}

TEST_F(InDialog, ReInviteThatFindsNoDialogEndsTheLeg) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  talking_call(caller, leg);
  ASSERT_TRUE(edge_->command(leg_offer{.leg = leg, .media = our_media(30'050)}));
  caller.send(response_to(caller.expect_request("INVITE"), "481 Gone", ""));
  EXPECT_EQ(sink_.expect<leg_offer_done>().status, 481);
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 481);
}

TEST_F(InDialog, KeysComeByInfoInBothForms) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(d.request("INFO", "Signal=5\r\nDuration=250\r\n", "Content-Type: application/dtmf-relay\r\n"));
  caller.expect_status(200, "INFO");
  auto key = sink_.expect<leg_digit>();
  EXPECT_EQ(key.digit, '5');
  EXPECT_EQ(key.duration_ms, 250);
  ++d.cseq;
  caller.send(d.request("INFO", "#", "Content-Type: application/dtmf\r\n"));
  caller.expect_status(200, "INFO");
  EXPECT_EQ(sink_.expect<leg_digit>().digit, '#');
  ++d.cseq;
  caller.send(d.request("INFO", "<x/>", "Content-Type: application/media_control+xml\r\n"));
  caller.expect_status(415, "INFO");
  EXPECT_FALSE(sink_.is_told<leg_digit>(milliseconds{50}));
}

TEST_F(InDialog, ReferIsToldAcceptedAndReportedByNotify) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  ++d.cseq;
  caller.send(d.request("REFER", {}, "Refer-To: <sip:1002@demo.example>\r\nReferred-By: <sip:1001@demo.example>\r\n"));
  const auto refer = sink_.expect<leg_refer>();
  EXPECT_EQ(refer.target, "1002");
  EXPECT_EQ(refer.referred_by, "sip:1001@demo.example");
  ASSERT_TRUE(
      edge_->command(leg_refer_status{.leg = leg, .refer_id = refer.refer_id, .notify = false, .status = 202, .final = false}));
  caller.expect_status(202, "REFER");
  ASSERT_TRUE(
      edge_->command(leg_refer_status{.leg = leg, .refer_id = refer.refer_id, .notify = true, .status = 200, .final = true}));
  const auto notify = caller.expect_request("NOTIFY");
  EXPECT_EQ(notify.header("Event"), "refer;id=" + std::to_string(d.cseq));
  EXPECT_EQ(notify.header("Subscription-State"), "terminated;reason=noresource");
  EXPECT_EQ(notify.body(), "SIP/2.0 200 OK\r\n");
  ++d.cseq;
  caller.send(d.request("REFER"));
  caller.expect_status(400, "REFER");
}

TEST_F(InDialog, ProbeAsksWhetherTheDialogLives) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  talking_call(caller, leg);
  ASSERT_TRUE(edge_->command(leg_probe{leg}));
  caller.send(response_to(caller.expect_request("OPTIONS"), "481 Unknown", ""));
  EXPECT_EQ(sink_.expect<leg_probed>().status, 481);
}

TEST_F(InDialog, OtherRequestsAreAnsweredByKind) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  const std::pair<const char*, int> cases[] = {{"OPTIONS", 200}, {"MESSAGE", 405}, {"NOTIFY", 489}, {"NEWTHING", 501}};
  for (const auto& [method, status] : cases) {
    ++d.cseq;
    caller.send(d.request(method));
    caller.expect_status(status, method);
  }
  caller.send(d.request("OPTIONS", {}, {}, {}, 1));
  caller.expect_status(500, "OPTIONS");  // CSeq below the last: RFC 3261 12.2.2
  auto unknown = d;
  unknown.local_tag = "nobody";
  caller.send(unknown.request("BYE"));
  caller.expect_status(481, "BYE");
}

TEST_F(InDialog, TheAnswerSaysWhoRefreshesAndHowOften) {
  auto o = options();
  o.session_expires = seconds{90};
  start(o);
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming told;
  auto d = incoming_call(caller, told, "Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 1800;refresher=uas\r\n");
  ASSERT_TRUE(edge_->command(leg_answer{.leg = told.leg, .media = our_media()}));
  EXPECT_EQ(caller.expect_status(200, "INVITE").header("Session-Expires"), "90;refresher=uas");
}

}  // namespace
}  // namespace seatgrid::test
