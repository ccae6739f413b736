#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/edge_directory.hpp"
#include "domain/effect.hpp"
#include "domain/leg_port.hpp"
#include "domain/registrar_port.hpp"
#include "sip/backoff.hpp"
#include "sip/datagram_filter.hpp"
#include "sip/name_book.hpp"

/// The SIP edge: one thread, one Sofia agent, every dialog of one slot of addresses. It does the reflexes of SIP itself (100,
/// ACK, retransmission, 200 to BYE and CANCEL, 4xx for what is malformed, session timers, glare) and turns the rest into the leg
/// port.
namespace seatgrid {

/// Settings of an edge; the initialisers are the defaults. Every `_max` refuses what comes beyond it.
struct edge_options {
  std::vector<std::string> listen{"sip:127.0.0.1:5060;transport=udp", "sip:127.0.0.1:5060;transport=tcp"};
  std::string advertised_host{};  ///< stands in Via, Contact and o=; empty = the bound address
  std::string user_agent{"Seatgrid"};
  milliseconds t1{500}, t2{4'000}, t4{5'000};  ///< RFC 3261 17.1.1.1
  milliseconds t1x64{32'000};                  ///< timers B, F and H: longest wait for a response or an ACK
  std::size_t message_bytes_max = 32'768;      ///< beyond: 513
  std::uint32_t udp_receive_bytes = 4U << 20;
  datagram_filter_options filter{};    ///< who gets silence before anything is parsed
  std::size_t commands_max = 200'000;  ///< commands waiting for the edge's thread
  std::size_t legs_max = 40'000;       ///< beyond: new calls get 503
  /// After its start, requests of dialogs that it does not know get no answer for so long: their legs may still be on their way
  /// to it, and the far end repeats (RFC 3261 17.1.2.2). Then 481.
  milliseconds quiet_start{2'000};
  milliseconds ended_repeat{2'000};  ///< leg_ended is repeated until leg_forget
  milliseconds flow_return{30'000};  ///< for a phone whose connection died with the former edge; then its Contact is tried
  milliseconds offer_wait{8'000};    ///< re-INVITE, UPDATE or REFER without a word from the call: 500
  seconds session_expires{1'800};    ///< RFC 4028, what we offer
  seconds session_expires_min{90};   ///< Min-SE
  seconds overload_retry_after{5};
  seconds register_min{60}, register_max{3'600};
  milliseconds register_wait{5'000};  ///< for the owner of the registration; then 503
  std::size_t registrations_max = 200'000;
  std::size_t contacts_max = 5;  ///< per address of record
  std::size_t register_waiting_max = 10'000;
  backoff_options digest_backoff{};  ///< failed credentials, per source address and per address of record
  seconds nonce_lifetime{300};
  name_book_options names{};         ///< of trunks
  milliseconds name_timeout{3'000};  ///< of one question to DNS
  slot_number slot = 0;              ///< of a cluster, whose addresses these are; 0 = this node stands alone
  /// The slot's own addresses when this edge speaks for it on others (ADR 0019); empty = these are its own. Its dialogs learn the
  /// new place from the call's re-INVITE; INVITEs of before it can only be cancelled by the Via that they bore.
  std::vector<std::string> former_listen{};
  std::string former_advertised_host{};
  bool is_elsewhere() const { return !former_listen.empty(); }
  /// Whether datagrams may leave now (DESIGN section 5, lease); empty = always. Asked for each, must not block.
  std::function<bool()> may_speak{};
  std::string nonce_key{};  ///< the cluster's secret; empty = random, nonces then hold for this process alone
  /// Canonical form of a number as people dial or carriers send it; what has none comes back unchanged. Must not block.
  std::function<std::string(std::string_view)> canonical_number{[](std::string_view n) { return std::string{n}; }};
};

/// A trunk as the edge sees it now.
struct trunk_state {
  std::string tenant{}, trunk{}, outbound{};
  bool probed = false;       ///< by OPTIONS, every trunk_config::probe_every
  bool reachable = true;     ///< false: calls out are refused with 503 until it answers
  std::uint32_t misses = 0;  ///< probes in a row without an answer
};

/// Counts since the start, by method and by class of status.
struct edge_status {
  static constexpr std::array<std::string_view, 13> methods{"INVITE", "ACK",    "BYE",   "CANCEL", "OPTIONS", "REGISTER", "INFO",
                                                            "PRACK",  "UPDATE", "REFER", "NOTIFY", "MESSAGE", "other"};
  /// Why something was refused or left unanswered.
  enum class drop : std::uint8_t {
    unknown_source = 0,  ///< neither trunk nor flow nor REGISTER
    foreign_domain = 1,
    digest_backoff = 2,
    overload = 3,
    trunk_rate = 4,
    trunk_full = 5,
    number_full = 6,
    loop = 7,
    too_big = 8,
    bad_sdp = 9,
    queue_full = 10,          ///< commands refused
    forbidden_identity = 11,  ///< an access number as caller (N16)
    stale_command = 12,       ///< for a leg that is gone or in another state
    count = 13
  };
  /// In the order of `drop`; names of metrics.
  static constexpr std::array<std::string_view, static_cast<std::size_t>(drop::count)> drop_names{
      "unknown_source", "foreign_domain", "digest_backoff", "overload",   "trunk_rate",         "trunk_full",   "number_full",
      "loop",           "too_big",        "bad_sdp",        "queue_full", "forbidden_identity", "stale_command"};
  std::array<std::uint64_t, methods.size()> requests_in{};
  std::array<std::uint64_t, methods.size()> requests_out{};
  std::array<std::uint64_t, 7> responses_in{};   ///< [1] = 1xx ... [6] = 6xx
  std::array<std::uint64_t, 7> responses_out{};  ///< those that the edge itself decided; Sofia's own reflexes are not in here
  std::array<std::uint64_t, static_cast<std::size_t>(drop::count)> drops{};
  std::uint64_t legs = 0;
  std::uint64_t registrations = 0;
  std::uint64_t refreshes = 0;  ///< REGISTERs answered from memory
  std::uint64_t restored = 0;
  std::uint64_t commands_waiting = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(datagram_cause::count)> datagrams{};  ///< by verdict of the filter
  std::vector<trunk_state> trunks{};
  std::uint64_t unsent = 0;   ///< messages that no lease let out
  std::uint64_t unheard = 0;  ///< datagrams and connections that came while there was none
};

/// What the edge tells. Called on the edge's thread; must neither block nor throw.
class edge_sink {
 public:
  virtual ~edge_sink() = default;
  virtual void on_leg(leg_event event) = 0;
  virtual void on_register(register_request request) = 0;
  /// False closes the valve for new calls (disk nearly full, overload): 503 with Retry-After.
  virtual bool accepting_calls() = 0;
  /// The node leaves: OPTIONS get 503, so that trunks go elsewhere.
  virtual bool draining() { return false; }
};

class edge {
 public:
  /// Binds and runs. `sink` must outlive the edge.
  /// @error unavailable  an address cannot be bound; `what` names it
  /// @error invalid      an option is out of its range
  static result<std::unique_ptr<edge>> start(edge_options options, edge_sink& sink);
  /// Ends the thread without a word to the peers: dialogs live on in their records.
  ~edge();
  edge(const edge&) = delete;
  edge& operator=(const edge&) = delete;

  /// Any thread; never blocks. Carried out in order. @error full  `commands_max` wait; counted as queue_full
  result<void> command(leg_command order);
  result<void> answer_register(register_reply reply);
  /// Replaces what the edge remembers of this address of record; empty forgets it.
  result<void> load_bindings(std::string aor, std::vector<binding> bindings);
  void set_directory(edge_directory_ptr directory);
  /// False: nothing leaves any more, whatever `may_speak` says. Any thread.
  void set_lease(bool held);
  edge_status status() const;
  /// Ends the thread; later commands are refused. Idempotent.
  void stop();

 private:
  class impl;
  explicit edge(std::unique_ptr<impl> inside);
  std::unique_ptr<impl> impl_;
};

}  // namespace seatgrid
