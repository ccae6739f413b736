#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "actors/config_store.hpp"
#include "api/url.hpp"
#include "apps/cli.hpp"
#include "apps/data_backup.hpp"
#include "audit/auditor.hpp"
#include "storage/rocks/rocks_journal.hpp"

/// `seatgrid check`: the invariants, on everything that a node's journal holds.
namespace seatgrid {
namespace {

namespace fs = std::filesystem;
using audit::invariant;

constexpr lane_id first_entity_lane = 1, lanes_max = 64;

struct check_options {
  std::string journal{};
  bool ended = false;
};

/// A checkpoint (hard links) that goes with the check.
struct checkpoint {
  fs::path directory{};
  checkpoint() = default;
  checkpoint(const checkpoint&) = delete;
  checkpoint& operator=(const checkpoint&) = delete;
  ~checkpoint() {
    std::error_code ignored;
    if (!directory.empty()) fs::remove_all(directory, ignored);
  }
};

nlohmann::json verdict_of(const audit::auditor& auditor, lane_id lane) {
  auto rows = nlohmann::json::array();
  for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(invariant::count); ++i) {
    const auto which = static_cast<invariant>(i);
    rows.push_back({{"invariant", audit::name_of(which)},
                    {"meaning", audit::meaning_of(which)},
                    {"checks", auditor.checked(which)},
                    {"violations", auditor.violated(which)}});
  }
  return {{"lane", lane},
          {"steps", auditor.steps()},
          {"calls", auditor.calls()},
          {"cdrs", auditor.closed()},
          {"skipped", auditor.skipped()},
          {"violations", auditor.violations()},
          {"invariants", rows},
          {"texts", auditor.texts()}};
}

result<nlohmann::json> check_journal(const fs::path& directory, bool ended) {
  auto log = open_rocks_journal(directory.string());
  if (!log) return tl::unexpected{log.error()};
  const system_clock time;
  const auto configs = config_store::open(**log, time);
  if (!configs) return tl::unexpected{configs.error()};
  auto lanes = nlohmann::json::array();
  std::uint64_t violations = 0;
  for (lane_id lane = first_entity_lane; lane <= lanes_max; ++lane) {
    if ((*log)->end(lane).first.sequence == 0) continue;
    audit::auditor auditor{**configs, **log, lane, {.calls_may_live = !ended, .idle_max = milliseconds{1'000}}};
    auditor.look_through();
    auditor.at_end();
    auditor.compare_with_rows();
    violations += auditor.violations();
    lanes.push_back(verdict_of(auditor, lane));
  }
  (*log)->close();
  return nlohmann::json{{"violations", violations}, {"lanes", lanes}};
}

void print_verdict(const nlohmann::json& verdict) {
  for (const auto& lane : verdict["lanes"]) {
    std::printf("lane %d: %llu steps, %llu calls, %llu CDRs, %llu entities skipped (their beginning is past retention)\n\n",
                lane["lane"].get<int>(), lane["steps"].get<unsigned long long>(), lane["calls"].get<unsigned long long>(),
                lane["cdrs"].get<unsigned long long>(), lane["skipped"].get<unsigned long long>());
    const std::vector<column> columns{
        {"INVARIANT", "invariant"}, {"MEANING", "meaning"}, {"CHECKS", "checks"}, {"VIOLATIONS", "violations"}};
    std::fputs(render_table(lane["invariants"], columns, "nothing was checked").c_str(), stdout);
    for (const auto& text : lane["texts"]) std::printf("  %s\n", text.get<std::string>().c_str());
  }
  std::printf("\n%llu violations\n", verdict["violations"].get<unsigned long long>());
}

/// A running node gives a checkpoint of its journal; a stopped one's is opened where it lies.
result<fs::path> journal_of(cli_context& context, const check_options& options, checkpoint& taken) {
  if (!options.journal.empty() && is_backup(options.journal))
    return fail(errc::invalid,
                options.journal + " is a backup, and opening its journal would change it: restore it, then check that");
  if (!options.journal.empty() && !fs::exists(fs::path{options.journal} / "FORMAT"))
    return fail(errc::not_found, options.journal + " is no journal: it has no file FORMAT (it is DATA/journal)");
  if (!options.journal.empty()) return fs::path{options.journal};
  if (!context.target()) return fail(errc::unavailable, "no node answers: name the journal of a stopped one with --journal DIR");
  taken.directory = fs::absolute(context.data) / ("check-" + std::to_string(getpid()));
  if (!context.call("POST", "/v1/backup?directory=" + url_escape(taken.directory.string()) + "&journal_only=true"))
    return fail(errc::unavailable, "the node made no checkpoint");
  return taken.directory;
}

void run_check(cli_context& context, const check_options& options) {
  checkpoint taken;
  const auto journal = journal_of(context, options, taken);
  if (!journal) {
    if (context.exit_code == 0) context.complain(journal.error());
    return;
  }
  const auto verdict = check_journal(*journal, options.ended);
  if (!verdict) return context.complain(verdict.error());
  if (context.as_json())
    context.print(*verdict);
  else
    print_verdict(*verdict);
  if ((*verdict)["violations"] != 0) context.exit_code = 1;
}

}  // namespace

void add_check_command(CLI::App& app, cli_context& context) {
  auto options = std::make_shared<check_options>();
  auto* check =
      app.add_subcommand("check", "Checks the invariants on the node's whole journal; status 1 if one is violated / 核查");
  add_node_options(*check, context);
  check->add_option("--journal", options->journal, "journal directory of a stopped node, instead of a running node");
  check->add_flag("--ended", options->ended, "all calls are over: one that lives is a violation");
  check->callback([&context, options] { run_check(context, *options); });
}

}  // namespace seatgrid
