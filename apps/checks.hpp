#pragma once

#include <string>

#include "base/result.hpp"

/// Checks that the CLI and the API share; all of them pure.
namespace seatgrid {

/// JSON object: kind, operator, canonical, dialled, area and warnings of `number`; kind "invalid" with `why`.
std::string check_number_json(const std::string& number);
/// JSON array of warnings of a provisioning file. @error invalid every error, one a line, as file:line: key: what is allowed.
result<std::string> check_provisioning_json(const std::string& text, const std::string& file);
/// The same for a server's settings file.
result<std::string> check_settings_json(const std::string& text, const std::string& file);

}  // namespace seatgrid
