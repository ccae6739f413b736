#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/config_store.hpp"
#include "actors/engine.hpp"
#include "actors/gateway.hpp"

namespace seatgrid::actors {

/// The gateway over an engine: live things are asked of their actors, what is over is read from rows and log.
class node_gateway final : public gateway {
 public:
  node_gateway(engine& engine, config_store& config) : engine_(engine), config_(config) {}

  void submit(control::command order, std::string tenant, answer done) override;
  void list(collection what, list_query query, answer done) const override;
  void show(collection what, std::string tenant, std::string id, answer done) const override;
  void replay(entity_ref entity, answer done) const override;
  result<std::shared_ptr<event_subscription>> subscribe(std::string tenant, std::string after,
                                                        std::function<void()> wake) override;
  std::vector<metric> metrics() const override;
  std::vector<journal_position> positions() const override;
  result<std::uint64_t> apply(std::vector<config_ptr> tenants, std::vector<std::string> removed) override;
  std::vector<config_ptr> tenants() const override { return config_.tenants(); }
  /// What else stands in /metrics.
  void add_metrics(std::function<void(std::vector<metric>&)> more) { more_metrics_ = std::move(more); }
  std::string why_not_ready() const override { return engine_.why_not_ready(); }

 private:
  struct page {
    std::vector<entity_ref> ids{};
    std::string next{};
  };
  result<page> page_of(collection what, const list_query& query, std::size_t most) const;
  result<page> live_calls(const list_query& query, std::size_t most) const;
  void list_entities(collection what, list_query query, answer done) const;
  result<std::string> list_cdrs(collection what, const list_query& query) const;
  result<std::string> list_events(const list_query& query) const;
  result<std::string> cdr_of(entity_ref call) const;
  result<std::string> event_at(const std::string& id) const;
  result<std::string> timeline(entity_ref entity) const;
  void ask(entity_ref entity, std::string tenant, answer done) const;

  engine& engine_;
  config_store& config_;
  std::function<void(std::vector<metric>&)> more_metrics_{};
};

/// The verdict of executing an entity's recorded commands again (D2); see gateway::replay.
result<std::string> replay_entity(engine& engine, entity_ref entity);

}  // namespace seatgrid::actors
