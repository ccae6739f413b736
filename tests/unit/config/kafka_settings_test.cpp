#include <gtest/gtest.h>

#include "config/document.hpp"
#include "config/settings_tables_kafka.hpp"

namespace seatgrid {
namespace {

struct read_back {
  kafka_options options{};
  findings found{"x.toml"};
  std::string shown{};
};
read_back read(std::string_view text) {
  read_back made;
  settings_catalog catalog;
  catalog.add(made.options, tables::kafka);
  catalog.add(made.options.security, tables::kafka_access);
  const auto document = read_toml(text, made.found);
  catalog.read(document, made.found);
  made.shown = catalog.in_force();
  return made;
}

TEST(KafkaSettings, ReadEveryFieldAndKeepSecrets) {
  const auto all = read(R"(
[kafka]
brokers = "k1:9092,k2:9092"
report_patience = "30s"
[kafka.security]
protocol = "sasl_ssl"
password = "hidden"
)");
  EXPECT_FALSE(all.found.has_errors());
  EXPECT_EQ(all.options.brokers, "k1:9092,k2:9092");
  EXPECT_EQ(all.options.report_patience, std::chrono::seconds{30});
  EXPECT_EQ(all.options.security.password, "hidden");
  EXPECT_EQ(all.shown.find("hidden"), std::string::npos);
}

TEST(KafkaSettings, DefaultsAreWithinTheirOwnBounds) {
  const auto again = read(read("").shown);
  EXPECT_FALSE(again.found.has_errors());
  EXPECT_EQ(again.options.read_ahead_bytes, kafka_options{}.read_ahead_bytes);
}

}  // namespace
}  // namespace seatgrid
