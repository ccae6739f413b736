#pragma once

#include <CLI/CLI.hpp>

/// What `--help` and a mistyped command show.
namespace seatgrid {

/// Puts an example below the help of every command that does something.
void add_examples(CLI::App& app);

/// Prints help, version or what is wrong with the words of the command line, with the command that was probably meant.
/// @return the exit status: 0 for help and version, 2 for a command line that cannot be understood
int explain(const CLI::App& app, const CLI::ParseError& why, int argc, const char* const* argv);

}  // namespace seatgrid
