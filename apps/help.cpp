#include "apps/help.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "config/finding.hpp"

namespace seatgrid {
namespace {

constexpr int bad_command_line = 2;

struct example {
  std::string_view command{};
  std::string_view text{};  ///< behind "seatgrid "
};
constexpr auto examples = std::to_array<example>({
    {"dev", "dev --sip 192.0.2.10:5060 --rtp 192.0.2.10:20000-29999 --provision shop.toml --no-demo"},
    {"server", "server --config /etc/seatgrid/server.toml"},
    {"call", "call 4008123123 --from 13800138000 --press 1 --talk 5s"},
    {"call list", "call list --state active"},
    {"call show", "call show 0h2d9k4m7q1xw"},
    {"call timeline", "call timeline 0h2d9k4m7q1xw"},
    {"call tail", "call tail --from 0"},
    {"call replay", "call replay 0h2d9k4m7q1xw -o json"},
    {"call hangup", "call hangup 0h2d9k4m7q1xw"},
    {"call transfer", "call transfer 0h2d9k4m7q1xw agent:1002"},
    {"queue list", "queue list -o json"},
    {"queue show", "queue show demo/support"},
    {"queue tail", "queue tail -o json"},
    {"trunk list", "trunk list"},
    {"trunk show", "trunk show carrier/loopback"},
    {"agent list", "agent list"},
    {"agent show", "agent show demo/1001"},
    {"agent tail", "agent tail"},
    {"agent login", "agent login 1001"},
    {"agent ready", "agent ready 1001"},
    {"agent pause", "agent pause 1001 --reason lunch --for 30m"},
    {"agent logout", "agent logout 1001 --tenant demo"},
    {"agent robot", "agent robot --first 1001 --count 4 --password seatgrid-{n} --server 127.0.0.1:5060"},
    {"number check", "number check 400-812-3123 -o json"},
    {"number list", "number list"},
    {"number show", "number show 400-812-3123"},
    {"recording list", "recording list --limit 10"},
    {"recording show", "recording show 0h2d9k4m7q1xw"},
    {"recording tail", "recording tail -o json"},
    {"recording get", "recording get 0h2d9k4m7q1xw --to call.wav"},
    {"voicemail list", "voicemail list --limit 10"},
    {"voicemail show", "voicemail show 0h2d9k4m7q1xw"},
    {"voicemail tail", "voicemail tail"},
    {"voicemail get", "voicemail get 0h2d9k4m7q1xw --to message.wav"},
    {"event list", "event list --limit 20"},
    {"event show", "event show 00001-00000000000000000042-0000"},
    {"event tail", "event tail --brokers kafka1:9092 --topic seatgrid.events --from beginning --type call."},
    {"event verify", "event verify --brokers kafka1:9092 --topic seatgrid.events -o json"},
    {"provision check", "provision check config/demo/demo.toml"},
    {"provision apply", "provision apply shop.toml"},
    {"provision remove", "provision remove shop"},
    {"provision list", "provision list"},
    {"config check", "config check /etc/seatgrid/server.toml"},
    {"node list", "node list --watch"},
    {"node show", "node show east-1"},
    {"node drain", "node drain east-1"},
    {"node undrain", "node undrain east-1"},
    {"node fence", "node fence east-1"},
    {"cluster health", "cluster health --watch --every 500ms"},
    {"cluster lanes", "cluster lanes -o json"},
    {"cluster rebalance", "cluster rebalance --lane 3"},
    {"cluster level show", "cluster level show"},
    {"cluster level raise", "cluster level raise --to 2"},
    {"backup", "backup /var/backups/seatgrid-2026-01-01"},
    {"restore", "restore /var/backups/seatgrid-2026-01-01 --data /var/lib/seatgrid"},
    {"check", "check --journal data/dev/journal"},
    {"doctor", "doctor --calls 1000 --sip 192.0.2.10:5060 --rtp 192.0.2.10:20000-29999"},
    {"version", "version -o json"},
});

/// The command of that name right below `app`; null = none.
template <class App>
App* child(App& app, std::string_view name) {
  for (auto* one : app.get_subcommands(nullptr))
    if (one->get_name() == name) return one;
  return nullptr;
}

CLI::App* find(CLI::App& app, std::string_view words) {
  auto* at = &app;
  while (!words.empty() && at != nullptr) {
    const auto end = std::min(words.find(' '), words.size());
    at = child(*at, words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return at;
}

std::vector<std::string> names_below(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* one : app.get_subcommands(nullptr)) names.push_back(one->get_name());
  return names;
}

bool has_positionals(const CLI::App& app) {
  const auto options = app.get_options();
  return std::any_of(options.begin(), options.end(), [](const auto* one) { return one->get_positional(); });
}

/// The first word that should be a command and is none, with the words before it.
struct unknown_command {
  const CLI::App* below = nullptr;
  std::string before{"seatgrid"};
  std::string word{};
};
unknown_command find_unknown(const CLI::App& app, int argc, const char* const* argv) {
  unknown_command out{.below = &app};
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const auto* next = child(*out.below, argv[i]);
    if (next == nullptr) {
      out.word = argv[i];
      break;
    }
    out.below = next;
    out.before += std::string{" "} + argv[i];
  }
  return out;
}

}  // namespace

void add_examples(CLI::App& app) {
  for (const auto& one : examples)
    if (auto* command = find(app, one.command)) command->footer("Example:\n  seatgrid " + std::string{one.text});
}

int explain(const CLI::App& app, const CLI::ParseError& why, int argc, const char* const* argv) {
  if (why.get_exit_code() == 0) return app.exit(why);  // help and version
  const auto found = find_unknown(app, argc, argv);
  const auto names = names_below(*found.below);
  std::string text = "seatgrid: ";
  if (names.empty() || has_positionals(*found.below)) {
    text += why.what();
  } else {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    text += found.word.empty() ? "'" + found.before + "' needs one of: " + all
                               : "'" + found.before + "' has no command '" + found.word + "'; it has: " + all;
    if (const auto near = nearest(found.word, names); !found.word.empty() && !near.empty())
      text += "; did you mean '" + near + "'?";
  }
  std::fprintf(stderr, "%s\n(%s --help says more)\n", text.c_str(), found.before.c_str());
  return bad_command_line;
}

}  // namespace seatgrid
