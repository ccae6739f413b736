#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/document.hpp"
#include "domain/tenant_config.hpp"

/// Checks that the CLI and the API share; all of them pure.
namespace seatgrid {

/// JSON object: kind, operator, canonical, dialled, area and warnings of `number`; kind "invalid" with `why`.
std::string check_number_json(const std::string& number);
/// JSON array of warnings of a provisioning file. @error invalid every error, one a line, as file:line: key: what is allowed.
result<std::string> check_provisioning_json(const std::string& text, const std::string& file);
/// What a provisioning text makes of the tenants that exist, with its warnings as a JSON array. @error invalid as above.
struct provisioned {
  std::vector<config_ptr> tenants{};
  std::string warnings{};
};
result<provisioned> parse_provisioning(const std::string& text, const std::string& file, std::vector<config_ptr> existing);
/// JSON when the text begins with a brace, else TOML.
document_format format_of(std::string_view text);
/// The same for a server's settings file.
result<std::string> check_settings_json(const std::string& text, const std::string& file);

}  // namespace seatgrid
