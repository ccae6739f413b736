#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace seatgrid {

/// Runs `program` (a path, or a name on PATH) with `arguments`, without a shell, and waits at most `patience`; then it is killed.
/// @error unavailable  it cannot be started, or ended with another status than 0; timed_out
result<void> run_command(const std::string& program, const std::vector<std::string>& arguments, milliseconds patience);

}  // namespace seatgrid
