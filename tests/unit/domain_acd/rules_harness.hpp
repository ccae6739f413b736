#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/agent.hpp"
#include "domain/queue.hpp"
#include "domain/registration.hpp"
#include "domain/tenant_config.hpp"
#include "tests/unit/proto/published_check.hpp"

/// Runs one entity under its rules as the actor shell does, and keeps its rows.
namespace seatgrid::testing {

constexpr time_point noon{1'763'899'200'000'000};
inline time_point after_noon(milliseconds d) { return noon + d; }

template <entity_rules Rules>
class entity_run {
 public:
  explicit entity_run(std::uint64_t id, const tenant_config& config) : id_(id), config_(&config) { load(); }

  /// Decides, applies and derives; what follows is in `out`. Recorded bytes must decode to the same decision.
  result<void> take(const typename Rules::command& command, time_point at = noon, std::uint64_t chance = 7) {
    out.clear();
    events.clear();
    const auto decoded = Rules::decode_command(Rules::encode(command));
    EXPECT_TRUE(decoded.has_value());
    auto decided = Rules::decide(state, *decoded, {at, chance}, *config_);
    if (!decided) return tl::unexpected(decided.error());
    if (decided->empty()) Rules::answer(state, command, {at, chance}, *config_, out);
    for (const auto& event : *decided) {
      const auto stored = Rules::decode_event(Rules::encode(event));
      EXPECT_TRUE(stored.has_value());
      EXPECT_EQ(Rules::encode(*stored), Rules::encode(event));
      Rules::apply(state, *stored);
      Rules::derive(state, event, out);
      events.push_back(event);
    }
    entity_rows changed;
    Rules::rows(state, events, changed);
    for (const auto& said : what<publish>()) EXPECT_EQ(test::misfit(said), "");
    for (auto& row : changed) {
      if (row.value)
        rows[row.key] = *row.value;
      else
        rows.erase(row.key);
    }
    return {};
  }

  /// What another process sees after a takeover.
  void take_over(time_point at = noon) {
    load();
    out.clear();
    Rules::resume(state, {at, 7}, out);
  }

  template <class Message>
  std::vector<Message> said() const {
    std::vector<Message> found;
    for (const auto& e : out)
      if (const auto* to = std::get_if<to_entity>(&e.what))
        if (const auto* m = std::get_if<Message>(&to->message)) found.push_back(*m);
    return found;
  }
  template <class What>
  std::vector<What> what() const {
    std::vector<What> found;
    for (const auto& e : out)
      if (const auto* x = std::get_if<What>(&e.what)) found.push_back(*x);
    return found;
  }
  template <class Event>
  bool happened() const {
    for (const auto& e : events)
      if (std::holds_alternative<Event>(e)) return true;
    return false;
  }
  void use(const tenant_config& config) { config_ = &config; }

  typename Rules::state state{};
  effects out{};
  std::vector<typename Rules::event> events{};
  std::map<std::string, std::string> rows{};

 private:
  void load() {
    entity_rows stored;
    for (const auto& [key, value] : rows) stored.push_back({key, value});
    auto loaded = Rules::load(id_, stored);
    ASSERT_TRUE(loaded.has_value());
    state = std::move(*loaded);
  }
  std::uint64_t id_;
  const tenant_config* config_;
};

/// Tenant "demo" with queue "support" (and "sales") and agents 1001.. with fixed devices.
inline tenant_config demo(std::size_t agents = 3) {
  tenant_config config;
  config.tenant = "demo";
  config.version = 1;
  config.queues["support"] = {.name = "support"};
  config.queues["sales"] = {.name = "sales"};
  for (std::size_t i = 0; i < agents; ++i) {
    const auto name = std::to_string(1001 + i);
    config.agents[name] = {
        .name = name, .display = "Agent " + name, .device = "sip:" + name + "@127.0.0.1", .queues = {{"support", 1}}};
  }
  EXPECT_TRUE(config.index().has_value());
  return config;
}

}  // namespace seatgrid::testing
