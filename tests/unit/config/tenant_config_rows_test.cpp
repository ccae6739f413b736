#include "domain/tenant_config_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace seatgrid {
namespace {

/// Every kind of node, every map filled, and values that differ from their defaults (also towards zero).
tenant_config full_config() {
  tenant_config c;
  c.tenant = "demo";
  c.version = 7;
  c.domain = "demo.example";
  c.language = "en";
  c.role = tenant_role::agency;
  c.digest = digest_policy::sha256;
  c.parent = "carrier";
  c.numbers["4008123123"] = {.number = "4008123123", .flow = "main", .answer = answer_policy::on_queue, .calls_max = 0};
  flow f{.name = "main", .start = "menu"};
  f.nodes["menu"] = menu_node{.prompts = {{"welcome", "zh"}}, .choices = {{'1', "ask"}, {'*', ""}}, .otherwise = "bye"};
  f.nodes["play"] = play_node{.prompts = {{"digits:428", ""}}, .next = "menu"};
  f.nodes["ask"] = collect_node{.variable = "card", .terminator = '*', .sensitive = true, .next = "check"};
  f.nodes["check"] = branch_node{.variable = "card", .cases = {{"62*", "mark"}, {"", "bye"}}, .otherwise = "bye"};
  f.nodes["mark"] = set_node{.variable = "vip", .value = "yes", .next = "line"};
  f.nodes["line"] = queue_node{.queue = "support", .priority = -3, .skills = {{"english", 2}}, .on_timeout = "box"};
  f.nodes["box"] = voicemail_node{.mailbox = "desk", .length_max = milliseconds{0}, .next = "out"};
  f.nodes["out"] = bridge_node{.target = "+861065551234", .trunk = "line", .on_busy = "bye"};
  f.nodes["bye"] = hangup_node{.prompts = {{"bye", ""}}, .cause = {.q850 = 17, .sip = 486, .text = "Busy"}};
  f.nodes["plain"] = hangup_node{};
  c.flows["main"] = f;
  c.queues["support"] = {
      .name = "support", .strategy = queue_strategy::random, .join_empty = false, .keys = {{'2', "voicemail:desk"}}};
  c.agents["1001"] = {.name = "1001",
                      .device = "register",
                      .password = "secret",
                      .queues = {{"support", 3}},
                      .skills = {{"english", 1}},
                      .wrap_up = milliseconds{0},
                      .auto_login = false};
  c.agents["1002"] = {.name = "1002", .device = "sip:1002@192.0.2.1"};
  c.trunks["line"] = {.name = "line", .addresses = {"192.0.2.0/24"}, .outbound = "sip:192.0.2.1", .via = transport::tcp};
  c.mailboxes["desk"] = {.name = "desk", .messages_max = 5};
  c.prompts["welcome"] = {.name = "welcome", .file = "welcome.wav"};
  EXPECT_TRUE(c.index());
  return c;
}

TEST(TenantConfigRows, GiveBackTheSameConfiguration) {
  const auto before = full_config();
  const auto rows = config_rows(before);
  ASSERT_TRUE(rows);
  const auto after = config_from_rows(7, *rows);
  ASSERT_TRUE(after) << after.error().what;
  EXPECT_EQ(**after, before);
  EXPECT_EQ((*after)->agent((*after)->agent_of("1002"))->device, "sip:1002@192.0.2.1") << "indexed";
}

TEST(TenantConfigRows, LargeVersionsAreCutIntoRowsThatFitIntoSteps) {
  tenant_config c;
  c.tenant = "large";
  c.version = 2;
  for (int i = 0; i < 5'000; ++i) {
    const auto name = std::to_string(10'000 + i);
    c.agents[name] = {.name = name, .device = "register", .password = "a password of some length " + name};
  }
  ASSERT_TRUE(c.index());
  const auto rows = config_rows(c);
  ASSERT_TRUE(rows);
  EXPECT_GT(rows->size(), 3U);
  for (const auto& row : *rows) EXPECT_LE(row.value->size(), config_chunk_bytes);
  const auto back = config_from_rows(2, *rows);
  ASSERT_TRUE(back);
  EXPECT_EQ(**back, c);
}

TEST(TenantConfigRows, SeveralVersionsStandBesideEachOther) {
  auto config = full_config();
  auto rows = *config_rows(config);
  config.version = 8;
  config.language = "zh";
  const auto newer = *config_rows(config);
  rows.insert(rows.begin(), newer.begin(), newer.end());
  EXPECT_EQ((*config_from_rows(7, rows))->language, "en");
  EXPECT_EQ((*config_from_rows(8, rows))->language, "zh");
  const auto heads = config_heads(rows);
  ASSERT_TRUE(heads);
  ASSERT_EQ(heads->size(), 2U);
  EXPECT_EQ(heads->back().version, 8U);
  EXPECT_EQ(config_from_rows(9, rows).error().code, errc::not_found);
}

TEST(TenantConfigRows, MissingOrChangedBytesAreNeverTakenForAConfiguration) {
  const auto whole = *config_rows(full_config());
  ASSERT_GE(whole.size(), 2U);
  auto without = whole;
  without.erase(without.begin());
  EXPECT_EQ(config_from_rows(7, without).error().code, errc::corrupt);
  auto changed = whole;
  changed[0].value->at(changed[0].value->size() / 2) ^= 1;
  EXPECT_EQ(config_from_rows(7, changed).error().code, errc::corrupt);
}

TEST(TenantConfigRows, RemovalTombstonesEveryRow) {
  const auto rows = *config_rows(full_config());
  const auto removal = config_removal(config_heads(rows)->at(0));
  EXPECT_EQ(removal.size(), rows.size());
  for (const auto& row : rows)
    EXPECT_TRUE(std::any_of(removal.begin(), removal.end(), [&](const auto& r) { return r.key == row.key && !r.value; }));
}

TEST(TenantConfigRows, ThePointerNamesAVersion) {
  EXPECT_EQ(*config_pointed(*config_pointer(123).value), 123U);
  EXPECT_EQ(config_pointer(1).key, "");
  EXPECT_FALSE(config_pointed("\xff\xff"));
}

}  // namespace
}  // namespace seatgrid
