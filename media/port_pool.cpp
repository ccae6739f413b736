#include "media/port_pool.hpp"

namespace seatgrid::media {

port_pool::port_pool(std::uint16_t first, std::uint16_t last) : first_(static_cast<std::uint16_t>(first + (first & 1U))) {
  // The odd port above carries RTCP: it must fit below `last` too.
  used_.resize(last > first_ ? static_cast<std::size_t>(last - first_ + 1) / 2 : 0, false);
}

std::optional<std::uint16_t> port_pool::take() {
  const std::lock_guard hold{lock_};
  for (std::size_t tried = 0; tried < used_.size(); ++tried) {
    const auto at = next_;
    next_ = (next_ + 1) % used_.size();
    if (used_[at]) continue;
    used_[at] = true;
    ++count_;
    return static_cast<std::uint16_t>(first_ + 2 * at);
  }
  return std::nullopt;
}

bool port_pool::contains(std::uint16_t port) const {
  return port >= first_ && (port - first_) % 2 == 0 && slot(port) < used_.size();
}

bool port_pool::take(std::uint16_t port) {
  const std::lock_guard hold{lock_};
  if (!contains(port) || used_[slot(port)]) return false;
  used_[slot(port)] = true;
  ++count_;
  return true;
}

void port_pool::give(std::uint16_t port) {
  const std::lock_guard hold{lock_};
  if (!contains(port) || !used_[slot(port)]) return;
  used_[slot(port)] = false;
  --count_;
}

std::size_t port_pool::used() const {
  const std::lock_guard hold{lock_};
  return count_;
}

}  // namespace seatgrid::media
