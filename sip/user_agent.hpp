#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/session_description.hpp"

/// A SIP user agent for robots, load and the CLI: many accounts and calls on one thread and one port. It carries session
/// descriptions; sending and hearing RTP is somebody else's work (media/).
namespace seatgrid {

struct ua_account_id {
  std::uint64_t value = 0;
  constexpr explicit operator bool() const { return value != 0; }
  auto operator<=>(const ua_account_id&) const = default;
};
struct ua_call_id {
  std::uint64_t value = 0;
  constexpr explicit operator bool() const { return value != 0; }
  auto operator<=>(const ua_call_id&) const = default;
};

struct user_agent_options {
  /// Literal addresses; "*" as a port is one of the system's choice. The first is for accounts without ";transport=tcp".
  std::vector<std::string> listen{"sip:127.0.0.1:*;transport=udp"};
  std::string name{"Seatgrid-UA"};   ///< User-Agent and Server
  milliseconds t1{500};              ///< RFC 3261 17.1.1.1
  milliseconds t1x64{32'000};        ///< timers B, F, H: longest wait for a response or an ACK
  std::size_t orders_max = 400'000;  ///< waiting for the thread
  std::size_t accounts_max = 200'000;
  std::size_t calls_max = 50'000;              ///< incoming ones beyond it get 503
  std::uint32_t registers_per_second = 2'000;  ///< pace of first REGISTERs, so that 100,000 robots do not start as a flood
  seconds register_retry{5};                   ///< after 408, 5xx or silence; doubles up to register_retry_max
  seconds register_retry_max{300};
};

struct ua_account {
  std::string aor{};  ///< "sip:1001@demo.example"; stands in From and, for REGISTER, in To
  std::string display{};
  std::string user{};  ///< for digest; empty = the user part of the aor
  std::string password{};
  std::string server{};  ///< "sip:127.0.0.1:5060" or with ";transport=tcp": where all requests go; a literal address
  seconds expires{3'600};
};

struct ua_incoming {
  ua_account_id account{};
  std::string from_uri{}, from_display{}, to_uri{};
  std::string sip_call_id{};
  std::optional<session_description> offer{};  ///< none: our 200 offers, their ACK answers (on_confirmed)
};

struct ua_outgoing {
  ua_account_id account{};
  std::string target{};                        ///< Request-URI and To: "sip:4001234567@demo.example"
  std::optional<session_description> offer{};  ///< none: their 200 offers; then answer() gives the answer for the ACK
  std::vector<std::pair<std::string, std::string>> headers{};  ///< more headers, as {"P-Asserted-Identity", "<sip:1@x>"}
};

/// Called on the agent's thread; must neither block nor throw. What is not overridden is ignored.
class user_agent_sink {
 public:
  virtual ~user_agent_sink() = default;
  /// Final response to a REGISTER (200: for `expires`; 0 after unregister()) or 408.
  virtual void on_registered(ua_account_id, std::uint16_t /*status*/, seconds /*expires*/) {}
  virtual void on_incoming(ua_call_id, const ua_incoming&) {}
  /// 18x to our INVITE, with early media if there is some.
  virtual void on_progress(ua_call_id, std::uint16_t /*status*/, const std::optional<session_description>&) {}
  /// 200 to our INVITE. ACK has left, unless `offer` was none: then it waits for answer().
  virtual void on_answered(ua_call_id, const std::optional<session_description>&) {}
  /// ACK to our 200; with their answer if ours was the offer.
  virtual void on_confirmed(ua_call_id, const std::optional<session_description>&) {}
  /// re-INVITE or UPDATE that changes something: say answer() or reject(). One that repeats the last offer is answered as before.
  virtual void on_offer(ua_call_id, const std::optional<session_description>&) {}
  /// Final response to our offer().
  virtual void on_offer_done(ua_call_id, std::uint16_t /*status*/, const std::optional<session_description>&) {}
  /// 202 or refusal of our REFER, then what NOTIFY says (RFC 3515); `final`: nothing more will come.
  virtual void on_transfer(ua_call_id, std::uint16_t /*status*/, bool /*final*/) {}
  /// The call is over and its id means nothing any more. `status`: of a failed INVITE, 487 when cancelled, 200 after BYE, 408
  /// without ACK. `by_peer`: not our hang_up() or reject().
  virtual void on_ended(ua_call_id, std::uint16_t /*status*/, const std::string& /*reason*/, bool /*by_peer*/) {}
};

class user_agent {
 public:
  /// Binds and runs. `sink` must outlive the agent.
  /// @error unavailable  an address cannot be bound; `what` names it
  static result<std::unique_ptr<user_agent>> start(user_agent_options options, user_agent_sink& sink);
  /// Ends the thread without a word to the peers.
  ~user_agent();
  user_agent(const user_agent&) = delete;
  user_agent& operator=(const user_agent&) = delete;

  /// "127.0.0.1:40123", the first of `listen`.
  const std::string& address() const noexcept;

  // Any thread; never block; carried out in order. @error full  `orders_max` wait
  /// An account without `server` can only be called. @error full  also when `accounts_max` exist
  result<ua_account_id> add_account(ua_account account);
  /// Registers now and refreshes until unregister(); each result comes to on_registered.
  result<void> register_account(ua_account_id account);
  result<void> unregister(ua_account_id account);
  result<ua_call_id> call(ua_outgoing call);
  /// 180, or 183 with early media.
  result<void> ring(ua_call_id call, std::optional<session_description> early = {});
  /// 200 to an incoming INVITE or to on_offer, or the answer in the ACK. o= is the agent's.
  result<void> answer(ua_call_id call, session_description media);
  /// An incoming INVITE, or the offer of on_offer.
  result<void> reject(ua_call_id call, std::uint16_t status);
  /// CANCEL, 603 or BYE, by state.
  result<void> hang_up(ua_call_id call);
  /// re-INVITE: hold with direction sendonly, retrieve with sendrecv.
  result<void> offer(ua_call_id call, session_description media);
  result<void> refer(ua_call_id call, std::string target);

  struct counts {
    std::uint64_t accounts = 0, calls = 0, orders_waiting = 0;
  };
  counts status() const noexcept;

 private:
  class impl;
  explicit user_agent(std::unique_ptr<impl> inside);
  std::unique_ptr<impl> impl_;
};

}  // namespace seatgrid
