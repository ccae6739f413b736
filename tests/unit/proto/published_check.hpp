#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "domain/effect.hpp"
#include "domain/published_schema.hpp"

/// Checks public events against their JSON Schemas: the words that proto/json_schema.hpp writes, and no others.
namespace seatgrid::test {

std::string misfit(const nlohmann::json& schema, const nlohmann::json& value);

inline bool is_of(const std::string& type, const nlohmann::json& value) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "null") return value.is_null();
  return type == "number" && value.is_number();
}

/// Compiling an expression takes longer than everything else here.
inline bool matches(const std::string& text, const std::string& pattern) {
  static std::map<std::string, std::regex> known;
  auto it = known.find(pattern);
  if (it == known.end()) it = known.emplace(pattern, std::regex{pattern}).first;
  return std::regex_match(text, it->second);
}

inline std::string misfit_of_members(const nlohmann::json& schema, const nlohmann::json& value) {
  for (const auto& name : schema.value("required", nlohmann::json::array()))
    if (!value.contains(name)) return "." + name.get<std::string>() + " is missing";
  for (const auto& [name, member] : value.items()) {
    if (!schema["properties"].contains(name)) return "." + name + " is not declared";
    if (const auto wrong = misfit(schema["properties"][name], member); !wrong.empty())
      return std::string{"."}.append(name).append(wrong);
  }
  return {};
}

/// Why `value` does not fit `schema`; empty = it does. Stricter than JSON Schema: an undeclared member is a misfit too.
inline std::string misfit(const nlohmann::json& schema, const nlohmann::json& value) {
  if (schema.contains("anyOf")) {
    for (const auto& choice : schema["anyOf"])
      if (misfit(choice, value).empty()) return {};
    return " fits no choice: " + value.dump();
  }
  if (!schema.contains("type") || !is_of(schema["type"], value)) return " is not of its type: " + value.dump();
  if (schema.contains("minimum") && value.get<std::int64_t>() < schema["minimum"].get<std::int64_t>()) return " is too small";
  if (schema.contains("pattern") && !matches(value.get<std::string>(), schema["pattern"]))
    return " does not match its pattern: " + value.dump();
  if (value.is_object()) return misfit_of_members(schema, value);
  if (!value.is_array()) return {};
  for (const auto& item : value)
    if (const auto wrong = misfit(schema["items"], item); !wrong.empty()) return "[]" + wrong;
  return {};
}

/// Why `event` is not what docs/events promises; empty = it is.
inline std::string misfit(const publish& event) {
  static const auto schemas = [] {
    std::map<std::string, nlohmann::json> all;
    for (const auto& one : published::event_types()) all[std::string{one.type}] = nlohmann::json::parse(one.schema);
    return all;
  }();
  const auto it = schemas.find(event.type);
  if (it == schemas.end()) return event.type + " is not declared";
  const auto wrong = misfit(it->second, nlohmann::json::parse(event.data));
  return wrong.empty() ? wrong : event.type + wrong;
}

}  // namespace seatgrid::test
