#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What consumers of public events can rely on, generated from the declarations in domain/published.hpp: JSON Schema of each
/// type's data, and one AsyncAPI document of the topic.
namespace seatgrid::published {

/// One type of event. Types and members are only ever added.
struct event_type {
  std::string_view type{};   ///< "call.started"
  std::string_view about{};  ///< one sentence
  std::string schema{};      ///< JSON Schema (draft 2020-12) of `data`
};

/// In the order of published::events. Made once.
const std::vector<event_type>& event_types();
/// The value of CloudEvents' `dataschema`: "urn:seatgrid:event:call.started".
std::string schema_id(std::string_view type);
/// AsyncAPI 3.0.0 as JSON: the topic `{cluster}.events`, its messages with headers (CloudEvents 1.0, binary mode) and payloads.
std::string asyncapi();

}  // namespace seatgrid::published
