#include "tests/sip/edge/sip_peer.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <random>

namespace seatgrid::test {
namespace {

using clock_t = std::chrono::steady_clock;

sockaddr_in address(const std::string& ip, std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  inet_pton(AF_INET, ip.c_str(), &a.sin_addr);
  return a;
}
bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return std::tolower(x) == std::tolower(y); });
}
std::string trimmed(std::string s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.erase(0, 1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.pop_back();
  return s;
}

}  // namespace

std::string unique() {
  static std::atomic<std::uint64_t> n{std::random_device{}()};
  return "t" + std::to_string(getpid()) + "x" + std::to_string(++n);
}

std::string sip_message::start() const { return text.substr(0, text.find("\r\n")); }
int sip_message::status() const { return text.rfind("SIP/2.0 ", 0) == 0 ? std::stoi(text.substr(8, 3)) : 0; }
std::string sip_message::method() const {
  if (status() == 0) return text.substr(0, text.find(' '));
  const auto value = header("CSeq");
  return value.substr(value.find(' ') + 1);
}
std::vector<std::string> sip_message::headers(std::string_view name) const {
  std::vector<std::string> found;
  const auto end = text.find("\r\n\r\n");
  for (auto at = text.find("\r\n"); at != std::string::npos && at < end;) {
    const auto next = text.find("\r\n", at + 2);
    const auto line = text.substr(at + 2, next - at - 2);
    const auto colon = line.find(':');
    if (colon != std::string::npos && same_word(trimmed(line.substr(0, colon)), name))
      found.push_back(trimmed(line.substr(colon + 1)));
    at = next;
  }
  return found;
}
std::string sip_message::header(std::string_view name) const {
  const auto all = headers(name);
  return all.empty() ? std::string{} : all.front();
}
std::string sip_message::body() const { return text.substr(text.find("\r\n\r\n") + 4); }
std::string sip_message::request_uri() const {
  const auto line = start();
  const auto from = line.find(' ') + 1;
  return line.substr(from, line.rfind(' ') - from);
}
std::string sip_message::tag_of(std::string_view name) const {
  const auto value = header(name);
  const auto at = value.find(";tag=");
  return at == std::string::npos ? std::string{} : value.substr(at + 5, value.find(';', at + 5) - at - 5);
}
std::string sip_message::uri_of(std::string_view name) const {
  const auto value = header(name);
  const auto open = value.find('<');
  return open == std::string::npos ? value : value.substr(open + 1, value.find('>') - open - 1);
}
std::uint32_t sip_message::cseq() const { return static_cast<std::uint32_t>(std::stoul(header("CSeq"))); }

sip_peer::sip_peer(std::string ip, std::uint16_t port, std::uint16_t edge_port, kind how)
    : how_(how), ip_(std::move(ip)), port_(port), edge_port_(edge_port) {
  socket_ = ::socket(AF_INET, how == kind::udp ? SOCK_DGRAM : SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  auto a = address(ip_, port_);
  EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&a), sizeof a), 0) << "port " << port_;
  if (how == kind::udp) return;
  auto to = address("127.0.0.1", edge_port);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
}
sip_peer::~sip_peer() { ::close(socket_); }

void sip_peer::send(const std::string& text) {
  auto to = address("127.0.0.1", edge_port_);
  const auto sent = how_ == kind::udp
                        ? ::sendto(socket_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to)
                        : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  EXPECT_EQ(sent, static_cast<ssize_t>(text.size()));
}

std::optional<sip_message> sip_peer::receive(milliseconds wait) {
  const auto until = clock_t::now() + wait;
  for (;;) {
    if (how_ == kind::tcp_client) {
      const auto head = stream_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const sip_message probe{.text = stream_.substr(0, head + 4)};
        const auto length = probe.header("Content-Length").empty() ? 0UL : std::stoul(probe.header("Content-Length"));
        if (stream_.size() >= head + 4 + length) {
          sip_message m{.text = stream_.substr(0, head + 4 + length)};
          stream_.erase(0, head + 4 + length);
          return m;
        }
      }
    }
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock_t::now());
    pollfd p{.fd = socket_, .events = POLLIN, .revents = 0};
    if (left.count() < 0 || ::poll(&p, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
    std::array<char, 65'536> buffer{};
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return std::nullopt;
    const std::string text{buffer.data(), static_cast<std::size_t>(got)};
    if (how_ == kind::udp) return sip_message{.text = text};
    stream_ += text;
  }
}

sip_message sip_peer::expect(const std::function<bool(const sip_message&)>& fits, std::string what, milliseconds wait) {
  const auto until = clock_t::now() + wait;
  std::string seen;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock_t::now());
    auto m = left.count() > 0 ? receive(left) : std::nullopt;
    if (!m) {
      ADD_FAILURE() << "never came: " << what << "; seen instead: " << seen;
      return {.text = "SIP/2.0 000 none\r\nCSeq: 0 NONE\r\n\r\n"};
    }
    if (fits(*m)) return *m;
    seen += "[" + m->start() + "] ";
  }
}
sip_message sip_peer::expect_status(int status, std::string method, milliseconds wait) {
  return expect([&](const sip_message& m) { return m.status() == status && (method.empty() || m.method() == method); },
                std::to_string(status) + " " + method, wait);
}
sip_message sip_peer::expect_request(std::string method, milliseconds wait) {
  return expect([&](const sip_message& m) { return m.status() == 0 && m.method() == method; }, method, wait);
}
bool sip_peer::is_silent(milliseconds wait) { return !receive(wait).has_value(); }
std::string sip_peer::via(const std::string& branch) const {
  return std::string{"Via: SIP/2.0/"} + (how_ == kind::udp ? "UDP " : "TCP ") + host_port() + ";rport;branch=" + branch + "\r\n";
}

std::string peer_dialog::request(const std::string& method, const std::string& body, const std::string& extra, std::string branch,
                                 std::optional<std::uint32_t> cseq_used) {
  if (branch.empty()) branch = "z9hG4bK" + unique();
  last_branch = branch;
  const auto uri = target.empty() ? remote.substr(1, remote.size() - 2) : target;
  auto text = method + " " + uri + " SIP/2.0\r\n" + peer->via(branch) + route + "From: " + local + ";tag=" + local_tag +
              "\r\nTo: " + remote + (remote_tag.empty() ? "" : ";tag=" + remote_tag) + "\r\nCall-ID: " + call_id +
              "\r\nCSeq: " + std::to_string(cseq_used.value_or(cseq)) + " " + method + "\r\n";
  if (extra.find("Max-Forwards:") == std::string::npos) text += "Max-Forwards: 70\r\n";
  if (extra.find("Contact:") == std::string::npos) text += "Contact: <sip:peer@" + peer->host_port() + ">\r\n";
  text += extra;
  if (!body.empty() && extra.find("Content-Type:") == std::string::npos) text += "Content-Type: application/sdp\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
void peer_dialog::learn(const sip_message& response) {
  remote_tag = response.tag_of("To");
  if (!response.uri_of("Contact").empty()) target = response.uri_of("Contact");
}

std::string response_to(const sip_message& request, const std::string& status, const std::string& to_tag,
                        const std::string& extra, const std::string& body) {
  std::string text = "SIP/2.0 " + status + "\r\n";
  for (const auto& via : request.headers("Via")) text += "Via: " + via + "\r\n";
  for (const auto& rr : request.headers("Record-Route")) text += "Record-Route: " + rr + "\r\n";
  auto to = request.header("To");
  if (to.find(";tag=") == std::string::npos && !to_tag.empty()) to += ";tag=" + to_tag;
  text += "From: " + request.header("From") + "\r\nTo: " + to + "\r\nCall-ID: " + request.header("Call-ID") +
          "\r\nCSeq: " + request.header("CSeq") + "\r\n" + extra;
  if (!body.empty()) text += "Content-Type: application/sdp\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace seatgrid::test
