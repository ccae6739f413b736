#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/record.hpp"

/// Links between the processes of a cluster: one envelope on the wire, mutual TLS. DESIGN section 4, ADR 0016.
namespace seatgrid::cluster {

/// Numbers are on the wire: add, never change. Unknown kinds are counted and dropped.
enum class link_kind : std::uint8_t {
  heartbeat = 1,  ///< not repeated, not ordered
  opinion_asked = 2,
  opinion = 3,
  lane_wanted = 4,  ///< bring this lane to rest, I shall claim it
  lane_rests = 5,
  to_entity = 10,  ///< an input for an entity of a lane that you own
  to_slot = 11,    ///< a command for a leg or a media session of a slot that you hold, or the reply to a REGISTER
  asked = 20,      ///< a question to the gateway
  answered = 21,
};
std::string_view to_string(link_kind kind) noexcept;

struct envelope {
  link_kind kind = link_kind::heartbeat;
  std::string bytes{};  ///< protobuf, as the kind says
};

/// A process that this one shall be linked with.
struct link_peer {
  lane_owner who{};    ///< another process of the same node is another peer
  std::string host{};  ///< IPv4 or IPv6 address: names are not looked up
  std::uint16_t port = 0;
  bool operator==(const link_peer&) const = default;
};

struct link_options {
  std::string cluster{};  ///< peers of another cluster are refused
  lane_owner me{};
  std::string host{"127.0.0.1"};
  std::uint16_t port = 0;  ///< 0 = any free one
  /// PEM files; all or none; read again when they change. Without them a link is refused unless both ends are loopback: TLS
  /// without certificates is anonymous. A certificate must carry the name of its node (SAN DNS, or CN).
  std::string certificate{}, key{}, authority{};
  /// Of one peer, sent and not acknowledged. Beyond, messages are refused and the link counts as dead (on_down without reset)
  /// until less than half of it waits; what was taken still arrives.
  std::size_t waiting_bytes_max = 64U << 20;
  std::size_t message_bytes_max = 8U << 20;
  milliseconds reconnect{20}, reconnect_max{1'000};  ///< first pause between two tries, doubling, and the longest
  milliseconds hello_patience{2'000};                ///< longest wait for connection, TLS and first word of a new connection
  milliseconds silence{
      2'000};              ///< a peer that says nothing for so long is down; each says something every fourth of the shorter one
  milliseconds heal{200};  ///< a broken connection that is back within so long is not told as down
  std::size_t strangers_max = 64;  ///< connections that have not said who they are; the oldest makes room
};

/// How a link stands, for people and metrics.
struct link_view {
  lane_owner who{};
  std::string address{};
  bool up = false;
  bool secure = false;
  std::uint64_t sent = 0, received = 0, repeated = 0, bytes_waiting = 0;
  std::string trouble{};  ///< why it is not up, or what went wrong last; for people
};

/// What could not be a link. Since the start.
struct link_refusals {
  std::uint64_t strangers = 0;  ///< bytes, certificates or identities that were refused, and words that did not come in time
  std::uint64_t crowded = 0;    ///< made room because of `strangers_max`, or because descriptors ran out
  std::uint64_t unknown = 0;    ///< messages of a kind that this program does not know; dropped
  std::string last{};           ///< the latest reason
};

/// Called on threads of the links, for one peer never two at a time; must be short and not throw: all links wait for it. They may
/// call send and set_peers. After set_peers has returned, one that was begun before may still come.
struct link_handlers {
  std::function<void(const lane_owner& from, envelope)> on_message{};
  std::function<void(const lane_owner& who)> on_up{};
  /// `reset`: its kernel said that nobody listens any more (the process is gone), rather than that the network is silent. Also
  /// for a peer that was never up. false may be followed by true when that is found out later; neither comes twice without an
  /// on_up between.
  std::function<void(const lane_owner& who, bool reset)> on_down{};
};

class links {
 public:
  virtual ~links() = default;
  /// The port that is listened on.
  virtual std::uint16_t port() const = 0;
  /// Connects to those given and forgets others, with all that waits for them. Any thread.
  virtual void set_peers(std::vector<link_peer> peers) = 0;
  /// To a peer of set_peers. Never blocks. While both processes live it arrives once and in order, over reconnects too; but a
  /// heartbeat is lost while the link is down.
  /// @error not_found    no such peer; @error full  `waiting_bytes_max`, or larger than `message_bytes_max`
  /// @error unavailable  a heartbeat while the link is down; @error wrong_state  closed
  virtual result<void> send(const lane_owner& to, envelope what) = 0;
  virtual std::vector<link_view> view() const = 0;
  virtual link_refusals refusals() const = 0;
  /// Ends all links and threads. Not from a handler. Idempotent.
  virtual void close() = 0;
};

/// @error unavailable  the address cannot be bound; @error invalid  a certificate cannot be read, or some but not all are given,
/// or none although `host` is not loopback
result<std::unique_ptr<links>> open_links(link_options options, link_handlers handlers);

}  // namespace seatgrid::cluster
