#pragma once

#include <string>

#include "actors/gateway.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace seatgrid::fuzz {

/// A node that has nothing and does everything: what reaches it has to be within the bounds of its contract.
class recording_gateway : public gateway {
 public:
  int orders = 0;

  void submit(control::command order, std::string, answer done) override {
    ++orders;
    std::visit(
        [](const auto& o) {
          if constexpr (requires { o.reason; }) must(o.reason.size() <= 100, "a reason is bounded");
          if constexpr (requires { o.target; }) must(!o.target.empty() && o.target.size() <= 255, "a target is bounded");
          if constexpr (requires { o.why; }) must(o.why.size() <= 100, "a reason is bounded");
        },
        order);
    done(std::string{});
  }
  void list(collection, list_query query, answer done) const override {
    must(query.limit >= 1 && query.limit <= 1'000, "a page is bounded");
    done(std::string{R"({"items":[{"id":"1","phase":"running"}],"next_cursor":"a b"})"});
  }
  void show(collection, std::string, std::string id, answer done) const override {
    must(!id.empty(), "an item has a name");
    if (id.size() % 2 == 0) return done(fail(errc::not_found, "no '" + id + "'"));
    done(std::string{R"({"recordings":[{"kind":"talk","path":"../x"}]})"});
  }
  void replay(entity_ref, answer done) const override { done(fail(errc::not_found, "no such call")); }
  result<std::shared_ptr<event_subscription>> subscribe(std::string, std::string, std::function<void()>) override {
    return fail(errc::full, "no more subscribers");
  }
  std::vector<metric> metrics() const override { return {}; }
  std::vector<journal_position> positions() const override { return {}; }
  result<std::uint64_t> apply(std::vector<std::shared_ptr<const tenant_config>>, std::vector<std::string>) override { return 0; }
  std::vector<std::shared_ptr<const tenant_config>> tenants() const override { return {}; }
  std::string why_not_ready() const override { return {}; }
};

}  // namespace seatgrid::fuzz
