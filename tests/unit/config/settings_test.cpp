#include "config/settings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "config/server_options.hpp"

namespace seatgrid {
namespace {

std::string all_text(const server_outcome& outcome) {
  std::string out;
  for (const auto& one : outcome.found) out += to_text(one) + "\n";
  return out;
}

TEST(Settings, AnEmptyFileGivesTheDefaultsOfTheStructs) {
  const auto out = read_server_options("", "x.toml", {});
  ASSERT_TRUE(out.ok()) << all_text(out);
  EXPECT_EQ(out.options.journal.waiting_max, journal_options{}.waiting_max);
  EXPECT_EQ(out.options.media.silence, media_options{}.silence);
}

TEST(Settings, ReadEveryTypeOfField) {
  const auto out = read_server_options(R"(
[server]
data = "/srv/seatgrid"
[journal]
waiting_max = 7
reserve_bytes = 1048576
[media]
port_first = 30000
port_last = 30999
silence = "1500ms"
rtcp_always = true
clip_length_max = "2m"
format = "pcm16"
[edge]
listen = ["sip:192.0.2.1:5060;transport=udp"]
session_expires = "10m"
[edge.digest_backoff]
free_failures = 2
[api.http]
port = 9090
[node]
name = "east-1"
[node.retention]
steps = "48h"
[node.disk]
recordings_stop_below = 12
calls_stop_below = 2.5
)",
                                       "x.toml", {});
  ASSERT_TRUE(out.ok()) << all_text(out);
  const auto& o = out.options;
  EXPECT_EQ(o.data, "/srv/seatgrid");
  EXPECT_EQ(o.journal.waiting_max, 7U);
  EXPECT_EQ(o.journal.reserve_bytes, 1'048'576U);
  EXPECT_EQ(o.media.port_first, 30'000);
  EXPECT_EQ(o.media.silence, milliseconds{1'500});
  EXPECT_TRUE(o.media.rtcp_always);
  EXPECT_EQ(o.media.clip_length_max, std::chrono::minutes{2});
  EXPECT_EQ(o.media.format, record_format::pcm16);
  EXPECT_EQ(o.edge.listen, std::vector<std::string>{"sip:192.0.2.1:5060;transport=udp"});
  EXPECT_EQ(o.edge.session_expires, seconds{600});
  EXPECT_EQ(o.edge.digest_backoff.free_failures, 2U);
  EXPECT_EQ(o.api.http.port, 9'090);
  EXPECT_EQ(o.node.name, "east-1");
  EXPECT_EQ(o.node.retention.steps, std::chrono::hours{48});
  EXPECT_EQ(o.node.disk.recordings_stop_below, 12.0);
  EXPECT_EQ(o.node.disk.calls_stop_below, 2.5);
}

struct bad_setting {
  const char* text;
  std::uint32_t line;
  const char* path;
  const char* says;
  const char* near = "";
};
class SettingsRefuse : public testing::TestWithParam<bad_setting> {};
TEST_P(SettingsRefuse, WithLineBoundsAndTheNearestName) {
  const auto out = read_server_options(GetParam().text, "x.toml", {});
  ASSERT_EQ(out.errors, 1U) << all_text(out);
  const auto& first = out.found.at(0);
  EXPECT_EQ(first.line, GetParam().line) << to_text(first);
  EXPECT_EQ(first.path, GetParam().path) << to_text(first);
  EXPECT_NE((first.what + first.allowed).find(GetParam().says), std::string::npos) << to_text(first);
  EXPECT_EQ(first.suggestion, GetParam().near) << to_text(first);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, SettingsRefuse,
    testing::Values(bad_setting{"[media]\nport_frist = 1", 2, "media.port_frist", "no such setting", "media.port_first"},
                    bad_setting{"[medai]\nx = 1", 1, "medai", "no such setting"},
                    bad_setting{"media = 1", 1, "media", "a table of settings"},
                    bad_setting{"[media]\nport_first = 80", 2, "media.port_first", "1024 to 65534"},
                    bad_setting{"[media]\nport_first = \"20000\"", 2, "media.port_first", "is a text"},
                    bad_setting{"[media]\nsilence = 20", 2, "media.silence", "needs its unit", "20s"},
                    bad_setting{"[media]\nsilence = \"100ms\"", 2, "media.silence", "from 1s to 1h"},
                    bad_setting{"[media]\nclip_length_max = \"1500ms\"", 2, "media.clip_length_max", "a multiple of 1s"},
                    bad_setting{"[media]\nrtcp_always = 1", 2, "media.rtcp_always", "true or false"},
                    bad_setting{"[media]\nformat = \"pcm\"", 2, "media.format", "alaw, pcm16", ""},
                    bad_setting{"[media]\nformat = \"alwa\"", 2, "media.format", "alaw, pcm16", "alaw"},
                    bad_setting{"[node.disk]\ncalls_stop_below = 91", 2, "node.disk.calls_stop_below", "0.0 to 90.0"},
                    bad_setting{"[node.disk]\ncalls_stop_below = nan", 2, "node.disk.calls_stop_below", "0.0 to 90.0"},
                    bad_setting{"[node.disk]\ncalls_stop_below = 50", 2, "node.disk.calls_stop_below", "before recordings"},
                    bad_setting{"[media]\nport_last = 19999", 2, "media.port_last", "leaves no pair"},
                    bad_setting{"[journal]\nfree_bytes_stop = 999999999", 2, "journal.free_bytes_stop", "before load is shed"},
                    bad_setting{"[edge]\nlisten = []", 2, "edge.listen", "nobody could call"},
                    bad_setting{"[edge]\nlisten = \"sip:x\"", 2, "edge.listen", "a list of texts"},
                    bad_setting{"[edge]\nregister_max = \"60s\"\nregister_min = \"2m\"", 2, "edge.register_max", "shorter than"},
                    bad_setting{"x = ", 1, "", "not TOML"}));

TEST(Settings, TheEnvironmentOverridesTheFile) {
  const auto out = read_server_options("[media]\nport_first = 30000\nport_last = 31000\n", "x.toml",
                                       {{"SEATGRID_MEDIA_PORT_FIRST", "30500"},
                                        {"SEATGRID_MEDIA_RTCP_ALWAYS", "true"},
                                        {"SEATGRID_MEDIA_SILENCE", "2s"},
                                        {"SEATGRID_NODE_DISK_CALLS_STOP_BELOW", "1.5"},
                                        {"SEATGRID_NODE_NAME", "west-7"}});
  ASSERT_TRUE(out.ok()) << all_text(out);
  EXPECT_EQ(out.options.media.port_first, 30'500);
  EXPECT_TRUE(out.options.media.rtcp_always);
  EXPECT_EQ(out.options.media.silence, milliseconds{2'000});
  EXPECT_EQ(out.options.node.disk.calls_stop_below, 1.5);
  EXPECT_EQ(out.options.node.name, "west-7");
}

TEST(Settings, MistakesInTheEnvironmentAreToldAsSuch) {
  const auto bad = read_server_options("", "x.toml", {{"SEATGRID_MEDIA_PORT_FIRST", "many"}});
  ASSERT_EQ(bad.errors, 1U);
  EXPECT_EQ(bad.found.at(0).file, "environment");
  EXPECT_EQ(bad.found.at(0).path, "SEATGRID_MEDIA_PORT_FIRST");
  const auto unknown = read_server_options("", "x.toml", {{"SEATGRID_MEDIA_PORT_FRIST", "1"}});
  EXPECT_TRUE(unknown.ok());
  ASSERT_EQ(unknown.found.size(), 1U);
  EXPECT_EQ(unknown.found[0].suggestion, "SEATGRID_MEDIA_PORT_FIRST");
}

TEST(Settings, EveryDefaultIsWithinItsOwnBounds) {
  server_options options;
  const auto all = settings_of(options);
  EXPECT_GT(all.settings().size(), 40U);
  std::string text;
  const auto out = read_server_options(all.in_force(), "in force", {});
  EXPECT_TRUE(out.ok()) << "what is printed can be read back: " << all_text(out);
}

TEST(Settings, NamesAndEnvironmentNamesAreUnique) {
  server_options options;
  std::set<std::string> names, variables;
  const auto all = settings_of(options);
  for (const auto& one : all.settings()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_TRUE(variables.insert(settings_catalog::environment_name(one.name)).second) << one.name;
    EXPECT_FALSE(one.help.empty()) << one.name;
    EXPECT_NE(one.name.find('.'), std::string::npos) << one.name;
  }
}

TEST(Settings, ThePageInTheDocumentsIsTheOneOfThisBuild) {
  std::ifstream file{"docs/settings.md"};
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), settings_page()) << "run ./dev docs";
}

struct sample_options {
  std::string token{};
  std::vector<std::string> hosts{"a", "b"};
};

TEST(Settings, SecretsAreNeverShown) {
  sample_options sample{.token = "very secret"};
  settings_catalog all;
  all.add(sample, std::tuple{setting{"api.token", &sample_options::token, "of the administrator", std::int64_t{0},
                                     std::int64_t{0}, "", reload::restart, true},
                             setting{"api.hosts", &sample_options::hosts, "who"}});
  EXPECT_EQ(all.in_force().find("very secret"), std::string::npos);
  EXPECT_NE(all.in_force().find("hosts = [\"a\", \"b\"]"), std::string::npos);
  findings found{"env"};
  all.read_environment({{"SEATGRID_API_HOSTS", "x,y,z"}, {"SEATGRID_API_TOKEN", "t"}}, found);
  EXPECT_FALSE(found.has_errors());
  EXPECT_EQ(sample.hosts, (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(sample.token, "t");
}

}  // namespace
}  // namespace seatgrid
