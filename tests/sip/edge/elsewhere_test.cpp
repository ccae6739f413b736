#include "tests/sip/edge/edge_fixture.hpp"

/// A slot of another host on addresses of this one: its own could not move (ADR 0019).
namespace seatgrid::test {
namespace {

class Elsewhere : public EdgeTest {
 protected:
  /// The edge of before is gone without a word, and its slot is opened on another port.
  void adopt(sip_peer& far_end) {
    edge_.reset();
    auto with = options();
    with.former_listen = with.listen;
    new_port_ = peer_port();
    const auto at = "sip:127.0.0.1:" + std::to_string(new_port_);
    with.listen = {at + ";transport=udp", at + ";transport=tcp"};
    start(with);
    far_end.turn_to(new_port_);
  }
  /// The record of a talk with a caller.
  dialog talk(sip_peer& caller, leg_id& leg) {
    leg_incoming told;
    auto d = incoming_call(caller, told);
    leg = told.leg;
    EXPECT_TRUE(edge_->command(leg_answer{.leg = leg, .media = our_media()}));
    d.learn(caller.expect_status(200, "INVITE"));
    caller.send(d.request("ACK"));
    return sink_.expect<leg_confirmed>().confirmed;
  }
  void trunk_takes(adoption_way way) { directory_->by_address.at(trunk_ip).adopt = way; }
  std::string new_contact() const { return "@127.0.0.1:" + std::to_string(new_port_); }
  std::uint16_t new_port_ = 0;
};

TEST_F(Elsewhere, ADialogIsToldOfTheNewPlaceByTheReinviteAndEndsThere) {
  sip_peer caller{trunk_ip, peer_port(), port_};
  start();
  leg_id leg;
  const auto record = talk(caller, leg);
  adopt(caller);
  ASSERT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = record, .confirmed = true}));
  ASSERT_TRUE(edge_->command(leg_offer{.leg = leg, .media = our_media(31'000)}));
  const auto offer = caller.expect_request("INVITE");
  EXPECT_NE(offer.header("Contact").find(new_contact()), std::string::npos) << offer.header("Contact");
  EXPECT_NE(offer.header("Via").find("127.0.0.1:" + std::to_string(new_port_)), std::string::npos) << offer.header("Via");
  EXPECT_EQ(offer.header("Call-ID"), record.sip_call_id);
  caller.send(response_to(offer, "200 OK", "", "Contact: <sip:caller@" + caller.host_port() + ">\r\n", std::string{offer_pcma}));
  caller.expect_request("ACK");
  EXPECT_EQ(sink_.expect<leg_offer_done>().status, 200);
}

TEST_F(Elsewhere, ACarrierThatTakesNoWordFromThereHearsByeAndItsCallIsOver) {
  sip_peer caller{trunk_ip, peer_port(), port_};
  trunk_takes(adoption_way::end);
  start();
  leg_id leg;
  const auto record = talk(caller, leg);
  adopt(caller);
  ASSERT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = record, .confirmed = true}));
  EXPECT_EQ(caller.expect_request("BYE").header("Call-ID"), record.sip_call_id);
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 503);
}

TEST_F(Elsewhere, ItsCallerWhoWasNotAnsweredHears503) {
  sip_peer caller{trunk_ip, peer_port(), port_};
  trunk_takes(adoption_way::end);
  start();
  leg_incoming told;
  auto d = incoming_call(caller, told);
  adopt(caller);
  ASSERT_TRUE(edge_->command(leg_restore{.leg = told.leg, .saved = told.early, .confirmed = false}));
  caller.expect_status(503, "INVITE");
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 503);
}

TEST_F(Elsewhere, AtItsOwnAddressesTheSameTrunkTalksOn) {
  sip_peer caller{trunk_ip, peer_port(), port_};
  trunk_takes(adoption_way::end);
  start();
  leg_incoming told;
  auto d = incoming_call(caller, told);
  edge_.reset();
  start();
  ASSERT_TRUE(edge_->command(leg_restore{.leg = told.leg, .saved = told.early, .confirmed = false}));
  EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
}

TEST_F(Elsewhere, APhoneThatRingsIsCancelledByTheViaThatItsInviteBore) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  start();
  ASSERT_TRUE(edge_->command(order));
  const auto invite = phone.expect_request("INVITE");
  adopt(phone);
  ASSERT_TRUE(edge_->command(leg_restore{
      .leg = order.leg, .saved = order.early, .confirmed = false, .presented = order.presented, .called = order.called}));
  const auto cancel = phone.expect_request("CANCEL");
  const auto sender = [](const std::string& via) { return via.substr(0, via.find(';')); };
  EXPECT_EQ(sender(cancel.header("Via")), sender(invite.header("Via")));
  EXPECT_NE(cancel.header("Via").find("branch=" + order.early.invite), std::string::npos) << cancel.header("Via");
  EXPECT_NE(cancel.header("Via").find(";rport"), std::string::npos) << cancel.header("Via");
  // 481: it may be the Via that was wrong, and the phone rings on.
  phone.send(response_to(cancel, "481 No Transaction", "p1"));
  EXPECT_FALSE(sink_.is_told<leg_failed>(options().t1x64));
  EXPECT_EQ(sink_.expect<leg_failed>(milliseconds{2'000}).cause.sip, 408);
  EXPECT_FALSE(phone.receive(milliseconds{100})) << "the 481 was heard";
}

}  // namespace
}  // namespace seatgrid::test
