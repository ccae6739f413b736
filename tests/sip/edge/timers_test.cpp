#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

/// A restored dialog may have any interval: so the timers run in seconds here and not in half an hour.
class Timers : public EdgeTest {
 protected:
  dialog restored(sip_peer& peer, std::uint32_t interval_s, bool we_refresh) {
    dialog d{.sip_call_id = "timer-" + unique(),
             .local_uri = "<sip:4008001234@127.0.0.1>",
             .remote_uri = "<sip:138@carrier.example>",
             .local_tag = "ours",
             .remote_tag = "theirs",
             .local_cseq = 10,
             .remote_cseq = 1};
    d.remote_target = "sip:peer@" + peer.host_port();
    d.peer_address = peer.host_port();
    d.incoming = true;
    d.session_expires_s = interval_s;
    d.we_refresh = we_refresh;
    EXPECT_TRUE(edge_->command(leg_restore{.leg = leg_, .saved = d, .confirmed = true}));
    EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
    return d;
  }
  leg_id leg_{call_id::make(3, 9), 1};
};

TEST_F(Timers, OursIsRefreshedByUpdateAtHalfTheInterval) {
  start();
  sip_peer peer{trunk_ip, peer_port(), port_};
  restored(peer, 4, true);
  const auto update = peer.expect_request("UPDATE", milliseconds{3'000});
  EXPECT_EQ(update.header("Session-Expires"), "4;refresher=uac");
  EXPECT_TRUE(update.body().empty());
  peer.send(
      response_to(update, "200 OK", "", "Session-Expires: 120;refresher=uac\r\nContact: <sip:new@" + peer.host_port() + ">\r\n"));
  const auto now = sink_.expect<leg_dialog_changed>().now;
  EXPECT_EQ(now.session_expires_s, 120U);
  EXPECT_TRUE(now.we_refresh);
  EXPECT_EQ(now.remote_target, "sip:new@" + peer.host_port());
  EXPECT_FALSE(sink_.is_told<leg_ended>(milliseconds{3'000})) << "the old expiry is gone";
}

TEST_F(Timers, RefreshThatFindsNoDialogEndsTheLegWithBye) {
  start();
  sip_peer peer{trunk_ip, peer_port(), port_};
  restored(peer, 2, true);
  peer.send(response_to(peer.expect_request("UPDATE"), "481 Gone", ""));
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 481);
  peer.expect_request("BYE");
}

TEST_F(Timers, TheirsThatDoesNotComeEndsTheLegWithBye) {
  start();
  sip_peer peer{trunk_ip, peer_port(), port_};
  restored(peer, 2, false);
  EXPECT_FALSE(peer.expect_request("BYE").header("Reason").empty());
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 408);
}

TEST_F(Timers, WithoutALeaseNothingLeaves) {
  start();
  sip_peer peer{trunk_ip, peer_port(), port_};
  restored(peer, 0, false);
  edge_->set_lease(false);
  ASSERT_TRUE(edge_->command(leg_release{.leg = leg_, .cause = {}}));
  EXPECT_TRUE(peer.is_silent(milliseconds{400}));
  EXPECT_GE(edge_->status().unsent, 1U);
}

TEST_F(Timers, WithoutALeaseAnInviteIsRefusedAtOnce) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  edge_->set_lease(false);
  ASSERT_TRUE(edge_->command(order_to(phone)));
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 503);
  edge_->set_lease(true);
  EXPECT_TRUE(phone.is_silent(milliseconds{1'200})) << "it left when its Expires had run for a while";
}

TEST_F(Timers, InviteThatRingsTooLongIsCancelledByTheEdgeItself) {
  start();
  sip_peer phone{phone_ip, peer_port(), port_};
  auto order = order_to(phone);
  order.expires = milliseconds{100};
  ASSERT_TRUE(edge_->command(std::move(order)));
  const auto invite = phone.expect_request("INVITE");
  phone.send(response_to(invite, "180 Ringing", "r1", "Contact: <sip:phone@" + phone.host_port() + ">\r\n"));
  phone.expect_request("CANCEL");
  // Neither 200 nor 487 comes: 64*T1 later the edge counts it as cancelled.
  EXPECT_EQ(sink_.expect<leg_failed>(milliseconds{5'000}).cause.sip, 487);
}

}  // namespace
}  // namespace seatgrid::test
