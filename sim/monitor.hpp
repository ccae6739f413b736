#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "domain/agent.hpp"
#include "domain/call_rules.hpp"
#include "domain/queue.hpp"
#include "sim/plan.hpp"
#include "sim/stage.hpp"
#include "storage/journal.hpp"

namespace seatgrid::sim {

/// Folds every step that counts and checks the invariants of FEATURES.md 2.1 after each one. The first violation is kept.
class monitor {
 public:
  monitor(stage& on, const run_plan& plan, const journal& log) : stage_(on), plan_(plan), log_(log) {}

  /// Reads what counts since the last look.
  void look();
  /// The node died: what was folded is compared with the rows that the next life will read.
  void on_kill();
  void on_restart() { restarted_at_ = stage_.now(); }
  /// I12, asked whenever time moves and nothing is on its way.
  void check_work(bool all_counted);
  /// Nothing lives any more: one CDR per call, nothing waits, nobody is reserved.
  void at_end();

  const std::string& wrong() const { return wrong_; }
  std::uint64_t steps() const { return last_; }
  std::uint64_t talks() const { return talks_; }
  std::uint64_t closed() const { return closed_; }
  bool calls_are_over() const;

 private:
  void complain(const std::string& what);
  void on_step(const recorded_step& recorded);
  void check_common(const recorded_step& recorded);
  void on_call(const recorded_step& recorded);
  void on_queue(const recorded_step& recorded);
  void on_agent(const recorded_step& recorded);
  void check_call(const calls::call_state& before, const calls::call_state& after, const calls::call_event& event);
  void check_queue(const queue_state& before, const queue_event& event);
  void check_order(const queue_state& before, const reservation_made& made);
  void check_totals(const queue_state& q);
  void check_agent(const agent_state& before, const agent_state& after, const agent_event& event);
  void check_attempts(const calls::call_state& changed);
  bool is_free(agent_id agent) const;
  bool may_serve(const queue_state& q, const queue_entry& entry, const agent_config& agent) const;
  template <class Rules>
  typename Rules::state from_rows(std::uint64_t id);

  stage& stage_;
  const run_plan& plan_;
  const journal& log_;
  std::uint64_t last_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t talks_ = 0;
  std::uint64_t closed_ = 0;
  time_point restarted_at_{};
  std::unordered_map<call_id, calls::call_state> calls_{};
  std::map<queue_id, queue_state> queues_{};
  std::map<agent_id, agent_state> agents_{};
  std::map<agent_id, time_point> free_since_{};
  std::map<agent_id, std::set<call_id>> has_{};  ///< agent -> calls that ring or talk on it
  std::map<std::pair<queue_id, call_id>, std::pair<time_point, std::uint64_t>> entered_{};
  std::map<queue_id, std::uint64_t> enters_{};
  std::unordered_map<entity_ref, std::uint64_t> published_{};
  std::set<std::tuple<std::uint64_t, entity_ref, std::uint32_t, std::uint64_t>> fired_{};
  std::map<std::pair<call_id, agent_id>, time_point> idle_pair_{};
  std::string wrong_{};
};

}  // namespace seatgrid::sim
