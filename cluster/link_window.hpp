#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "cluster/link_frame.hpp"
#include "cluster/links.hpp"

/// Once and in order over reconnects: numbers, what waits for its acknowledgement, what has arrived. Pure.
namespace seatgrid::cluster {

/// The messages of one stream that the peer has not acknowledged.
class link_window {
 public:
  explicit link_window(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  /// @error full  `bytes_max`, until less than half of it waits: one gap, rather than one message here and there
  result<void> push(envelope what);
  /// Appends the next frame to `out`; false when all is written.
  bool write_next(std::string& out);
  /// @error corrupt  it was never written
  result<void> acknowledged(std::uint64_t seq);
  /// A new connection: all behind `heard` is written again. @error corrupt  `heard` was never written
  result<void> begin_again(std::uint64_t heard);
  std::uint64_t first() const { return first_; }  ///< the oldest that waits, or will be sent next
  std::size_t bytes() const { return bytes_; }
  bool is_full() const { return full_; }
  bool is_written() const { return next_ == waiting_.size(); }
  std::uint64_t repeated() const { return repeated_; }

 private:
  std::size_t bytes_max_;
  std::deque<envelope> waiting_{};
  std::uint64_t first_ = 1;
  std::uint64_t written_ = 0;  ///< the highest number of which a part was ever written
  std::size_t next_ = 0;       ///< index of the message that is written next
  std::size_t offset_ = 0;     ///< bytes of it that are written
  std::size_t bytes_ = 0;
  bool full_ = false;
  std::uint64_t repeated_ = 0;
};

/// What has arrived of a peer's stream.
class link_inbox {
 public:
  explicit link_inbox(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}
  /// A new connection. `first` counts only when the stream is new.
  void begin(std::uint64_t stream, std::uint64_t first);
  /// A part: the message that it completes, none if parts are missing or it had arrived before.
  /// @error corrupt  a gap in the numbers, a part of another kind, or more than `message_bytes_max`
  result<std::optional<envelope>> take(const link_frame& part);
  std::uint64_t stream() const { return stream_; }
  std::uint64_t arrived() const { return arrived_; }

 private:
  std::size_t message_bytes_max_;
  std::uint64_t stream_ = 0;
  std::uint64_t arrived_ = 0;
  std::optional<envelope> begun_{};
};

}  // namespace seatgrid::cluster
