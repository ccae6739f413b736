#include <gtest/gtest.h>

#include <deque>

#include "actors/cluster_gateway.hpp"
#include "actors/router.hpp"

namespace seatgrid::actors {
namespace {

constexpr lane_id lanes = 4;
const cluster::lane_owner node_1{"n1", {1, 1}}, node_2{"n2", {2, 2}};

call_id call_of(slot_number home, std::uint64_t n = 1) { return call_at(5, home, n); }

/// Two routers and a wire between them.
class Router : public testing::Test {
 protected:
  struct side {
    std::vector<input_ptr> taken{};
    std::vector<std::string> at_slot{};
    std::unique_ptr<router> ways{};
  };
  void SetUp() override {
    make(one, node_1, two);
    make(two, node_2, one);
  }
  void make(side& at, const cluster::lane_owner& me, side& peer,
            router_options options = {.lanes = lanes, .hops_max = 2, .waiting_max = 3}) {
    router_world world{.me = me, .owner_of = {}, .holder_of = {}, .send = {}, .now = [this] { return now; }};
    world.owner_of = [this](lane_id) { return owner; };
    world.holder_of = [this](slot_number slot) -> std::optional<cluster::lane_owner> {
      const auto found = holders.find(slot);
      return found == holders.end() ? std::nullopt : std::optional{found->second};
    };
    world.send = [this, me, &peer](const cluster::lane_owner&, const cluster::envelope& what) -> result<void> {
      if (!linked) return fail(errc::not_found, "cut");
      EXPECT_TRUE(peer.ways->on_message(me, what));
      return {};
    };
    at.ways = std::make_unique<router>(options, std::move(world), [&at](input_ptr in) { at.taken.push_back(std::move(in)); });
  }
  static slot_door door(side& at) {
    return {.to_leg = [&at](const leg_command& c) { at.at_slot.push_back("leg " + std::to_string(c.index())); },
            .to_media = [&at](const media_command& c) { at.at_slot.push_back("media " + std::to_string(c.index())); },
            .to_register = [&at](const register_reply& r) { at.at_slot.push_back("register " + std::to_string(r.request)); },
            .remove_recording = [&at](const std::string& path) { at.at_slot.push_back("remove " + path); }};
  }
  std::optional<cluster::lane_owner> owner = node_1;
  std::map<slot_number, cluster::lane_owner> holders{{1, node_1}, {2, node_2}};
  bool linked = true;
  std::chrono::steady_clock::time_point now{std::chrono::hours{1}};
  side one{}, two{};
};

TEST_F(Router, CommandsGoToWhoeverHoldsTheSlotOfTheCall) {
  one.ways->open(1, door(one));
  two.ways->open(2, door(two));
  one.ways->to_leg(leg_ack{{call_of(1), 1}});
  one.ways->to_leg(leg_ack{{call_of(2), 1}});
  one.ways->to_media(media_record_stop{.recording = 7, .call = call_of(2)});
  one.ways->remove_recording(call_of(2), "talk/a.wav");
  EXPECT_EQ(one.at_slot.size(), 1U);
  EXPECT_EQ(two.at_slot.size(), 3U);
  EXPECT_EQ(two.at_slot.back(), "remove talk/a.wav");
}

TEST_F(Router, ALegAtAnotherEdgeIsFoundThereByAllThatFollows) {
  one.ways->open(1, door(one));
  two.ways->open(2, door(two));
  const leg_id leg{call_of(1), 2};
  one.ways->to_leg(leg_invite{.leg = leg, .to = {.edge = 2}});
  one.ways->to_leg(leg_ack{leg});
  EXPECT_EQ(two.at_slot.size(), 2U);
  EXPECT_EQ(one.ways->calls_with_legs_at(2), (std::unordered_set<entity_ref>{ref(leg.call)}));
  one.ways->to_leg(leg_forget{leg});
  one.ways->to_leg(leg_ack{leg});
  EXPECT_EQ(two.at_slot.size(), 3U);
  EXPECT_EQ(one.at_slot.size(), 1U) << "forgotten";
}

TEST_F(Router, KeepsThePlaceOfAReleasedLegForAMomentAndOfALostLaneNotAtAll) {
  const leg_id released{call_of(1), 2}, lost{call_of(1, 2), 2};
  for (const auto& leg : {released, lost}) one.ways->to_leg(leg_invite{.leg = leg, .to = {.edge = 2}});
  one.ways->to_leg(leg_release{.leg = released});
  one.ways->tick();
  EXPECT_EQ(one.ways->calls_with_legs_at(2).size(), 2U) << "the holder of the slot may be out before it has ended the leg";
  now += seconds{30};
  one.ways->tick();
  EXPECT_EQ(one.ways->calls_with_legs_at(2), (std::unordered_set<entity_ref>{ref(lost.call)}));
  one.ways->repeat_new_calls();
  EXPECT_EQ(one.ways->calls_with_legs_at(2).size(), 1U) << "the lane is still ours";
  owner = node_2;
  one.ways->repeat_new_calls();
  EXPECT_TRUE(one.ways->calls_with_legs_at(2).empty());
}

TEST_F(Router, AnswersGoWhereTheLegSpokeFrom) {
  one.ways->open(1, door(one));
  two.ways->open(2, door(two));
  const leg_id leg{call_of(1), 3};
  two.ways->on_leg(2, leg_ended{.leg = leg});
  ASSERT_EQ(two.taken.size(), 1U);
  EXPECT_TRUE(two.ways->forward(two.ways->lane_of(ref(leg.call)), *two.taken[0]));
  ASSERT_EQ(one.taken.size(), 1U);
  EXPECT_EQ(leg_of(std::get<leg_event>(one.taken[0]->what)), leg);
  one.ways->to_leg(leg_forget{leg});
  EXPECT_EQ(two.at_slot.size(), 1U);
}

TEST_F(Router, CommandsWaitForASlotThatOpensUpToABound) {
  one.ways->expect(1);
  for (std::uint32_t i = 1; i <= 5; ++i) one.ways->to_leg(leg_ack{{call_of(1), i}});
  EXPECT_EQ(one.ways->count().dropped.load(), 2U);
  one.ways->open(1, door(one));
  EXPECT_EQ(one.at_slot.size(), 3U);
}

TEST_F(Router, CommandsForASlotThatNobodyHoldsAreDroppedAndCounted) {
  holders.erase(2);
  one.ways->to_leg(leg_ack{{call_of(2), 1}});
  EXPECT_EQ(one.ways->count().without_holder.load(), 1U);
  EXPECT_FALSE(one.ways->remove_recording(call_of(2), "a"));
}

/// Who sends has read in the roster of a hand-over that the new holder has not read yet.
TEST_F(Router, CommandsThatComeBeforeTheHandOverIsReadWaitForIt) {
  const slot_order early{.slot = 1, .leg = leg_ack{{call_of(1), 1}}, .media = {}, .registered = {}, .removal = {}};
  two.ways->on_message(node_1, {cluster::link_kind::to_slot, encode(early)});
  EXPECT_TRUE(two.at_slot.empty());
  holders[1] = node_2;
  two.ways->expect(1);
  two.ways->open(1, door(two));
  EXPECT_EQ(two.at_slot.size(), 1U);
  EXPECT_EQ(two.ways->count().without_holder.load(), 0U);
}

TEST_F(Router, CommandsForASlotThatNeverComesAreDroppedAndCounted) {
  const slot_order early{.slot = 3, .leg = leg_ack{{call_of(3), 1}}, .media = {}, .registered = {}, .removal = {}};
  two.ways->on_message(node_1, {cluster::link_kind::to_slot, encode(early)});
  now += seconds{6};
  two.ways->tick();
  EXPECT_EQ(two.ways->count().without_holder.load(), 1U);
  two.ways->open(3, door(two));
  EXPECT_TRUE(two.at_slot.empty());
}

/// The slot is closed before the roster says whose it is: nothing may wait here for a door that never opens again.
TEST_F(Router, ASlotThatIsHandedOverTakesNoCommandsWithIt) {
  one.ways->open(1, door(one));
  one.ways->close(1);
  one.ways->to_leg(leg_ack{{call_of(1), 1}});
  EXPECT_EQ(one.ways->count().without_holder.load(), 1U);
  holders[1] = node_2;
  two.ways->open(1, door(two));
  one.ways->to_leg(leg_ack{{call_of(1), 1}});
  EXPECT_EQ(two.at_slot.size(), 1U);
}

TEST_F(Router, ARegisterIsAnsweredAtTheEdgeThatAsked) {
  two.ways->open(2, door(two));
  two.ways->on_register(2, {.request = 42, .tenant = "demo", .aor = "sip:1@demo"});
  ASSERT_EQ(two.taken.size(), 1U);
  EXPECT_TRUE(two.ways->forward(1, *two.taken[0]));
  ASSERT_EQ(one.taken.size(), 1U);
  one.ways->to_register({.request = one.taken[0]->request, .status = 200, .contacts = {}});
  EXPECT_EQ(two.at_slot, (std::vector<std::string>{"register 42"}));
}

TEST_F(Router, ANewCallThatAnOwnerTookToItsGraveIsHandedToTheNext) {
  owner = node_2;
  one.ways->open(1, door(one));
  const leg_id leg{call_of(1), 1}, answered{call_of(1, 2), 1};
  for (const auto& each : {leg, answered}) {
    entity_input in{.to = ref(each.call), .slot = 1};
    in.what = leg_event{leg_incoming{.leg = each}};
    EXPECT_TRUE(one.ways->forward(1, in));
  }
  two.ways->to_leg(leg_ring{.leg = answered});
  one.ways->repeat_new_calls();
  EXPECT_TRUE(one.taken.empty()) << "its owner lives";
  owner = node_1;
  one.ways->repeat_new_calls();
  ASSERT_EQ(one.taken.size(), 1U) << "the other has been answered";
  EXPECT_EQ(one.taken[0]->to, ref(leg.call));
  one.ways->repeat_new_calls();
  EXPECT_EQ(one.taken.size(), 1U);
}

TEST_F(Router, ACallerWhomNobodyTookGets503) {
  make(one, node_1, two, {.lanes = lanes, .unanswered_patience = milliseconds{0}});
  owner = node_2;
  one.ways->open(1, door(one));
  entity_input in{.to = ref(call_of(1)), .slot = 1};
  in.what = leg_event{leg_incoming{.leg = {call_of(1), 1}}};
  EXPECT_TRUE(one.ways->forward(1, in));
  one.ways->tick();
  EXPECT_EQ(one.at_slot.size(), 1U);
  one.ways->tick();
  EXPECT_EQ(one.at_slot.size(), 1U);
}

TEST_F(Router, AnInputThatWandersIsDropped) {
  owner = node_2;
  auto in = std::make_shared<entity_input>();
  in->to = ref(call_of(1));
  in->what = leg_event{leg_digit{.leg = {call_of(1), 1}}};
  in->hops = 2;
  EXPECT_TRUE(one.ways->forward(1, *in)) << "not to be held";
  EXPECT_TRUE(two.taken.empty());
  EXPECT_EQ(one.ways->count().too_many_hops.load(), 1U);
}

TEST_F(Router, WhatCannotBeSentIsHeldByTheLane) {
  owner = node_2;
  linked = false;
  entity_input in{.to = ref(call_of(1))};
  in.what = leg_event{leg_digit{.leg = {call_of(1), 1}}};
  EXPECT_FALSE(one.ways->forward(1, in));
  owner.reset();
  linked = true;
  EXPECT_FALSE(one.ways->forward(1, in));
}

TEST_F(Router, QuestionsAreAnsweredOnceByTheOwner) {
  owner = node_2;
  two.ways->serve("echo", [](const std::string& payload, const gateway::answer& done) { done(payload + "!"); });
  std::vector<result<std::string>> heard;
  const auto listen = [&](result<std::string> came) { heard.push_back(std::move(came)); };
  one.ways->ask_owner(1, "echo", "hello", listen);
  one.ways->ask_owner(1, "nothing", "", listen);
  linked = false;
  one.ways->ask_owner(1, "echo", "", listen);
  owner.reset();
  one.ways->ask_owner(1, "echo", "", listen);
  ASSERT_EQ(heard.size(), 4U);
  EXPECT_EQ(heard[0], "hello!");
  EXPECT_EQ(heard[1].error().code, errc::unsupported);
  EXPECT_EQ(heard[2].error().code, errc::unavailable);
  EXPECT_EQ(heard[3].error().code, errc::unavailable);
}

/// A node's own gateway, of which only show() is asked: `moves` times its lane is just moving away.
struct moving_gateway final : gateway {
  mutable int moves = 0;
  void show(collection, std::string, std::string id, answer done) const override {
    if (moves-- > 0) return done(fail(errc::unavailable, "the lane moves to another node: try again"));
    done("{" + id + "}");
  }
  void submit(control::command, std::string, answer) override {}
  void list(collection, list_query, answer) const override {}
  void replay(entity_ref, answer) const override {}
  result<std::shared_ptr<event_subscription>> subscribe(std::string, std::string, std::function<void()>) override {
    return fail(errc::unsupported, "not here");
  }
  std::vector<metric> metrics() const override { return {}; }
  std::vector<journal_position> positions() const override { return {}; }
  result<std::uint64_t> apply(std::vector<std::shared_ptr<const tenant_config>>, std::vector<std::string>) override { return 0; }
  std::vector<std::shared_ptr<const tenant_config>> tenants() const override { return {}; }
  std::string why_not_ready() const override { return {}; }
};

// GET /v1/queues/... got 503 at the moment when its lane moved back to a node that had been killed.
TEST_F(Router, WhatIsOnlyReadIsAskedAgainWhileItsLaneMoves) {
  moving_gateway here, there;
  cluster_gateway near{here, *one.ways};
  const cluster_gateway far{there, *two.ways};
  std::vector<result<std::string>> heard;
  const auto look = [&] {
    near.show(collection::queues, "acme", "q", [&](result<std::string> came) { heard.push_back(std::move(came)); });
  };
  here.moves = 2;
  look();
  EXPECT_TRUE(heard.empty());
  one.ways->tick();
  EXPECT_TRUE(heard.empty());
  owner = node_2;  // meanwhile it is there
  one.ways->tick();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0], "{q}");
  here.moves = there.moves = 1'000'000;
  look();
  for (int i = 0; i < 1'000 && heard.size() < 2; ++i) one.ways->tick();
  ASSERT_EQ(heard.size(), 2U) << "not for ever";
  EXPECT_EQ(heard[1].error().code, errc::unavailable);
}

TEST_F(Router, MalformedMessagesAreCountedAndHarmNobody) {
  for (const auto kind :
       {cluster::link_kind::to_entity, cluster::link_kind::to_slot, cluster::link_kind::asked, cluster::link_kind::answered})
    EXPECT_TRUE(one.ways->on_message(node_2, {kind, "\xff\xff\xff"}));
  EXPECT_EQ(one.ways->count().malformed.load(), 4U);
  EXPECT_FALSE(one.ways->on_message(node_2, {cluster::link_kind::heartbeat, {}}));
}

}  // namespace
}  // namespace seatgrid::actors
