#include <cstdio>

#include "apps/cli.hpp"
#include "apps/help.hpp"
#include "apps/wait_for_end.hpp"

#ifndef SEATGRID_VERSION
#define SEATGRID_VERSION "unknown"
#endif

int main(int argc, char** argv) {
  seatgrid::hold_end_signals();
  CLI::App app{"Seatgrid: hotline numbers, IVR, queues and agents that survive the death of their node / 呼叫中心平台",
               "seatgrid"};
  app.require_subcommand(1);
  app.set_version_flag("--version", SEATGRID_VERSION);
  seatgrid::cli_context context;
  seatgrid::add_node_commands(app, context);
  seatgrid::add_call_commands(app, context);
  seatgrid::add_queue_commands(app, context);
  seatgrid::add_agent_commands(app, context);
  seatgrid::add_trunk_commands(app, context);
  seatgrid::add_number_commands(app, context);
  seatgrid::add_record_commands(app, context);
  seatgrid::add_event_commands(app, context);
  seatgrid::add_config_commands(app, context);
  seatgrid::add_cluster_commands(app, context);
  seatgrid::add_backup_commands(app, context);
  seatgrid::add_check_command(app, context);
  seatgrid::add_doctor_command(app, context);
  auto* version = app.add_subcommand("version", "Name and version");
  seatgrid::add_output_option(*version, context);
  version->callback([&context] {
    if (context.as_json())
      std::printf("{\"name\": \"seatgrid\", \"version\": \"%s\"}\n", SEATGRID_VERSION);
    else
      std::printf("seatgrid %s\n", SEATGRID_VERSION);
  });
  seatgrid::add_examples(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return seatgrid::explain(app, e, argc, argv); }
  return context.exit_code;
}
