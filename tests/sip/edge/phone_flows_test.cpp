#include "tests/sip/edge/registering_fixture.hpp"

/// Phones on TCP whose edge died: their dialogs live on in records, their connections do not.
namespace seatgrid::test {
namespace {

constexpr const char* private_contact =
    "sip:1001@192.168.5.5:5060;transport=tcp";  // nobody is there: only the flow leads to the phone

class PhoneFlows : public RegisteringTest {
 protected:
  static constexpr milliseconds flow_return{1'500};
  struct tcp_phone {
    sip_peer peer;
    phone_state state;
    binding bound{};
    tcp_phone(PhoneFlows& test, const std::string& extra = {})
        : peer{phone_ip, test.peer_port(), test.port_, sip_peer::kind::tcp_client}, state{test.phone(peer)} {
      const auto headers = "Contact: <" + std::string{private_contact} + ">" + extra + "\r\nExpires: 600\r\n";
      bound = test.register_phone(state, peer, headers).contacts.at(0);
    }
  };
  edge_options impatient() const {
    auto o = options();
    o.flow_return = flow_return;
    return o;
  }
  void answer(tcp_phone& phone, const sip_message& request, const std::string& body = {}) {
    phone.peer.send(response_to(request, "200 OK", "tc", "Contact: <" + std::string{private_contact} + ">\r\n", body));
  }
  leg_invite order_to(const tcp_phone& phone) const {
    auto order = EdgeTest::order_to(phone.peer);
    order.to = phone.bound.contact;
    order.early = named_by_the_rules(2, private_contact);
    return order;
  }
  /// The record of a talk over the phone's connection.
  dialog talk(tcp_phone& phone, leg_id& leg) {
    auto order = order_to(phone);
    leg = order.leg;
    EXPECT_TRUE(edge_->command(std::move(order)));
    answer(phone, phone.peer.expect_request("INVITE"), std::string{offer_pcma});
    auto record = sink_.expect<leg_answered>().confirmed;
    EXPECT_TRUE(edge_->command(leg_ack{leg}));
    phone.peer.expect_request("ACK");
    return record;
  }
  /// The edge is gone without a word; the next one knows its rows.
  void restart(const tcp_phone& phone) {
    edge_.reset();
    start(impatient());
    EXPECT_TRUE(edge_->load_bindings("sip:1001@demo.example", {phone.bound}));
  }
  void restore(leg_id leg, const dialog& record) {
    ASSERT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = record, .confirmed = true}));
    EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
  }
  /// A talk whose edge died, and with it the phone's connection; the phone is not back yet.
  dialog talk_restored(leg_id& leg) {
    start(impatient());
    dialog record;
    {
      tcp_phone before{*this};
      record = talk(before, leg);
      restart(before);
    }
    restore(leg, record);
    return record;
  }
};

TEST_F(PhoneFlows, TheEndWaitsForThePhoneToRegisterAgainAndGoesOverItsNewConnection) {
  leg_id leg;
  const auto record = talk_restored(leg);
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {.q850 = 16}}));
  tcp_phone again{*this};
  const auto bye = again.peer.expect_request("BYE");
  EXPECT_EQ(bye.header("Call-ID"), record.sip_call_id);
  EXPECT_EQ(bye.request_uri(), private_contact);
  answer(again, bye);
}

TEST_F(PhoneFlows, APhoneThatIsBackBeforeItsLegIsRestoredIsKnownByItsFormerConnection) {
  start(impatient());
  tcp_phone first{*this};
  leg_id leg;
  const auto record = talk(first, leg);
  restart(first);
  tcp_phone second{*this};
  restore(leg, record);
  EXPECT_EQ(sink_.expect<leg_dialog_changed>().now.flow, "tcp:" + second.peer.host_port());
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
  answer(second, second.peer.expect_request("BYE"));
}

TEST_F(PhoneFlows, OfferAndProbeWaitTooAndTheRowLearnsTheNewFlow) {
  leg_id leg;
  const auto record = talk_restored(leg);
  ASSERT_TRUE(edge_->command(leg_offer{.leg = leg, .media = our_media(31'000)}));
  ASSERT_TRUE(edge_->command(leg_probe{leg}));
  EXPECT_FALSE(sink_.is_told<leg_offer_done>(milliseconds{200}));
  tcp_phone again{*this};
  EXPECT_EQ(sink_.expect<leg_dialog_changed>().now.flow, "tcp:" + again.peer.host_port());
  answer(again, again.peer.expect_request("OPTIONS"));
  EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
  answer(again, again.peer.expect_request("INVITE"), std::string{offer_pcma});
  EXPECT_EQ(sink_.expect<leg_offer_done>().status, 200);
}

TEST_F(PhoneFlows, APhoneThatRangIsCancelledWhenItIsBack) {
  start(impatient());
  leg_invite order;
  {
    tcp_phone before{*this};
    order = order_to(before);
    ASSERT_TRUE(edge_->command(order));
    before.peer.expect_request("INVITE");
    restart(before);
  }
  order.early.flow = order.to.flow;
  ASSERT_TRUE(edge_->command(leg_restore{
      .leg = order.leg, .saved = order.early, .confirmed = false, .presented = order.presented, .called = order.called}));
  tcp_phone again{*this};
  const auto cancel = again.peer.expect_request("CANCEL");
  EXPECT_EQ(cancel.header("Call-ID"), order.early.sip_call_id);
  answer(again, cancel);
}

TEST_F(PhoneFlows, WithoutThePhoneTheProbeSaysSoWhenTheWaitIsOver) {
  leg_id leg;
  const auto record = talk_restored(leg);
  ASSERT_TRUE(edge_->command(leg_probe{leg}));
  EXPECT_FALSE(sink_.is_told<leg_probed>(flow_return - milliseconds{500}));
  EXPECT_NE(sink_.expect<leg_probed>(milliseconds{8'000}).status, 200);
}

TEST_F(PhoneFlows, ALegFollowsItsPhoneToAnotherConnectionOfTheSameEdge) {
  start(impatient());
  leg_id leg;
  std::string instance = ";+sip.instance=\"<urn:uuid:0b1>\"";
  {
    tcp_phone before{*this, instance};
    (void)talk(before, leg);
  }
  tcp_phone moved{*this, instance};
  EXPECT_EQ(sink_.expect<leg_dialog_changed>().now.flow, "tcp:" + moved.peer.host_port());
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {.q850 = 16}}));
  answer(moved, moved.peer.expect_request("BYE"));
}

}  // namespace
}  // namespace seatgrid::test
