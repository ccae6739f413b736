#include <gtest/gtest.h>

#include "config/provision.hpp"

namespace seatgrid {
namespace {

/// A good text with one line replaced; `line` is where the mistake must be reported.
struct mistake {
  const char* good;
  const char* bad;
  const char* path;
  const char* says;
  const char* near = "";
};

constexpr const char* good_text = R"([[tenant]]
name = "demo"
domain = "demo.example"
[tenant.prompts]
welcome = "w.wav"
[tenant.trunks.line]
addresses = ["192.0.2.1"]
outbound = "sip:192.0.2.1"
[tenant.mailboxes.desk]
messages_max = 5
[tenant.numbers."4008001234"]
flow = "main"
calls_max = 10
[tenant.flows.main]
start = "menu"
[tenant.flows.main.nodes.menu]
kind = "menu"
prompts = ["welcome"]
choices = { "1" = "line" }
otherwise = "line"
[tenant.flows.main.nodes.line]
kind = "queue"
queue = "support"
on_timeout = "out"
[tenant.flows.main.nodes.out]
kind = "bridge"
target = "13800138000"
trunk = "line"
presented = "01065551234"
[tenant.queues.support]
strategy = "longest_idle"
ring_timeout = "20s"
keys = { "1" = "menu" }
[tenant.agents.1001]
device = "register"
password = "long enough"
queues = ["support"]
[[tenant.agent_ranges]]
range = "2001-2003"
device = "sip:a{n}@192.0.2.9"
queues = ["support"]
)";

std::string all_text(const provision_outcome& outcome) {
  std::string out;
  for (const auto& one : outcome.found) out += to_text(one) + "\n";
  return out;
}

TEST(ProvisionMistakes, TheTextWithoutMistakesIsGood) {
  const auto out = provision(document_format::toml, good_text, "x.toml");
  EXPECT_TRUE(out.ok()) << all_text(out);
  EXPECT_EQ(out.warnings, 0U) << all_text(out);
}

class ProvisionMistakes : public testing::TestWithParam<mistake> {};
TEST_P(ProvisionMistakes, AreToldWithPlaceAndRemedy) {
  const auto& m = GetParam();
  std::string text = good_text;
  const auto at = text.find(m.good);
  ASSERT_NE(at, std::string::npos) << m.good;
  text.replace(at, std::string{m.good}.size(), m.bad);
  const auto out = provision(document_format::toml, text, "x.toml");
  ASSERT_FALSE(out.ok()) << m.bad;
  EXPECT_TRUE(out.tenants.empty()) << "nothing of a text with errors is applied";
  const auto hit = std::find_if(out.found.begin(), out.found.end(), [&](const finding& f) {
    return f.level == severity::error && f.path == m.path && f.what.find(m.says) != std::string::npos;
  });
  ASSERT_NE(hit, out.found.end()) << m.bad << "\nfound:\n" << all_text(out);
  EXPECT_EQ(hit->file, "x.toml");
  EXPECT_NE(hit->line, 0U) << to_text(*hit);
  EXPECT_EQ(hit->suggestion, m.near) << to_text(*hit);
}

#define NODES "tenant[demo].flows.main.nodes"
INSTANTIATE_TEST_SUITE_P(
    Numbers, ProvisionMistakes,
    testing::Values(
        mistake{"\"4008001234\"", "\"40080012345\"", "tenant[demo].numbers.40080012345", "400 length"},
        mistake{"\"4008001234\"", "\"110\"", "tenant[demo].numbers.110", "emergency"},
        mistake{"\"4008001234\"", "\"66778899\"", "tenant[demo].numbers.66778899", "ambiguous"},
        mistake{"\"4008001234\"]", "\"400-800-1234\"]\nflow = \"main\"\n[tenant.numbers.\"4008001234\"]",
                "tenant[demo].numbers.4008001234", "stands twice"},
        mistake{"flow = \"main\"", "flow = \"mian\"", "tenant[demo].numbers.4008001234.flow", "no flow 'mian'", "main"},
        mistake{"flow = \"main\"\n", "", "tenant[demo].numbers.4008001234", "'flow' is missing"},
        mistake{"calls_max = 10", "calls_max = 0", "tenant[demo].numbers.4008001234.calls_max", "out of its bounds"},
        mistake{"calls_max = 10", "calls_max = \"10\"", "tenant[demo].numbers.4008001234.calls_max", "is a text"},
        mistake{"calls_max = 10", "call_max = 10", "tenant[demo].numbers.4008001234.call_max", "no such key", "calls_max"}));
INSTANTIATE_TEST_SUITE_P(
    PresentedCaller, ProvisionMistakes,
    testing::Values(
        mistake{"presented = \"01065551234\"", "presented = \"4008001234\"", NODES ".out.presented", "400 number may never"},
        mistake{"presented = \"01065551234\"", "presented = \"400-999-1234\"", NODES ".out.presented", "400 number may never"},
        mistake{"presented = \"01065551234\"", "presented = \"+864008001234\"", NODES ".out.presented", "400 number may never"},
        mistake{"presented = \"01065551234\"", "presented = \"04008001234\"", NODES ".out.presented", "400 number may never"},
        mistake{"\"4008001234\"", "\"010-6555-1234\"", NODES ".out.presented", "access number may never"},
        mistake{"presented = \"01065551234\"", "presented = \"8008101234\"", NODES ".out.presented", "cannot be shown"},
        mistake{"presented = \"01065551234\"", "presented = 1065551234", NODES ".out.presented", "whole number",
                "\"1065551234\""}));
INSTANTIATE_TEST_SUITE_P(
    Flows, ProvisionMistakes,
    testing::Values(
        mistake{"start = \"menu\"", "start = \"manu\"", "tenant[demo].flows.main.start", "no node 'manu'", "menu"},
        mistake{"start = \"menu\"", "start = \"\"", "tenant[demo].flows.main.start", "names no node"},
        mistake{"kind = \"menu\"", "kind = \"menue\"", NODES ".menu.kind", "no kind of node", "menu"},
        mistake{"kind = \"menu\"\n", "", NODES ".menu", "'kind' is missing"},
        mistake{"\"1\" = \"line\"", "\"1\" = \"lnie\"", NODES ".menu.choices.1", "no node 'lnie'", "line"},
        mistake{"\"1\" = \"line\"", "\"12\" = \"line\"", NODES ".menu.choices.12", "no key of a telephone"},
        mistake{"otherwise = \"line\"", "otherwise = \"line\"\ntries = 99", NODES ".menu.tries", "out of its bounds"},
        mistake{"otherwise = \"line\"", "otherwise = \"line\"\ntimeout = 5", NODES ".menu.timeout", "needs its unit", "5s"},
        mistake{"otherwise = \"line\"", "otherwise = \"line\"\ntimeout = \"5 s\"", NODES ".menu.timeout", "is no time"},
        mistake{"[\"welcome\"]", "[\"tone:bepp\"]", NODES ".menu.prompts[0]", "no prompt 'tone:bepp'"},
        mistake{"[\"welcome\"]", "[\"file:../secret.wav\"]", NODES ".menu.prompts[0]", "no prompt"},
        mistake{"queue = \"support\"", "queue = \"suport\"", NODES ".line.queue", "no queue 'suport'", "support"},
        mistake{"on_timeout = \"out\"", "on_timeot = \"out\"", NODES ".line.on_timeot", "no such key", "on_timeout"},
        mistake{"on_timeout = \"out\"", "on_full = \"line\"", NODES ".line", "goes round without waiting"},
        mistake{"target = \"13800138000\"", "target = \"119\"", NODES ".out.target", "cannot be called"},
        mistake{"target = \"13800138000\"", "target = \"02612345678\"", NODES ".out.target", "no rule"},
        mistake{"trunk = \"line\"", "trunk = \"lime\"", NODES ".out.trunk", "no trunk 'lime'", "line"}));
INSTANTIATE_TEST_SUITE_P(
    QueuesAndAgents, ProvisionMistakes,
    testing::Values(
        mistake{"\"longest_idle\"", "\"longest-idle\"", "tenant[demo].queues.support.strategy", "not known", "longest_idle"},
        mistake{"ring_timeout = \"20s\"", "ring_timeout = \"20m\"", "tenant[demo].queues.support.ring_timeout",
                "out of its bounds"},
        mistake{"\"1\" = \"menu\" }", "\"1\" = \"menuu\" }", "tenant[demo].queues.support.keys.1", "has no node 'menuu'", "menu"},
        mistake{"\"1\" = \"menu\" }", "\"1\" = \"voicemail:dask\" }", "tenant[demo].queues.support.keys.1", "no mailbox 'dask'",
                "desk"},
        mistake{"\"1\" = \"menu\" }", "\"1\" = \"queue:sales\" }", "tenant[demo].queues.support.keys.1", "no queue 'sales'"},
        mistake{"device = \"register\"", "device = \"registre\"", "tenant[demo].agents.1001.device", "is no device", "register"},
        mistake{"password = \"long enough\"\n", "", "tenant[demo].agents.1001.password", "needs a password"},
        mistake{"domain = \"demo.example\"\n", "", "tenant[demo].agents.1001.device", "needs the tenant's 'domain'"},
        mistake{"queues = [\"support\"]", "queues = [\"support\", \"support\"]", "tenant[demo].agents.1001.queues[1]",
                "stands twice"},
        mistake{"queues = [\"support\"]", "queues = [{ queue = \"support\", level = 11 }]",
                "tenant[demo].agents.1001.queues[0].level", "out of its bounds"},
        mistake{"queues = [\"support\"]", "queues = \"support\"", "tenant[demo].agents.1001.queues", "is a text"},
        mistake{"\"2001-2003\"", "\"2003-2001\"", "tenant[demo].agent_ranges[0].range", "is no range"},
        mistake{"\"2001-2003\"", "\"1-100\"", "tenant[demo].agent_ranges[0].range", "is no range"},
        mistake{"\"2001-2003\"", "\"1000-1003\"", "tenant[demo].agent_ranges[0].range", "agent '1001' is defined before"},
        mistake{"\"2001-2003\"", "\"100000000000-999999999999\"", "tenant[demo].agent_ranges[0].range",
                "more than 1000000 agents"},
        mistake{"sip:a{n}@192.0.2.9", "sip:a@192.0.2.9", "tenant[demo].agent_ranges[0]", "share one device"}));
INSTANTIATE_TEST_SUITE_P(
    TenantsAndTrunks, ProvisionMistakes,
    testing::Values(mistake{"name = \"demo\"", "name = \"De mo\"", "tenant[0]", "needs a name"},
                    mistake{"name = \"demo\"", "name = \"demo\"\nparent = \"demoo\"", "tenant[demo].parent", "no tenant 'demoo'",
                            "demo"},
                    mistake{"name = \"demo\"", "name = \"demo\"\nparent = \"demo\"", "tenant[demo].parent", "parents go round"},
                    mistake{"\"demo.example\"", "\"demo example\"", "tenant[demo].domain", "is no domain"},
                    mistake{"[\"192.0.2.1\"]", "[\"192.0.2.256\"]", "tenant[demo].trunks.line.addresses[0]", "neither an IPv4"},
                    mistake{"[\"192.0.2.1\"]", "[\"192.0.2.1\", \"::ffff:192.0.2.1\"]", "tenant[demo].trunks.line.addresses[1]",
                            "already stands"},
                    mistake{"\"sip:192.0.2.1\"", "\"tel:10086\"", "tenant[demo].trunks.line.outbound", "is no SIP URI"},
                    mistake{"addresses = [\"192.0.2.1\"]\noutbound = \"sip:192.0.2.1\"", "via = \"udp\"",
                            "tenant[demo].trunks.line", "takes no calls and makes none"},
                    mistake{"messages_max = 5", "messages_max = 5.5", "tenant[demo].mailboxes.desk.messages_max", "fraction"},
                    mistake{"[[tenant]]\n", "tenants = 1\n[[tenant]]\n", "tenants", "no such key", "tenant"},
                    mistake{"[tenant.queues.support]", "[tenant.queues.\"sup port\"]", "tenant[demo].queues.\"sup port\"",
                            "name that cannot be used"}));

TEST(ProvisionMistakes, AllAreToldAtOnce) {
  std::string text = good_text;
  for (const auto& [good, bad] :
       {std::pair{"calls_max = 10", "calls_max = -1"}, std::pair{"\"20s\"", "\"20x\""},
        std::pair{"trunk = \"line\"", "trunk = \"x\""}, std::pair{"messages_max = 5", "mesages_max = 5"}})
    text.replace(text.find(good), std::string{good}.size(), bad);
  const auto out = provision(document_format::toml, text, "x.toml");
  EXPECT_EQ(out.errors, 4U) << all_text(out);
  for (std::size_t i = 1; i < out.found.size(); ++i) EXPECT_LE(out.found[i - 1].line, out.found[i].line) << "in the text's order";
}

TEST(ProvisionMistakes, MoreThanAHundredAreCounted) {
  std::string text = "[[tenant]]\nname = \"a\"\n[tenant.queues.q]\n";
  for (int i = 0; i < 300; ++i) text += "unknown_" + std::to_string(i) + " = 1\n";
  const auto out = provision(document_format::toml, text, "x");
  EXPECT_EQ(out.errors, 300U);
  EXPECT_LE(out.found.size(), 2 * findings::errors_max);
}

TEST(ProvisionMistakes, TwoTenantsCannotShareNumberOrAddress) {
  const auto tenant = [](const std::string& name, const std::string& number) {
    return "[[tenant]]\nname = \"" + name + "\"\n[tenant.trunks.t]\naddresses = [\"192.0.2.7\"]\n[tenant.numbers.\"" + number +
           "\"]\nflow = \"f\"\n[tenant.flows.f]\nstart = \"h\"\nnodes.h.kind = \"hangup\"\n";
  };
  const auto out = provision(document_format::toml, tenant("a", "400-800-1234") + tenant("b", "+86 400 800 1234"), "x");
  EXPECT_EQ(out.errors, 2U) << all_text(out);
  EXPECT_NE(all_text(out).find("number 4008001234 belongs to tenant 'a'"), std::string::npos) << all_text(out);
  EXPECT_NE(all_text(out).find("already stands in trunk 'a/t'"), std::string::npos) << all_text(out);
}

TEST(ProvisionMistakes, WhatIsOnlyOddIsAWarning) {
  std::string text = good_text;
  text +=
      "[tenant.queues.empty]\n[tenant.flows.unused]\nstart = \"a\"\nnodes.a = { kind = \"play\", prompts = \"welcome\", next = "
      "\"a\" }\n"
      "nodes.b.kind = \"hangup\"\n[tenant.agents.7]\npassword = \"7\"\n[tenant.numbers.4002345678]\nflow = \"main\"\n";
  const auto out = provision(document_format::toml, text, "x.toml");
  EXPECT_TRUE(out.ok()) << all_text(out);
  for (const char* says : {"no flow leads to this queue", "no agent serves this queue", "no number leads to this flow",
                           "plays round and round", "no way leads here", "easy to guess", "not known to be allotted"})
    EXPECT_NE(all_text(out).find(says), std::string::npos) << says << "\n" << all_text(out);
}

TEST(ProvisionMistakes, TextsThatAreNotTomlOrNotTablesAreOneFinding) {
  for (const char* text :
       {"", "x", "tenant = 1", "tenant = [1, 2]", "[tenant]\nname = \"a\"", "[[tenant]]\n[[tenant]]", "\xff\xfe"})
    EXPECT_FALSE(provision(document_format::toml, text, "x").ok()) << text;
  for (const char* text : {"", "null", "[]", "{}", "{\"tenant\": {}}", "{\"tenant\": [null]}", "{\"tenant\": [{\"name\": 7}]}"})
    EXPECT_FALSE(provision(document_format::json, text, "x").ok()) << text;
}

}  // namespace
}  // namespace seatgrid
