#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/cli.hpp"
#include "apps/demo.hpp"
#include "apps/node_app.hpp"
#include "apps/server_settings.hpp"
#include "apps/wait_for_end.hpp"

namespace seatgrid {
namespace {

struct dev_options {
  std::string data{"data/dev"};
  std::string sip{"127.0.0.1:5060"};
  std::string rtp{"127.0.0.1:20000-29999"};
  std::string http{"127.0.0.1:8080"};
  std::string provision{"config/demo/demo.toml"};
  std::string assets{"build/assets"};
  bool no_demo = false;
  bool once = false;
  std::string config{};
};

struct host_ports {
  std::string host{};
  std::uint16_t first = 0, last = 0;
};

/// "HOST:PORT" or "HOST:FIRST-LAST".
result<host_ports> split_ports(const std::string& text, const char* option) {
  const auto colon = text.rfind(':');
  const auto bad = [&] {
    return fail(errc::invalid,
                std::string{option} + " '" + text + "' must be HOST:PORT" + (option[2] == 'r' ? " as HOST:FIRST-LAST" : ""));
  };
  if (colon == std::string::npos || colon == 0) return bad();
  unsigned first = 0, last = 0;
  char rest = 0;
  const int got = std::sscanf(text.c_str() + colon + 1, "%u-%u%c", &first, &last, &rest);
  if (got < 1 || got > 2 || first > 65'535 || last > 65'535) return bad();
  if (got == 1) last = first;
  if (last < first) return bad();
  return host_ports{text.substr(0, colon), static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
}

result<node_app_options> options_of(const dev_options& dev) {
  const auto sip = split_ports(dev.sip, "--sip");
  const auto rtp = split_ports(dev.rtp, "--rtp");
  const auto http = split_ports(dev.http, "--http");
  for (const auto* one : {&sip, &rtp, &http})
    if (!*one) return tl::unexpected{one->error()};
  auto settings = environment_settings();
  if (!settings) return settings;
  node_app_options out = std::move(*settings);
  out.data = dev.data;
  out.assets = dev.assets;
  out.provision = dev.provision;
  out.edge.listen = {"sip:" + dev.sip + ";transport=udp", "sip:" + dev.sip + ";transport=tcp"};
  out.media.bind_host = rtp->host;
  out.media.port_first = rtp->first;
  out.media.port_last = rtp->last;
  out.api.http.host = http->host;
  out.api.http.port = http->first;
  return out;
}

void print_banner(const node_app& node, const dev_options& dev) {
  std::printf("\nSeatgrid runs / 平台已启动\n");
  std::printf("  SIP    %s (UDP and TCP)\n  RTP    %s\n  API    %s  (OpenAPI at /openapi.json)\n  token  %s\n  data   %s\n\n",
              dev.sip.c_str(), dev.rtp.c_str(), node.url().c_str(), node.token().c_str(),
              std::filesystem::absolute(dev.data).c_str());
  std::fflush(stdout);
}

void print_next(const dev_options& dev) {
  const std::string data = dev.data == "data/dev" ? "" : " --data " + dev.data;
  std::printf("\nnext, in another terminal / 接下来可以:\n");
  for (const auto* line : {"call 4008123123 --from 13800138000 --press 1 --talk 5s", "call list", "queue list", "agent list",
                           "event tail --from 0", "number check 400-812-3123"})
    std::printf("  build/release/seatgrid %s%s\n", line,
                std::string{line}.find("number") == 0 || std::string{line}.find("call 4") == 0 ? "" : data.c_str());
  std::printf("Ctrl-C ends the node; start it again and it goes on where it was.\n\n");
  std::fflush(stdout);
}

void run_node(cli_context& context, result<node_app_options> options, const dev_options& dev) {
  if (!options) return context.complain(options.error());
  auto node = node_app::start(std::move(*options));
  if (!node) return context.complain(node.error());
  print_banner(**node, dev);
  std::unique_ptr<demo> demonstration;
  if (!dev.no_demo) {
    auto started = demo::start({.sip = dev.sip, .assets = dev.assets, .data = dev.data}, **node);
    const auto called = started ? (*started)->call() : tl::unexpected{started.error()};
    if (!called) context.complain({called.error().code, "the demo call failed: " + called.error().what});
    if (started) demonstration = std::move(*started);
    if (dev.once) {
      if (called) std::printf("\nthe call worked in every part / 演示通话成功\n");
      return;
    }
    print_next(dev);
  }
  wait_for_end();
  std::printf("ending: new calls get 503; a second signal does not wait for calls\n");
  std::fflush(stdout);
  demonstration.reset();
  (*node)->drain(end_requested);  // a second SIGTERM or Ctrl-C
}

}  // namespace

void add_node_commands(CLI::App& app, cli_context& context) {
  auto options = std::make_shared<dev_options>();
  auto* dev = app.add_subcommand("dev", "One node on an embedded journal with the demo enterprise and a real call / 单机演示");
  dev->add_option("--data", options->data, "data directory; what lives in it goes on")->capture_default_str();
  dev->add_option("--sip", options->sip, "HOST:PORT of the edge, UDP and TCP")->capture_default_str();
  dev->add_option("--rtp", options->rtp, "HOST:FIRST-LAST of media")->capture_default_str();
  dev->add_option("--http", options->http, "HOST:PORT of the API")->capture_default_str();
  dev->add_option("--provision", options->provision, "file that describes tenants, numbers, flows, queues, agents")
      ->capture_default_str();
  dev->add_option("--assets", options->assets, "directory of the built-in prompts")->capture_default_str();
  dev->add_flag("--no-demo", options->no_demo, "no robots, no call");
  dev->add_flag("--once", options->once, "end after the demo call; status 0 if every part of it worked");
  dev->callback([&context, options] { run_node(context, options_of(*options), *options); });

  auto* server = app.add_subcommand("server", "A node with settings from a file / 服务节点");
  server->add_option("--config", options->config, "settings (TOML); docs/settings.md lists them")->required();
  server->callback([&context, options] {
    options->no_demo = true;
    auto settings = load_server_settings(options->config);
    if (!settings) return context.complain(settings.error());
    options->data = settings->data;
    if (!settings->edge.listen.empty()) options->sip = settings->edge.listen.front();
    options->rtp = settings->media.bind_host + ":" + std::to_string(settings->media.port_first) + "-" +
                   std::to_string(settings->media.port_last);
    run_node(context, std::move(settings), *options);
  });
}

}  // namespace seatgrid
