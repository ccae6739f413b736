#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/http_client.hpp"
#include "apps/table.hpp"
#include "base/time.hpp"

/// What every command of the CLI shares: where the node is, how to print, the exit code.
namespace seatgrid {

struct cli_context {
  std::string url{};
  std::string token{};
  std::string data{"data/dev"};
  std::string output{"table"};  ///< "table" or "json"
  int exit_code = 0;

  bool as_json() const { return output == "json"; }
  /// Prints the error to stderr and sets the exit code (1).
  void complain(const error& why);
  /// The node to talk to; complains when there is none.
  std::optional<api_target> target();
  /// A GET/POST that complains on failure.
  std::optional<nlohmann::json> call(const std::string& method, const std::string& path, const std::string& body = {},
                                     const std::string& content_type = "application/json", seconds longest = answer_wait);
  /// A list answer ({"items": [...]}) as table or JSON.
  void print_list(const std::string& path, const std::vector<column>& columns, const std::string& nothing);
  void print_object(const std::string& path);
  void print(const nlohmann::json& value);
};

/// Gives `command` the options that every command talking to a node has (--api, --token, --data, -o).
void add_node_options(CLI::App& command, cli_context& context);
/// -o alone, for commands without a node.
void add_output_option(CLI::App& command, cli_context& context);

void add_trunk_commands(CLI::App& app, cli_context& context);
/// `noun tail`: live events whose types begin so, as "call.".
void add_tail_command(CLI::App& group, cli_context& context, const std::string& types, const std::string& help);
void add_call_commands(CLI::App& app, cli_context& context);
void add_queue_commands(CLI::App& app, cli_context& context);
void add_agent_commands(CLI::App& app, cli_context& context);
void add_number_commands(CLI::App& app, cli_context& context);
void add_record_commands(CLI::App& app, cli_context& context);
void add_event_commands(CLI::App& app, cli_context& context);
void add_config_commands(CLI::App& app, cli_context& context);
void add_node_commands(CLI::App& app, cli_context& context);
void add_cluster_commands(CLI::App& app, cli_context& context);
void add_backup_commands(CLI::App& app, cli_context& context);
void add_check_command(CLI::App& app, cli_context& context);
void add_doctor_command(CLI::App& app, cli_context& context);

/// "5s", "250ms", "2m" as milliseconds, for CLI11 options.
std::string check_duration(const std::string& text);
milliseconds parse_duration(const std::string& text);

}  // namespace seatgrid
