#pragma once

#include <string>

#include "apps/node_app.hpp"
#include "base/result.hpp"

namespace seatgrid {

/// A server's settings from a TOML file and the environment. @error invalid every mistake as file:line: key: what is allowed.
result<node_app_options> load_server_settings(const std::string& file);

/// The defaults, with what SEATGRID_* of the environment overrides. @error invalid as above.
result<node_app_options> environment_settings();

}  // namespace seatgrid
