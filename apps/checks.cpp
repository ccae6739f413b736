#include "apps/checks.hpp"

#include "api/answers.hpp"

#include <nlohmann/json.hpp>

#include "config/provision.hpp"
#include "config/server_options.hpp"
#include "domain/number.hpp"

namespace seatgrid {
namespace {

/// Findings as a JSON array of lines, or as an error whose text has one line each.
result<std::string> lines_of(const std::vector<finding>& found, bool good, const std::string& file) {
  nlohmann::json lines = nlohmann::json::array();
  std::string text;
  for (const auto& one : found) {
    lines.push_back(to_text(one));
    text += "\n" + to_text(one);
  }
  if (!good) return fail(errc::invalid, file + " has errors; nothing of it was applied" + text);
  return lines.dump();
}

}  // namespace

std::string check_number_json(const std::string& number) {
  const auto info = classify(number);
  return answers::text(answers::number_check{.input = number,
                                             .kind = std::string{to_string(info.kind)},
                                             .canonical = info.canonical,
                                             .dialled = info.dialled,
                                             .form = std::string{to_string(info.form)},
                                             .owner = std::string{to_string(info.owner)},
                                             .resale = info.resale,
                                             .detail = std::string{info.detail},
                                             .area = std::string{info.area},
                                             .area_name = std::string{info.area_name},
                                             .province = std::string{info.province},
                                             .warnings = {info.warnings.begin(), info.warnings.end()},
                                             .why = std::string{info.why}});
}

document_format format_of(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return first != std::string_view::npos && text[first] == '{' ? document_format::json : document_format::toml;
}

result<std::string> check_provisioning_json(const std::string& text, const std::string& file) {
  const auto outcome = provision(format_of(text), text, file);
  return lines_of(outcome.found, outcome.ok(), file);
}

result<provisioned> parse_provisioning(const std::string& text, const std::string& file, std::vector<config_ptr> existing) {
  auto outcome = provision(format_of(text), text, file, {.existing = std::move(existing)});
  auto lines = lines_of(outcome.found, outcome.ok(), file);
  if (!lines) return tl::unexpected{lines.error()};
  provisioned made;
  made.warnings = std::move(*lines);
  made.tenants.reserve(outcome.tenants.size());
  for (auto& tenant : outcome.tenants) made.tenants.push_back(std::make_shared<const tenant_config>(std::move(tenant)));
  return made;
}

result<std::string> check_settings_json(const std::string& text, const std::string& file) {
  const auto outcome = read_server_options(text, file, {});
  return lines_of(outcome.found, outcome.ok(), file);
}

}  // namespace seatgrid
