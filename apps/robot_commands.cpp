#include "apps/robot_commands.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/robot.hpp"
#include "apps/wait_for_end.hpp"

namespace seatgrid {
namespace {

struct caller_options {
  robot_options phones{};
  robot_call call{};
  std::string talk{"5s"};
  std::string press_after{"3s"};
  std::string wait{"120s"};
};

struct agents_options {
  robot_options phones{};
  std::string first{"1001"};
  std::uint32_t count = 1;
  std::string password{};
  std::string domain{"demo.example"};
  std::string answer_after{"1500ms"};
};

void print_line(const std::string& who, const std::string& what) {
  std::printf("%s  %s\n", who.c_str(), what.c_str());
  std::fflush(stdout);
}

std::string password_of(std::string pattern, const std::string& user) {
  constexpr std::string_view mark = "{n}";
  if (const auto at = pattern.find(mark); at != std::string::npos) pattern.replace(at, mark.size(), user);
  return pattern;
}

void add_phone_options(CLI::App& command, robot_options& phones) {
  command.add_option("--server", phones.server, "HOST:PORT of the edge")->capture_default_str();
  command.add_option("--host", phones.host, "our own address")->capture_default_str();
  command.add_option("--sip-port", phones.sip_port, "our SIP port, 0 = any")->capture_default_str();
  command.add_option("--rtp-first", phones.rtp_first, "first of our RTP ports")->capture_default_str();
  command.add_option("--rtp-last", phones.rtp_last, "last of our RTP ports")->capture_default_str();
  command.add_option("--assets", phones.assets, "directory of prompts that robots speak")->capture_default_str();
}

nlohmann::json to_json(const robot_call_result& r) {
  return {{"answered", r.answered},
          {"status", r.status},
          {"reason", r.text},
          {"to_audio_ms", r.to_audio.count()},
          {"to_answer_ms", r.to_answer.count()},
          {"talked_ms", r.talked.count()},
          {"ended_by", r.ended_by_us ? "caller" : "far end"},
          {"packets_received", r.packets_received},
          {"packets_lost", r.packets_lost},
          {"mos", static_cast<double>(r.mos_hundredths) / 100}};
}

void place(cli_context& context, const std::shared_ptr<caller_options>& options) {
  options->call.talk = parse_duration(options->talk);
  options->call.press_after = parse_duration(options->press_after);
  options->call.wait_max = parse_duration(options->wait);
  if (options->call.wav.empty()) options->call.wav = "call-" + options->call.number + "-" + std::to_string(getpid()) + ".wav";
  options->phones.data_directory = ".";
  auto phones = robot_phones::start(options->phones, context.as_json() ? robot_log{} : robot_log{print_line});
  if (!phones) return context.complain(phones.error());
  const auto result = (*phones)->call(options->call);
  (*phones)->stop();
  if (!result) return context.complain(result.error());
  auto json = to_json(*result);
  json["wav"] = options->call.wav;
  context.print(json);
  if (!result->answered) context.exit_code = 1;
}

}  // namespace

void add_robot_caller(CLI::App& call, cli_context& context) {
  auto options = std::make_shared<caller_options>();
  call.add_option("number", options->call.number, "access number to dial");
  call.add_option("--from", options->call.from, "caller number to show")->capture_default_str();
  call.add_option("--press", options->call.press, "keys to press, one by one");
  call.add_option("--press-after", options->press_after, "before each key")->check(check_duration)->capture_default_str();
  call.add_option("--talk", options->talk, "how long to talk once answered")->check(check_duration)->capture_default_str();
  call.add_option("--wait", options->wait, "longest wait for an answer")->check(check_duration)->capture_default_str();
  call.add_option("--wav", options->call.wav, "where to save what is heard");
  add_phone_options(call, options->phones);
  add_output_option(call, context);
  call.callback([&context, &call, options] {
    if (!call.get_subcommands().empty()) return;
    if (options->call.number.empty())
      return context.complain(
          {errc::invalid, "give a number to dial, or one of: list, show, timeline, replay, hangup, transfer (--help)"});
    place(context, options);
  });
}

void add_robot_agents(CLI::App& agent, cli_context& context) {
  auto options = std::make_shared<agents_options>();
  auto* robot = agent.add_subcommand("robot", "Robot agents that register by SIP and answer with real RTP");
  robot->add_option("--first", options->first, "user of the first agent; the others count up")->capture_default_str();
  robot->add_option("--count", options->count, "how many")->check(CLI::Range(1, 10'000))->capture_default_str();
  robot->add_option("--password", options->password, "their digest password; {n} in it becomes the user")->required();
  robot->add_option("--domain", options->domain, "their SIP domain")->capture_default_str();
  robot->add_option("--answer-after", options->answer_after, "how long they let it ring")
      ->check(check_duration)
      ->capture_default_str();
  add_phone_options(*robot, options->phones);
  robot->callback([&context, options] {
    auto phones = robot_phones::start(options->phones, print_line);
    if (!phones) return context.complain(phones.error());
    const auto first = std::atoll(options->first.c_str());
    for (std::uint32_t i = 0; i < options->count; ++i) {
      const auto user = std::to_string(first + i);
      const auto added = (*phones)->add_agent({.user = user,
                                               .password = password_of(options->password, user),
                                               .domain = options->domain,
                                               .answer_after = parse_duration(options->answer_after)});
      if (!added) return context.complain({added.error().code, "agent " + user + ": " + added.error().what});
    }
    std::printf("%u agents registered at %s; Ctrl-C ends them\n", options->count, options->phones.server.c_str());
    wait_for_end();
    (*phones)->stop();
  });
}

}  // namespace seatgrid
