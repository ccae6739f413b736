#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

/// The public torture messages, whole and mangled, from an address that the edge listens to.
class Torture : public EdgeTest {
 protected:
  static std::vector<std::string> messages() {
    std::vector<std::string> all;
    for (auto& [name, text] : named_messages()) all.push_back(text);
    return all;
  }
  static std::vector<std::pair<std::string, std::string>> named_messages() {
    std::vector<std::filesystem::path> files;
    for (const auto* folder : {"tests/data/rfc4475", "tests/data/rfc5118"})
      for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".dat") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& file : files) {
      std::ifstream in{file, std::ios::binary};
      all.emplace_back(file.stem(), with_crlf({std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}}));
    }
    return all;
  }
  /// RFC 5118's messages are kept with bare LF; their Content-Length counts CRLF.
  static std::string with_crlf(std::string text) {
    if (text.find('\r') != std::string::npos) return text;
    std::string out;
    for (const char c : text) {
      if (c == '\n') out += '\r';
      out += c;
    }
    return out;
  }
  void expect_alive(sip_peer& peer) {
    while (peer.receive(milliseconds{20})) {}
    peer_dialog d{.peer = &peer};
    peer.send(d.request("OPTIONS"));
    peer.expect_status(200, "OPTIONS");
  }
};

TEST_F(Torture, EveryMessageOfRfc4475And5118LeavesTheEdgeAlive) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  const auto all = messages();
  ASSERT_GE(all.size(), 50U);
  for (const auto& m : all) caller.send(m);
  expect_alive(caller);
}

/// What RFC 4475 and RFC 5118 ask a server to answer, or leave it the choice of; more than one status where they do. Not in here:
/// responses, which nobody answers. REGISTERs to a domain of ours are challenged before their contacts are read.
const std::map<std::string, std::set<int>> asked_answers{
    {"wsinv", {481}},
    {"esc01", {404}},
    {"escnull", {401}},
    {"esc02", {405, 501}},
    {"lwsdisp", {200}},
    {"longreq", {404}},
    {"dblreq", {401}},
    {"semiuri", {200}},
    {"transports", {200}},
    {"clerr", {400}},
    {"ncl", {400}},
    {"scalar02", {400}},
    {"quotbal", {400}},
    {"ltgtruri", {400}},
    {"lwsstart", {400, 404}},
    {"trws", {200, 400}},
    {"escruri", {400, 404}},
    {"baddate", {400, 404}},
    {"regbadct", {400, 401}},
    {"badaspec", {200, 400}},
    {"baddn", {200, 400}},
    {"badvers", {505}},
    {"mismatch01", {400}},
    {"mismatch02", {400, 501}},
    {"badbranch", {200, 400}},
    {"insuf", {400}},
    {"unkscm", {416}},
    {"novelsc", {416}},
    {"bext01", {420}},
    {"invut", {415}},
    {"regaut01", {401}},
    {"multi01", {400}},
    {"mcl01", {400}},
    {"zeromf", {200, 483}},
    {"cparam01", {401}},
    {"cparam02", {401}},
    {"regescrt", {401}},
    {"sdp01", {406}},
    {"inv2543", {400, 404}},
    {"ipv6-good", {401}},
    {"port-unambiguous", {401}},
    {"via-received-param-with-delim", {481}},
    {"via-received-param-no-delim", {200}},
    {"mult-ip-in-header", {481}},
    {"ipv4-mapped-ipv6", {404}},
    {"ipv6-bug-abnf-3-colons", {200, 400}},
    {"ipv6-correct-abnf-2-colons", {200}},
    {"ipv6-in-sdp", {400}},  // its body is shorter than its Content-Length says (RFC 3261 18.3)
    {"mult-ip-in-sdp", {404}},
    {"mpart01", {405, 501}},
    {"badinv01", {400}},
    {"intmeth", {405, 501}},
    {"lwsruri", {400, 404}},
    {"ipv6-bad", {400}},
    {"unksm2", {400}},
};
/// The message as if it had come to us by `transport`, from a sender who wants its answer where it came from (RFC 3581).
std::string sent_by(std::string text, const char* transport) {
  const auto via = text.find("/UDP") == std::string::npos ? std::min(text.find("/TCP"), text.find("/TLS"))
                                                          : std::min({text.find("/UDP"), text.find("/TCP"), text.find("/TLS")});
  if (via == std::string::npos) return text;
  text.replace(via + 1, 3, transport);
  const auto host = text.find_first_not_of(" \t\r\n", via + 4);
  if (text.substr(host, text.find_first_of("\r\n", host) - host).find(";rport") != std::string::npos) return text;
  return text.insert(text.find_first_of(";, \t\r\n", host), ";rport");
}

TEST_F(Torture, EveryRequestGetsTheAnswerThatTheRfcsAskForOverUdpAndTcp) {
  directory_->domains.insert({"example.com", "[2001:db8::10]"});
  directory_->by_address["127.0.0.1"] = {.name = "local"};
  start();
  sip_peer other{trunk_ip, peer_port(), port_};
  for (const auto& [name, text] : named_messages()) {
    if (text.starts_with("SIP/")) continue;
    const auto wanted = asked_answers.find(name);
    for (const auto* transport : {"UDP", "TCP"}) {
      const bool tcp = transport[0] == 'T';
      const bool asked = wanted != asked_answers.end();
      // On a stream what lacks promised bytes or its last empty line waits for them, and a second message is another request.
      const bool unfinished = name == "clerr" || name == "ipv6-in-sdp" || text.find("\r\n\r\n") == std::string::npos;
      if (tcp && (unfinished || name == "dblreq")) continue;
      sip_peer peer{tcp ? "127.0.0.1" : trunk_ip, static_cast<std::uint16_t>(++last_port_), port_,
                    tcp ? sip_peer::kind::tcp_client : sip_peer::kind::udp};
      peer.send(sent_by(text, transport));
      auto got = peer.receive(milliseconds{asked ? 1'500 : 50});
      if (got && got->status() == 100) got = peer.receive(milliseconds{1'500});
      if (asked) {
        EXPECT_TRUE(got && wanted->second.contains(got->status()))
            << name << " over " << transport << ": " << (got ? got->start() : "silence");
      }
      peer_dialog d{.peer = &other};
      other.send(d.request("OPTIONS"));
      other.expect_status(200, "OPTIONS", milliseconds{1'000});
    }
  }
}

TEST_F(Torture, MangledMessagesLeaveTheEdgeAlive) {
  start();
  sip_peer caller{trunk_ip, peer_port(), port_};
  auto seeds = messages();
  peer_dialog d{.peer = &caller};
  for (const auto* method : {"INVITE", "REGISTER", "OPTIONS", "BYE", "REFER", "UPDATE"})
    seeds.push_back(d.request(method, std::string{offer_pcma}, "Supported: 100rel\r\nSession-Expires: 900\r\n"));
  std::mt19937_64 chance{20'261'123};  // the same mangling in every run
  static constexpr std::string_view spice = "\r\n \t;:<>\"@?&=,%\0()*[]{}lrx0\x7f\xff";
  for (int i = 0; i < 3'000; ++i) {
    auto m = seeds[chance() % seeds.size()];
    for (auto n = chance() % 6; n > 0 && !m.empty(); --n) {
      const auto at = chance() % m.size();
      const auto how = chance() % 4;
      if (how == 0) m[at] = spice[chance() % spice.size()];
      if (how == 1) m.erase(at, chance() % 9);
      if (how == 2) m.insert(at, 1, spice[chance() % spice.size()]);
      if (how == 3) m.insert(at, m.substr(chance() % m.size(), chance() % 40));
    }
    if (!m.empty()) caller.send(m);
    if (i % 500 == 499) expect_alive(caller);
  }
  expect_alive(caller);
}

}  // namespace
}  // namespace seatgrid::test
