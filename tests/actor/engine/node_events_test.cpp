#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "domain/published_schema.hpp"
#include "tests/actor/engine/harness.hpp"
#include "tests/unit/proto/published_check.hpp"

namespace seatgrid::toy {
namespace {

using namespace cluster;
using words = std::vector<std::string>;

constexpr process_id pid(std::uint64_t n) { return {n, n}; }
node_joined join_of(const std::string& node, std::uint64_t process) {
  return {.card = {.who = {node, pid(process)},
                   .version = "1.0",
                   .link_host = "127.0.0.1",
                   .link_port = 7'000,
                   .slot = {.listen = {"sip:10.0.0.1:5060"}, .rtp_first = 20'000, .rtp_last = 29'999}},
          .former_is_dead = false};
}

/// A node that owns the lanes, and what the roster holds so far.
class NodeEvents : public testing::Test {
 protected:
  NodeEvents() { is({level_raised{2}, join_of("a", 1), slot_taken{pid(1), 1, {}}}); }
  void is(std::vector<roster_record> records) {
    for (auto& one : records) {
      roster.push_back(std::move(one));
      read(roster.size() - 1);
    }
    tell();
  }
  void read(std::uint64_t offset) {
    w.engine->on_roster(offset, roster[offset], time_point{1'700'000'000'000'000 + static_cast<std::int64_t>(offset)});
  }
  void tell() { w.wait(milliseconds{50}); }
  /// As kill -9 and a start of the same node, which reads the roster from its beginning.
  void restart() {
    w.kill();
    w.start();
    w.count_all();
    for (std::uint64_t offset = 0; offset < roster.size(); ++offset) read(offset);
    tell();
    w.count_all();
  }
  /// "entity number type" of all that counted in lane 1, in order.
  words told() {
    w.count_all();
    words out;
    std::map<entity_ref, std::size_t> names;
    static_cast<void>(w.log->read(1, 1, [&](const recorded_step& s) {
      for (const auto& event : s.step.outbox) {
        EXPECT_EQ(test::misfit(publish{event.type, event.data}), "");
        const auto data = nlohmann::json::parse(event.data);
        out.push_back(std::string{to_string(s.step.entity.kind)} + " " + data.value("node", "") + std::to_string(event.sequence) +
                      " " + event.type);
      }
      return true;
    }));
    return out;
  }
  static node_options options() {
    node_options out;
    out.name = "a";
    out.process = to_text(pid(1));
    return out;
  }
  world w{options()};
  std::vector<roster_record> roster{};
};

TEST_F(NodeEvents, TellsWhoCameAndWhoHoldsAddressesOnceEach) {
  EXPECT_EQ(told(), (words{"lane a1 lane.taken", "node a1 node.joined", "node a2 node.addresses_taken"}));
  tell();
  EXPECT_EQ(told().size(), 3U);
}

TEST_F(NodeEvents, TellsAKillADrainAndAReturnEachUnderItsNode) {
  is({join_of("b", 2), node_fenced{pid(1), pid(2), "its kernel reset the link", true}, join_of("b", 3), node_drained{"b", true},
      node_left{pid(3)}, join_of("b", 4), join_of("b", 5)});
  auto all = told();
  all.erase(all.begin(), all.begin() + 3);
  EXPECT_EQ(all, (words{"node b1 node.joined", "node b2 node.fenced", "node b3 node.joined", "node b4 node.drained",
                        "node b5 node.left", "node b6 node.undrained", "node b7 node.joined", "node b8 node.replaced",
                        "node b9 node.joined"}));
}

TEST_F(NodeEvents, WhatDidNotCountIsToldAgainAndWhatCountedIsNot) {
  static_cast<void>(told());
  is({join_of("b", 2)});  // journaled, and lost with the process
  restart();
  is({node_fenced{pid(1), pid(2), "silent", false}});
  EXPECT_EQ(told(), (words{"lane a1 lane.taken", "node a1 node.joined", "node a2 node.addresses_taken", "node b1 node.joined",
                           "node b2 node.fenced"}));
}

TEST_F(NodeEvents, WhoeverOwnsTheLaneNextSaysSoOnceAndGoesOn) {
  static_cast<void>(told());
  w.options.name = "b";
  w.options.process = to_text(pid(2));
  restart();
  restart();
  const auto all = told();
  EXPECT_EQ(std::count(all.begin(), all.end(), "lane b2 lane.taken"), 1);
  EXPECT_EQ(all.size(), 4U);
}

TEST(NodeEventsLevel, NothingIsToldBelowTheirLevel) {
  world w;
  w.engine->on_roster(0, join_of("a", 1), {});
  w.wait(milliseconds{50});
  w.count_all();
  EXPECT_EQ(w.log->end(1).first.sequence, 0U);
  w.engine->on_roster(1, level_raised{2}, {});
  w.engine->on_roster(2, node_drained{"a", true}, {});
  w.wait(milliseconds{50});
  w.count_all();
  std::vector<std::string> types;
  static_cast<void>(w.log->read(1, 1, [&](const recorded_step& s) {
    for (const auto& event : s.step.outbox) types.push_back(event.type);
    return true;
  }));
  EXPECT_EQ(types, std::vector<std::string>{"node.drained"});
}

}  // namespace
}  // namespace seatgrid::toy
