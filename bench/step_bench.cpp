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
#include "bench/figure.hpp"
#include "storage/memory/memory_journal.hpp"
#include "storage/rocks/rocks_journal.hpp"

/// CPU, memory and time of the actors alone: calls through IVR, queue and agent with far ends that answer at once, on real
/// threads over a journal.
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

struct shape {
  unsigned agents = 100;
  unsigned calls = 2'000;
  unsigned at_once = 50;
  unsigned queues = 1;
  std::string journal{"memory"};
  std::string text() const {
    auto text = std::to_string(agents) + " agents";
    if (queues > 1) text += " in " + std::to_string(queues) + " queues";
    if (at_once > agents) text += ", " + std::to_string(at_once - agents) + " calls waiting";
    return text + ", journal " + journal;
  }
};

std::string number_of(unsigned queue) { return std::to_string(4'001'234'000 + queue); }
std::string queue_name(unsigned queue) { return "support" + std::to_string(queue); }

config_ptr make_config(const shape& s) {
  auto config = std::make_shared<tenant_config>();
  config->tenant = "bench";
  config->domain = "bench.example";
  for (unsigned i = 0; i < s.queues; ++i) {
    const auto name = queue_name(i);
    config->numbers[number_of(i)] = {.number = number_of(i), .flow = name};
    flow way{.name = name, .start = "queue"};
    way.nodes["queue"] = queue_node{.queue = name};
    config->flows[name] = way;
    queue_config queue{.name = name, .waiting_max = 1'000'000};
    queue.wrap_up = queue.announce_every = milliseconds{0};
    config->queues[name] = queue;
  }
  for (unsigned i = 0; i < s.agents; ++i) {
    agent_config agent{.name = "a" + std::to_string(i)};
    agent.device = "sip:" + agent.name + "@10.0.0.1:20070";
    agent.queues.push_back({queue_name(i % s.queues), 1});
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
    return {.to_leg = [this](const leg_command& c) { hear(c); },
            .to_media = [this](const media_command& c) { hear(c); },
            .register_reply = [](const register_reply&) {},
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

constexpr double quiet_seconds = 0.3;

/// Until no step has counted for `quiet_seconds`.
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

bool run_calls(node& n, far_ends& ends, const shape& s) {
  const auto cpu = cpu_seconds();
  const auto steps = steps_counted(n);
  const auto began = std::chrono::steady_clock::now();
  const auto in_time = [&] { return std::chrono::steady_clock::now() - began < std::chrono::seconds{60}; };
  for (unsigned i = 0; i < s.calls; ++i) {
    leg_incoming in;
    in.leg = {call_id::make(shard_of_tenant("bench"), i * 7'919ULL + 1), 1};
    in.tenant = "bench";
    in.called = in.dialled = number_of(i % s.queues);
    in.caller.number = "13800138000";
    in.offer = sdp();
    in.early = dialog_of(in.leg);
    n.on(in);
    while (i + 1 > ends.ended + s.at_once && in_time()) std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
  while (ends.ended < s.calls && in_time()) std::this_thread::sleep_for(milliseconds{1});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (ends.ended < s.calls)
    return std::fprintf(stderr, "%u of %u calls ended within 60 s\n", static_cast<unsigned>(ends.ended), s.calls), false;
  settle(n, std::chrono::seconds{10});
  const double done = static_cast<double>(ends.ended.load());
  bench::print({"ACD call CPU of actors and journal, " + s.text(), (cpu_seconds() - cpu) / done * 1e6, "us", "",
                "of the 2,000 that a whole call may cost"});
  bench::print({"steps of a call, " + s.text(), static_cast<double>(steps_counted(n) - steps) / done, "steps", "", ""});
  bench::print({"calls through the actors, " + s.text(), done / took.count(), "calls/s", ">= 400", ""});
  return true;
}

void print_load(const shape& s, double applied, double loaded, double bytes) {
  const bool many = s.agents >= 100'000;
  bench::print({"agents provisioned, " + s.text(), applied, "s", many ? "<= 5" : "", ""});
  bench::print(
      {"agents ready for calls, " + s.text(), loaded, "s", many ? "<= 5" : "", many ? "FreeSWITCH 10,000 in 110 s" : ""});
  if (many) bench::print({"memory per idle agent, " + s.text(), bytes, "bytes", "<= 4096", "an idle CAF actor 1,500"});
}

int run(const shape& s) {
  const auto directory = std::filesystem::temp_directory_path() / ("seatgrid_bench." + std::to_string(getpid()));
  std::unique_ptr<journal> log;
  if (s.journal == "rocks") {
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
  const auto began = std::chrono::steady_clock::now();
  const auto since = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); };
  if (!(*config)->apply({make_config(s)})) return 1;
  const auto applied = since();
  auto started = node::start(options, *log, **config, time, ends.ports());
  if (!started) return 1;
  ends.bind(**started);
  if (!(*started)->wait_ready(seconds{10})) return 1;
  settle(**started, std::chrono::seconds{60});
  print_load(s, applied, since() - quiet_seconds, (rss_bytes() - rss) / s.agents);
  const bool done = run_calls(**started, ends, s);
  log->close();
  (*started)->stop();
  started->reset();
  log.reset();
  std::filesystem::remove_all(directory);
  return done ? 0 : 1;
}

}  // namespace
}  // namespace seatgrid

int main(int argc, char** argv) {
  CLI::App app{"What the actors cost: CPU and steps per ACD call, memory and load time of agents"};
  seatgrid::shape s;
  app.add_option("--agents", s.agents, "Agents, all ready (default 100)");
  app.add_option("--calls", s.calls, "Calls (default 2,000)");
  app.add_option("--at-once", s.at_once, "Calls at a time (default 50); more than agents: the rest waits");
  app.add_option("--queues", s.queues, "Queues, the agents spread over them (default 1)");
  app.add_option("--journal", s.journal, "memory or rocks (default memory)");
  CLI11_PARSE(app, argc, argv);
  return seatgrid::run(s);
}
