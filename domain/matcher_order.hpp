#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace seatgrid {

/// A sorted set in small contiguous runs: insert, erase and first in O(log n + run), the place of a key in O(n / run), a walk in
/// order from anywhere. Faster than a tree at our sizes because a key costs no allocation and neighbours share cache lines.
template <class Key>
class sorted_runs {
 public:
  static constexpr std::size_t run_max = 128;  // a full run splits in two halves

  bool empty() const { return runs_.empty(); }
  std::size_t size() const { return size_; }
  /// Only when not empty.
  const Key& front() const { return runs_.front().front(); }

  /// False when the key is there already.
  bool insert(const Key& key) {
    if (runs_.empty()) {
      runs_.emplace_back().push_back(key);
      ++size_;
      return true;
    }
    auto run = run_of(key);
    if (run == runs_.end()) --run;
    const auto at = std::lower_bound(run->begin(), run->end(), key);
    if (at != run->end() && *at == key) return false;
    run->insert(at, key);
    ++size_;
    if (run->size() >= run_max) split(run);
    return true;
  }

  /// False when the key is not there.
  bool erase(const Key& key) {
    const auto run = run_of(key);
    if (run == runs_.end()) return false;
    const auto at = std::lower_bound(run->begin(), run->end(), key);
    if (at == run->end() || !(*at == key)) return false;
    run->erase(at);
    --size_;
    if (run->empty())
      runs_.erase(run);
    else
      join(run);
    return true;
  }

  /// How many keys come before `key`.
  std::size_t place(const Key& key) const {
    std::size_t before = 0;
    for (const auto& run : runs_) {
      if (!(run.back() < key))
        return before + static_cast<std::size_t>(std::lower_bound(run.begin(), run.end(), key) - run.begin());
      before += run.size();
    }
    return before;
  }

  /// A walk in order; ends when `at_end`. Any change of the set ends every walk.
  class walk {
   public:
    bool at_end() const { return run_ >= runs_->size(); }
    const Key& operator*() const { return (*runs_)[run_][at_]; }
    void next() {
      if (++at_ < (*runs_)[run_].size()) return;
      at_ = 0;
      ++run_;
    }

   private:
    friend class sorted_runs;
    walk(const std::vector<std::vector<Key>>& runs, std::size_t run, std::size_t at) : runs_(&runs), run_(run), at_(at) {}
    const std::vector<std::vector<Key>>* runs_;
    std::size_t run_;
    std::size_t at_;
  };
  walk begin() const { return walk{runs_, 0, 0}; }
  /// From the first key that is not less than `key`.
  walk from(const Key& key) const {
    const auto run = run_of(key);
    if (run == runs_.end()) return walk{runs_, runs_.size(), 0};
    const auto at = std::lower_bound(run->begin(), run->end(), key) - run->begin();
    return walk{runs_, static_cast<std::size_t>(run - runs_.begin()), static_cast<std::size_t>(at)};
  }

 private:
  using runs = std::vector<std::vector<Key>>;

  static bool ends_before(const std::vector<Key>& run, const Key& key) { return run.back() < key; }
  auto run_of(const Key& key) { return std::lower_bound(runs_.begin(), runs_.end(), key, ends_before); }
  auto run_of(const Key& key) const { return std::lower_bound(runs_.begin(), runs_.end(), key, ends_before); }

  void split(typename runs::iterator run) {
    const auto half = run->begin() + run_max / 2;
    std::vector<Key> upper(half, run->end());
    upper.reserve(run_max);
    run->erase(half, run->end());
    runs_.insert(std::next(run), std::move(upper));
  }

  // Short neighbours become one, so that a set that shrinks at random does not keep thousands of short runs.
  void join(typename runs::iterator run) {
    const auto after = std::next(run);
    if (after == runs_.end() || run->size() + after->size() > run_max / 4) return;
    run->insert(run->end(), after->begin(), after->end());
    runs_.erase(after);
  }

  runs runs_{};
  std::size_t size_ = 0;
};

}  // namespace seatgrid
