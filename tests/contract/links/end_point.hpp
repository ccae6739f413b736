#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/links.hpp"

namespace seatgrid::testing {

using namespace std::chrono_literals;
using cluster::envelope;
using cluster::lane_owner;
using cluster::link_kind;
using cluster::process_id;

inline lane_owner process_of(const std::string& node, std::uint64_t number) { return {node, {number, number}}; }

/// What the links of one process told, so that a test can wait for it.
class end_point {
 public:
  explicit end_point(lane_owner who, cluster::link_options options = {}) {
    options.me = std::move(who);
    if (options.cluster.empty()) options.cluster = "test";
    me = options.me;
    auto opened = cluster::open_links(options, handlers());
    if (opened)
      link = std::move(*opened);
    else
      why = opened.error();
  }
  ~end_point() {
    if (link) link->close();
  }
  end_point(const end_point&) = delete;
  end_point& operator=(const end_point&) = delete;

  cluster::link_peer as_peer() const { return {me, "127.0.0.1", link->port()}; }
  cluster::link_view view_of(const lane_owner& who) const {
    for (auto& one : link->view())
      if (one.who == who) return one;
    return {};
  }

  /// Whether `holds` comes true within `patience`; called under the lock.
  bool wait(const std::function<bool()>& holds, std::chrono::milliseconds patience = 20s) {
    std::unique_lock lock{guard};
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() >= until) return false;
      changed.wait_for(lock, 5ms);
    }
    return true;
  }
  bool wait_up(const lane_owner& who) {
    return wait([&] { return view_of(who).up; });
  }
  std::size_t count_of(const lane_owner& who) {
    std::lock_guard lock{guard};
    return got[who].size();
  }

  lane_owner me{};
  error why{};
  std::unique_ptr<cluster::links> link{};
  std::mutex guard{};
  std::condition_variable changed{};
  std::map<lane_owner, std::vector<std::string>> got{};  ///< bytes in order, but for heartbeats
  std::map<lane_owner, std::size_t> beats{};
  struct word {
    lane_owner who{};
    bool up = false;
    bool reset = false;
    std::chrono::steady_clock::time_point at{};
  };
  std::vector<word> words{};  ///< on_up and on_down
  std::function<void(const lane_owner&, const envelope&)> on_each{};

 private:
  cluster::link_handlers handlers() {
    return {.on_message =
                [this](const lane_owner& from, envelope what) {
                  if (on_each) on_each(from, what);
                  std::lock_guard lock{guard};
                  if (what.kind == link_kind::heartbeat)
                    ++beats[from];
                  else
                    got[from].push_back(std::move(what.bytes));
                  changed.notify_all();
                },
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

}  // namespace seatgrid::testing
