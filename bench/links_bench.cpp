#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/figure.hpp"
#include "cluster/link_stream.hpp"
#include "cluster/links.hpp"

/// Links between two processes on loopback, plaintext and TLS: messages a second and round trips, beside a bare socket in the
/// same run. links_bench [--quick]; `links_bench echo PORT FOLDER` is the other process.
namespace {

using namespace seatgrid::cluster;
using seatgrid::bench::figure;
using seatgrid::bench::print;
using clock_type = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t message_bytes = 200;  // an input for an entity

double seconds_since(clock_type::time_point then) { return std::chrono::duration<double>(clock_type::now() - then).count(); }

link_options options_of(const std::string& node, std::uint64_t process, const std::string& folder) {
  link_options options{.cluster = "bench", .me = {node, {process, process}}, .waiting_bytes_max = std::size_t{1} << 30U};
  if (!folder.empty()) {
    options.certificate = folder + "/" + node + ".pem";
    options.key = folder + "/" + node + ".key";
    options.authority = folder + "/ca.pem";
  }
  return options;
}

/// The other process: says what is asked back, swallows the rest, and says how many it swallowed when asked with "count".
int echo(int port, const std::string& folder) {
  std::unique_ptr<links> link;
  std::uint64_t swallowed = 0;
  auto opened = open_links(options_of("b", 2, folder), {.on_message = [&](const lane_owner& from, envelope what) {
                             if (what.kind != link_kind::asked) {
                               ++swallowed;
                               return;
                             }
                             if (what.bytes == "count") what.bytes = std::to_string(swallowed);
                             (void)link->send(from, {link_kind::answered, std::move(what.bytes)});
                           }});
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().what.c_str()), 1;
  link = std::move(*opened);
  std::printf("%u\n", link->port());
  std::fflush(stdout);
  link->set_peers({{{"a", {1, 1}}, "127.0.0.1", static_cast<std::uint16_t>(port)}});
  std::this_thread::sleep_for(5min);
  return 0;
}

class measured_links {
 public:
  measured_links(const char* self, const std::string& folder) {
    auto opened = open_links(options_of("a", 1, folder),
                             {.on_message = [this](const lane_owner&, envelope what) { answer(std::move(what)); }});
    if (!opened) fail(opened.error().what);
    link_ = std::move(*opened);
    int ends[2]{};
    if (::pipe(ends) != 0) fail("no pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(self, self, "echo", std::to_string(link_->port()).c_str(), folder.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char text[16]{};
    if (::read(ends[0], text, sizeof text - 1) <= 0) fail("the other process did not start");
    ::close(ends[0]);
    link_->set_peers({{peer_, "127.0.0.1", static_cast<std::uint16_t>(std::atoi(text))}});
    ask("hello");
  }
  ~measured_links() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  measured_links(const measured_links&) = delete;
  measured_links& operator=(const measured_links&) = delete;

  std::string ask(const std::string& what) {
    std::unique_lock lock{guard_};
    answered_ = false;
    (void)link_->send(peer_, {link_kind::asked, what});
    if (!changed_.wait_for(lock, 30s, [&] { return answered_; })) fail("no answer: " + link_->view().at(0).trouble);
    return answer_;
  }
  double messages_a_second(std::size_t count) {
    const std::string body(message_bytes, 'x');
    const auto began = clock_type::now();
    for (std::size_t i = 0; i < count; ++i)
      while (!link_->send(peer_, {link_kind::to_entity, body})) std::this_thread::sleep_for(1ms);
    const auto got = std::stoull(ask("count"));
    const double rate = static_cast<double>(count) / seconds_since(began);
    if (got - counted_ != count) fail(std::to_string(got - counted_) + " of " + std::to_string(count) + " came");
    counted_ = got;
    return rate;
  }
  std::vector<double> round_trips_us(std::size_t count) {
    const std::string body(message_bytes, 'x');
    std::vector<double> all;
    for (std::size_t i = 0; i < count; ++i) {
      const auto began = clock_type::now();
      ask(body);
      all.push_back(seconds_since(began) * 1e6);
    }
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  [[noreturn]] static void fail(const std::string& why) {
    std::fprintf(stderr, "links_bench: %s\n", why.c_str());
    std::exit(1);
  }
  void answer(envelope what) {
    std::lock_guard lock{guard_};
    answer_ = std::move(what.bytes);
    answered_ = true;
    changed_.notify_one();
  }
  const lane_owner peer_{"b", {2, 2}};
  std::unique_ptr<links> link_{};
  pid_t child_ = -1;
  std::mutex guard_{};
  std::condition_variable changed_{};
  std::string answer_{};
  bool answered_ = false;
  std::uint64_t counted_ = 0;
};

/// Two processes, one socket, nothing else: `message_bytes` there and back.
std::vector<double> bare_round_trips_us(std::size_t count) {
  auto listening = listen_at("127.0.0.1", 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto socket = dial("127.0.0.1", port_of(*listening));
    char bytes[message_bytes];
    pollfd ready{socket->get(), POLLIN, 0};
    while (::poll(&ready, 1, -1) == 1 && ::recv(socket->get(), bytes, sizeof bytes, 0) == sizeof bytes)
      if (::send(socket->get(), bytes, sizeof bytes, MSG_NOSIGNAL) < 0) break;
    ::_exit(0);
  }
  pollfd ready{listening->get(), POLLIN, 0};
  ::poll(&ready, 1, 5'000);
  auto socket = accept_from(*listening);
  ready.fd = socket->get();
  char bytes[message_bytes]{};
  std::vector<double> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto began = clock_type::now();
    if (::send(socket->get(), bytes, sizeof bytes, MSG_NOSIGNAL) < 0 || ::poll(&ready, 1, 5'000) != 1 ||
        ::recv(socket->get(), bytes, sizeof bytes, 0) < 0)
      break;
    all.push_back(seconds_since(began) * 1e6);
  }
  socket = seatgrid::fail(seatgrid::errc::ok, "");
  ::waitpid(child, nullptr, 0);
  std::sort(all.begin(), all.end());
  return all;
}

bool make_certificates(const std::string& folder) {
  const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";
  std::string script = "cd ";
  script.append(folder).append(" && openssl req -x509 ").append(key).append("-days 2 -subj /CN=bench -keyout ca.key -out ca.pem");
  for (const std::string node : {"a", "b"}) {
    script.append(" && openssl req ").append(key).append("-subj /CN=").append(node);
    script.append(" -addext subjectAltName=DNS:").append(node).append(" -keyout ").append(node).append(".key -out ").append(node);
    script.append(".csr && openssl x509 -req -in ").append(node);
    script.append(".csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days 2 -out ")
        .append(node)
        .append(".pem");
  }
  return std::system(("( " + script + " ) > /dev/null 2>&1").c_str()) == 0;
}

double at(const std::vector<double>& sorted, double part) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

void measure(const char* self, const std::string& folder, const std::string& how, bool quick) {
  const std::size_t trips = quick ? 2'000 : 20'000, messages = quick ? 200'000 : 2'000'000;
  const auto floor = bare_round_trips_us(trips);
  char beside[100];
  std::snprintf(beside, sizeof beside, "bare socket between two processes: p50 %.0f us, p99 %.0f us", at(floor, 0.5),
                at(floor, 0.99));
  measured_links both{self, folder};
  const auto found = both.round_trips_us(trips);
  print({how + ": round trip of 200 bytes, p50", at(found, 0.5), "us", "", beside});
  print({how + ": round trip of 200 bytes, p99", at(found, 0.99), "us"});
  both.messages_a_second(messages / 10);
  print({how + ": messages of 200 bytes one way", both.messages_a_second(messages), "messages/s", ">= 130000",
         "CAF 0.17.6: 130000-160000"});
}

}  // namespace

int main(int count, char** words) {
  if (count == 4 && std::string{words[1]} == "echo") return echo(std::atoi(words[2]), words[3]);
  const bool quick = count == 2 && std::string{words[1]} == "--quick";
  measure(words[0], "", "plaintext", quick);
  const auto folder = (std::filesystem::temp_directory_path() / ("links_bench." + std::to_string(::getpid()))).string();
  std::filesystem::create_directories(folder);
  const bool made = make_certificates(folder);
  if (made) measure(words[0], folder, "TLS", quick);
  std::filesystem::remove_all(folder);
  return made ? 0 : 1;
}
