#include "cluster/roster.hpp"

#include <gtest/gtest.h>

#include <random>

namespace seatgrid::cluster {
namespace {

constexpr process_id pid(std::uint64_t n) { return {n, n * 1'000}; }

node_card card_of(const std::string& node, std::uint64_t process) {
  return {.who = {node, pid(process)},
          .version = "1.0",
          .level = 1,
          .link_host = "127.0.0.1",
          .link_port = 7'000,
          .slot = {.listen = {"sip:10.0.0." + std::to_string(process) + ":5060"}, .rtp_first = 20'000, .rtp_last = 29'999}};
}

/// A roster and the offset of its next record.
struct bed {
  roster at{};
  std::vector<roster_change> add(const roster_record& what) { return fold(at, at.next, what); }
  std::vector<roster_change> join(const std::string& node, std::uint64_t process) {
    return add(node_joined{card_of(node, process)});
  }
  /// A member of node a, process 1, that holds its slot 1; b, process 2, slot 2; and so on.
  void with(const std::vector<std::string>& nodes) {
    std::uint64_t n = 0;
    for (const auto& node : nodes) {
      join(node, ++n);
      add(slot_taken{pid(n), at.slot_of(node), {}});
    }
  }
};

template <class T>
std::vector<T> all_of(const std::vector<roster_change>& changes) {
  std::vector<T> out;
  for (const auto& one : changes)
    if (const auto* found = std::get_if<T>(&one)) out.push_back(*found);
  return out;
}

TEST(Roster, GivesEachNodeWithAddressesTheNextNumberAndKeepsItForEver) {
  bed b;
  EXPECT_EQ(all_of<member_came>(b.join("b", 1)).at(0).who.slot, 1);
  auto talker = card_of("api-only", 2);
  talker.slot = {};
  EXPECT_EQ(all_of<member_came>(b.add(node_joined{talker})).at(0).who.slot, 0);
  b.join("a", 3);
  EXPECT_EQ(b.at.of_node("a")->slot, 2);
  b.add(node_left{pid(1)});
  EXPECT_EQ(b.at.of_node("b"), nullptr);
  b.join("c", 4);
  EXPECT_EQ(b.at.of_node("c")->slot, 3) << "a number that is given is not given again";
  b.join("b", 5);
  EXPECT_EQ(b.at.of_node("b")->slot, 1);
  EXPECT_EQ(b.at.slots.at(1).addresses, card_of("b", 5).slot) << "as its last process gave them";
  EXPECT_EQ(b.at.find(pid(5)), b.at.of_node("b"));
}

TEST(Roster, AMemberThatGoesFreesEverySlotThatItHeld) {
  bed b;
  b.with({"a", "b", "c"});
  b.add(node_fenced{pid(1), pid(2), "its link was reset", true});
  b.add(slot_taken{pid(1), 2, {}});
  const auto changes = b.add(node_fenced{pid(3), pid(1), "silent"});
  ASSERT_EQ(all_of<member_gone>(changes).size(), 1U);
  EXPECT_FALSE(all_of<member_gone>(changes)[0].speaks_no_more);
  EXPECT_EQ(all_of<slot_moved>(changes).size(), 2U);
  EXPECT_FALSE(b.at.slots.at(1).holder || b.at.slots.at(2).holder);
  EXPECT_EQ(b.at.slots.at(3).holder, pid(3));
}

TEST(Roster, AWordOfAFencedProcessCountsForNothing) {
  bed b;
  b.with({"a", "b"});
  EXPECT_EQ(all_of<member_gone>(b.add(node_fenced{pid(1), pid(2), "silent"})).size(), 1U);
  EXPECT_TRUE(b.add(node_fenced{pid(2), pid(1), "silent"}).empty()) << "two suspect each other: the log decides";
  EXPECT_NE(b.at.find(pid(1)), nullptr);
  EXPECT_TRUE(b.add(slot_taken{pid(2), 2, {}}).empty());
  EXPECT_TRUE(b.add(node_left{pid(2)}).empty());
  EXPECT_TRUE(b.join("b", 2).empty()) << "a late copy of its join";
  EXPECT_EQ(b.join("b", 7).size(), 1U) << "a new process of the node is welcome";
}

TEST(Roster, TheFirstOfTwoTakesASlotAndTheOtherReadsThatItDidNot) {
  bed b;
  b.with({"a", "b", "c"});
  b.add(node_left{pid(3)});
  EXPECT_EQ(all_of<slot_moved>(b.add(slot_taken{pid(1), 3, {}})).size(), 1U);
  EXPECT_TRUE(b.add(slot_taken{pid(2), 3, {}}).empty());
  EXPECT_TRUE(b.add(slot_taken{pid(2), 9, {}}).empty()) << "no such slot";
  EXPECT_EQ(all_of<slot_moved>(b.add(slot_taken{pid(2), 3, pid(1)})).size(), 1U) << "handed over by its holder";
  EXPECT_EQ(b.at.slots.at(3).holder, pid(2));
}

TEST(Roster, AJoinReplacesItsNodesFormerProcess) {
  bed b;
  b.with({"a"});
  const auto changes = b.add(node_joined{card_of("a", 2), true});
  ASSERT_EQ(all_of<member_gone>(changes).size(), 1U);
  EXPECT_TRUE(all_of<member_gone>(changes)[0].speaks_no_more);
  EXPECT_EQ(all_of<slot_moved>(changes).size(), 1U) << "free: the new process takes it when nobody else can speak for it";
  EXPECT_EQ(b.at.of_node("a")->card.who.process, pid(2));
  EXPECT_TRUE(b.join("a", 1).empty()) << "the former process is out for good";
  EXPECT_TRUE(b.join("a", 2).empty()) << "it is a member already";
}

TEST(Roster, RefusesTheJoinThatFindsNoSlotNumberLeft) {
  bed b;
  for (std::uint64_t n = 1; n <= slots_max; ++n) {
    b.join("n" + std::to_string(n), n);
    b.add(node_left{pid(n)});
  }
  const auto changes = b.join("one too many", 5'000);
  ASSERT_EQ(all_of<join_refused>(changes).size(), 1U);
  EXPECT_EQ(all_of<join_refused>(changes)[0].why.code, errc::full);
  EXPECT_EQ(b.at.find(pid(5'000)), nullptr);
  EXPECT_EQ(all_of<member_came>(b.join("n7", 5'001)).size(), 1U) << "a node that has a number is welcome";
  auto talker = card_of("api", 5'002);
  talker.slot = {};
  EXPECT_EQ(all_of<member_came>(b.add(node_joined{talker})).size(), 1U) << "as is one without addresses";
}

TEST(Roster, RefusesMoreMembersThanItsBound) {
  bed b;
  for (std::uint64_t n = 1; n <= members_max; ++n) b.join("n" + std::to_string(n), n);
  EXPECT_EQ(all_of<join_refused>(b.join("more", 5'000)).at(0).why.code, errc::full);
  EXPECT_EQ(all_of<member_came>(b.join("n3", 5'001)).size(), 1U) << "in the place of its former process";
}

TEST(Roster, RefusesAProgramThatIsOlderThanTheClustersLevel) {
  bed b;
  auto card = card_of("a", 1);
  card.level = 2;
  b.add(node_joined{card});
  b.join("b", 2);
  EXPECT_TRUE(b.add(level_raised{2}).empty()) << "b does not understand it";
  b.add(node_left{pid(2)});
  EXPECT_EQ(all_of<level_changed>(b.add(level_raised{2})).size(), 1U);
  EXPECT_TRUE(b.add(level_raised{2}).empty());
  EXPECT_EQ(all_of<join_refused>(b.join("b", 3)).at(0).why.code, errc::unsupported);
}

TEST(Roster, ADrainedNodeDrainsAlsoAfterItsRestart) {
  bed b;
  b.with({"a"});
  EXPECT_EQ(all_of<drain_changed>(b.add(node_drained{"a", true})).size(), 1U);
  EXPECT_TRUE(b.add(node_drained{"a", true}).empty());
  EXPECT_TRUE(b.add(node_drained{"nobody", true}).empty());
  EXPECT_TRUE(b.at.of_node("a")->drains);
  b.join("a", 2);
  EXPECT_TRUE(b.at.of_node("a")->drains);
  b.add(node_drained{"a", false});
  EXPECT_FALSE(b.at.of_node("a")->drains);
}

// A node that was stopped for an upgrade came back as drained, owned no lane and refused every call until somebody undrained it.
TEST(Roster, ADrainIsOverWhenTheNodeHasLeft) {
  bed b;
  b.with({"a"});
  b.add(node_drained{"a", true});
  EXPECT_EQ(all_of<drain_changed>(b.add(node_left{pid(1)})).size(), 1U);
  b.join("a", 2);
  EXPECT_FALSE(b.at.of_node("a")->drains);
}

TEST(Roster, PassesOverWhatItDoesNotKnowAndWhatItHasFolded) {
  bed b;
  b.with({"a"});
  const auto before = b.at;
  EXPECT_TRUE(fold(b.at, b.at.next, std::nullopt).empty());
  EXPECT_EQ(b.at.next, before.next + 1);
  EXPECT_TRUE(fold(b.at, 0, node_joined{card_of("z", 9)}).empty()) << "read again";
  EXPECT_EQ(b.at.members, before.members);
  fold(b.at, 100, std::nullopt);
  EXPECT_EQ(b.at.next, 101U) << "logs may have gaps";
}

TEST(Roster, RefusesACardThatNobodyCouldUse) {
  const auto good = card_of("a", 1);
  EXPECT_TRUE(check(good));
  for (const auto& spoil : std::initializer_list<void (*)(node_card&)>{
           [](node_card& c) { c.who.node.clear(); }, [](node_card& c) { c.who.node.assign(65, 'x'); },
           [](node_card& c) { c.who.process = {}; }, [](node_card& c) { c.roles = 0; }, [](node_card& c) { c.link_port = 0; },
           [](node_card& c) { c.version.assign(257, 'x'); }, [](node_card& c) { c.slot.listen.resize(17); }}) {
    auto card = good;
    spoil(card);
    EXPECT_EQ(check(card).error().code, errc::invalid);
    bed b;
    EXPECT_TRUE(b.add(node_joined{card}).empty());
  }
}

TEST(RosterCodec, ReadsWhatItWrote) {
  const std::vector<roster_record> all{node_joined{card_of("a", 1), true},
                                       node_left{pid(2)},
                                       node_fenced{pid(1), pid(2), "silent", true},
                                       slot_taken{pid(1), 1'023, pid(2)},
                                       node_drained{"a", false},
                                       level_raised{3},
                                       node_checked{pid(1), 9},
                                       node_knocked{{"a", pid(4)}}};
  for (const auto& one : all) {
    const auto read = decode_roster_record(encode_roster_record(one));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(*read, one);
  }
}

TEST(RosterCodec, TellsARecordOfALaterProgramFromABrokenOne) {
  EXPECT_EQ(decode_roster_record("\x7a\x02\x08\x01").error().code, errc::unsupported) << "field 15";
  EXPECT_EQ(decode_roster_record("").error().code, errc::corrupt);
  const auto bytes = encode_roster_record(node_joined{card_of("a", 1)});
  EXPECT_EQ(decode_roster_record(bytes.substr(0, bytes.size() - 1)).error().code, errc::corrupt);
  EXPECT_EQ(decode_roster_record(bytes + encode_roster_record(node_left{pid(1)})).error().code, errc::corrupt);
  const auto more = decode_roster_record("\x12\x05\x0a\x03\x08\x01\x78");  // truncated inside
  EXPECT_FALSE(more);
}

/// Random records, many of them void, over few names, so that they meet.
roster_record random_record(std::mt19937_64& random) {
  const auto one_of = [&](std::uint64_t n) { return random() % n; };
  const auto process = [&] { return pid(1 + one_of(12)); };
  switch (one_of(7)) {
    case 0: {
      auto card = card_of("n" + std::to_string(one_of(5)), 1 + one_of(12));
      card.level = static_cast<std::uint32_t>(1 + one_of(3));
      return node_joined{card, one_of(2) == 0};
    }
    case 1: return node_left{process()};
    case 2: return node_fenced{process(), process(), "x", one_of(2) == 0};
    case 3: return slot_taken{process(), static_cast<slot_number>(one_of(7)), one_of(2) == 0 ? process_id{} : process()};
    case 4: return node_drained{"n" + std::to_string(one_of(5)), one_of(2) == 0};
    case 5: return level_raised{static_cast<std::uint32_t>(one_of(4))};
    default: return node_checked{process(), 1};
  }
}

TEST(RosterProperty, AnyTwoReadersOfTheSameRecordsEndEqualAndEveryHolderIsAMember) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random{seed};
    bed one, other;
    std::vector<std::string> log;
    for (int n = 0; n < 200; ++n) {
      auto bytes = encode_roster_record(random_record(random));
      if (random() % 9 == 0) bytes = random() % 2 == 0 ? "\x7a\x01\x01" : bytes.substr(0, bytes.size() / 2);
      log.push_back(bytes);
      const auto read = decode_roster_record(bytes);
      fold(one.at, one.at.next, read ? std::optional{*read} : std::nullopt);
      for (const auto& [number, slot] : one.at.slots) {
        EXPECT_TRUE(!slot.holder || one.at.find(slot.holder) != nullptr);
        EXPECT_LE(number, slots_max);
      }
      for (const auto& [process, member] : one.at.members)
        EXPECT_EQ(one.at.of_node(member.card.who.node), &member) << "one member of a name";
    }
    for (std::uint64_t offset = 0; offset < log.size(); ++offset) {
      const auto read = decode_roster_record(log[offset]);
      fold(other.at, offset, read ? std::optional{*read} : std::nullopt);
      if (random() % 5 == 0) fold(other.at, random() % (offset + 1), read ? std::optional{*read} : std::nullopt);
    }
    EXPECT_EQ(one.at, other.at) << "seed " << seed;
  }
}

}  // namespace
}  // namespace seatgrid::cluster
