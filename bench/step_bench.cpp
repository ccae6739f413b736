#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include "actors/config_store.hpp"
#include "actors/node.hpp"
#include "base/overload.hpp"
#include "storage/memory/memory_journal.hpp"
#include "storage/rocks/rocks_journal.hpp"

/// CPU, memory and time of the actors alone: calls through IVR, queue and agent with far ends that answer at once, on real
/// threads over a journal. Prints one JSON line per figure.
namespace seatgrid {
namespace {

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds_of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

double rss_bytes() {
  std::ifstream in{"/proc/self/statm"};
  long pages = 0, resident = 0;
  in >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void print(const char* name, double value, const char* unit) {
  std::printf("{\"bench\":\"%s\",\"value\":%.3f,\"unit\":\"%s\"}\n", name, value, unit);
  std::fflush(stdout);
}

config_ptr make_config(unsigned agents) {
  auto config = std::make_shared<tenant_config>();
  config->tenant = "bench";
  config->domain = "bench.example";
  access_number number;
  number.number = "4001234567";
  number.flow = "main";
  config->numbers[number.number] = number;
  flow main_flow;
  main_flow.name = "main";
  main_flow.start = "queue";
  main_flow.nodes["queue"] = queue_node{.queue = "support"};
  config->flows["main"] = main_flow;
  queue_config queue;
  queue.name = "support";
  queue.wrap_up = milliseconds{0};
  queue.announce_every = milliseconds{0};
  config->queues["support"] = queue;
  for (unsigned i = 0; i < agents; ++i) {
    agent_config agent;
    agent.name = "a" + std::to_string(i);
    agent.device = "sip:" + agent.name + "@10.0.0.1:20070";
    agent.queues.push_back({"support", 1});
    config->agents[agent.name] = agent;
  }
  return config;
}

session_description sdp() {
  session_description s;
  s.session_id = 1;
  s.audio = {"10.2.0.1", 20'000};
  s.codecs = {{.payload_type = 8, .name = "PCMA"}, {.payload_type = 101, .name = "TELEPHONE-EVENT", .fmtp = "0-15"}};
  return s;
}

dialog dialog_of(leg_id leg) {
  dialog d;
  d.sip_call_id = to_text(leg.call) + "-" + std::to_string(leg.index) + "@bench.example";
  d.local_uri = d.remote_uri = "sip:someone@bench.example";
  d.local_tag = d.remote_tag = "0123456789";
  d.remote_target = "sip:someone@10.2.0.1:5060";
  d.local_address = d.peer_address = "10.2.0.1:5060";
  return d;
}

/// Far ends and media that answer whatever they are told, at once, on the thread that tells them.
class far_ends {
 public:
  void bind(node& to) { node_ = &to; }
  node_ports ports() {
    return {.to_leg = [this](leg_command c) { hear(c); },
            .to_media = [this](media_command c) { hear(c); },
            .register_reply = [](register_reply) {},
            .recordings_allowed = {}};
  }
  std::atomic<std::uint64_t> ended{0};

 private:
  void hear(const leg_command& command) {
    const auto leg = leg_of(command);
    if (std::holds_alternative<leg_answer>(command)) node_->on(leg_confirmed{leg, sdp(), dialog_of(leg)});
    if (std::holds_alternative<leg_invite>(command)) {
      node_->on(leg_progress{leg, 180, {}, dialog_of(leg)});
      node_->on(leg_answered{leg, sdp(), dialog_of(leg)});
    }
    if (std::holds_alternative<leg_reject>(command)) ++ended;
  }
  void hear(const media_command& command) {
    std::visit(overload{[&](const media_open& c) {
                          node_->on(media_opened{c.leg, {"10.0.0.1", 30'000}});
                        },
                        [&](const media_play& c) {
                          if (!c.loop) node_->on(media_played{c.leg, c.play_id, {}});
                        },
                        [&](const media_bridge& c) {
                          node_->on(leg_ended{{c.a.call, 1}, {}, false, {}});
                        },
                        [&](const media_record_stop& c) {
                          const std::lock_guard lock{mutex_};
                          const auto it = recordings_.find(c.recording);
                          if (it == recordings_.end()) return;
                          node_->on(media_recorded{it->second, c.recording, "f.wav", 1'000, 1'000, "00", 1});
                          recordings_.erase(it);
                        },
                        [&](const media_record& c) {
                          const std::lock_guard lock{mutex_};
                          recordings_[c.recording] = c.left.call;
                        },
                        [&](const media_close& c) {
                          node_->on(media_closed{c.leg, {}});
                          if (c.leg.index == 1) ++ended;
                        },
                        [](const auto&) {}},
               command);
  }
  node* node_ = nullptr;
  std::mutex mutex_;
  std::map<std::uint64_t, call_id> recordings_{};
};

std::uint64_t steps_counted(node& n) {
  for (const auto& m : n.api().metrics())
    if (m.name == "seatgrid_steps_counted_total") return static_cast<std::uint64_t>(m.value);
  return 0;
}

bool settle(node& n, std::chrono::seconds longest) {
  const auto until = std::chrono::steady_clock::now() + longest;
  std::uint64_t last = 0;
  for (int quiet = 0; quiet < 3 && std::chrono::steady_clock::now() < until;) {
    std::this_thread::sleep_for(milliseconds{100});
    const auto now = steps_counted(n);
    quiet = now == last ? quiet + 1 : 0;
    last = now;
  }
  return std::chrono::steady_clock::now() < until;
}

void run_calls(node& n, far_ends& ends, unsigned calls, unsigned at_once) {
  const auto cpu = cpu_seconds();
  const auto steps = steps_counted(n);
  const auto began = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < calls; ++i) {
    leg_incoming in;
    in.leg = {call_id::make(shard_of_tenant("bench"), i * 7'919ULL + 1), 1};
    in.tenant = "bench";
    in.called = in.dialled = "4001234567";
    in.caller.number = "13800138000";
    in.offer = sdp();
    in.early = dialog_of(in.leg);
    n.on(in);
    while (i + 1 > ends.ended + at_once && std::chrono::steady_clock::now() - began < std::chrono::seconds{60})
      std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
  while (ends.ended < calls && std::chrono::steady_clock::now() - began < std::chrono::seconds{60})
    std::this_thread::sleep_for(milliseconds{1});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  settle(n, std::chrono::seconds{10});
  const double done = static_cast<double>(ends.ended.load());
  print("acd_call_cpu", (cpu_seconds() - cpu) / done * 1e6, "us");
  print("acd_call_steps", static_cast<double>(steps_counted(n) - steps) / done, "steps");
  print("acd_calls_per_second", done / took.count(), "calls/s");
}

int run(unsigned agents, unsigned calls, unsigned at_once, const std::string& kind) {
  const auto directory = std::filesystem::temp_directory_path() / ("seatgrid_bench." + std::to_string(getpid()));
  std::unique_ptr<journal> log;
  if (kind == "rocks") {
    auto opened = open_rocks_journal(directory.string());
    if (!opened) return std::fprintf(stderr, "%s\n", opened.error().what.c_str()), 1;
    log = std::move(*opened);
  } else {
    log = make_memory_journal();
  }
  const system_clock time;
  auto config = config_store::open(*log, time);
  if (!config) return 1;
  far_ends ends;
  node_options options;
  options.backlog_max = options.unsynced_max = 1'000'000;
  const auto rss = rss_bytes();
  auto began = std::chrono::steady_clock::now();
  if (!(*config)->apply({make_config(agents)})) return 1;
  print("provision_applied", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), "s");
  auto started = node::start(options, *log, **config, time, ends.ports());
  if (!started) return 1;
  ends.bind(**started);
  if (!(*started)->wait_ready(seconds{10})) return 1;
  settle(**started, std::chrono::seconds{60});
  print("agents_loaded", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() - 0.3, "s");
  print("memory_per_agent", (rss_bytes() - rss) / agents, "bytes");
  run_calls(**started, ends, calls, at_once);
  log->close();
  (*started)->stop();
  started->reset();
  log.reset();
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace seatgrid

int main(int argc, char** argv) {
  CLI::App app{"What the actors cost: CPU and steps per ACD call, memory and load time of agents"};
  unsigned agents = 100, calls = 2'000, at_once = 50;
  std::string kind{"memory"};
  app.add_option("--agents", agents, "Agents, all ready (default 100)");
  app.add_option("--calls", calls, "Calls (default 2,000)");
  app.add_option("--at-once", at_once, "Calls at a time (default 50)");
  app.add_option("--journal", kind, "memory or rocks (default memory)");
  CLI11_PARSE(app, argc, argv);
  return seatgrid::run(agents, calls, at_once, kind);
}
