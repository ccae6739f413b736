#include <gtest/gtest.h>

#include "tests/unit/domain_acd/rules_harness.hpp"

namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

struct Registration : ::testing::Test {
  tenant_config config = demo();
  entity_run<registration_rules> phone{registration_id::make(1, 5).value, config};
  std::uint64_t request = 0;

  register_request say(std::uint32_t cseq, std::vector<binding> contacts, std::string sip_call_id = "a") {
    return {.request = ++request,
            .tenant = "demo",
            .aor = "sip:1001@demo.example",
            .contacts = std::move(contacts),
            .sip_call_id = std::move(sip_call_id),
            .cseq = cseq};
  }
  static binding at(std::string target, std::uint32_t expires_s = 600) {
    return {.contact = {.target = std::move(target)}, .expires_s = expires_s};
  }
  std::uint16_t status() const {
    const auto replies = phone.what<register_reply>();
    EXPECT_EQ(replies.size(), 1U);
    return replies.empty() ? std::uint16_t{0} : replies[0].status;
  }
};

TEST_F(Registration, TellsTheAgentOfItsNameTheWaysAndAnswersWhenDurable) {
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1")})).has_value());
  EXPECT_EQ(status(), 200);
  ASSERT_EQ(phone.said<device_contacts>().size(), 1U);
  EXPECT_EQ(phone.said<device_contacts>()[0].agent, config.agent_of("1001"));
  for (const auto& e : phone.out) EXPECT_TRUE(!std::holds_alternative<register_reply>(e.what) || e.when == timing::when_durable);
}

TEST_F(Registration, RefreshIsAStepButNoNewsForTheAgent) {
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1")})).has_value());
  ASSERT_TRUE(phone.take(say(2, {at("sip:1001@10.0.0.1")}), after_noon(300s)).has_value());
  EXPECT_TRUE(phone.happened<bindings_changed>());
  EXPECT_TRUE(phone.said<device_contacts>().empty());
  EXPECT_TRUE(phone.what<publish>().empty());
  EXPECT_EQ(phone.what<register_reply>()[0].contacts[0].seconds_left, 600U);
}

TEST_F(Registration, RepeatedRequestIsAnsweredWithoutAStep) {
  const auto once = say(1, {at("sip:1001@10.0.0.1")});
  ASSERT_TRUE(phone.take(once).has_value());
  ASSERT_TRUE(phone.take(once, after_noon(1s)).has_value());
  EXPECT_TRUE(phone.events.empty());
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(phone.what<register_reply>()[0].contacts[0].seconds_left, 599U);
}

TEST_F(Registration, OutOfOrderRequestOfOneCallIdChangesNothingAtAll) {
  ASSERT_TRUE(phone.take(say(5, {at("sip:1001@10.0.0.1")})).has_value());
  ASSERT_TRUE(phone.take(say(4, {at("sip:1001@10.0.0.9"), at("sip:1001@10.0.0.1", 0)})).has_value());
  EXPECT_EQ(status(), 500);
  ASSERT_EQ(phone.state.bindings.size(), 1U);
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1", 0)}, "another call-id")).has_value());
  EXPECT_EQ(status(), 200);
  EXPECT_TRUE(phone.state.bindings.empty());
}

TEST_F(Registration, StarRemovesAllOrNothing) {
  ASSERT_TRUE(phone.take(say(5, {at("sip:1001@10.0.0.1")})).has_value());
  ASSERT_TRUE(phone.take(say(9, {at("sip:1001@10.0.0.2")}, "b")).has_value());
  auto star = say(4, {});
  star.remove_all = true;
  ASSERT_TRUE(phone.take(star).has_value());
  EXPECT_EQ(status(), 500);
  EXPECT_EQ(phone.state.bindings.size(), 2U);
  star.cseq = 6;
  ASSERT_TRUE(phone.take(star).has_value());
  EXPECT_EQ(status(), 200);
  EXPECT_TRUE(phone.state.bindings.empty());
  ASSERT_EQ(phone.said<device_contacts>().size(), 1U);
  EXPECT_TRUE(phone.said<device_contacts>()[0].contacts.empty());
}

TEST_F(Registration, InstanceThatMovesReplacesItsOldContact) {
  auto first = at("sip:1001@10.0.0.1");
  first.instance = "<urn:uuid:1>";
  auto second = at("sip:1001@10.0.0.2");
  second.instance = "<urn:uuid:1>";
  ASSERT_TRUE(phone.take(say(1, {first})).has_value());
  ASSERT_TRUE(phone.take(say(1, {second}, "rebooted")).has_value());
  ASSERT_EQ(phone.state.bindings.size(), 1U);
  EXPECT_EQ(phone.state.bindings[0].contact.target, "sip:1001@10.0.0.2");
}

TEST_F(Registration, PutsHigherQFirst) {
  auto low = at("sip:1001@10.0.0.1");
  low.q_thousandths = 100;
  auto high = at("sip:1001@10.0.0.2");
  high.q_thousandths = 900;
  ASSERT_TRUE(phone.take(say(1, {low, high})).has_value());
  EXPECT_EQ(phone.said<device_contacts>()[0].contacts[0].target, "sip:1001@10.0.0.2");
}

TEST_F(Registration, RefusesContactsBeyondTheBound) {
  std::vector<binding> many;
  for (std::size_t i = 0; i <= registration_limits::contacts_max; ++i) many.push_back(at("sip:1001@10.0.1." + std::to_string(i)));
  ASSERT_TRUE(phone.take(say(1, many)).has_value());
  EXPECT_EQ(status(), 503);
  EXPECT_TRUE(phone.state.bindings.empty());
}

TEST_F(Registration, ShortensALengthBeyondAnHour) {
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1", 86'400)})).has_value());
  EXPECT_EQ(phone.what<register_reply>()[0].contacts[0].seconds_left, 3'600U);
}

TEST_F(Registration, LapsesAQuarterAfterItsLengthAndTheAgentHearsOfIt) {
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1", 600)})).has_value());
  ASSERT_EQ(phone.what<start_timer>().size(), 1U);
  const auto timer = phone.what<start_timer>()[0];
  EXPECT_EQ(timer.after, 750s);
  ASSERT_TRUE(phone.take(timer_fired{timer.timer, timer.generation}, after_noon(750s)).has_value());
  EXPECT_TRUE(phone.state.bindings.empty());
  ASSERT_EQ(phone.said<device_contacts>().size(), 1U);
  EXPECT_TRUE(phone.said<device_contacts>()[0].contacts.empty());
  EXPECT_TRUE(registration_rules::finished(phone.state));
}

TEST_F(Registration, TellsWhichBindingWasMadeRemovedOrLapsed) {
  const auto told = [this](const std::string& type) {
    std::string contacts;
    for (const auto& one : phone.what<publish>())
      if (one.type == type) contacts += one.data.substr(one.data.find("sip:1001@10"), 18);
    return contacts;
  };
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1"), at("sip:1001@10.0.0.2")})).has_value());
  EXPECT_EQ(told("binding.made"), "sip:1001@10.0.0.1\"sip:1001@10.0.0.2\"");
  EXPECT_EQ(told("binding.removed") + told("binding.lapsed"), "");
  ASSERT_TRUE(phone.take(say(2, {at("sip:1001@10.0.0.1", 0), at("sip:1001@10.0.0.3", 60)})).has_value());
  EXPECT_EQ(told("binding.removed"), "sip:1001@10.0.0.1\"");
  EXPECT_EQ(told("binding.made"), "sip:1001@10.0.0.3\"");
  const auto timer = phone.what<start_timer>()[0];
  ASSERT_TRUE(phone.take(timer_fired{timer.timer, timer.generation}, after_noon(75s)).has_value());
  EXPECT_EQ(told("binding.lapsed"), "sip:1001@10.0.0.3\"");
  EXPECT_EQ(told("binding.removed") + told("binding.made"), "");
}

TEST_F(Registration, IgnoresAnExpiryOfBeforeTheRefresh) {
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1", 600)})).has_value());
  const auto stale = phone.what<start_timer>()[0];
  ASSERT_TRUE(phone.take(say(2, {at("sip:1001@10.0.0.1", 600)}), after_noon(700s)).has_value());
  ASSERT_TRUE(phone.take(timer_fired{stale.timer, stale.generation}, after_noon(750s)).has_value());
  EXPECT_TRUE(phone.events.empty());
}

TEST_F(Registration, SaysItsContactsAgainAfterATakeover) {
  ASSERT_TRUE(phone.take(say(1, {at("sip:1001@10.0.0.1", 600)})).has_value());
  const auto before = phone.said<device_contacts>()[0];
  phone.take_over(after_noon(10s));
  ASSERT_EQ(phone.said<device_contacts>().size(), 1U);
  EXPECT_EQ(phone.said<device_contacts>()[0], before);
  EXPECT_EQ(phone.what<start_timer>()[0].after, 740s);
}

}  // namespace
}  // namespace seatgrid
