#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cluster/links.hpp"

namespace seatgrid::testing {

using namespace std::chrono_literals;
using cluster::envelope;
using cluster::lane_owner;
using cluster::link_kind;
using cluster::process_id;

inline lane_owner process_of(const std::string& node, std::uint64_t number) { return {node, {number, number}}; }
inline std::string text_of(std::size_t number) { return "message " + std::to_string(number); }

/// How links are opened, and what makes their time pass while a test waits.
struct link_world {
  std::function<result<std::unique_ptr<cluster::links>>(cluster::link_options, cluster::link_handlers)> open{cluster::open_links};
  std::function<void()> pump{};  ///< none: threads of their own do it
};

/// The links of one process, and what they told, so that a test can wait for it.
class end_point {
 public:
  explicit end_point(lane_owner who, cluster::link_options options = {}, link_world of = {})
      : me(std::move(who)), world(std::move(of)) {
    options.me = me;
    if (options.cluster.empty()) options.cluster = "test";
    auto opened = world.open(options, handlers());
    if (opened)
      link = std::move(*opened);
    else
      why = opened.error();
  }
  ~end_point() { link.reset(); }
  end_point(const end_point&) = delete;
  end_point& operator=(const end_point&) = delete;

  cluster::link_peer as_peer() const { return {me, "127.0.0.1", link->port()}; }
  cluster::link_peer as_peer_at(std::uint16_t port) const { return {me, "127.0.0.1", port}; }
  cluster::link_view view_of(const lane_owner& who) const {
    for (auto& one : link->view())
      if (one.who == who) return one;
    return {};
  }

  /// Whether `holds` comes true within `patience`; called under the lock.
  bool wait(const std::function<bool()>& holds, std::chrono::milliseconds patience = 20s) {
    const auto until = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock{guard};
    while (!holds()) {
      if (std::chrono::steady_clock::now() >= until) return false;
      if (world.pump) {
        lock.unlock();
        world.pump();
        lock.lock();
      } else {
        changed.wait_for(lock, 2ms);
      }
    }
    return true;
  }
  bool wait_up(const lane_owner& who) {
    return wait([&] { return view_of(who).up; });
  }
  bool wait_trouble(const lane_owner& who, const std::string& part) {
    return wait([&] { return view_of(who).trouble.find(part) != std::string::npos; });
  }
  bool wait_refusal(const std::string& part) {
    return wait([&] { return link->refusals().last.find(part) != std::string::npos; });
  }
  bool wait_got(const lane_owner& who, std::size_t count, std::chrono::milliseconds patience = 60s) {
    return wait([&] { return got[who].size() >= count; }, patience);
  }
  std::size_t count_of(const lane_owner& who) {
    std::lock_guard lock{guard};
    return got[who].size();
  }
  /// Empty, or the first of `count` messages that is not text_of its place.
  std::string first_wrong(const lane_owner& who, std::size_t count) {
    std::lock_guard lock{guard};
    const auto& all = got[who];
    for (std::size_t i = 0; i < count; ++i)
      if (i >= all.size() || all[i] != text_of(i)) return std::to_string(i) + ": " + (i < all.size() ? all[i] : "missing");
    return all.size() == count ? "" : std::to_string(all.size()) + " came";
  }
  struct word {
    lane_owner who{};
    bool up = false;
    bool reset = false;
    std::chrono::steady_clock::time_point at{};
  };
  std::vector<word> words_of(const lane_owner& who) {
    std::lock_guard lock{guard};
    std::vector<word> all;
    for (const auto& one : words)
      if (one.who == who) all.push_back(one);
    return all;
  }
  /// Waits for an on_down with this `reset` that is its last word.
  bool wait_down(const lane_owner& who, bool reset) {
    return wait([&] {
      for (auto one = words.rbegin(); one != words.rend(); ++one)
        if (one->who == who) return !one->up && one->reset == reset;
      return false;
    });
  }

  lane_owner me;
  link_world world;
  error why{};
  std::unique_ptr<cluster::links> link{};
  std::mutex guard{};
  std::condition_variable changed{};
  std::map<lane_owner, std::vector<std::string>> got{};  ///< bytes in order, but for heartbeats
  std::map<lane_owner, std::size_t> beats{};
  std::map<lane_owner, std::size_t> got_at_first_beat{};
  std::vector<word> words{};  ///< on_up and on_down

 private:
  void take(const lane_owner& from, envelope what) {
    std::lock_guard lock{guard};
    if (what.kind != link_kind::heartbeat)
      got[from].push_back(std::move(what.bytes));
    else if (++beats[from] == 1)
      got_at_first_beat[from] = got[from].size();
    changed.notify_all();
  }
  cluster::link_handlers handlers() {
    return {.on_message = [this](const lane_owner& from, envelope what) { take(from, std::move(what)); },
            .on_up =
                [this](const lane_owner& who) {
                  tell({who, true, false, std::chrono::steady_clock::now()});
                },
            .on_down =
                [this](const lane_owner& who, bool reset) {
                  tell({who, false, reset, std::chrono::steady_clock::now()});
                }};
  }
  void tell(word what) {
    std::lock_guard lock{guard};
    words.push_back(std::move(what));
    changed.notify_all();
  }
};

inline void join(end_point& a, end_point& b) {
  a.link->set_peers({b.as_peer()});
  b.link->set_peers({a.as_peer()});
}

}  // namespace seatgrid::testing
