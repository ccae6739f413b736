#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/provision.hpp"

namespace seatgrid {
namespace {

std::string page() {
  std::ifstream file{"docs/provisioning.md"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ProvisioningPage, EveryExampleOnItIsGood) {
  const auto text = page();
  int seen = 0;
  for (const auto& [fence, format] :
       {std::pair{"```toml\n", document_format::toml}, std::pair{"```json\n", document_format::json}})
    for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
      const auto begin = at + std::string{fence}.size();
      const auto out = provision(format, text.substr(begin, text.find("```", begin) - begin), "example");
      for (const auto& one : out.found)
        EXPECT_TRUE(one.level == severity::warning && one.what.find("built-in") != std::string::npos) << to_text(one);
      EXPECT_TRUE(out.ok());
      ++seen;
    }
  EXPECT_EQ(seen, 3);
}

/// The reader itself says which keys it knows: an unknown one is answered with all of them.
TEST(ProvisioningPage, NamesEveryKeyThatTheReaderKnows) {
  const auto text = page();
  const std::string tenant = "[[tenant]]\nname = \"a\"\n";
  std::vector<std::string> probes{tenant + "zz = 1\n",
                                  tenant + "[tenant.numbers.4008001234]\nzz = 1\n",
                                  tenant + "[tenant.flows.f]\nzz = 1\n",
                                  tenant + "[tenant.queues.q]\nzz = 1\n",
                                  tenant + "[tenant.agents.1]\nzz = 1\n",
                                  tenant + "[[tenant.agent_ranges]]\nzz = 1\n",
                                  tenant + "[tenant.trunks.t]\nzz = 1\n",
                                  tenant + "[tenant.mailboxes.m]\nzz = 1\n"};
  for (const char* kind : {"play", "menu", "collect", "branch", "set", "queue", "voicemail", "bridge", "hangup"})
    probes.push_back(tenant + "[tenant.flows.f]\nstart = \"n\"\n[tenant.flows.f.nodes.n]\nkind = \"" + kind + "\"\nzz = 1\n");
  for (const auto& probe : probes) {
    const auto out = provision(document_format::toml, probe, "probe");
    bool seen = false;
    for (const auto& one : out.found) {
      if (one.what != "no such key" || !one.path.ends_with(".zz")) continue;
      seen = true;
      std::istringstream keys{one.allowed};
      for (std::string key; std::getline(keys, key, ',');) {
        key.erase(0, key.find_first_not_of(' '));
        EXPECT_NE(text.find("`" + key + "`"), std::string::npos) << key << " is not in docs/provisioning.md";
      }
    }
    EXPECT_TRUE(seen) << probe;
  }
}

}  // namespace
}  // namespace seatgrid
