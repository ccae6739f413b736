#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"
#include "domain/edge_directory.hpp"
#include "sip/net_address.hpp"
#include "sip/token_buckets.hpp"

/// What stands before Sofia: who gets an answer and who gets silence (DESIGN section 5 item 3). No I/O, no clock.
namespace seatgrid {

struct datagram_filter_options {
  std::size_t datagram_bytes_max = 32'768;
  std::size_t headers_max = 256;
  std::size_t line_bytes_max = 8'192;
  std::size_t flows_max = 300'000;                        ///< addresses of bound phones and of dialogs' peers
  std::size_t peers_max = 50'000;                         ///< addresses to which requests of ours left lately
  seconds peer_memory{64};                                ///< a little more than a transaction lives
  token_buckets::limits challenges_per_source{600, 300};  ///< REGISTERs of strangers, per address (IPv6: per /64)
  token_buckets::limits flow_rate{12'000, 1'000};         ///< anything from one bound phone
  token_buckets::limits strangers_total{300'000, 5'000, 1};
  bool loopback_unlimited = true;  ///< no rate limit for processes of this machine
};

/// Why a datagram was passed on or met with silence. Names of counters: add, never change.
enum class datagram_cause : std::uint8_t {
  passed = 0,
  keepalive = 1,  ///< white space or NULs that phones send to keep their NAT open
  too_big = 2,
  not_sip = 3,         ///< the first line is neither request nor response
  binary = 4,          ///< NUL in a header, other than escaped (RFC 4475 3.1.1.2)
  headers = 5,         ///< more than headers_max, or a line over line_bytes_max
  via_reflection = 6,  ///< maddr in a Via: answers would go to a third party
  uri_parameter = 7,   ///< see uri_guard.hpp
  unknown_response = 8,
  unknown_source = 9,
  foreign_domain = 10,
  source_rate = 11,
  total_rate = 12,
  via_transport = 13,  ///< the top Via of a request does not say how it came
  version = 14,        ///< not SIP/2.0
  method = 15,         ///< none of RFC 3261 and its extensions
  request_line = 16,   ///< white space in the Request-URI, or an IPv6 address without brackets
  via_syntax = 17,     ///< a Via without protocol and host
  register_to = 18,    ///< a REGISTER for what is no SIP URI (RFC 3261 10.2)
  count = 19
};
std::string_view to_string(datagram_cause cause) noexcept;
/// What a trunk or bound phone hears of a datagram refused for this, "400 Bad Request": see stateless_refusal.hpp. Empty =
/// silence.
std::string_view refusal_status(datagram_cause cause) noexcept;

struct datagram_verdict {
  datagram_cause cause = datagram_cause::passed;
  std::size_t length = 0;  ///< when passed: how much of it; what follows Content-Length is cut off (RFC 3261 18.3)
};

/// What a request's head, with its empty line, says by itself, whoever sent it.
struct head_verdict {
  datagram_cause cause = datagram_cause::passed;
  std::optional<std::size_t> content_length{};  ///< 0 when the head names none; nothing when it is no number
};
head_verdict judge_head(std::string_view head, const datagram_filter_options& options);

/// Belongs to the thread of its edge; `counts` may be read from any.
class datagram_filter {
 public:
  explicit datagram_filter(datagram_filter_options options = {}, std::uint64_t hash_seed = 0);

  /// Trunks by address and served domains. None yet: silence for all but flows and answers to us.
  void set_directory(edge_directory_ptr directory) { directory_ = std::move(directory); }
  /// Requests and responses from `peer` pass until as many remove_flow came as add_flow. False when `flows_max` are known.
  bool add_flow(const net_address& peer);
  void remove_flow(const net_address& peer);
  /// A request of ours left for `peer`: its responses are welcome for `peer_memory`.
  void sent_to(const net_address& peer, time_point now);

  datagram_verdict check(std::string_view datagram, const net_address& from, time_point now);
  /// The first bytes of a TCP connection that a peer opened: the same question of who may speak, without limits on size.
  datagram_cause check_connection(std::string_view beginning, const net_address& from, time_point now);

  std::uint64_t count(datagram_cause cause) const noexcept {
    return counts_[static_cast<std::size_t>(cause)].load(std::memory_order_relaxed);
  }
  const datagram_filter_options& options() const noexcept { return options_; }
  /// Trunks and bound phones: they hear why they are refused, strangers hear nothing.
  bool is_acquainted(const net_address& from) const { return flows_.contains(from) || is_trunk(from); }
  /// For causes that are found elsewhere (streams).
  datagram_cause counted(datagram_cause cause) noexcept;

 private:
  bool is_trunk(const net_address& from) const;
  bool is_peer(const net_address& from) const;
  datagram_cause check_sender(std::string_view start_line, const net_address& from, time_point now);
  std::uint64_t hash_of_source(const net_address& from, bool with_port) const;

  datagram_filter_options options_{};
  std::uint64_t seed_ = 0;
  edge_directory_ptr directory_{};
  std::unordered_map<net_address, std::uint32_t> flows_{};
  std::unordered_map<net_address, time_point> peers_{}, older_peers_{};  ///< two generations: bounded without a scan
  time_point peers_since_{};
  token_buckets strangers_, flow_rates_, total_;
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(datagram_cause::count)> counts_{};
};

/// The same look at the headers of one TCP connection, across the chunks it comes in. Bodies are looked at like headers: whoever
/// trusts a stranger's Content-Length can be told that the next request is a body.
class stream_scanner {
 public:
  /// passed, or why the connection must end before Sofia sees this chunk.
  datagram_cause scan(std::string_view chunk, const datagram_filter_options& options);
  /// Whether the header part of a PRACK has ended since the last call.
  bool take_prack() { return std::exchange(prack_ended_, false); }

 private:
  datagram_cause judge(const datagram_filter_options& options);

  std::string header_{};          ///< the one that is not yet complete; at most line_bytes_max
  std::size_t behind_start_ = 0;  ///< where in it a header begins if its first line is a start line; 0 = it is none
  bool at_line_start_ = true, in_prack_ = false, prack_ended_ = false;
};

}  // namespace seatgrid
