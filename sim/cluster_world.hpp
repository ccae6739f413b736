#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/auditor.hpp"
#include "sim/cluster_process.hpp"
#include "sim/cluster_simulation.hpp"

namespace seatgrid::sim {

/// A node: its host's clock and disk, and the processes that it has had. Numbers from 1, as its slot.
struct node_host {
  std::uint32_t number = 0;
  std::unique_ptr<host_clock> clock{};
  std::shared_ptr<lane_store> store{};
  std::vector<std::unique_ptr<cluster_process>> processes{};  ///< the last one lives, or none
  cluster_process* live() const { return processes.empty() || processes.back()->is_dead() ? nullptr : processes.back().get(); }
};

/// Reads the log and nothing else: what counts, checked step by step.
class referee {
 public:
  explicit referee(cluster_ground& ground);
  ~referee() { journal_->close(); }
  /// Reads what is there and checks it.
  void look();
  void check_work(bool fair);
  /// Messages between processes may be lost at this moment.
  void on_trouble();
  /// No call lives.
  bool is_at_rest() const;
  void at_end();
  std::string first() const;
  void acknowledged(const step_position& at, entity_ref entity, std::uint64_t chance);
  std::uint64_t steps() const;
  std::uint64_t talks() const;
  std::uint64_t claims() const { return claims_; }
  std::uint64_t acknowledgements() const { return acknowledged_.size(); }
  std::vector<cluster::lane_view> lanes() const { return journal_->lanes(); }

 private:
  struct told_step {
    step_position at{};
    entity_ref entity{};
    std::uint64_t chance = 0;
  };
  void check_acknowledged();
  void complain(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  cluster_ground& ground_;
  memory_log* log_ = nullptr;
  std::unique_ptr<cluster::lane_journal> journal_{};
  std::vector<std::unique_ptr<audit::auditor>> auditors_{};  ///< of lanes 1 ..
  std::vector<told_step> acknowledged_{};
  std::uint64_t claims_ = 0;
  std::string wrong_{};
};

/// Nodes, phones, and what befalls them, in virtual time.
class cluster_world {
 public:
  explicit cluster_world(const cluster_options& options);
  ~cluster_world();
  cluster_world(const cluster_world&) = delete;
  cluster_world& operator=(const cluster_world&) = delete;
  cluster_result go();

 private:
  // cluster_world.cpp
  std::string wrong() const;
  void start(node_host& at);
  void kill(node_host& at, bool empties_store, milliseconds away);
  bool over();
  void run_jobs();
  bool run_round();
  bool advance();
  void check_speakers();
  void check_held();
  void check_end();
  void log_moved();
  std::chrono::microseconds log_delay();
  void register_phones();
  void plan_orders();
  void give_order();
  cluster_process* owner_of(lane_id lane);
  node_host* host_of(const cluster_process* process);
  std::vector<cluster_process*> live() const;
  void complain(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }
  // cluster_troubles.cpp
  void plan_troubles();
  void plan_next_trouble();
  void trouble();
  /// Something is wrong from now on for `length`; checks that need calm wait for its end.
  void begin_trouble(const std::string& what, milliseconds length);
  void pause(node_host& at, milliseconds length);
  void part(node_host& a, node_host& b, bool both_ways, milliseconds length);
  void part_from_all(node_host& at, milliseconds length);
  void swizzle(node_host& at);
  void cut(node_host& at, bool roster_too, milliseconds length);
  void drain(node_host& at, milliseconds length);
  void stall(milliseconds length);
  void spoil_append();
  void shift_clock(node_host& at);
  void move_lane();
  node_host& any_host() { return hosts_[static_cast<std::size_t>(stage_.chance.between(0, plan_.nodes - 1))]; }
  // cluster_scenarios.cpp
  void plan_scenario();
  void when_calls_talk(std::function<void()> what);
  node_host& owner_host(lane_id lane);

  const cluster_options options_;
  stage stage_;
  const cluster_plan plan_;
  const tenant_book tenants_;
  phones phones_;
  media_world media_;
  cluster::memory_network network_{};
  cluster_ground ground_;
  std::unique_ptr<referee> referee_{};
  std::vector<node_host> hosts_{};
  std::optional<time_point> referee_reads_at_{};
  time_point began_{}, looked_at_{};
  time_point trouble_until_{}, alone_until_{};
  std::optional<time_point> quiet_since_{};
  std::uint64_t turns_ = 0, processes_ = 0, registers_ = 0, kills_ = 0, troubles_ = 0;
  std::uint64_t orders_lost_ = 0;
  std::string wrong_{};
};

}  // namespace seatgrid::sim
