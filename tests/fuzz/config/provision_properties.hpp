#pragma once

#include <string_view>

#include "config/provision.hpp"
#include "domain/edge_directory.hpp"
#include "domain/number.hpp"
#include "domain/tenant_config_rows.hpp"
#include "tests/fuzz/fuzz.hpp"

/// What holds for every text that somebody could send as provisioning.
inline void check_provisioning(seatgrid::document_format format, std::string_view text) {
  using namespace seatgrid;
  provision_options options;
  options.limits.agents_max = 500;  // a range is one line; the fuzzer shall not spend its time in it
  auto out = provision(format, text, "input", options);
  must(out.found.size() <= 2 * findings::errors_max, "findings are bounded");
  must(out.ok() || out.tenants.empty(), "nothing of a text with errors is applied");
  must(out.ok() || !out.found.empty(), "an error is told");
  must(!to_json(out.found).empty(), "findings are JSON");
  for (const auto& one : out.found) must(!one.what.empty(), "a finding says what is wrong");
  std::vector<config_ptr> tenants;
  for (auto& tenant : out.tenants) {
    tenant.version = 1;
    for (const auto& [number, held] : tenant.numbers) {
      must(canonical_number(number) == number && held.number == number, "numbers are canonical");
      must(tenant.flow_named(held.flow) != nullptr, "a number's flow exists");
    }
    for (const auto& [name, flow] : tenant.flows) {
      must(flow.nodes.contains(flow.start), "a flow's start exists");
      for (const auto& [node, held] : flow.nodes)
        if (const auto* bridge = std::get_if<bridge_node>(&held))
          must(classify(bridge->presented).kind != number_kind::shared_400, "no 400 number is presented");
    }
    const auto rows = config_rows(tenant);
    must(rows.has_value(), "a configuration can be stored");
    const auto back = config_from_rows(1, *rows);
    must(back.has_value() && **back == tenant, "what is stored comes back");
    tenants.push_back(*back);
  }
  must(make_edge_directory(std::move(tenants)).has_value(), "what was checked can be indexed");
}
