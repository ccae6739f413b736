#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "actors/config_store.hpp"
#include "tests/contract/storage/lane_bed.hpp"

/// Configuration on nodes that share a log: one owns lane 0, the others follow it.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;
using namespace std::chrono_literals;

constexpr std::uint32_t many_agents = 20'000;  // several chunks

std::shared_ptr<tenant_config> tenant(const std::string& name, std::uint32_t agents) {
  auto made = std::make_shared<tenant_config>();
  made->tenant = name;
  for (std::uint32_t i = 0; i < agents; ++i) {
    agent_config agent;
    agent.name = "agent-" + std::to_string(i);
    agent.device = "register";
    made->agents[agent.name] = agent;
  }
  return made;
}

class config_node {
 public:
  config_node(std::string name, std::shared_ptr<memory_brokers> brokers)
      : process_(std::move(name), [brokers] { return make_memory_log(brokers); }) {}
  ~config_node() {
    if (store_) kill();
  }
  void start() {
    cluster::lane_journal_options options;
    options.journal.frame_steps_max = 1;
    options.on_folded = [this](const recorded_step& came) { tell([&](auto& store) { store.on_folded(came); }); };
    options.on_owner = [this](lane_id lane, const cluster::lane_owner& owner, std::uint64_t) {
      if (lane == 0) tell([&](auto& store) { store.on_owner(owner.node); });
    };
    options.on_remade = [this](lane_id lane) { tell([&](auto& store) { store.on_remade(lane); }); };
    const auto opened = process_.open(std::move(options));
    ASSERT_TRUE(opened) << opened.error().what;
    const auto is_folded = [this] {
      const auto lane = process_.view(0);
      return lane.to_fold == 0 && lane.trouble.empty();
    };
    auto store = config_store::open(*process_, time_, {.step_bytes = 70'000, .follows = true, .is_folded = is_folded});
    ASSERT_TRUE(store) << store.error().what;
    const std::lock_guard lock{mutex_};
    store_ = std::move(*store);
  }
  void claim() {
    auto made = try_to_claim();
    // Whoever has not read the last claim yet loses to it, and may ask again.
    for (int tries = 0; !made && made.error().code == errc::conflict && tries < 10; ++tries) made = try_to_claim();
    ASSERT_TRUE(made) << made.error().what;
  }
  void kill() {
    process_.log().close(milliseconds{0});
    std::unique_ptr<config_store> over;
    {
      const std::lock_guard lock{mutex_};
      over = std::move(store_);
    }
    over.reset();
    process_.kill();
  }
  config_store& store() { return *store_; }
  lane_process& process() { return process_; }
  std::uint32_t agents(const std::string& name) const {
    const auto config = store_->current(name);
    return config ? static_cast<std::uint32_t>(config->agents.size()) : 0;
  }

 private:
  result<lane_claim> try_to_claim() {
    std::promise<result<lane_claim>> claimed;
    process_->claim(
        0,
        [&](result<lane_claim> made) {
          if (made) tell([&](auto& store) { store.own(made->at); });
          claimed.set_value(made);
        },
        [this](const error&) { tell([](auto& store) { store.lost(); }); });
    return claimed.get_future().get();
  }
  void tell(const std::function<void(config_store&)>& what) {
    const std::lock_guard lock{mutex_};
    if (store_) what(*store_);
  }
  system_clock time_{};
  lane_process process_;
  std::mutex mutex_{};
  std::unique_ptr<config_store> store_{};
};

class ConfigFollower : public ::testing::Test {
 protected:
  void SetUp() override {
    a_.start();
    b_.start();
    a_.claim();
  }
  std::size_t chunk_rows(lane_process& in, std::uint64_t version) {
    std::size_t rows = 0;
    for (const auto& [key, value] : all_rows(*in, 0)) {
      const auto element = element_of(key);
      if (element.starts_with('c') && static_cast<std::uint64_t>(static_cast<unsigned char>(element[8])) == version) ++rows;
    }
    return rows;
  }
  std::shared_ptr<memory_brokers> brokers_ = make_memory_brokers(test_lanes);
  config_node a_{"a", brokers_};
  config_node b_{"b", brokers_};
};

TEST_F(ConfigFollower, SeesWhatTheOwnerAppliesAndTellsIt) {
  std::mutex mutex;
  std::vector<std::string> told;
  b_.store().on_change([&](const std::vector<config_change>& changes) {
    const std::lock_guard lock{mutex};
    for (const auto& one : changes) told.push_back(one.tenant + (one.before ? " was" : " new") + (one.after ? " is" : " gone"));
  });
  ASSERT_TRUE(a_.store().apply({tenant("demo", many_agents), tenant("other", 1)}));
  ASSERT_TRUE(wait_for([&] { return b_.store().tenants().size() == 2; }));
  EXPECT_EQ(b_.agents("demo"), many_agents);
  EXPECT_EQ(b_.store().by_shard_entity(ref(agent_id::named("other", "agent-0"))), b_.store().current("other"));
  ASSERT_TRUE(a_.store().apply({tenant("demo", 2)}));
  ASSERT_TRUE(wait_for([&] { return b_.agents("demo") == 2; }));
  EXPECT_EQ(b_.store().version("demo", 1)->agents.size(), many_agents) << "a call may have pinned it";
  ASSERT_TRUE(a_.store().apply({}, {"other"}));
  ASSERT_TRUE(wait_for([&] { return b_.store().current("other") == nullptr; }));
  const std::lock_guard lock{mutex};
  EXPECT_EQ(told, (std::vector<std::string>{"demo new is", "other new is", "demo was is", "other was gone"}));
}

TEST_F(ConfigFollower, MovesAllTenantsOfOneApplyTogether) {
  std::atomic<int> torn{0};
  ASSERT_TRUE(a_.store().apply({tenant("x", 1), tenant("y", 1)}));
  ASSERT_TRUE(wait_for([&] { return b_.store().tenants().size() == 2; }));
  b_.store().on_change([&](const std::vector<config_change>& changes) {
    if (changes.size() != 2 || changes[0].after->version != changes[1].after->version) ++torn;
  });
  for (std::uint32_t i = 2; i <= 40; ++i) ASSERT_TRUE(a_.store().apply({tenant("x", i), tenant("y", i)}));
  ASSERT_TRUE(wait_for([&] { return b_.agents("x") == 40 && b_.agents("y") == 40; }));
  EXPECT_EQ(torn, 0);
}

TEST_F(ConfigFollower, RefusesToApplyAndSaysWhoOwnsLaneZero) {
  ASSERT_TRUE(wait_for([&] { return b_.process().view(0).owner == "a"; }));
  const auto refused = b_.store().apply({tenant("demo", 1)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::wrong_state);
  EXPECT_EQ(refused.error().what, "lane 0 is owned by a");
}

TEST_F(ConfigFollower, AppliesWhenItHasClaimedLaneZeroAndTheFormerOwnerRefuses) {
  ASSERT_TRUE(a_.store().apply({tenant("demo", 1)}));
  b_.claim();
  const auto changed = b_.store().apply({tenant("demo", 2)});
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_EQ(changed->front().before->agents.size(), 1U) << "what came before is seen before it changes";
  EXPECT_EQ(changed->front().after->version, 2U);
  const auto late = a_.store().apply({tenant("demo", 3)});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::wrong_state);
  ASSERT_TRUE(wait_for([&] { return a_.agents("demo") == 2; })) << "the former owner follows";
}

TEST_F(ConfigFollower, NeverSeesAVersionWhoseWriterDiedAndItsSuccessorRemovesIt) {
  ASSERT_TRUE(a_.store().apply({tenant("demo", many_agents)}));
  const auto chunks = chunk_rows(a_.process(), 1);
  ASSERT_GT(chunks, 4U);
  std::atomic<int> told{-1};
  b_.store().on_change([&](const auto&) { ++told; });
  ASSERT_TRUE(wait_for([&] { return b_.agents("demo") == many_agents; }));
  const auto before = told.load();
  brokers_->inject(0, log_fault::failed_lost, chunks);
  EXPECT_FALSE(a_.store().apply({tenant("demo", many_agents + 1)}));
  a_.kill();
  ASSERT_TRUE(wait_for([&] { return chunk_rows(b_.process(), 2) == chunks - 1; })) << "all but the last chunk and the head";
  EXPECT_EQ(b_.agents("demo"), many_agents);
  EXPECT_EQ(b_.store().version("demo", 2), b_.store().current("demo")) << "there is no such version";
  EXPECT_EQ(told, before);
  b_.claim();
  ASSERT_TRUE(b_.store().apply({tenant("demo", 1)}));
  EXPECT_EQ(b_.agents("demo"), 1U);
  EXPECT_EQ(b_.store().current("demo")->version, 2U);
  EXPECT_EQ(chunk_rows(b_.process(), 2), 1U) << "the dead writer's chunks are gone";
}

TEST_F(ConfigFollower, ReadsAgainWhatALogThatLostItsEndHolds) {
  ASSERT_TRUE(a_.store().apply({tenant("demo", 1)}));
  ASSERT_TRUE(wait_for([&] { return b_.agents("demo") == 1; }));
  const auto end = brokers_->bounds(0).end;
  ASSERT_TRUE(a_.store().apply({tenant("demo", 2)}));
  ASSERT_TRUE(wait_for([&] { return b_.agents("demo") == 2; }));
  std::atomic<int> gone{0};
  b_.store().on_change([&](const std::vector<config_change>& changes) {
    for (const auto& one : changes) gone += one.after == nullptr ? 1 : 0;
  });
  a_.kill();
  brokers_->lose_end(0, end);
  ASSERT_TRUE(wait_for([&] { return b_.agents("demo") == 1; }));
  EXPECT_EQ(gone, 0) << "no tenant goes while the lane is folded anew";
}

TEST_F(ConfigFollower, SkipsVersionsThatCameWhileAListenerWasBusy) {
  std::promise<void> go;
  auto may_go = go.get_future().share();
  std::atomic<int> told{0};
  b_.store().on_change([&](const std::vector<config_change>& changes) {
    if (!changes.empty() && ++told == 1) may_go.wait();
  });
  for (std::uint32_t i = 1; i <= 20; ++i) ASSERT_TRUE(a_.store().apply({tenant("demo", i)}));
  const auto end = static_cast<std::uint64_t>(brokers_->bounds(0).end);
  ASSERT_TRUE(wait_for([&] { return told == 1 && b_.process().view(0).next_offset == end; }));
  go.set_value();
  ASSERT_TRUE(wait_for([&] { return b_.agents("demo") == 20; }));
  EXPECT_LT(told, 20);
}

}  // namespace
}  // namespace seatgrid
