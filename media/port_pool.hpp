#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace seatgrid::media {

/// The even ports of [first, last], given out in turn so that a port rests as long as possible after a call. Thread-safe.
class port_pool {
 public:
  port_pool(std::uint16_t first, std::uint16_t last);
  std::optional<std::uint16_t> take();
  /// False when it is taken or outside the range. An odd or foreign port can still be bound by the caller, unpooled.
  bool take(std::uint16_t port);
  void give(std::uint16_t port);
  bool contains(std::uint16_t port) const;
  std::size_t total() const { return used_.size(); }
  std::size_t used() const;

 private:
  std::size_t slot(std::uint16_t port) const { return static_cast<std::size_t>(port - first_) / 2; }

  const std::uint16_t first_;
  mutable std::mutex lock_{};
  std::vector<bool> used_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace seatgrid::media
