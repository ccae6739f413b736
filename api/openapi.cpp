#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "api/routes.hpp"

namespace seatgrid {
namespace {

using nlohmann::json;

json parameters_of(const route& row) {
  json out = json::array();
  for (auto at = row.path.find('{'); at != std::string_view::npos; at = row.path.find('{', at + 1)) {
    const auto name = row.path.substr(at + 1, row.path.find('}', at) - at - 1);
    out.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}, {"minLength", 1}}}});
  }
  for (const auto& p : row.query) {
    json schema{{"type", "string"}};
    if (p.name == "recording" || p.name == "segment") schema = {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}};
    if (p.name == "limit") schema = {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}};
    if (p.name == "follow" || p.name == "check" || p.name == "prune" || p.name == "journal_only")
      schema = {{"type", "string"}, {"enum", {"true", "false"}}};
    out.push_back({{"name", p.name}, {"in", "query"}, {"required", p.required}, {"description", p.help}, {"schema", schema}});
  }
  return out;
}

json reference(std::string_view name) { return {{"$ref", "#/components/schemas/" + std::string{name}}}; }

json answer_schema(const route& row) {
  if (!row.is_page) return reference(row.answer);
  return {
      {"type", "object"},
      {"required", {"items"}},
      {"properties", {{"items", {{"type", "array"}, {"items", reference(row.answer)}}}, {"next_cursor", {{"type", "string"}}}}}};
}

json responses_of(const route& row, const json& schemas) {
  json answer{{"description", "done"}};
  for (const auto& type : media_types(row.answer_types)) {
    auto& content = answer["content"][type] = json::object();
    if (type == "application/json" && schemas.contains(row.answer)) content["schema"] = answer_schema(row);
  }
  json all{{"200", answer}, {"default", {{"$ref", "#/components/responses/problem"}}}};
  if (row.also_status != 0) all[std::to_string(row.also_status)] = answer;
  if (!row.in_parts) return all;
  all["206"] = answer;
  all["206"]["description"] = "the bytes asked for (RFC 9110 14)";
  all["416"] = {{"$ref", "#/components/responses/problem"}};
  return all;
}

json operation_of(const route& row, const json& schemas) {
  json operation{{"summary", row.summary}, {"responses", responses_of(row, schemas)}};
  if (const auto parameters = parameters_of(row); !parameters.empty()) operation["parameters"] = parameters;
  if (!row.body.empty()) {
    const auto schema = json::parse(row.body);
    auto& body = operation["requestBody"] = {{"required", schema.contains("required")}};
    for (const auto& type : media_types(row.body_types))
      body["content"][type]["schema"] = type == "application/json" ? schema : json{{"type", "string"}};
  }
  if (row.open) operation["security"] = json::array();
  return operation;
}

json problem_schema() {
  return {{"type", "object"},
          {"required", {"title", "status", "code"}},
          {"properties",
           {{"type", {{"type", "string"}}},
            {"title", {{"type", "string"}}},
            {"status", {{"type", "integer"}}},
            {"code", {{"type", "string"}}},
            {"detail", {{"type", "string"}}},
            {"errors", {{"type", "array"}, {"items", {{"type", "string"}}}}}}}};
}

}  // namespace

std::string openapi_document(const std::string& version, const std::string& schemas) {
  json document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Seatgrid"}, {"version", version}, {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"security", json::array({{{"token", json::array()}}})}};
  document["components"]["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
  auto& known = document["components"]["schemas"] = json::parse(schemas);
  known["problem"] = problem_schema();
  document["components"]["responses"]["problem"] = {
      {"description", "RFC 9457 problem with our code"},
      {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/problem"}}}}}}}};
  for (const auto& row : all_routes()) {
    std::string method{row.method};
    for (auto& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    document["paths"][std::string{row.path}][method] = operation_of(row, known);
  }
  return document.dump(2);
}

}  // namespace seatgrid
