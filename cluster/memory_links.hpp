#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/link_course.hpp"
#include "cluster/links.hpp"

/// Links between processes that are objects of one program, for tests and simulation: the promises of cluster/links.hpp,
/// delivered by hand in an order that the calls alone decide. No thread, no clock, no chance; not for several threads. Addresses
/// do not matter.
namespace seatgrid::cluster {

class memory_network {
 public:
  memory_network();
  ~memory_network();
  memory_network(const memory_network&) = delete;
  memory_network& operator=(const memory_network&) = delete;

  /// As open_links. Another process of the same id must not have been opened before. The network must outlive it.
  std::unique_ptr<links> open(link_options options, link_handlers handlers);

  /// Calls the next handler that is due: what stands between two processes (up, down) first, then messages, the oldest first.
  /// False when nothing is due at now().
  bool deliver_one();
  /// All that is due, and what follows of it, at most `most`. How many handlers were called.
  std::size_t deliver(std::size_t most = 1'000'000);
  /// Time passes, and what becomes due meanwhile is delivered in its order.
  void advance(std::chrono::microseconds by);
  /// When something is due next, as things stand; none = nothing is under way.
  std::optional<node_time> next_due();
  node_time now() const { return now_; }

  /// From now on messages, and news of a death, need so long. Default: none.
  void set_delay(milliseconds all) { delay_ = all; }
  void set_delay(process_id from, process_id to, milliseconds one_way) { delays_[{from, to}] = one_way; }
  /// Nothing passes from one to the other: messages wait, heartbeats are lost, and after `silence` both hear on_down without
  /// reset.
  void partition(process_id from, process_id to);
  void heal(process_id from, process_id to);
  void heal_all();
  /// The connection breaks and is made anew before anybody is told: heartbeats under way are lost, messages are not.
  void break_link(process_id a, process_id b);
  /// kill -9. With `last_words` what it had sent still arrives; else it is gone. Its handlers are never called again.
  void kill(process_id who, bool last_words = false);

 private:
  class member_links;
  using pair = std::pair<process_id, process_id>;
  struct sent {
    envelope what{};
    node_time due{};
    std::uint64_t number = 0;
  };
  /// What one process knows of another, and has sent to it.
  struct side {
    lane_owner other{};
    link_peer at{};
    link_course course{};
    std::deque<sent> waiting{};
    std::deque<sent> beats{};
    std::size_t bytes = 0;
    bool full = false;
    bool filled = false;  ///< not told yet
    std::uint64_t sent_messages = 0, received = 0;
    std::string trouble{};
  };
  struct member {
    link_options options{};
    link_handlers handlers{};
    std::uint16_t port = 0;
    bool dead = false;
    node_time died_at{};
  };
  void set_peers(process_id me, std::vector<link_peer> peers);
  result<void> send(process_id me, const lane_owner& to, envelope what);
  std::vector<link_view> view(process_id me) const;
  bool passes(process_id a, process_id b) const;
  side* side_of(process_id me, process_id other);
  milliseconds delay_of(process_id from, process_id to) const;
  node_time silent_since(process_id a, process_id b) const;
  bool tell_one();
  bool tell_of(const pair& who, side& at);
  bool lose(const pair& who, side& at, link_end how, std::string why);
  bool tell_up(const pair& who, const side& at);
  bool tell_down(const pair& who, const side& at, std::optional<link_down> word);
  bool flows(const pair& way);
  bool deliver_message();

  std::map<process_id, member> members_{};
  std::map<pair, side> sides_{};
  std::map<pair, node_time> cut_{};
  std::map<pair, milliseconds> delays_{};
  milliseconds delay_{};
  node_time now_{};
  std::uint64_t numbers_ = 0;
};

}  // namespace seatgrid::cluster
