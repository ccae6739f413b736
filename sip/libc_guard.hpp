#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"
#include "sip/datagram_filter.hpp"
#include "sip/net_address.hpp"
#include "sip/stream_refusals.hpp"

/// Our binary's own recvmsg, sendmsg, getaddrinfo and epoll_wait. Sofia offers no hook before it parses, sends, resolves or
/// waits, but it calls these through the dynamic linker, which finds ours first. They act only on threads marked by a
/// guarded_thread; every other thread of the process (Kafka's, HTTP's) gets libc's.
///
/// epoll_wait: Sofia cuts what is left until its next timer down to whole milliseconds, so that the last one of every wait
/// becomes "do not wait" in a loop (two thirds of the edge's CPU). Here that is one millisecond: timers are late by less than
/// that.
namespace seatgrid {

/// What happens to the sockets of one Sofia thread. Used by that thread alone, but for `may_send` and the counts.
class socket_guard {
 public:
  static constexpr std::size_t streams_max = 65'536;

  /// Without a filter everything is received; names are never resolved either way.
  explicit socket_guard(const clock& time, datagram_filter* filter = nullptr) : clock_(time), filter_(filter) {}

  /// The lease: while false, not one datagram leaves or is heard, and connections break (DESIGN section 5). Any thread.
  std::atomic<bool> may_send{true};
  /// The same, asked for each datagram: a process that was stopped learns of it before it says a word. Empty = always.
  std::function<bool()> may_speak{};
  /// Nothing leaves and nothing is heard now.
  bool is_silent() const;
  std::uint64_t unsent() const noexcept { return unsent_.load(std::memory_order_relaxed); }
  std::uint64_t unheard() const noexcept { return unheard_.load(std::memory_order_relaxed); }

  /// How many bytes of the datagram Sofia may see; 0 = it never came.
  std::size_t admit(std::string_view datagram, const net_address& from);
  /// Called before Sofia sees anything that came: whether it is a PRACK.
  std::function<void(bool)> on_arrival{};
  /// What the sender of the last datagram is told instead, once; empty = nothing.
  std::string take_refusal() { return std::exchange(refusal_, {}); }
  /// The same for a piece of a connection.
  stream_verdict admit_stream(int socket, const net_address& from, std::string_view chunk);
  void stream_ended(int socket);
  /// Sofia wrote a message to a connection, or a first part of what it had to say: nothing of ours may come in between.
  void stream_wrote(int socket, bool whole);
  /// Whether this may leave now; `head` is its beginning.
  bool admit_send(int socket, bool is_stream, const net_address& to, std::string_view head);

 private:
  struct stream {
    net_address peer{};
    bool vetted = false;
    bool mid_write = false;
    stream_refusals refusals{};
    stream_scanner scanner{};
  };
  stream& stream_of(int socket, const net_address& peer);

  const clock& clock_;
  datagram_filter* filter_ = nullptr;
  std::unordered_map<int, stream> streams_{};
  std::string refusal_{};
  std::atomic<std::uint64_t> unsent_{0}, unheard_{0};
};

/// Marks the calling thread for as long as it lives. One at a time per thread.
class guarded_thread {
 public:
  explicit guarded_thread(socket_guard& guard) noexcept;
  ~guarded_thread();
  guarded_thread(const guarded_thread&) = delete;
  guarded_thread& operator=(const guarded_thread&) = delete;
};

/// False when other libraries of this process would not reach our functions (linked in the wrong way): do not serve then.
bool is_libc_guard_linked() noexcept;

}  // namespace seatgrid
