// CPU (user + system) of a relayed RTP packet, beside a bare receive and send of the same packets in the same run; what a
// recording adds; memory of an endpoint. The generator is another process, so that only the relay's work is counted.
// usage: relay_bench [--quick]
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/figure.hpp"
#include "media/engine.hpp"
#include "media/rtp.hpp"
#include "media/udp.hpp"

namespace {

using namespace seatgrid;
using namespace std::chrono_literals;
using media::socket_address;
using media::udp_socket;

constexpr auto host = "127.0.0.1";
constexpr std::size_t packet_bytes = 172;

struct settings {
  std::size_t pairs = 100;
  double seconds = 4;
  int rounds = 3;
};
struct outcome {
  double us_per_packet = 0;
  std::uint64_t relayed = 0;
  std::uint64_t lost = 0;
};
struct counts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
};

std::uint16_t port_of(const udp_socket& s) {
  socket_address a;
  socklen_t length = socket_address::length_max;
  getsockname(s.fd(), a.raw(), &length);
  return a.port();
}

double cpu_us() {
  rusage r{};
  getrusage(RUSAGE_SELF, &r);
  return static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/// The far ends of all pairs: 50 packets a second each, spread over the 20 ms.
counts generate(std::vector<udp_socket>& sockets, const std::vector<std::uint16_t>& ports, double seconds) {
  std::vector<std::array<std::uint8_t, packet_bytes>> packets(sockets.size());
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    sockets[i].connect(*socket_address::parse(host, ports[i]));
    packets[i].fill(0xD5);
  }
  counts done;
  std::array<std::uint8_t, 2'048> buffer{};
  const auto start = std::chrono::steady_clock::now();
  const auto slots = static_cast<std::size_t>(seconds * 1'000);
  for (std::size_t slot = 0; slot < slots + 200; ++slot) {  // 200 ms more to hear the last ones
    std::this_thread::sleep_until(start + std::chrono::milliseconds{slot});
    for (std::size_t i = slot % 20; i < sockets.size(); i += 20) {
      const auto n = static_cast<std::uint32_t>(slot / 20);
      media::write_rtp_header(packets[i].data(), {.payload_type = 8,
                                                  .sequence = static_cast<std::uint16_t>(n),
                                                  .timestamp = n * 160,
                                                  .ssrc = static_cast<std::uint32_t>(i + 1)});
      if (slot < slots && sockets[i].send(packets[i])) ++done.sent;
      while (sockets[i].receive(buffer) != 0) ++done.received;
    }
  }
  return done;
}

/// Starts the generator before any thread of ours exists; it waits for the relay's ports.
struct generator {
  explicit generator(const settings& s) {
    for (std::size_t i = 0; i < 2 * s.pairs; ++i) {
      sockets.push_back(std::move(*udp_socket::bound(*socket_address::parse(host, 0), 0)));
      far_ports.push_back(port_of(sockets.back()));
    }
    if (pipe(to_child.data()) != 0 || pipe(from_child.data()) != 0) std::exit(1);
    child = fork();
    if (child != 0) {
      sockets.clear();
      return;
    }
    std::vector<std::uint16_t> ports(2 * s.pairs);
    const auto bytes = ports.size() * sizeof(std::uint16_t);
    if (read(to_child[0], ports.data(), bytes) != static_cast<ssize_t>(bytes)) _exit(1);
    const auto done = generate(sockets, ports, s.seconds);
    _exit(write(from_child[1], &done, sizeof done) == sizeof done ? 0 : 1);
  }
  counts run(const std::vector<std::uint16_t>& ports) {
    counts done;
    const auto bytes = ports.size() * sizeof(std::uint16_t);
    if (write(to_child[1], ports.data(), bytes) != static_cast<ssize_t>(bytes)) std::exit(1);
    if (read(from_child[0], &done, sizeof done) != sizeof done) std::exit(1);
    waitpid(child, nullptr, 0);
    for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(fd);
    return done;
  }
  std::vector<udp_socket> sockets{};
  std::vector<std::uint16_t> far_ports{};
  std::array<int, 2> to_child{};
  std::array<int, 2> from_child{};
  pid_t child = -1;
};

outcome result_of(double cpu, const counts& c) {
  return {.us_per_packet = cpu / static_cast<double>(std::max<std::uint64_t>(c.received, 1)),
          .relayed = c.received,
          .lost = c.sent - std::min(c.sent, c.received)};
}

/// One epoll thread, connected sockets, one receive and one send per event, nothing else.
outcome run_floor(const settings& s) {
  generator far{s};
  std::vector<udp_socket> sockets;
  std::vector<std::uint16_t> ports;
  const int epoll = epoll_create1(0);
  for (std::size_t i = 0; i < 2 * s.pairs; ++i) {
    sockets.push_back(std::move(*udp_socket::bound(*socket_address::parse(host, 0), 0)));
    ports.push_back(port_of(sockets.back()));
    sockets.back().connect(*socket_address::parse(host, far.far_ports[i]));
    epoll_event e{.events = EPOLLIN, .data = {.u64 = i}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, sockets.back().fd(), &e);
  }
  std::atomic<bool> stop{false};
  std::thread relay{[&] {
    std::array<epoll_event, 256> events{};
    std::array<std::uint8_t, 2'048> buffer{};
    while (!stop) {
      const int n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 100);
      for (int k = 0; k < n; ++k) {
        const auto i = events[static_cast<std::size_t>(k)].data.u64;
        if (const auto bytes = sockets[i].receive(buffer)) sockets[i ^ 1U].send({buffer.data(), bytes});
      }
    }
  }};
  const auto before = cpu_us();
  const auto done = far.run(ports);
  const auto cpu = cpu_us() - before;
  stop = true;
  relay.join();
  close(epoll);
  return result_of(cpu, done);
}

struct opened_ports {
  std::mutex lock{};
  std::vector<std::uint16_t> ports{};
  std::size_t count = 0;
  void add(const media_event& e) {
    const auto* o = std::get_if<media_opened>(&e);
    if (o == nullptr) return;
    const std::lock_guard hold{lock};
    ports[(o->leg.call.value - 1) * 2 + o->leg.index - 1] = o->local.port;
    ++count;
  }
  void wait() {
    while (true) {
      std::this_thread::sleep_for(5ms);
      const std::lock_guard hold{lock};
      if (count == ports.size()) return;
    }
  }
};

std::unique_ptr<engine> start_engine(opened_ports& opened, const std::string& directory) {
  media_options options{.port_first = 23'000, .port_last = 25'999, .data_directory = directory};
  auto made = engine::start(options, prompt_library{}, [&](const media_event& e) { opened.add(e); });
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().what.c_str());
    std::exit(1);
  }
  return std::move(*made);
}

leg_id leg(std::size_t i) { return {.call = {i / 2 + 1}, .index = static_cast<std::uint32_t>(i % 2 + 1)}; }

outcome run_engine(const settings& s, bool record, bool ulaw_agents) {
  generator far{s};
  const auto directory = std::filesystem::temp_directory_path() / ("relay_bench-" + std::to_string(getpid()));
  opened_ports opened;
  opened.ports.resize(2 * s.pairs);
  const auto media = start_engine(opened, directory.string());
  for (std::size_t i = 0; i < 2 * s.pairs; ++i) media->command(media_open{.leg = leg(i), .tenant = "bench"});
  opened.wait();
  for (std::size_t i = 0; i < 2 * s.pairs; ++i) {
    const bool ulaw = ulaw_agents && i % 2 == 1;
    media->command(media_connect{.leg = leg(i),
                                 .remote = {.host = host, .port = far.far_ports[i]},
                                 .payload_type = static_cast<std::uint8_t>(ulaw ? 0 : 8),
                                 .codec_name = ulaw ? "PCMU" : "PCMA",
                                 .dtmf_payload_type = 101});
    if (i % 2 == 1) media->command(media_bridge{.a = leg(i - 1), .b = leg(i)});
    if (i % 2 == 1 && record)
      media->command(media_record{.recording = i, .path = std::to_string(i) + ".wav", .left = leg(i - 1), .right = leg(i)});
  }
  while (media->status().bridged_pairs < s.pairs) std::this_thread::sleep_for(5ms);
  const auto before = cpu_us();
  const auto done = far.run(opened.ports);
  const auto cpu = cpu_us() - before;
  media->stop();
  std::filesystem::remove_all(directory);
  return result_of(cpu, done);
}

long resident_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      long kib = 0;
      status >> kib;
      return kib;
    }
  return 0;
}

double bytes_per_endpoint() {
  constexpr std::size_t legs = 1'400;
  opened_ports opened;
  opened.ports.resize(legs);
  const auto media = start_engine(opened, "/tmp");
  const auto before = resident_kib();
  for (std::size_t i = 0; i < legs; ++i) media->command(media_open{.leg = leg(i), .tenant = "bench"});
  opened.wait();
  for (std::size_t i = 0; i < legs; ++i) {
    media->command(media_connect{.leg = leg(i), .remote = {.host = host, .port = 9}, .dtmf_payload_type = 101});
    media->command(media_play{.leg = leg(i), .play_id = 1, .list = {{.source = "tone:ringback"}}, .loop = true});
  }
  while (media->status().playing < legs) std::this_thread::sleep_for(5ms);
  return static_cast<double>(resident_kib() - before) * 1'024 / legs;
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  settings s;
  if (argc > 1 && std::strcmp(argv[1], "--quick") == 0) s.seconds = 2, s.rounds = 1;
  std::array<std::vector<double>, 4> us{};
  std::uint64_t lost = 0;
  for (int round = 0; round < s.rounds; ++round) {
    const std::array results{run_floor(s), run_engine(s, false, false), run_engine(s, false, true), run_engine(s, true, false)};
    for (std::size_t i = 0; i < results.size(); ++i) us[i].push_back(results[i].us_per_packet), lost += results[i].lost;
  }
  const auto floor = median(us[0]), relay = median(us[1]);
  const auto beside = "bare receive and send " + std::to_string(floor).substr(0, 4) + "; rtpengine 9.0, Asterisk 22-25";
  bench::print({"relayed RTP packet, CPU", relay, "us", "<= 5", beside});
  bench::print({"relayed RTP packet, A-law to mu-law", median(us[2]), "us", "<= 5", ""});
  bench::print({"recording adds to a packet", median(us[3]) - relay, "us", "<= 1", ""});
  bench::print({"relayed RTP packet over the floor of this run", relay / floor, "times", "<= 1.25", ""});
  bench::print({"packets lost", static_cast<double>(lost), "packets", "", ""});
  bench::print({"memory of a playing endpoint", bytes_per_endpoint(), "bytes", "<= 30000", ""});
}
