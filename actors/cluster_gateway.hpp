#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/gateway.hpp"
#include "actors/router.hpp"

namespace seatgrid::actors {

/// The gateway of one node of a cluster: each request goes to the owner of the tenant's lane, whichever node it came to. What is
/// only read is told from this node's replica when nobody owns the lane just now. Subscribers hear all lanes from here.
class cluster_gateway final : public gateway {
 public:
  /// `local` answers for the lanes of this process. Both must outlive it.
  cluster_gateway(gateway& local, router& ways);

  void submit(control::command order, std::string tenant, answer done) override;
  void list(collection what, list_query query, answer done) const override;
  void show(collection what, std::string tenant, std::string id, answer done) const override;
  void replay(entity_ref entity, answer done) const override;
  result<std::shared_ptr<event_subscription>> subscribe(std::string tenant, std::string after,
                                                        std::function<void()> wake) override {
    return local_.subscribe(std::move(tenant), std::move(after), std::move(wake));
  }
  std::vector<metric> metrics() const override;
  std::vector<journal_position> positions() const override { return local_.positions(); }
  /// @error wrong_state  another node owns the configuration's lane: the caller asks it (server "provision")
  result<std::uint64_t> apply(std::vector<std::shared_ptr<const tenant_config>> tenants,
                              std::vector<std::string> removed) override {
    return local_.apply(std::move(tenants), std::move(removed));
  }
  std::vector<std::shared_ptr<const tenant_config>> tenants() const override { return local_.tenants(); }
  std::string why_not_ready() const override { return local_.why_not_ready(); }

 private:
  lane_id lane_of_tenant(const std::string& tenant) const;
  /// True: `local_` must answer.
  bool is_here(lane_id lane) const { return router_.owns(lane); }
  void read(lane_id lane, const char* server, const std::string& payload, const std::function<void(answer)>& here,
            const answer& done, unsigned tries = 0) const;

  gateway& local_;
  router& router_;
};

}  // namespace seatgrid::actors
