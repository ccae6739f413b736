#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace seatgrid {

/// Hands items from any number of threads to any number of threads, in order, never more than `bound` at once. A producer that
/// meets the bound is refused at once and keeps its item. `name` is what the refusal and the metrics call it.
template <class T>
class bounded_queue {
 public:
  bounded_queue(std::string_view name, std::size_t bound) : name_(name), bound_(bound) {}
  bounded_queue(const bounded_queue&) = delete;
  bounded_queue& operator=(const bounded_queue&) = delete;

  /// Moves from `item` only when it succeeds. @error full  `bound` items wait. @error wrong_state  closed.
  result<void> push(T&& item) {
    {
      const std::lock_guard lock{mutex_};
      if (closed_) return fail(errc::wrong_state, name_ + " is closed");
      if (items_.size() - head_ >= bound_) return fail(errc::full, name_ + " holds " + std::to_string(bound_));
      items_.push_back(std::move(item));
      if (sleepers_ == 0) return {};
    }
    ready_.notify_one();
    return {};
  }

  /// Waits for one item; nothing once the queue is closed and empty.
  std::optional<T> take() {
    std::unique_lock lock{mutex_};
    sleep(lock, [this] { return any() || closed_; });
    return front();
  }
  /// Like take(), for at most `patience`.
  std::optional<T> take_for(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    ++sleepers_;
    ready_.wait_for(lock, patience, [this] { return any() || closed_; });
    --sleepers_;
    return front();
  }
  /// Waits until something is there, then puts all of it into `into` (which is emptied first, its memory reused); nothing after
  /// `patience`. False once the queue is closed and empty.
  bool take_all_for(std::chrono::milliseconds patience, std::vector<T>& into) {
    std::unique_lock lock{mutex_};
    ++sleepers_;
    ready_.wait_for(lock, patience, [this] { return any() || closed_; });
    --sleepers_;
    return hand_over(into) || !closed_;
  }
  /// take_all_for() without waiting: false when nothing is there.
  bool try_take_all(std::vector<T>& into) {
    const std::lock_guard lock{mutex_};
    return hand_over(into);
  }

  /// Refuses every later push; what waits can still be taken.
  void close() {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
    }
    ready_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return items_.size() - head_;
  }
  std::size_t bound() const noexcept { return bound_; }
  const std::string& name() const noexcept { return name_; }

 private:
  bool any() const { return head_ < items_.size(); }
  template <class Ready>
  void sleep(std::unique_lock<std::mutex>& lock, Ready ready) {
    ++sleepers_;
    ready_.wait(lock, ready);
    --sleepers_;
  }
  std::optional<T> front() {
    if (!any()) return std::nullopt;
    std::optional<T> item{std::move(items_[head_++])};
    if (head_ == items_.size())
      items_.clear(), head_ = 0;
    else if (head_ > 1'024 && head_ > items_.size() / 2)
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_)), head_ = 0;
    return item;
  }
  bool hand_over(std::vector<T>& into) {
    into.clear();
    if (!any()) return false;
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    items_.swap(into);
    return true;
  }

  const std::string name_;
  const std::size_t bound_;
  mutable std::mutex mutex_{};
  std::condition_variable ready_{};
  std::vector<T> items_{};
  std::size_t head_ = 0;  ///< items_ before it were taken
  std::size_t sleepers_ = 0;
  bool closed_ = false;
};

}  // namespace seatgrid
