#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/cli.hpp"

namespace seatgrid {
namespace {

// RTP and RTCP of two legs, and the recording's file.
constexpr std::uint64_t descriptors_per_call = 5;
constexpr std::uint64_t descriptors_of_the_process = 200;
constexpr std::uint64_t ports_per_call = 4;
constexpr seconds node_wait{5};

struct doctor_options {
  std::uint64_t calls = 1'000;
  std::string sip{"127.0.0.1:5060"};
  std::string rtp{"127.0.0.1:20000-29999"};
};

struct finding {
  std::string what{};
  bool good = true;
  std::string says{};
  std::string advice{};
};

finding check_descriptors(std::uint64_t calls) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto need = calls * descriptors_per_call + descriptors_of_the_process;
  return {
      "descriptors", limit.rlim_max >= need,
      std::to_string(limit.rlim_max) + " allowed, " + std::to_string(need) + " needed for " + std::to_string(calls) + " calls",
      "raise LimitNOFILE= of the service or `ulimit -n " + std::to_string(need) + "`"};
}

bool can_bind(const std::string& host, std::uint16_t port, int kind) {
  const int fd = socket(AF_INET, kind, 0);
  if (fd < 0) return false;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  const int one = 1;
  if (kind == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const bool good =
      inet_pton(AF_INET, host.c_str(), &at.sin_addr) == 1 && bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  close(fd);
  return good;
}

finding check_sip(const std::string& address) {
  const auto colon = address.rfind(':');
  const auto host = address.substr(0, colon);
  const auto port = colon == std::string::npos ? 5060 : std::atoi(address.c_str() + colon + 1);
  const bool good = port > 0 && port < 65'536 && can_bind(host, static_cast<std::uint16_t>(port), SOCK_DGRAM) &&
                    can_bind(host, static_cast<std::uint16_t>(port), SOCK_STREAM);
  return {"sip address", good, address + (good ? " is free (UDP and TCP)" : " cannot be bound"),
          "stop what listens there (ss -lunp, ss -ltnp) or choose another --sip"};
}

finding check_ports(const std::string& range, std::uint64_t calls, bool must_be_free) {
  const auto colon = range.rfind(':');
  const auto dash = range.rfind('-');
  if (colon == std::string::npos || dash == std::string::npos || dash < colon)
    return {"rtp ports", false, range + " is not HOST:FIRST-LAST", "write 127.0.0.1:20000-29999"};
  const auto first = std::atol(range.c_str() + colon + 1);
  const auto last = std::atol(range.c_str() + dash + 1);
  const auto have = last >= first ? static_cast<std::uint64_t>(last - first + 1) : 0;
  const auto need = calls * ports_per_call;
  std::uint64_t taken = 0;
  const auto host = range.substr(0, colon);
  for (long port = first; must_be_free && port <= last && port < first + 2'000; port += 2)
    taken += can_bind(host, static_cast<std::uint16_t>(port), SOCK_DGRAM) ? 0 : 1;
  return {"rtp ports", have >= need && taken == 0,
          std::to_string(have) + " ports, " + std::to_string(need) + " needed" +
              (taken > 0 ? ", " + std::to_string(taken) + " of those looked at are taken" : ""),
          "widen --rtp, or lower what net.ipv4.ip_local_port_range covers"};
}

finding check_ephemeral(const std::string& range) {
  std::ifstream in{"/proc/sys/net/ipv4/ip_local_port_range"};
  long low = 0, high = 0;
  in >> low >> high;
  const auto colon = range.rfind(':');
  const auto dash = range.rfind('-');
  if (colon == std::string::npos || dash == std::string::npos) return {"ephemeral ports", false, "no RTP range to compare", ""};
  const auto first = std::atol(range.c_str() + colon + 1);
  const auto last = std::atol(range.c_str() + dash + 1);
  const bool apart = last < low || first > high;
  return {"ephemeral ports", apart,
          "kernel gives " + std::to_string(low) + "-" + std::to_string(high) +
              (apart ? ", apart from RTP" : ", overlaps RTP: a restored call may find its port taken"),
          "set net.ipv4.ip_local_port_range to \"32768 60999\" and keep RTP below"};
}

finding check_disk(const std::string& directory) {
  std::filesystem::path at = std::filesystem::absolute(directory);
  while (!std::filesystem::exists(at) && at.has_parent_path() && at != at.parent_path()) at = at.parent_path();
  struct statvfs disk {};
  if (statvfs(at.c_str(), &disk) != 0 || disk.f_blocks == 0)
    return {"disk", false, "cannot read " + at.string(), "name a directory that exists with --data"};
  const double free = 100.0 * static_cast<double>(disk.f_bavail) / static_cast<double>(disk.f_blocks);
  char text[96];
  std::snprintf(text, sizeof text, "%.1f %% free below %s (recordings stop at 10, new calls at 5)", free, at.c_str());
  return {"disk", free > 15 && access(at.c_str(), W_OK) == 0, text, "free space, or move --data"};
}

/// The node whose data directory this is. One that answers holds the addresses itself: they are not asked for then.
struct known_node {
  finding says{};
  bool answers = false;
};
known_node check_node(const std::string& directory) {
  if (!std::filesystem::exists(directory + "/api.json")) return {{"node", true, "none was started with " + directory, ""}};
  const auto to = find_api("", "", directory);
  if (!to) return {{"node", false, to.error().what, "look at " + directory + "/api.json"}};
  const auto ready = call_api(*to, "GET", "/readyz", {}, {}, node_wait);
  if (ready) return {{"node", true, "ready at " + to->url, ""}, true};
  if (ready.error().code == errc::unavailable && ready.error().what.starts_with("no node answers"))
    return {{"node", false, "does not answer at " + to->url, "start it: seatgrid server --config FILE"}};
  return {{"node", false, "lives at " + to->url + " and takes no new calls: " + ready.error().what, "wait, or look at its log"},
          true};
}

finding check_cores() {
  const auto cores = std::thread::hardware_concurrency();
  return {"cores", cores >= 2, std::to_string(cores), "two cores carry some 400 new calls a second without media"};
}

/// Of a running node of a cluster: its lanes, and how long the journal has been in doubt. Nothing for a node alone, or none.
std::vector<finding> check_lanes(cli_context& context) {
  constexpr std::int64_t doubt_max_ms = 1'000;
  constexpr seconds longest{2};
  const auto to = find_api(context.url, context.token, context.data);
  if (!to) return {};
  const auto said = call_api(*to, "GET", "/readyz", {}, "application/json", longest);
  if (!said || !said->contains("lanes")) return {};
  std::map<std::string, int> modes;
  std::int64_t doubt_ms = 0;
  std::string trouble;
  for (const auto& lane : (*said)["lanes"]) {
    ++modes[lane.value("mode", "unknown")];
    doubt_ms = std::max(doubt_ms, lane.value("in_doubt_ms", std::int64_t{0}));
    if (trouble.empty()) trouble = lane.value("trouble", "");
  }
  std::string text;
  for (const auto& [mode, count] : modes) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + mode;
  text += "; oldest frame in doubt " + std::to_string(doubt_ms) + " ms";
  if (!trouble.empty()) text += "; " + trouble;
  return {{"lanes", trouble.empty() && doubt_ms < doubt_max_ms, text, "look at the brokers, and at /readyz for each lane"}};
}

}  // namespace

void add_doctor_command(CLI::App& app, cli_context& context) {
  auto options = std::make_shared<doctor_options>();
  auto* doctor = app.add_subcommand("doctor", "What this machine lacks for a node, and whether the one of --data answers / 体检");
  doctor->add_option("--calls", options->calls, "concurrent calls to plan for")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  doctor->add_option("--sip", options->sip, "HOST:PORT of the edge")->capture_default_str();
  doctor->add_option("--rtp", options->rtp, "HOST:FIRST-LAST of media")->capture_default_str();
  doctor->add_option("--data", context.data, "data directory")->capture_default_str();
  add_output_option(*doctor, context);
  doctor->callback([&context, options] {
    const auto node = check_node(context.data);
    std::vector<finding> findings{node.says, check_descriptors(options->calls)};
    if (!node.answers) findings.push_back(check_sip(options->sip));
    for (auto& one : {check_ports(options->rtp, options->calls, !node.answers), check_ephemeral(options->rtp),
                      check_disk(context.data), check_cores()})
      findings.push_back(one);
    for (auto& one : check_lanes(context)) findings.push_back(std::move(one));
    nlohmann::json rows = nlohmann::json::array();
    for (const auto& f : findings) {
      rows.push_back({{"check", f.what},
                      {"good", f.good},
                      {"says", f.says},
                      {"advice", f.good ? "" : f.advice},
                      {"mark", f.good ? "ok" : "LOOK"}});
      if (!f.good) context.exit_code = 1;
    }
    if (context.as_json()) return context.print(rows);
    std::fputs(render_table(rows, {{"", "mark"}, {"CHECK", "check"}, {"FOUND", "says"}, {"WHAT TO DO", "advice"}}, "").c_str(),
               stdout);
  });
}

}  // namespace seatgrid
