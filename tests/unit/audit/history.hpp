#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/auditor.hpp"

/// A lane's history made by hand: each test first tells an honest one, then breaks it in one place. A check that cannot fail
/// checks nothing.
namespace seatgrid::audit {

inline constexpr time_point noon{1'763'899'200'000'000};
inline time_point after_noon(milliseconds d) { return noon + d; }
inline constexpr lane_id lane = 1;
inline constexpr call_id first_call{101}, second_call{102};

/// Holds what a test puts in, and refuses to be written to.
class history final : public journal {
 public:
  std::vector<recorded_step> steps{};
  std::map<std::string, std::string, std::less<>> rows{};

  void claim(lane_id, on_claimed done, on_lost) override { done(fail(errc::unsupported, "a history is only read")); }
  void append(lane_epoch, step, on_counted) override {}
  result<std::string> get(lane_id, std::string_view key) const override {
    const auto at = rows.find(key);
    if (at == rows.end()) return fail(errc::not_found, "no such row");
    return at->second;
  }
  result<void> scan_from(lane_id, std::string_view prefix, std::string_view from, const row_reader& each) const override {
    for (auto at = rows.lower_bound(from); at != rows.end() && at->first.starts_with(prefix); ++at)
      if (!each(at->first, at->second)) break;
    return {};
  }
  result<void> read(lane_id, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const override {
    for (const auto& one : steps)
      if (one.position.sequence >= from && !each(one)) break;
    return {};
  }
  result<void> read_entity(entity_ref, const std::function<bool(const recorded_step&)>&) const override { return {}; }
  std::pair<step_position, time_point> end(lane_id) const override { return {}; }
  result<std::uint64_t> trim(lane_id, std::uint64_t) override { return 0; }
  result<void> backup(const std::string&) const override { return {}; }
  journal_status status() const override { return {}; }
  void close() override {}
};

/// Tenant "demo": queue "support" with agents "anna" and "ben".
class one_tenant final : public config_source {
 public:
  one_tenant() {
    auto made = std::make_shared<tenant_config>();
    made->tenant = "demo";
    made->version = 1;
    made->queues["support"] = {.name = "support"};
    for (const char* name : {"anna", "ben"})
      made->agents[name] = {.name = name, .device = "sip:" + std::string{name} + "@127.0.0.1", .queues = {{"support", 1}}};
    EXPECT_TRUE(made->index().has_value());
    config = std::move(made);
  }
  config_ptr current(const std::string&) const override { return config; }
  config_ptr version(const std::string&, std::uint64_t) const override { return config; }
  config_ptr by_shard_entity(entity_ref) const override { return config; }
  config_ptr config{};
};

struct History : ::testing::Test {
  one_tenant tenant{};
  history log{};
  auditor audit{tenant, log, lane, {}};
  agent_id anna = tenant.config->agent_of("anna");
  agent_id ben = tenant.config->agent_of("ben");
  queue_id support = tenant.config->queue_of("support");
  std::uint64_t epoch = 1;

  /// One step; its rows follow from the events as in production.
  template <class Rules>
  recorded_step& happen(std::uint64_t id, std::vector<typename Rules::event> events, time_point at = noon) {
    recorded_step made;
    made.position = {lane, log.steps.empty() ? 1 : log.steps.back().position.sequence + 1};
    made.epoch = epoch;
    made.step.entity = {Rules::kind, id};
    made.step.at = at;
    auto state = stored<Rules>(id);
    for (const auto& event : events) {
      made.step.events.push_back(Rules::encode(event));
      Rules::apply(state, event);
    }
    entity_rows changed;
    Rules::rows(state, events, changed);
    for (auto& one : changed) {
      const auto key = row_key(made.step.entity, one.key);
      if (one.value)
        log.rows[key] = *one.value;
      else
        log.rows.erase(key);
    }
    log.steps.push_back(std::move(made));
    return log.steps.back();
  }
  recorded_step& call(call_id id, std::vector<calls::call_event> events, time_point at = noon) {
    return happen<call_rules>(id.value, std::move(events), at);
  }
  recorded_step& queue(std::vector<queue_event> events, time_point at = noon) {
    return happen<queue_rules>(support.value, std::move(events), at);
  }
  recorded_step& agent(agent_id id, std::vector<agent_event> events, time_point at = noon) {
    return happen<agent_rules>(id.value, std::move(events), at);
  }
  template <class Rules>
  typename Rules::state stored(std::uint64_t id) const {
    entity_rows rows;
    const auto prefix = row_key({Rules::kind, id});
    for (auto at = log.rows.lower_bound(prefix); at != log.rows.end() && at->first.starts_with(prefix); ++at)
      rows.push_back({std::string{element_of(at->first)}, at->second});
    auto state = Rules::load(id, rows);
    EXPECT_TRUE(state.has_value());
    return std::move(*state);
  }

  // --- the words of an honest history
  static calls::call_started started(call_id id) { return {.call = id, .tenant = "demo", .config_version = 1, .at = noon}; }
  static calls::attempt_changed attempt(attempt_state state, agent_id whose, attempt_no number = 1, attempt_no floor = 1) {
    return {.step = {.after = {.state = state, .floor = floor, .attempt = number, .agent = whose}}, .at = noon};
  }
  static agent_facts facts(agent_status status, milliseconds since = milliseconds{0}, call_id call = {}) {
    agent_facts made;
    made.status = status;
    made.since = after_noon(since);
    made.generation = 1;
    made.call = call;
    made.attempt = call ? 1 : 0;
    if (call) made.until = after_noon(milliseconds{60'000});
    return made;
  }
  static agent_moved moved(agent_status from, agent_facts after, milliseconds lasted = milliseconds{0}) {
    return {.from = from, .duration = lasted, .after = after, .at = after.since};
  }
  static call_queued queued(call_id call, std::uint64_t sequence) {
    return {.call = call, .enqueued_at = noon, .at = noon, .sequence = sequence};
  }
  static call_left left(call_id call, exit_cause why = exit_cause::abandoned) {
    return {.call = call, .cause = why, .at = after_noon(milliseconds{10})};
  }
  reservation_made reserved(call_id call, agent_id whose) const {
    return {.call = call, .attempt = 1, .agent = whose, .generation = 1, .at = after_noon(milliseconds{5})};
  }
  /// Anna is free, then reserved for the first call.
  void anna_is_reserved() {
    agent(anna, {moved(agent_status::logged_out, facts(agent_status::ready))});
    agent(anna, {moved(agent_status::ready, facts(agent_status::reserved, milliseconds{0}, first_call))});
  }

  void expect_honest(invariant asked) {
    audit.look(noon);
    EXPECT_EQ(audit.first(), "");
    EXPECT_GT(audit.checked(asked), 0U) << "nothing was asked";
  }
  /// `which` is violated, and nothing else.
  void expect_broken(invariant which) {
    audit.look(noon);
    EXPECT_GT(audit.violated(which), 0U) << "not noticed";
    EXPECT_EQ(audit.violations(), audit.violated(which)) << audit.first();
  }
};

}  // namespace seatgrid::audit
