#include <nlohmann/json.hpp>

#include "api/url.hpp"
#include "apps/cli.hpp"
#include "apps/robot_commands.hpp"

namespace seatgrid {
namespace {

struct call_options {
  std::string id{};
  std::string target{};
  std::string state{};
  std::uint32_t limit = 50;
  std::string cursor{};
};

void print_timeline(cli_context& context, const std::string& id) {
  const auto answer = context.call("GET", "/v1/calls/" + url_escape(id));
  if (!answer) return;
  const auto steps = answer->value("timeline", nlohmann::json::array());
  if (context.as_json()) return context.print(steps);
  for (const auto& step : steps)
    for (const auto& event : step.value("events", nlohmann::json::array())) {
      auto data = event;
      data.erase("type");
      std::printf("%s  %-24s %s\n", step.value("at", "").c_str(), event.value("type", "").c_str(), data.dump().c_str());
    }
}

void add_readers(CLI::App& call, cli_context& context, const std::shared_ptr<call_options>& options) {
  auto* list = call.add_subcommand("list", "Calls, newest first");
  add_node_options(*list, context);
  list->add_option("--state", options->state, "only these: active, or a state such as waiting, talking, ended");
  list->add_option("--limit", options->limit, "at most this many")->check(CLI::Range(1, 1000))->capture_default_str();
  list->add_option("--cursor", options->cursor, "go on where the last list ended");
  list->callback([&context, options] {
    std::string path = "/v1/calls?limit=" + std::to_string(options->limit);
    if (!options->state.empty()) path += "&state=" + url_escape(options->state);
    if (!options->cursor.empty()) path += "&cursor=" + url_escape(options->cursor);
    context.print_list(path,
                       {
                           {"CALL", "id"},
                           {"STATE", "state"},
                           {"CALLER", "caller"},
                           {"NUMBER", "called"},
                           {"QUEUE", "queue"},
                           {"AGENT", "agent"},
                           {"STARTED", "started_at"},
                       },
                       "no calls");
  });
  auto* show = call.add_subcommand("show", "One call: state, legs, CDR");
  add_node_options(*show, context);
  show->add_option("id", options->id, "call id")->required();
  show->callback([&context, options] { context.print_object("/v1/calls/" + url_escape(options->id)); });
  auto* tail = call.add_subcommand("timeline", "What happened to one call, step by step");
  add_node_options(*tail, context);
  tail->add_option("id", options->id, "call id")->required();
  tail->callback([&context, options] { print_timeline(context, options->id); });
  add_tail_command(call, context, "call.", "Follow calls as they begin, are answered, held, transferred and end");
  auto* replay = call.add_subcommand("replay", "Decide a recorded call again and prove that every decision is the same");
  add_node_options(*replay, context);
  replay->add_option("id", options->id, "call id")->required();
  replay->callback([&context, options] {
    const auto answer = context.call("POST", "/v1/calls/" + url_escape(options->id) + "/replay");
    if (!answer) return;
    context.print(*answer);
    if (!answer->value("same", false)) context.exit_code = 1;
  });
}

}  // namespace

void add_call_commands(CLI::App& app, cli_context& context) {
  auto* call =
      app.add_subcommand("call", "Calls: list, follow, control; or place one: seatgrid call 4008123123 --press 1 / 呼叫");
  call->require_subcommand(0, 1);
  auto options = std::make_shared<call_options>();
  add_readers(*call, context, options);
  auto* hangup = call->add_subcommand("hangup", "End a call");
  add_node_options(*hangup, context);
  hangup->add_option("id", options->id, "call id")->required();
  hangup->callback([&context, options] {
    if (const auto answer = context.call("POST", "/v1/calls/" + url_escape(options->id) + "/hangup", "{}"))
      context.print(*answer);
  });
  auto* transfer = call->add_subcommand("transfer", "Send a talking call to a number, an agent or a queue");
  add_node_options(*transfer, context);
  transfer->add_option("id", options->id, "call id")->required();
  transfer->add_option("target", options->target, "13800138000, agent:1002 or queue:support")->required();
  transfer->callback([&context, options] {
    const nlohmann::json body{{"target", options->target}};
    if (const auto answer = context.call("POST", "/v1/calls/" + url_escape(options->id) + "/transfer", body.dump()))
      context.print(*answer);
  });
  add_robot_caller(*call, context);
}

}  // namespace seatgrid
