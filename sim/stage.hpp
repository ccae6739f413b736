#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "actors/virtual_engine.hpp"
#include "base/time.hpp"
#include "sim/dice.hpp"

namespace seatgrid::sim {

/// Virtual UTC time of the whole run.
class virtual_clock final : public clock {
 public:
  time_point now() const override { return at; }
  time_point at{1'800'000'000'000'000};
};

/// What every part of the world shares: time, chance, what happens when, and the node while it lives.
class stage {
 public:
  explicit stage(std::uint64_t seed) : chance(seed) {}

  virtual_clock time{};
  dice chance;
  std::unique_ptr<actors::virtual_engine> engine{};  ///< null = killed
  std::uint64_t lives = 0;                           ///< which life of the node this is
  std::function<void(const std::string&)> trace{};   ///< empty = nobody looks

  time_point now() const { return time.at; }
  void at(time_point when, std::function<void()> what) { agenda_.emplace(std::pair{when, ++serial_}, std::move(what)); }
  void in(std::chrono::microseconds wait, std::function<void()> what) { at(now() + wait, std::move(what)); }
  /// As `in`, forgotten when the node dies first: what was inside the process.
  void in_this_life(std::chrono::microseconds wait, std::function<void()> what) {
    in(wait, [this, life = lives, what = std::move(what)] {
      if (life == lives && engine) what();
    });
  }
  std::optional<time_point> next() const {
    if (agenda_.empty()) return std::nullopt;
    return agenda_.begin()->first.first;
  }
  void run_due() {
    while (!agenda_.empty() && agenda_.begin()->first.first <= now()) {
      auto what = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      what();
    }
  }
  void say(const std::string& line) const {
    if (!trace) return;
    const auto ms = time.at.us / 1'000 % 100'000'000;
    trace(std::to_string(ms / 1'000) + "." + std::to_string(1'000 + ms % 1'000).substr(1) + " " + line);
  }

 private:
  std::uint64_t serial_ = 0;
  std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> agenda_{};
};

}  // namespace seatgrid::sim
