#include <gtest/gtest.h>

#include "actors/config_store.hpp"
#include "storage/memory/memory_journal.hpp"

namespace seatgrid {
namespace {

std::shared_ptr<tenant_config> tenant(const std::string& name, std::uint32_t agents) {
  auto made = std::make_shared<tenant_config>();
  made->tenant = name;
  made->queues["support"].name = "support";
  for (std::uint32_t i = 0; i < agents; ++i) {
    agent_config agent;
    agent.name = "agent-" + std::to_string(i);
    agent.device = "register";
    made->agents[agent.name] = agent;
  }
  return made;
}

class ConfigStore : public testing::Test {
 protected:
  void open() {
    auto opened = config_store::open(*log, time, {.versions_kept = 3});
    ASSERT_TRUE(opened) << opened.error().what;
    store = std::move(*opened);
  }
  std::unique_ptr<memory_journal> log = make_memory_journal();
  system_clock time{};
  std::unique_ptr<config_store> store{};
};

TEST_F(ConfigStore, IsReadAgainByTheNextProcess) {
  open();
  ASSERT_TRUE(store->apply({tenant("demo", 20'000), tenant("other", 1)}));
  open();
  ASSERT_NE(store->current("demo"), nullptr);
  EXPECT_EQ(store->current("demo")->agents.size(), 20'000U);
  EXPECT_EQ(store->current("demo")->version, 1U);
  EXPECT_EQ(store->tenants().size(), 2U);
  EXPECT_EQ(store->by_shard_entity(ref(agent_id::named("other", "agent-0"))), store->current("other"));
  EXPECT_EQ(store->by_shard_entity(ref(agent_id::named("other", "agent-7"))), nullptr);
}

TEST_F(ConfigStore, ChangesNothingWhenTheSameIsApplied) {
  open();
  ASSERT_TRUE(store->apply({tenant("demo", 3)}));
  const auto again = store->apply({tenant("demo", 3)});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
  EXPECT_EQ(store->current("demo")->version, 1U);
}

TEST_F(ConfigStore, KeepsTheVersionThatACallPinned) {
  open();
  for (std::uint32_t agents = 1; agents <= 6; ++agents) ASSERT_TRUE(store->apply({tenant("demo", agents)}));
  const auto pinned = store->version("demo", 5);
  ASSERT_NE(pinned, nullptr);
  EXPECT_EQ(pinned->agents.size(), 5U);
  EXPECT_EQ(store->version("demo", 1)->version, 6U);  // gone: the newest
  for (std::uint32_t agents = 7; agents <= 12; ++agents) ASSERT_TRUE(store->apply({tenant("demo", agents)}));
  EXPECT_EQ(store->version("demo", 5)->agents.size(), 5U);
}

TEST_F(ConfigStore, MovesAllTenantsOrNone) {
  open();
  ASSERT_TRUE(store->apply({tenant("demo", 1)}));
  log->inject(0, memory_fault::unavailable_lost, 4);
  log->inject(0, memory_fault::unavailable_lost, 3);
  EXPECT_FALSE(store->apply({tenant("demo", 2), tenant("new", 2)}));
  open();
  EXPECT_EQ(store->current("demo")->agents.size(), 1U);
  EXPECT_EQ(store->current("new"), nullptr);
}

TEST_F(ConfigStore, TellsListenersWhatChangedAndRemoves) {
  open();
  ASSERT_TRUE(store->apply({tenant("demo", 1)}));
  std::vector<std::string> told;
  store->on_change([&](const std::vector<config_change>& changes) {
    for (const auto& c : changes) told.push_back(c.tenant + (c.before ? " was" : " new") + (c.after ? " is" : " gone"));
  });
  ASSERT_TRUE(store->apply({tenant("demo", 2)}));
  ASSERT_TRUE(store->apply({}, {"demo"}));
  EXPECT_EQ(told, (std::vector<std::string>{"demo new is", "demo was is", "demo was gone"}));
  open();
  EXPECT_EQ(store->current("demo"), nullptr);
}

}  // namespace
}  // namespace seatgrid
