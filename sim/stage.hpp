#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "actors/virtual_engine.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "sim/dice.hpp"

namespace seatgrid::sim {

/// Virtual UTC time of the whole run.
class virtual_clock final : public clock {
 public:
  time_point now() const override { return at; }
  time_point at{1'800'000'000'000'000};
};

/// Who answers at the addresses of a slot, as the world outside sees it: the edge and media engine of one process.
struct station_place {
  std::uint64_t life = 0;  ///< which opening of the slot
  bool open = false;
  std::function<void(leg_event)> on_leg{};
  std::function<void(media_event)> on_media{};
  std::function<bool()> may_speak{};  ///< empty = always
  /// Takes what comes to a process that is stopped, and runs it when that goes on. Empty = it is never stopped.
  std::function<bool(std::function<void()>)> keep{};
};

/// What every part of the world shares: time, chance, what happens when, and the node while it lives.
class stage {
 public:
  explicit stage(std::uint64_t seed) : chance(seed) {}

  virtual_clock time{};
  dice chance;
  std::unique_ptr<actors::virtual_engine> engine{};  ///< null = killed
  std::uint64_t lives = 0;                           ///< which life of the node this is
  std::map<slot_number, station_place> stations{};   ///< of a node alone: slot 0
  std::function<void(const std::string&)> trace{};   ///< empty = nobody looks

  time_point now() const { return time.at; }
  void at(time_point when, std::function<void()> what) { agenda_.emplace(std::pair{when, ++serial_}, std::move(what)); }
  void in(std::chrono::microseconds wait, std::function<void()> what) { at(now() + wait, std::move(what)); }
  /// As `in`, forgotten when the slot's edge dies first: what was inside its process, or on the way to it.
  void in_life_of(slot_number slot, std::chrono::microseconds wait, std::function<void()> what) {
    const auto life = stations[slot].life;
    in(wait, [this, slot, life, what = std::move(what)] { at_station(slot, life, what); });
  }
  bool listens(slot_number slot) const {
    const auto it = stations.find(slot);
    return it != stations.end() && it->second.open;
  }
  bool speaks(slot_number slot) const {
    const auto it = stations.find(slot);
    return it != stations.end() && it->second.open && (!it->second.may_speak || it->second.may_speak());
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
  void at_station(slot_number slot, std::uint64_t life, const std::function<void()>& what) {
    const auto& place = stations[slot];
    if (life != place.life || !place.open) return;
    if (place.keep && place.keep([this, slot, life, what] { at_station(slot, life, what); })) return;
    what();
  }

  std::uint64_t serial_ = 0;
  std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> agenda_{};
};

}  // namespace seatgrid::sim
