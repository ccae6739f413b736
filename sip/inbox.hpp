#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace seatgrid::sip {

/// A bounded queue from any thread into the edge's, with a descriptor that its loop waits on.
template <class T>
class inbox {
 public:
  explicit inbox(std::size_t limit) : limit_(limit), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~inbox() { ::close(wake_); }
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  /// False when `limit` items wait or the inbox is closed.
  bool push(T item) {
    bool first = false;
    {
      const std::lock_guard hold{mutex_};
      if (closed_ || items_.size() >= limit_) return false;
      first = items_.empty();
      items_.push_back(std::move(item));
    }
    if (first) ring();
    return true;
  }
  std::vector<T> take() {
    std::uint64_t rings = 0;
    [[maybe_unused]] const auto got = ::read(wake_, &rings, sizeof rings);
    std::vector<T> all;
    const std::lock_guard hold{mutex_};
    all.swap(items_);
    return all;
  }
  void close() {
    const std::lock_guard hold{mutex_};
    closed_ = true;
  }
  void ring() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_, &one, sizeof one);
  }
  std::size_t size() const {
    const std::lock_guard hold{mutex_};
    return items_.size();
  }
  int descriptor() const { return wake_; }

 private:
  mutable std::mutex mutex_{};
  std::vector<T> items_{};
  std::size_t limit_ = 0;
  bool closed_ = false;
  int wake_ = -1;
};

}  // namespace seatgrid::sip
