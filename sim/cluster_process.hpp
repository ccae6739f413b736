#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/router.hpp"
#include "actors/virtual_engine.hpp"
#include "cluster/lane_journal.hpp"
#include "cluster/memory_links.hpp"
#include "cluster/steward_desk.hpp"
#include "sim/cluster_log.hpp"
#include "sim/cluster_plan.hpp"
#include "sim/media_world.hpp"
#include "sim/phones.hpp"
#include "sim/stage.hpp"

namespace seatgrid::sim {

/// What all processes of a run stand on.
struct cluster_ground {
  const cluster_plan& plan;
  const tenant_book& tenants;
  stage& on;
  phones& far_ends;
  media_world& media;
  cluster::memory_network& network;
  std::shared_ptr<memory_brokers> lanes{}, nodes{};
  std::function<void(const std::string&)> complain{};
  witness_journal::told acknowledged{};
  std::function<void()> log_moved{};
  cluster::node_time now() const { return cluster::node_time{on.now().us - virtual_clock{}.at.us + 3'600'000'000}; }
};

/// UTC of one host.
class host_clock final : public clock {
 public:
  explicit host_clock(const stage& on) : stage_(on) {}
  time_point now() const override { return stage_.now() + off; }
  std::chrono::microseconds off{};

 private:
  const stage& stage_;
};

/// One process of a node: journal, actors, router, steward and links, as apps/cluster_seat wires them, driven by hand.
class cluster_process {
 public:
  /// `clock` and `store` are the host's: they outlive the process.
  cluster_process(cluster_ground& ground, cluster::lane_owner me, const host_clock& clock, std::shared_ptr<lane_store> store);
  ~cluster_process() { die(false); }
  cluster_process(const cluster_process&) = delete;
  cluster_process& operator=(const cluster_process&) = delete;

  /// @error unavailable  the log does not answer
  result<void> start();
  /// kill -9. With `last_words` what it had sent still arrives.
  void die(bool last_words);
  /// SIGSTOP and SIGCONT.
  void pause(bool stopped);
  void cut_from_log(bool roster_too, bool away);
  /// It gives its lanes to others, and takes none while this lasts.
  void drain(bool drains) { drains_ = drains; }

  /// Everything that is due now, and one message of one actor. False: nothing was.
  bool step();
  /// The log has something new: read within `wait`.
  void read_log_in(std::chrono::microseconds wait);
  std::optional<std::chrono::microseconds> until_next() const;
  void advance(std::chrono::microseconds by);

  const cluster::lane_owner& me() const { return me_; }
  bool is_dead() const { return dead_; }
  bool is_paused() const { return paused_; }
  bool speaks_for(slot_number at) const;
  /// Why this process must end; empty = it goes on.
  const std::string& ended() const { return ended_; }
  bool owns(lane_id lane) const { return router_ && router_->owns(lane); }
  actors::virtual_engine& actors() { return *engine_; }
  actors::router& routes() { return *router_; }
  cluster::steward_desk& desk() { return *desk_; }
  std::vector<cluster::lane_view> lanes() const { return journal_->lanes(); }
  std::uint64_t steps_waiting() const { return journal_->status().waiting; }
  void order(control::command what, const std::string& tenant);
  std::uint64_t orders() const { return orders_; }
  std::uint64_t answers() const { return answers_; }

 private:
  bool keep(std::function<void()> what);
  result<void> open_journal();
  void make_router();
  void make_engine();
  result<void> open_desk();
  cluster::steward_hooks hooks();
  cluster::link_handlers kept(cluster::link_handlers handlers);
  void claim(lane_id lane);
  void claimed(lane_id lane);
  void open_slot(slot_number at);
  void close_slot(slot_number at);
  /// The station at the slot is this process's, as far as the network goes.
  bool is_station(slot_number at) const;
  bool may_order(slot_number at) const;
  void look_again();
  void say(const std::string& line) const { ground_.on.say(me_.node + ": " + line); }

  cluster_ground& ground_;
  const cluster::lane_owner me_;
  const host_clock& clock_;
  const std::shared_ptr<lane_store> store_;
  cut_log* log_ = nullptr;
  memory_log* log_under_ = nullptr;
  cut_log* roster_ = nullptr;
  memory_log* roster_under_ = nullptr;
  std::unique_ptr<cluster::lane_journal> journal_{};
  std::unique_ptr<witness_journal> witness_{};
  std::unique_ptr<actors::router> router_{};
  std::unique_ptr<actors::virtual_engine> engine_{};
  std::unique_ptr<cluster::steward_desk> desk_{};
  std::map<slot_number, std::uint64_t> stations_{};       ///< open here; the station's life
  std::map<slot_number, cluster::process_id> holders_{};  ///< as last seen
  std::deque<std::function<void()>> kept_{};              ///< came while it was stopped
  std::optional<time_point> read_at_{};
  time_point tick_at_{};
  cluster::node_time steward_at_{};
  std::chrono::microseconds slept_{};
  std::uint64_t orders_ = 0, answers_ = 0;
  std::string ended_{};
  bool looks_ = false;
  bool dead_ = false;
  bool paused_ = false;
  bool drains_ = false;
};

}  // namespace seatgrid::sim
