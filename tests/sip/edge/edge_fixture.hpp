#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "sip/edge.hpp"
#include "tests/sip/edge/sip_peer.hpp"

namespace seatgrid::test {

/// Hears the edge and hands its events to the test in order.
class listening_sink : public edge_sink {
 public:
  void on_leg(leg_event event) override;
  void on_register(register_request request) override;
  bool accepting_calls() override { return open.load(); }
  bool draining() override { return leaves.load(); }

  /// The next event of this type; others before it stay. Fails the test after `wait`.
  template <class T>
  T expect(milliseconds wait = milliseconds{3'000}) {
    std::unique_lock hold{mutex_};
    T found{};
    const bool came = news_.wait_for(hold, wait, [&] {
      for (auto it = events_.begin(); it != events_.end(); ++it)
        if (auto* e = std::get_if<T>(&*it)) {
          found = std::move(*e);
          events_.erase(it);
          return true;
        }
      return false;
    });
    EXPECT_TRUE(came) << "never told: " << T::type;
    return found;
  }
  template <class T>
  bool is_told(milliseconds wait) {
    std::unique_lock hold{mutex_};
    return news_.wait_for(hold, wait, [&] {
      for (const auto& e : events_)
        if (std::holds_alternative<T>(e)) return true;
      return false;
    });
  }
  register_request expect_register(milliseconds wait = milliseconds{3'000});
  bool is_asked_to_register(milliseconds wait);
  std::atomic<bool> open{true}, leaves{false};

 private:
  std::mutex mutex_{};
  std::condition_variable news_{};
  std::deque<leg_event> events_{};
  std::deque<register_request> registers_{};
};

/// One tenant with trunks on addresses of this machine, an access number and two users.
class small_directory final : public edge_directory {
 public:
  small_directory();
  std::optional<trunk_match> trunk_at(const std::string& ip, std::uint16_t port) const override;
  std::optional<number_match> number(const std::string& canonical) const override;
  bool serves_domain(const std::string& domain) const override { return domains.contains(domain); }
  std::optional<credential> user(const std::string& domain, const std::string& user) const override;
  bool is_access_number(const std::string& canonical) const override { return numbers.contains(canonical); }
  std::vector<trunk_match> trunks() const override;
  digest_policy digest_of(const std::string&) const override { return digest; }
  digest_policy digest = digest_policy::both;
  std::set<std::string> domains{"demo.example"};
  std::map<std::string, trunk_config> by_address{};
  std::deque<trunk_config> extra{};  ///< trunks that are called or known by name
  std::map<std::string, access_number> numbers{};
};

inline constexpr const char* trunk_ip = "127.0.2.1";        ///< dialled number in the Request-URI
inline constexpr const char* trunk_to_ip = "127.0.2.2";     ///< in To; caller in From
inline constexpr const char* trunk_div_ip = "127.0.2.3";    ///< in Diversion
inline constexpr const char* trunk_tight_ip = "127.0.2.4";  ///< one call at once, two a second
inline constexpr const char* trunk_party_ip = "127.0.2.5";  ///< in P-Called-Party-ID
inline constexpr const char* phone_ip = "127.0.3.1";

class EdgeTest : public ::testing::Test {
 protected:
  void SetUp() override;
  edge_options options() const;
  void start(edge_options with);
  void start() { start(options()); }
  std::uint16_t peer_port() { return ++last_port_; }
  /// A caller on the first trunk whose INVITE has become leg 1.
  peer_dialog incoming_call(sip_peer& peer, leg_incoming& told, const std::string& extra = {});
  /// Answered and acknowledged.
  peer_dialog talking_call(sip_peer& peer, leg_id& leg, const std::string& extra = {});
  leg_invite order_to(const sip_peer& peer, std::uint32_t index = 2) const;
  /// What the rules choose before an INVITE of ours leaves.
  static dialog named_by_the_rules(std::uint32_t index, const std::string& target);
  static session_description our_media(std::uint16_t port = 30'000);

  std::uint16_t port_ = 0;
  std::uint16_t last_port_ = 0;
  std::shared_ptr<small_directory> directory_ = std::make_shared<small_directory>();
  listening_sink sink_{};
  std::unique_ptr<edge> edge_{};
};

}  // namespace seatgrid::test
