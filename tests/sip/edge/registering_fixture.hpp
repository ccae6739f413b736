#pragma once

#include <string>
#include <vector>

#include "sip/digest.hpp"
#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {

/// Phones that register, with the owner's consent played by the test.
class RegisteringTest : public EdgeTest {
 protected:
  struct phone_state {
    peer_dialog dialog{};
    std::vector<std::string> challenge{};
    std::uint32_t nc = 0;
    std::string password{"secret-1001"};
  };
  phone_state phone(sip_peer& peer) {
    phone_state p;
    p.dialog = {
        .peer = &peer, .local = "<sip:1001@demo.example>", .remote = "<sip:1001@demo.example>", .target = "sip:demo.example"};
    return p;
  }
  std::string authorized(phone_state& p, const std::string& extra, const std::string& user = "1001") {
    ++p.dialog.cseq;
    auto headers = extra;
    if (!p.challenge.empty()) {
      auto value =
          make_authorization(p.challenge, {.user = user, .password = p.password}, "REGISTER", "sip:demo.example", ++p.nc, "abc");
      EXPECT_TRUE(value);
      headers += "Authorization: " + value.value_or("") + "\r\n";
    }
    return p.dialog.request("REGISTER", {}, headers);
  }
  void learn_challenge(phone_state& p, sip_peer& peer, const std::string& extra = {}) {
    peer.send(authorized(p, extra));
    p.challenge = peer.expect_status(401).headers("WWW-Authenticate");
    p.nc = 0;
  }
  static register_reply granted(const register_request& asked) {
    register_reply r{.request = asked.request};
    for (const auto& b : asked.contacts)
      if (b.expires_s > 0) r.contacts.push_back({b.contact, b.expires_s});
    return r;
  }
  /// Registered, with the owner's consent.
  register_request register_phone(phone_state& p, sip_peer& peer, const std::string& extra = "Expires: 600\r\n") {
    learn_challenge(p, peer, extra);
    peer.send(authorized(p, extra));
    auto asked = sink_.expect_register();
    EXPECT_TRUE(edge_->answer_register(granted(asked)));
    peer.expect_status(200, "REGISTER");
    return asked;
  }
};

}  // namespace seatgrid::test
