#include <gtest/gtest.h>

#include "config/server_options.hpp"

namespace seatgrid {
namespace {

constexpr auto whole = R"(
[cluster]
name = "east"
node = "n1"
lanes = 16
[kafka]
brokers = "k1:9092,k2:9092"
[kafka.security]
protocol = "sasl_ssl"
mechanism = "SCRAM-SHA-512"
user = "seatgrid"
password_file = "/etc/seatgrid/kafka.password"
[journal]
stall_limit = "2s"
reinvite_wait = "300ms"
snapshot_every = "5m"
snapshot_records = 5000
snapshot_rate = 100000
keep = "48h"
)";

TEST(ClusterSettings, ReadEveryField) {
  const auto read = read_server_options(whole, "x.toml", {});
  ASSERT_TRUE(read.ok()) << to_text(read.found.at(0));
  const auto& options = read.options;
  EXPECT_EQ(options.cluster.name, "east");
  EXPECT_EQ(options.cluster.node, "n1");
  EXPECT_EQ(options.cluster.retention.snapshot_every, std::chrono::minutes{5});
  EXPECT_EQ(options.cluster.retention.snapshot_records, 5'000U);
  EXPECT_EQ(options.cluster.retention.snapshot_rate, 100'000U);
  EXPECT_EQ(options.cluster.retention.keep, std::chrono::hours{48});
  EXPECT_EQ(options.cluster.lanes, 16);
  EXPECT_EQ(options.kafka_secrets.password, "/etc/seatgrid/kafka.password");
  EXPECT_EQ(options.node.stall_limit, std::chrono::seconds{2});
  EXPECT_EQ(options.node.reinvite_wait, milliseconds{300});
}

TEST(ClusterSettings, WithoutThemANodeStandsAlone) {
  const auto read = read_server_options("", "x.toml", {});
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read.options.cluster.name.empty());
}

struct bad {
  const char* text;
  const char* path;
  const char* says;
};
class ClusterSettingsRefuse : public testing::TestWithParam<bad> {};
TEST_P(ClusterSettingsRefuse, WhatNoClusterCanWorkWith) {
  const auto read = read_server_options(GetParam().text, "x.toml", {});
  ASSERT_FALSE(read.ok());
  const auto& first = read.found.at(0);
  EXPECT_EQ(first.path, GetParam().path) << to_text(first);
  EXPECT_GT(first.line, 0U) << to_text(first);
  EXPECT_NE((first.what + " " + first.allowed).find(GetParam().says), std::string::npos) << to_text(first);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ClusterSettingsRefuse,
    testing::Values(bad{"[cluster]\nnode = \"n1\"", "cluster.name", "needs the cluster's name"},
                    bad{"[kafka]\nbrokers = \"k:9092\"\n[cluster]\nname = \"a\"\nnode = \"n1\"\nroles = [\"cook\"]",
                        "cluster.roles", "edge, core, media, api"},
                    bad{"[kafka]\nbrokers = \"k:9092\"\n[cluster]\nname = \"a\"\nnode = \"n1\"\nlease = \"3s\"", "cluster.lease",
                        "twice cluster.suspect_after"},
                    bad{"[kafka]\nbrokers = \"k:9092\"\n[cluster]\nname = \"a\"\nnode = \"n1\"\nheartbeat = \"300ms\"",
                        "cluster.heartbeat", "a quarter"},
                    bad{"[kafka]\nbrokers = \"k:9092\"\n[cluster]\nname = \"a b\"\nnode = \"n1\"", "cluster.name", "a-z"},
                    bad{"[kafka]\nbrokers = \"k:9092\"\n[cluster]\nname = \"east\"", "cluster.node", "a name of its own"},
                    bad{"[cluster]\nname = \"east\"\nnode = \"n1\"", "cluster.name", "kafka.brokers"},
                    bad{"[kafka]\nbrokers = \"k:9092\"\n[cluster]\nname = \"a\"\nnode = \"n1\"\nadoption = \"reinvite\"",
                        "cluster.adoption", "cluster.spare.sip_first"},
                    bad{"[cluster]\nadoption = \"pray\"", "cluster.adoption", "address, reinvite"},
                    bad{"[cluster]\nlanes = 64", "cluster.lanes", "1 to 63"},
                    bad{"[cluster.link]\ncertificate = \"c.pem\"", "cluster.link.certificate", "all three"},
                    bad{"[cluster.link]\nhost = \"10.0.0.1\"", "cluster.link.host", "anybody could be a node"},
                    bad{"[cluster]\nnmae = \"east\"", "cluster.nmae", "no such setting"}));

}  // namespace
}  // namespace seatgrid
