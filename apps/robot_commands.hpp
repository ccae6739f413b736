#pragma once

#include "apps/cli.hpp"

namespace seatgrid {

/// `seatgrid call NUMBER`: a real caller that prints what it hears and saves the WAV.
void add_robot_caller(CLI::App& call, cli_context& context);
/// `seatgrid agent robot`: agents that register and answer.
void add_robot_agents(CLI::App& agent, cli_context& context);

}  // namespace seatgrid
