#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/url.hpp"
#include "apps/cli.hpp"
#include "apps/data_backup.hpp"

/// `seatgrid backup` asks a running node for a copy of its data; `seatgrid restore` makes a data directory from one, without a
/// node.
namespace seatgrid {
namespace {

constexpr std::chrono::hours backup_wait{6};

struct backup_options {
  std::string directory{};
  bool journal_only = false;
};

void run_backup(cli_context& context, const backup_options& options) {
  const auto directory = std::filesystem::absolute(options.directory).lexically_normal().string();
  const std::string path = "/v1/backup?directory=" + url_escape(directory) + (options.journal_only ? "&journal_only=true" : "");
  if (const auto answer = context.call("POST", path, {}, {}, backup_wait)) context.print(*answer);
}

void run_restore(cli_context& context, const std::string& from) {
  const auto made = restore_backup(from, context.data);
  if (!made) return context.complain(made.error());
  context.print({{"data", std::filesystem::absolute(context.data).string()}, {"files", made->files}, {"bytes", made->bytes}});
}

}  // namespace

void add_backup_commands(CLI::App& app, cli_context& context) {
  auto options = std::make_shared<backup_options>();
  auto* backup = app.add_subcommand("backup", "A consistent copy of a running node's journal, recordings and voicemails / 备份");
  add_node_options(*backup, context);
  backup->add_option("directory", options->directory, "directory on the node's machine, empty or new")->required();
  backup->add_flag("--journal-only", options->journal_only, "no recordings and no checksums: for `check`, not for `restore`");
  backup->callback([&context, options] { run_backup(context, *options); });
  auto* restore = app.add_subcommand("restore", "Make a data directory from a backup; every checksum is compared first / 恢复");
  restore->add_option("backup", options->directory, "directory that `seatgrid backup` made")->required();
  restore->add_option("--data", context.data, "data directory to make, empty or new")->capture_default_str();
  add_output_option(*restore, context);
  restore->callback([&context, options] { run_restore(context, options->directory); });
}

}  // namespace seatgrid
