#include "actors/timers.hpp"

#include <algorithm>

namespace seatgrid::actors {
namespace {

constexpr std::size_t compact_above = 1'024;  // stale entries are cheap until then

}  // namespace

bool timer_table::start(entity_ref entity, std::uint32_t timer, std::uint64_t generation, moment deadline) {
  const std::lock_guard lock{mutex_};
  const key what{entity, timer};
  running_[what] = {generation, ++serial_};
  heap_.push_back({deadline, serial_, what});
  std::push_heap(heap_.begin(), heap_.end(), later);
  if (heap_.size() > compact_above && heap_.size() > 4 * running_.size()) compact();
  return heap_.front().serial == serial_;
}

void timer_table::stop(entity_ref entity, std::uint32_t timer) {
  const std::lock_guard lock{mutex_};
  running_.erase({entity, timer});
}

void timer_table::clear() {
  const std::lock_guard lock{mutex_};
  running_.clear();
  heap_.clear();
}

void timer_table::drop_stale_top() {
  while (!heap_.empty()) {
    const auto it = running_.find(heap_.front().what);
    if (it != running_.end() && it->second.serial == heap_.front().serial) return;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

void timer_table::compact() {
  std::erase_if(heap_, [&](const entry& e) {
    const auto it = running_.find(e.what);
    return it == running_.end() || it->second.serial != e.serial;
  });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

std::vector<timer_table::due> timer_table::take_due(moment now, std::size_t most) {
  const std::lock_guard lock{mutex_};
  std::vector<due> out;
  for (drop_stale_top(); !heap_.empty() && heap_.front().deadline <= now && out.size() < most; drop_stale_top()) {
    const auto what = heap_.front().what;
    const auto it = running_.find(what);
    out.push_back({what.entity, what.timer, it->second.generation});
    running_.erase(it);
  }
  return out;
}

std::optional<timer_table::moment> timer_table::next() {
  const std::lock_guard lock{mutex_};
  drop_stale_top();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().deadline;
}

std::size_t timer_table::running() const {
  const std::lock_guard lock{mutex_};
  return running_.size();
}

}  // namespace seatgrid::actors
