#include "config/provision.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/reader.hpp"

namespace seatgrid {
namespace {

constexpr const char* everything = R"(
[[tenant]]
name = "up"
role = "carrier"
[tenant.trunks.line]
addresses = ["192.0.2.0/24", "[2001:db8::1]:5070"]
outbound = "sip:192.0.2.1:5070"
via = "tcp"
dialled = "p_called_party_id"
caller = "from"
calls_max = 30
calls_per_second_max = 5
probe_every = "10s"
probe_misses = 2
adopt = "end"

[[tenant]]
name = "demo"
parent = "up"
domain = "Demo.Example"
language = "en"
[tenant.prompts]
welcome = "welcome.wav"
hold = { file = "/srv/hold.wav" }
[tenant.mailboxes.desk]
messages_max = 7
[tenant.numbers."400-812-3123"]
flow = "main"
answer = "on_queue"
ringback = "hold"
calls_max = 9
language = "zh"
call_length_max = "1h"
[tenant.flows.main]
start = "hello"
[tenant.flows.main.nodes]
hello = { kind = "play", prompts = "welcome", next = "menu" }
menu = { kind = "menu", prompts = ["welcome", { source = "digits:12", language = "zh" }], choices = { "1" = "ask", "*" = "" }, timeout = "3s", tries = 2, invalid = "tone:busy", otherwise = "line" }
ask = { kind = "collect", prompts = [], variable = "card", digits_min = 4, digits_max = 19, terminator = "*", first_digit = "4s", next_digit = "2s", tries = 1, sensitive = true, next = "check", otherwise = "bye" }
check = { kind = "branch", variable = "card", cases = [{ value = "62*", next = "mark" }, { value = "1", next = "" }], otherwise = "out" }
mark = { kind = "set", variable = "vip", value = "yes", next = "line" }
line = { kind = "queue", queue = "support", priority = 5, skills = ["english", { skill = "gold", level = 2 }], on_timeout = "box", on_full = "bye" }
box = { kind = "voicemail", mailbox = "desk", greeting = ["silence:300"], length_max = "1m", silence = "3s", next = "bye" }
out = { kind = "bridge", target = "010-65551234", trunk = "line", presented = "021-66778899", ring_timeout = "25s", on_busy = "bye", on_no_answer = "bye", on_fail = "bye" }
bye = { kind = "hangup", prompts = "tone:beep", q850 = 17, sip = 486, text = "Busy" }
[tenant.queues.support]
strategy = "skill_first"
waiting_max = 50
wait_max = "5m"
wait_max_no_agent = "1m"
join_empty = false
ring_timeout = "15s"
wrap_up = 0
music = ["hold"]
announce_every = "45s"
announce_position = false
keys = { "2" = "voicemail:desk", "3" = "queue:support", "4" = "bye", "5" = "" }
no_answer_delay = "1s"
busy_delay = "2s"
reject_delay = "3s"
unreachable_delay = "4s"
no_answer_max = 2
record = "never"
service_level = "10s"
weight = 3
[tenant.agents.1001]
display = "王芳"
password = "correct horse"
queues = ["support"]
skills = [{ skill = "english", level = 3 }]
wrap_up = "7s"
auto_login = false
[[tenant.agent_ranges]]
range = "0998-1000"
device = "sip:agent{n}@127.0.0.1:20070"
display = "Seat {n}"
queues = [{ queue = "support", level = 4 }]
)";

std::string all_text(const provision_outcome& outcome) {
  std::string out;
  for (const auto& one : outcome.found) out += to_text(one) + "\n";
  return out;
}

tenant_config second_tenant() {
  const auto out = provision(document_format::toml, everything, "all.toml");
  EXPECT_TRUE(out.ok()) << all_text(out);
  EXPECT_EQ(out.warnings, 0U) << all_text(out);
  EXPECT_EQ(out.tenants.size(), 2U);
  return out.tenants.size() == 2 ? out.tenants[1] : tenant_config{};
}

TEST(Provision, ReadsNumbersTrunksAndTenants) {
  const auto c = second_tenant();
  EXPECT_EQ(c.tenant, "demo");
  EXPECT_EQ(c.parent, "up");
  EXPECT_EQ(c.domain, "demo.example") << "host names have no case";
  const auto* number = c.number("4008123123");
  ASSERT_NE(number, nullptr) << "found by its canonical form";
  EXPECT_EQ(*number, (access_number{.number = "4008123123",
                                    .flow = "main",
                                    .answer = answer_policy::on_queue,
                                    .ringback = {{"hold", ""}},
                                    .calls_max = 9,
                                    .language = "zh",
                                    .call_length_max = milliseconds{3'600'000}}));
  const auto up = provision(document_format::toml, everything, "all.toml").tenants.at(0);
  EXPECT_EQ(up.role, tenant_role::carrier);
  EXPECT_EQ(*up.trunk("line"), (trunk_config{.name = "line",
                                             .addresses = {"192.0.2.0/24", "[2001:db8::1]:5070"},
                                             .outbound = "sip:192.0.2.1:5070",
                                             .via = transport::tcp,
                                             .dialled = dialled_from::p_called_party_id,
                                             .caller = caller_from::from,
                                             .calls_max = 30,
                                             .calls_per_second_max = 5,
                                             .probe_every = milliseconds{10'000},
                                             .probe_misses = 2,
                                             .adopt = adoption_way::end}));
}

TEST(Provision, ReadsEveryKindOfNode) {
  const auto c = second_tenant();
  const auto& nodes = c.flow_named("main")->nodes;
  EXPECT_EQ(nodes.size(), 9U);
  EXPECT_EQ(std::get<play_node>(nodes.at("hello")), (play_node{.prompts = {{"welcome", ""}}, .next = "menu"}));
  EXPECT_EQ(std::get<menu_node>(nodes.at("menu")), (menu_node{.prompts = {{"welcome", ""}, {"digits:12", "zh"}},
                                                              .choices = {{'1', "ask"}, {'*', ""}},
                                                              .timeout = milliseconds{3'000},
                                                              .tries = 2,
                                                              .invalid = {{"tone:busy", ""}},
                                                              .otherwise = "line"}));
  EXPECT_EQ(std::get<collect_node>(nodes.at("ask")), (collect_node{.variable = "card",
                                                                   .digits_min = 4,
                                                                   .digits_max = 19,
                                                                   .terminator = '*',
                                                                   .first_digit = milliseconds{4'000},
                                                                   .next_digit = milliseconds{2'000},
                                                                   .tries = 1,
                                                                   .sensitive = true,
                                                                   .next = "check",
                                                                   .otherwise = "bye"}));
  EXPECT_EQ(std::get<branch_node>(nodes.at("check")),
            (branch_node{.variable = "card", .cases = {{"62*", "mark"}, {"1", ""}}, .otherwise = "out"}));
  EXPECT_EQ(std::get<queue_node>(nodes.at("line")).skills, (std::vector<skill_level>{{"english", 1}, {"gold", 2}}));
  EXPECT_EQ(std::get<bridge_node>(nodes.at("out")).target, "+861065551234") << "canonical";
  EXPECT_EQ(std::get<bridge_node>(nodes.at("out")).trunk, "line") << "a trunk of the tenant above";
  EXPECT_EQ(std::get<hangup_node>(nodes.at("bye")).cause, (release_cause{.q850 = 17, .sip = 486, .text = "Busy"}));
}

TEST(Provision, ReadsQueuesAndAgents) {
  const auto c = second_tenant();
  const auto& q = *c.queue("support");
  EXPECT_EQ(q.strategy, queue_strategy::skill_first);
  EXPECT_EQ(q.wrap_up, milliseconds{0});
  EXPECT_FALSE(q.join_empty);
  EXPECT_EQ(q.keys, (std::map<char, std::string>{{'2', "voicemail:desk"}, {'3', "queue:support"}, {'4', "bye"}, {'5', ""}}));
  EXPECT_EQ(q.record, record_policy::never);
  EXPECT_EQ(*c.agent("1001"), (agent_config{.name = "1001",
                                            .display = "王芳",
                                            .device = "register",
                                            .password = "correct horse",
                                            .queues = {{"support", 1}},
                                            .skills = {{"english", 3}},
                                            .wrap_up = milliseconds{7'000},
                                            .auto_login = false}));
  EXPECT_EQ(*c.agent("0998"),
            (agent_config{
                .name = "0998", .display = "Seat 0998", .device = "sip:agent0998@127.0.0.1:20070", .queues = {{"support", 4}}}));
  EXPECT_EQ(c.agents.size(), 4U);
  EXPECT_EQ(c.agent(c.agent_of("1000"))->name, "1000") << "indexed";
}

TEST(Provision, DefaultsAreThoseOfTheStructs) {
  const auto out = provision(document_format::toml, R"(
[[tenant]]
name = "a"
[tenant.queues.q]
)",
                             "x");
  ASSERT_TRUE(out.ok()) << all_text(out);
  EXPECT_EQ(*out.tenants[0].queue("q"), queue_config{.name = "q"});
  EXPECT_EQ(out.tenants[0].language, "zh");
}

TEST(Provision, JsonBodiesHaveTheSameSchema) {
  const auto json = provision(document_format::json, R"({"tenant": [{"name": "demo", "domain": "d.example",
    "prompts": {"welcome": "w.wav"},
    "numbers": {"01065551234": {"flow": "f"}},
    "flows": {"f": {"start": "m", "nodes": {"m": {"kind": "menu", "prompts": ["welcome"], "choices": {"1": "b"}, "timeout": "2s"},
      "b": {"kind": "hangup"}}}}}]})",
                              "body");
  const auto toml = provision(document_format::toml, R"(
[[tenant]]
name = "demo"
domain = "d.example"
prompts.welcome = "w.wav"
numbers."010-6555-1234".flow = "f"
[tenant.flows.f]
start = "m"
nodes.m = { kind = "menu", prompts = ["welcome"], choices = { 1 = "b" }, timeout = "2s" }
nodes.b.kind = "hangup"
)",
                              "body");
  ASSERT_TRUE(json.ok()) << all_text(json);
  ASSERT_TRUE(toml.ok()) << all_text(toml);
  EXPECT_EQ(json.tenants.at(0), toml.tenants.at(0));
}

/// Of the table that tools/make_prompts.sh speaks.
std::vector<std::string> built_in_names() {
  std::ifstream file{"assets/prompts.tsv"};
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find('\t'), second = line.find('\t', first + 1);
    if (!line.starts_with('#') && second != std::string::npos) names.push_back(line.substr(first + 1, second - first - 1));
  }
  EXPECT_GT(names.size(), 50U);
  return names;
}

TEST(Provision, TheDemoIsGood) {
  provision_options options;
  options.built_in_prompts = built_in_names();
  const auto out = provision_file("config/demo/demo.toml", options);
  ASSERT_TRUE(out.ok()) << all_text(out);
  ASSERT_EQ(out.tenants.size(), 3U);
  const auto& demo = out.tenants[2];
  EXPECT_NE(demo.number("4008123123"), nullptr);
  EXPECT_EQ(demo.agents.size(), 4U);
  EXPECT_TRUE(out.found.empty()) << all_text(out);
}

TEST(Provision, BuiltInPromptsAreKnownOrRefused) {
  provision_options options;
  options.built_in_prompts = {"welcome", "goodbye"};
  const auto text = [](const std::string& prompt) {
    return "[[tenant]]\nname = \"a\"\n[tenant.numbers.4008001234]\nflow = \"f\"\n[tenant.flows.f]\nstart = \"h\"\n"
           "nodes.h = { kind = \"hangup\", prompts = \"" +
           prompt + "\" }\n";
  };
  EXPECT_TRUE(provision(document_format::toml, text("goodbye"), "x", options).ok());
  const auto bad = provision(document_format::toml, text("goodby"), "x", options);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.found.at(0).suggestion, "goodbye");
  EXPECT_TRUE(provision(document_format::toml, text("goodby"), "x").ok()) << "a warning where built-in prompts are not known";
}

TEST(Provision, TenantsThatStayKeepTheirNumbersDomainsAndTrunks) {
  const auto kept = std::make_shared<const tenant_config>(second_tenant());
  auto up = provision(document_format::toml, everything, "all.toml").tenants.at(0);
  provision_options options;
  options.existing = {kept, std::make_shared<const tenant_config>(up)};
  const auto out = provision(document_format::toml, R"(
[[tenant]]
name = "other"
parent = "up"
domain = "demo.example"
[tenant.trunks.mine]
addresses = ["192.0.2.0/24"]
[tenant.numbers."4008123123"]
flow = "f"
[tenant.flows.f]
start = "b"
nodes.b = { kind = "bridge", target = "13800138000", trunk = "line" }
)",
                             "x", options);
  const auto text = all_text(out);
  EXPECT_EQ(out.errors, 3U) << text;
  EXPECT_NE(text.find("number 4008123123 belongs to tenant 'demo'"), std::string::npos) << text;
  EXPECT_NE(text.find("domain 'demo.example' belongs to tenant 'demo'"), std::string::npos) << text;
  EXPECT_NE(text.find("already stands in trunk 'up/line'"), std::string::npos) << text;
  const auto again = provision(document_format::toml, everything, "all.toml", options);
  EXPECT_TRUE(again.ok()) << "a tenant replaces itself: " << all_text(again);
}

TEST(Provision, FindingsAreJsonToo) {
  const auto out = provision(document_format::toml, "[[tenant]]\nname = \"a\"\nlanguag = \"zh\"\n", "x.toml");
  ASSERT_EQ(out.found.size(), 1U);
  EXPECT_EQ(
      to_json(out.found),
      R"([{"severity":"error","file":"x.toml","line":3,"column":1,"path":"tenant[a].languag","what":"no such key",)"
      R"("allowed":"name, role, parent, domain, digest, language, prompts, mailboxes, trunks, queues, flows, agents, agent_ranges, numbers",)"
      R"("suggestion":"language"}])");
}

TEST(Provision, AFileThatIsNotThereIsAFinding) {
  const auto out = provision_file("/no/such/file.toml");
  EXPECT_FALSE(out.ok());
  ASSERT_EQ(out.found.size(), 1U);
  EXPECT_EQ(out.found[0].file, "/no/such/file.toml");
}

}  // namespace
}  // namespace seatgrid
