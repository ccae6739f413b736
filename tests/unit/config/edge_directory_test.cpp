#include "domain/edge_directory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

namespace seatgrid {
namespace {

tenant_config named(std::string name, std::string parent = {}) {
  tenant_config c;
  c.tenant = std::move(name);
  c.parent = std::move(parent);
  return c;
}
config_ptr done(tenant_config c) {
  EXPECT_TRUE(c.index());
  return std::make_shared<const tenant_config>(std::move(c));
}
trunk_config trunk(std::string name, std::vector<std::string> addresses) {
  return {.name = std::move(name), .addresses = std::move(addresses)};
}

edge_directory_ptr three_levels() {
  auto carrier = named("carrier");
  carrier.trunks["wide"] = trunk("wide", {"192.0.2.0/24", "2001:db8::/32"});
  carrier.trunks["exact"] = trunk("exact", {"192.0.2.7"});
  carrier.trunks["port"] = trunk("port", {"192.0.2.7:5070", "[2001:db8::7]:5070"});
  auto agency = named("agency", "carrier");
  agency.trunks["own"] = trunk("own", {"198.51.100.1"});
  auto demo = named("demo", "agency");
  demo.domain = "demo.example";
  demo.numbers["4008123123"] = {.number = "4008123123", .flow = "main"};
  demo.agents["1001"] = {.name = "1001", .device = "register", .password = "secret"};
  demo.agents["1002"] = {.name = "1002", .device = "sip:1002@192.0.2.99"};
  return *make_edge_directory({done(carrier), done(agency), done(demo)});
}
std::string trunk_from(const edge_directory& d, const std::string& ip, std::uint16_t port = 5060) {
  const auto found = d.trunk_at(ip, port);
  return found ? found->tenant + "/" + found->trunk->name : "";
}

TEST(EdgeDirectory, TheLongestPrefixWinsAndAPortNarrowsIt) {
  const auto d = three_levels();
  EXPECT_EQ(trunk_from(*d, "192.0.2.200"), "carrier/wide");
  EXPECT_EQ(trunk_from(*d, "192.0.2.7"), "carrier/exact");
  EXPECT_EQ(trunk_from(*d, "192.0.2.7", 5070), "carrier/port");
  EXPECT_EQ(trunk_from(*d, "::ffff:192.0.2.7"), "carrier/exact") << "as a dual-stack socket spells it";
  EXPECT_EQ(trunk_from(*d, "2001:db8::7", 5070), "carrier/port");
  EXPECT_EQ(trunk_from(*d, "2001:db8::7"), "carrier/wide");
  EXPECT_EQ(trunk_from(*d, "198.51.100.1", 1), "agency/own");
}

TEST(EdgeDirectory, EveryoneElseIsNoTrunk) {
  const auto d = three_levels();
  for (const char* ip : {"192.0.3.1", "127.0.0.1", "2001:db9::1", "::1", "", "host.example", "192.0.2.7:5060"})
    EXPECT_EQ(trunk_from(*d, ip), "") << ip;
}

config_ptr with_trunks(const std::string& name, const std::string& parent, std::initializer_list<trunk_config> trunks) {
  auto made = std::make_shared<tenant_config>();
  made->tenant = name;
  made->parent = parent;
  for (const auto& one : trunks) made->trunks.emplace(one.name, one);
  return made;
}

const trunk_config* way_of(const std::vector<config_ptr>& all, const std::string& tenant, const std::string& trunk) {
  for (const auto& one : all)
    if (one->tenant == tenant) return one->outbound_trunk(trunk);
  return nullptr;
}

TEST(TrunksAbove, TheNearestOfANameThatTakesCallsIsTheWayOut) {
  const trunk_config out{.name = "out", .outbound = "sip:carrier.example"}, mine{.name = "out", .outbound = "sip:agency.example"};
  const trunk_config in_only{.name = "in", .addresses = {"192.0.2.1"}};
  const auto all = with_trunks_above({with_trunks("carrier", "", {out, in_only}), with_trunks("agency", "carrier", {mine}),
                                      with_trunks("shop", "agency", {}), with_trunks("other", "carrier", {})},
                                     {});
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(way_of(all, "shop", "out")->outbound, "sip:agency.example");
  EXPECT_EQ(way_of(all, "other", "out")->outbound, "sip:carrier.example");
  EXPECT_EQ(way_of(all, "other", "in"), nullptr) << "it takes no calls of ours";
  EXPECT_EQ(way_of(all, "carrier", "mine"), nullptr);
}

TEST(TrunksAbove, AChangeAboveMakesANewVersionOfThoseBelowAndOfNobodyElse) {
  const trunk_config old{.name = "out", .outbound = "sip:old.example"}, fresh{.name = "out", .outbound = "sip:new.example"};
  const auto before = with_trunks_above(
      {with_trunks("carrier", "", {old}), with_trunks("shop", "carrier", {}), with_trunks("alone", "", {})}, {});
  EXPECT_EQ(with_trunks_above({with_trunks("carrier", "", {old})}, before).size(), 1U) << "as it was: only what was given";
  const auto after = with_trunks_above({with_trunks("carrier", "", {fresh})}, before);
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(way_of(after, "shop", "out")->outbound, "sip:new.example");
}

TEST(EdgeDirectory, FindsNumbersDomainsAndUsers) {
  const auto d = three_levels();
  EXPECT_EQ(d->number("4008123123")->tenant, "demo");
  EXPECT_EQ(d->number("4008123123")->number->flow, "main");
  EXPECT_TRUE(d->is_access_number("4008123123"));
  EXPECT_FALSE(d->is_access_number("4008123124"));
  EXPECT_FALSE(d->number("400-812-3123")) << "canonical forms only";
  EXPECT_TRUE(d->serves_domain("Demo.Example"));
  EXPECT_FALSE(d->serves_domain("example"));
  const auto user = d->user("DEMO.example", "1001");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->tenant, "demo");
  EXPECT_EQ(user->aor, "sip:1001@demo.example");
  EXPECT_EQ(user->password, "secret");
  EXPECT_EQ(user->agent, agent_id::named("demo", "1001"));
}

TEST(EdgeDirectory, OnlyDevicesThatRegisterAreUsers) {
  const auto d = three_levels();
  EXPECT_FALSE(d->user("demo.example", "1002")) << "a fixed URI has no password: anybody could register it";
  EXPECT_FALSE(d->user("demo.example", "9999"));
  EXPECT_FALSE(d->user("other.example", "1001"));
}

TEST(EdgeDirectory, RefusesWhatTwoClaim) {
  const auto with = [](const std::string& name, auto change) {
    auto c = named(name);
    change(c);
    return done(std::move(c));
  };
  const auto refused = [](config_ptr a, config_ptr b) {
    const auto made = make_edge_directory({std::move(a), std::move(b)});
    return made ? errc::ok : made.error().code;
  };
  const auto number = [](tenant_config& c) { c.numbers["4008001234"] = {.number = "4008001234"}; };
  const auto domain = [](tenant_config& c) { c.domain = "same.example"; };
  const auto address = [](tenant_config& c) { c.trunks["t"] = trunk("t", {"192.0.2.1"}); };
  const auto bad = [](tenant_config& c) { c.trunks["t"] = trunk("t", {"192.0.2.1/99"}); };
  EXPECT_EQ(refused(with("a", number), with("b", number)), errc::conflict);
  EXPECT_EQ(refused(with("a", domain), with("b", domain)), errc::conflict);
  EXPECT_EQ(refused(with("a", address), with("b", address)), errc::conflict);
  EXPECT_EQ(refused(with("a", domain), with("a", number)), errc::conflict);
  EXPECT_EQ(refused(with("a", bad), with("b", number)), errc::invalid);
  EXPECT_EQ(refused(with("a", number), with("b", domain)), errc::ok);
}

TEST(EdgeDirectory, KeepsItsTenantsAlive) {
  auto d = three_levels();  // the config_ptrs that it was made from are gone
  EXPECT_EQ(d->number("4008123123")->number->number, "4008123123");
}

TEST(EdgeDirectory, AHundredThousandAgentsCostNoPass) {
  auto c = named("large");
  c.domain = "large.example";
  for (int i = 0; i < 100'000; ++i) {
    const auto n = std::to_string(100'000 + i);
    c.agents[n] = {.name = n, .device = "register", .password = "secret-" + n};
  }
  const auto config = done(std::move(c));
  const auto cpu = [] { return std::chrono::nanoseconds{std::clock() * (1'000'000'000 / CLOCKS_PER_SEC)}; };
  auto begin = cpu();  // not wall: other programs run beside the tests
  const auto d = make_edge_directory({config});
  const auto built = cpu() - begin;
  ASSERT_TRUE(d);
  begin = cpu();
  std::size_t found = 0;
  constexpr int rounds = 10'000;
  for (int i = 0; i < rounds; ++i) found += (*d)->user("large.example", std::to_string(100'000 + i * 7))->password.size();
  const auto each = (cpu() - begin) / rounds;
  EXPECT_EQ(found, std::size_t{rounds} * 13);
  std::cout << "built in " << std::chrono::duration_cast<std::chrono::microseconds>(built).count() << " us, a user in "
            << each.count() << " ns\n";
  EXPECT_LT(built, std::chrono::milliseconds{50});
  EXPECT_LT(each, std::chrono::microseconds{50});
}

}  // namespace
}  // namespace seatgrid
