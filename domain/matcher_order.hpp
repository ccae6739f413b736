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
      lasts_.push_back(key);
      ++size_;
      return true;
    }
    const auto which = std::min(run_of(key), runs_.size() - 1);
    auto& run = runs_[which];
    const auto at = std::lower_bound(run.begin(), run.end(), key);
    if (at != run.end() && *at == key) return false;
    run.insert(at, key);
    lasts_[which] = run.back();
    ++size_;
    if (run.size() >= run_max) split(which);
    return true;
  }

  /// False when the key is not there.
  bool erase(const Key& key) {
    const auto which = run_of(key);
    if (which == runs_.size()) return false;
    auto& run = runs_[which];
    const auto at = std::lower_bound(run.begin(), run.end(), key);
    if (at == run.end() || !(*at == key)) return false;
    run.erase(at);
    --size_;
    if (run.empty()) {
      drop(which);
    } else {
      lasts_[which] = run.back();
      join(which);
    }
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
    const auto which = run_of(key);
    if (which == runs_.size()) return walk{runs_, which, 0};
    const auto& run = runs_[which];
    return walk{runs_, which, static_cast<std::size_t>(std::lower_bound(run.begin(), run.end(), key) - run.begin())};
  }

 private:
  /// The run in which `key` is or would be; behind the last for a key greater than all. Searches the copies of the runs' last
  /// keys: a look into each run itself would miss the cache every time.
  std::size_t run_of(const Key& key) const {
    return static_cast<std::size_t>(std::lower_bound(lasts_.begin(), lasts_.end(), key) - lasts_.begin());
  }
  static auto at(auto& all, std::size_t which) { return all.begin() + static_cast<std::ptrdiff_t>(which); }

  void split(std::size_t which) {
    auto& run = runs_[which];
    const auto half = run.begin() + run_max / 2;
    std::vector<Key> upper;
    upper.reserve(run_max);
    upper.assign(half, run.end());
    run.erase(half, run.end());
    lasts_[which] = run.back();
    lasts_.insert(at(lasts_, which + 1), upper.back());
    runs_.insert(at(runs_, which + 1), std::move(upper));
  }

  void drop(std::size_t which) {
    runs_.erase(at(runs_, which));
    lasts_.erase(at(lasts_, which));
  }

  // Short neighbours become one, so that a set that shrinks at random does not keep thousands of short runs.
  void join(std::size_t which) {
    if (which + 1 == runs_.size()) return;
    auto& run = runs_[which];
    const auto& after = runs_[which + 1];
    if (run.size() + after.size() > run_max / 4) return;
    run.insert(run.end(), after.begin(), after.end());
    lasts_[which] = run.back();
    drop(which + 1);
  }

  std::vector<std::vector<Key>> runs_{};
  std::vector<Key> lasts_{};  ///< of each run
  std::size_t size_ = 0;
};

}  // namespace seatgrid
