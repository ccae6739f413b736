#include <thread>
#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

/// An edge as one slot of a cluster (ADR 0016).
class Slot : public EdgeTest {};

TEST_F(Slot, NamesItselfInTheIdOfACallAndInItsDialogs) {
  auto o = options();
  o.slot = 7;
  start(o);
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming first, second;
  incoming_call(caller, first);
  incoming_call(caller, second);
  EXPECT_EQ(home_of(first.leg.call), 7);
  EXPECT_EQ(first.early.edge, 7);
  EXPECT_EQ(first.leg.call.shard(), second.leg.call.shard()) << "one tenant, one shard";
  EXPECT_LT(first.leg.call.value, second.leg.call.value) << "ids grow with time";
}

TEST_F(Slot, TheNextEdgeOfASlotNeverGivesAnIdAgain) {
  auto o = options();
  o.slot = 7;
  start(o);
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_incoming before, after;
  for (int i = 0; i < 20; ++i) incoming_call(caller, before);
  edge_.reset();
  start(o);
  incoming_call(caller, after);
  EXPECT_LT(before.leg.call.value, after.leg.call.value);
}

TEST_F(Slot, SaysNothingOfUnknownDialogsUntilTheirLegsCanHaveCome) {
  auto o = options();
  o.quiet_start = milliseconds{700};
  start(o);
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog unknown{.peer = &caller};
  unknown.local_tag = "from-another-life";
  unknown.remote_tag = "ours-of-that-life";
  const auto bye = unknown.request("BYE");
  caller.send(bye);
  EXPECT_TRUE(caller.is_silent(milliseconds{300}));
  std::this_thread::sleep_for(milliseconds{500});
  caller.send(bye);  // as RFC 3261 17.1.2.2 has it
  caller.expect_status(481, "BYE");
}

TEST_F(Slot, NotOneDatagramLeavesWhileItMayNotSpeak) {
  std::atomic<bool> may{true};
  auto o = options();
  o.may_speak = [&may] { return may.load(); };
  start(o);
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  may = false;
  EXPECT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
  ++d.cseq;
  caller.send(d.request("OPTIONS"));
  EXPECT_TRUE(caller.is_silent(milliseconds{600}));
  EXPECT_GT(edge_->status().unsent, 0U);
  EXPECT_GT(edge_->status().unheard, 0U);
  may = true;
  caller.expect_request("BYE");  // repeated
}

TEST_F(Slot, TrunksHearThatItLeaves) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller};
  sink_.leaves = true;
  caller.send(d.request("OPTIONS"));
  EXPECT_FALSE(caller.expect_status(503, "OPTIONS").header("Retry-After").empty());
  sink_.leaves = false;
  ++d.cseq;
  caller.send(d.request("OPTIONS"));
  caller.expect_status(200, "OPTIONS");
}

TEST_F(Slot, TellsANewOwnerWhatTheFormerMayHaveTakenWithIt) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  leg_id leg;
  auto d = talking_call(caller, leg);
  EXPECT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = {.incoming = true}, .confirmed = false}));
  EXPECT_EQ(sink_.expect<leg_confirmed>().confirmed.sip_call_id, d.call_id) << "the ACK was heard";
  EXPECT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = {.incoming = true}, .confirmed = true}));
  EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
  ++d.cseq;
  caller.send(d.request("BYE"));
  caller.expect_status(200, "BYE");
  const auto at = sink_.expect<leg_ended>().at;
  EXPECT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = {.incoming = true}, .confirmed = true}));
  EXPECT_EQ(sink_.expect<leg_ended>().at, at);
}

}  // namespace
}  // namespace seatgrid::test
