#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "config/provision.hpp"
#include "domain/tenant_config_rows.hpp"

namespace seatgrid {
namespace {

constexpr int agents = 100'000;

/// CPU, not wall: other programs run beside the tests.
std::chrono::nanoseconds cpu() { return std::chrono::nanoseconds{std::clock() * (1'000'000'000 / CLOCKS_PER_SEC)}; }

/// `agents` agents each with a table of its own: the dearest way to write them.
std::string large_text(bool as_json) {
  std::string text = as_json ? R"({"tenant":[{"name":"large","domain":"large.example","queues":{"support":{}},"agents":{)"
                             : "[[tenant]]\nname = \"large\"\ndomain = \"large.example\"\n[tenant.queues.support]\n";
  for (int i = 0; i < agents; ++i) {
    const auto n = std::to_string(100'000 + i);
    if (as_json)
      text.append(i == 0 ? "\"" : ",\"")
          .append(n)
          .append(R"(":{"display":"Agent )")
          .append(n)
          .append(R"(","password":"secret-)")
          .append(n)
          .append(R"(","queues":["support"],"skills":[{"skill":"english","level":2}]})");
    else
      text.append("[tenant.agents.")
          .append(n)
          .append("]\ndisplay = \"Agent ")
          .append(n)
          .append("\"\npassword = \"secret-")
          .append(n)
          .append("\"\nqueues = [\"support\"]\nskills = [{ skill = \"english\", level = 2 }]\n");
  }
  return as_json ? text + "}}]}" : text;
}

class ProvisionScale : public testing::TestWithParam<bool> {};
TEST_P(ProvisionScale, ReadsChecksAndIndexesAHundredThousandAgents) {
  const auto text = large_text(GetParam());
  const auto begin = cpu();
  const auto out = provision(GetParam() ? document_format::json : document_format::toml, text, "large");
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(cpu() - begin);
  ASSERT_TRUE(out.ok()) << to_text(out.found.at(0));
  EXPECT_EQ(out.tenants.at(0).agents.size(), static_cast<std::size_t>(agents));
  EXPECT_NE(out.tenants[0].agent(out.tenants[0].agent_of("150000")), nullptr);
  std::cout << (GetParam() ? "json" : "toml") << ": " << text.size() / 1'000'000 << " MB, " << took.count() << " ms\n";
  EXPECT_LT(took, std::chrono::seconds{20}) << "ten times the budget";
}
INSTANTIATE_TEST_SUITE_P(Formats, ProvisionScale, testing::Values(false, true),
                         [](const auto& kind) { return kind.param ? "Json" : "Toml"; });

TEST(ProvisionRange, RangesAreQuickAndTheRowsComeBack) {
  const auto begin = cpu();
  auto out = provision(document_format::toml, R"(
[[tenant]]
name = "large"
domain = "large.example"
[tenant.queues.support]
[[tenant.agent_ranges]]
range = "100000-199999"
password = "secret-{n}"
queues = ["support"]
)",
                       "large");
  const auto read = cpu();
  ASSERT_TRUE(out.ok());
  auto& config = out.tenants.at(0);
  EXPECT_EQ(config.agents.size(), 100'000U);
  config.version = 1;
  const auto rows = config_rows(config);
  ASSERT_TRUE(rows);
  const auto back = config_from_rows(1, *rows);
  ASSERT_TRUE(back);
  EXPECT_EQ((*back)->agents, config.agents);
  const auto ms = [](auto d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); };
  std::cout << "range: " << ms(read - begin) << " ms, rows and back " << ms(cpu() - read) << " ms\n";
}

}  // namespace
}  // namespace seatgrid
