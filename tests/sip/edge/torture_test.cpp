#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

/// The public torture messages, whole and mangled, from an address that the edge listens to.
class Torture : public EdgeTest {
 protected:
  static std::vector<std::string> messages() {
    std::vector<std::filesystem::path> files;
    for (const auto* folder : {"tests/data/rfc4475", "tests/data/rfc5118"})
      for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".dat") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> all;
    for (const auto& file : files) {
      std::ifstream in{file, std::ios::binary};
      all.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
    }
    return all;
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
