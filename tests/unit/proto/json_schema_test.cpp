#include <gtest/gtest.h>

#include "domain/published.hpp"
#include "proto/json_schema.hpp"
#include "tests/unit/proto/published_check.hpp"

namespace seatgrid {
namespace {

using nlohmann::json;

TEST(JsonSchema, DescribesWhatJsonWrites) {
  const auto schema = json::parse(seatgrid::json::schema_text<session_cdr>());
  session_cdr cdr;
  cdr.legs.push_back({});
  cdr.queues.push_back({});
  cdr.started_at = {1'763'885'419'123'456};
  EXPECT_EQ(test::misfit(schema, json::parse(seatgrid::json::text(cdr))), "");
}

TEST(JsonSchema, TellsWhatDoesNotFit) {
  const auto schema = json::parse(seatgrid::json::schema_text<published::call_queued>());
  const auto good = json::parse(seatgrid::json::text(published::call_queued{}));
  EXPECT_EQ(test::misfit(schema, good), "");
  auto less = good;
  less.erase("queue");
  EXPECT_EQ(test::misfit(schema, less), ".queue is missing");
  auto more = good;
  more["surprise"] = 1;
  EXPECT_EQ(test::misfit(schema, more), ".surprise is not declared");
  auto other = good;
  other["position"] = "first";
  EXPECT_EQ(test::misfit(schema, other), ".position is not of its type: \"first\"");
  other = good;
  other["at"] = "yesterday";
  EXPECT_NE(test::misfit(schema, other), "");
}

TEST(JsonSchema, NamesTheWordsOfAnEnumerationAndLeavesRoomForMore) {
  const auto schema = json::parse(seatgrid::json::schema_text<exit_cause>());
  const auto words = schema["description"].get<std::string>();
  EXPECT_NE(words.find("abandoned"), std::string::npos);
  EXPECT_NE(words.find("others may come"), std::string::npos);
  EXPECT_FALSE(schema.contains("enum"));
}

TEST(JsonSchema, CoversEveryPublicEventAndTheAsyncApiDocumentRefersToEach) {
  const auto document = json::parse(published::asyncapi());
  EXPECT_EQ(document["asyncapi"], "3.0.0");
  const auto& channel = document["channels"]["events"]["messages"];
  EXPECT_EQ(channel.size(), published::event_types().size());
  for (const auto& [name, reference] : channel.items()) {
    const auto target = reference["$ref"].get<std::string>().substr(1);
    EXPECT_TRUE(document.contains(json::json_pointer{target})) << target;
  }
  std::set<std::string_view> types;
  for (const auto& event : published::event_types()) EXPECT_TRUE(types.insert(event.type).second) << event.type << " twice";
}

}  // namespace
}  // namespace seatgrid
