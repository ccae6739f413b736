#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cluster/steward.hpp"

/// Stewards of two or three nodes over one roster, in virtual time: what may happen to them, and what must never be seen.
namespace seatgrid::model {

using cluster::node_time;

/// One process of a node.
struct steward_run {
  cluster::steward at{};
  std::string node{};
  bool runs = true;            ///< neither killed nor ended
  bool refuses_links = false;  ///< its kernel is there to say that it is gone
  node_time paused_until{};
  std::optional<node_time> cut_since{};  ///< it does not reach the log, and a frame of it lies in doubt since then
  node_time lag{};                       ///< of its tail; after a pause too
  std::size_t read = 0;
  std::size_t to_catch_up = 0;
  bool caught_up = false;
  std::set<slot_number> open{};
  std::set<cluster::process_id> told_dead{};
  std::deque<std::pair<node_time, cluster::steward_input>> inbox{};
  std::set<lane_id> given_up{};
  std::string ended{};  ///< why, when it ended itself
};

struct world_options {
  std::size_t nodes = 3;
  lane_id lanes = 4;
  cluster::steward_options steward{};
  cluster::steward_rules rules{};
  bool is_quiet = false;  ///< no call, no frame, nowhere
};

class steward_world {
 public:
  explicit steward_world(world_options what);

  /// Starts a process of node `n` (0, 1, ...), whatever another one does.
  std::size_t start(std::size_t n);
  /// Its kernel tells the others; or (`host_too`) nobody does.
  void kill(std::size_t process, bool host_too = false);
  void pause(std::size_t process, milliseconds time);
  /// What node `from` says does not reach node `to` until unblocked.
  void block(std::size_t from, std::size_t to, bool blocked);
  /// It alone does not reach the log.
  void cut_from_log(std::size_t process) { runs_.at(process).cut_since = now_; }
  /// Its tail is so late.
  void lag(std::size_t process, milliseconds by) { runs_.at(process).lag = by; }
  /// Nothing enters or leaves the log.
  void stall(bool away);
  void write(const cluster::roster_record& what);
  void give(std::size_t process, const cluster::steward_input& in);

  /// Until `time` has passed or a property is violated.
  void run(milliseconds time);
  node_time now() const { return now_; }
  const std::string& violation() const { return violation_; }
  std::vector<steward_run>& runs() { return runs_; }
  /// The last process of node `n`.
  std::optional<std::size_t> process_of(std::size_t n) const;
  /// Why not every slot speaks and every lane is owned by a live member; empty = all is well.
  std::string unserved() const;
  cluster::lane_owner owner(lane_id lane) const { return lanes_.at(lane); }
  /// Which process has slot `number` open and may speak; nothing = none.
  std::optional<std::size_t> speaker(slot_number number) const;
  const cluster::roster& truth() const { return truth_; }
  bool starts_again = false;  ///< a process that ended is started anew after half a second
  std::vector<std::string> story{};

 private:
  struct entry {
    cluster::roster_record what{};
    node_time at{};
  };
  bool is_awake(const steward_run& one) const { return one.runs && now_ >= one.paused_until; }
  void tick(steward_run& one);
  void read(steward_run& one);
  void hand_in(steward_run& one, const cluster::steward_input& in);
  void act(steward_run& one, const cluster::steward_output& out);
  void say_all(steward_run& one);
  void tell_resets(steward_run& one);
  void send(const steward_run& from, cluster::process_id to, cluster::steward_input in);
  steward_run* find(cluster::process_id process);
  void check();
  void note(const steward_run& one, const std::string& what);

  world_options options_;
  node_time now_{std::chrono::seconds{10}};
  std::vector<entry> log_{};
  std::vector<cluster::roster_record> waiting_{};
  bool stalled_ = false;
  node_time stalled_since_{};
  std::vector<steward_run> runs_{};
  std::set<std::pair<std::string, std::string>> blocked_{};
  std::vector<cluster::lane_owner> lanes_{};
  std::map<std::string, node_time> restarts_{};
  cluster::roster truth_{};
  bool anybody_joined_ = false;
  std::uint64_t processes_ = 0;
  std::string violation_{};
};

}  // namespace seatgrid::model
