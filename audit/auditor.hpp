#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "domain/agent.hpp"
#include "domain/call_rules.hpp"
#include "domain/queue.hpp"
#include "domain/tenant_config.hpp"
#include "storage/journal.hpp"

namespace seatgrid::audit {

/// What is checked: the invariants of the feature map (2.1) that the steps of one lane can show.
enum class invariant : std::uint8_t {
  log = 0,   ///< steps are numbered without holes and can be read
  rows = 1,  ///< rows equal the fold of their events
  i1 = 2,    ///< one offered-or-connected call per agent
  i2 = 3,    ///< one winner per call
  i3 = 4,    ///< order within a queue
  i4 = 5,    ///< enqueue time and sequence are kept
  i5 = 6,    ///< one exit per enter
  i6 = 7,    ///< entered = left + waiting
  i7 = 8,    ///< agent states tile the session
  i8 = 9,    ///< one CDR per call, legs nest, billed only if answered
  i11 = 10,  ///< epochs only grow
  i12 = 11,  ///< no eligible waiter beside a free agent
  i14 = 12,  ///< public events are numbered without holes
  i15 = 13,  ///< not the agent that missed the call while another is idle
  i17 = 14,  ///< a wait fires once per generation
  i18 = 15,  ///< every state that keeps calls away has a cause and an end
  count = 16,
};
/// "I1" ... "I18", "log", "rows".
std::string_view name_of(invariant which) noexcept;
/// A few words for tables.
std::string_view meaning_of(invariant which) noexcept;

struct audit_options {
  /// Calls that still live at the end are no violation (the log of a node that runs or was killed).
  bool calls_may_live = false;
  milliseconds idle_max{250};  ///< I12: eligible waiter beside a free agent
  /// On top of it for an agent who was free when a message was lost last, counted from then.
  milliseconds loss_max{queue_limits::look_round + milliseconds{500}};
  std::size_t texts_max = 20;                       ///< violations kept as text; the rest are counted
  std::function<void(const std::string&)> trace{};  ///< one line per event; empty = nobody looks
};

/// Folds the steps of one lane in order and checks the invariants after each one. Deterministic; not thread-safe.
class auditor {
 public:
  /// All of them must outlive the auditor. `configs` answers for the tenants of the lane; what depends on who serves a queue
  /// (I12, I15) is asked only while the queue works by the version that `configs` has.
  auditor(const config_source& configs, const journal& log, lane_id lane, audit_options options);

  /// Reads what counts since the last look; checks are made at time `now`.
  void look(time_point now);
  /// Reads the lane to its end; each step is checked at its own time, idle work (I12) every 50 ms of lane time.
  void look_through();
  /// What was folded is compared with the rows that the next life will read, and goes on from these.
  void compare_with_rows();
  void on_restart(time_point now) { restarted_at_ = now; }
  /// A message between entities is lost, or comes late, at `at`.
  void on_loss(time_point at) { lost_at_ = std::max(lost_at_, at); }
  /// I12; ask it when time moves. `fair` = everything appended counts and a live owner works.
  void check_work(time_point now, bool fair);
  /// One CDR per call, nothing waits for an ended call, nobody is reserved without a live call.
  void at_end();

  /// The first violation, empty = none.
  std::string first() const { return texts_.empty() ? std::string{} : texts_.front(); }
  const std::vector<std::string>& texts() const { return texts_; }
  std::uint64_t checked(invariant which) const { return checked_[static_cast<std::size_t>(which)]; }
  std::uint64_t violated(invariant which) const { return violated_[static_cast<std::size_t>(which)]; }
  std::uint64_t violations() const;
  std::uint64_t steps() const { return steps_; }
  std::uint64_t talks() const { return talks_; }
  std::uint64_t calls() const { return calls_.size(); }
  std::uint64_t closed() const { return closed_; }
  /// Entities whose first steps retention has removed: their invariants were not checked.
  std::uint64_t skipped() const { return skipped_.size(); }

 private:
  void complain(invariant which, const std::string& what);
  /// Counts one check of `which`; complains when it does not hold.
  template <class What>
  void expect(invariant which, bool holds, const What& what) {
    ++checked_[static_cast<std::size_t>(which)];
    if (!holds) complain(which, what());
  }
  void say(const std::string& line) const;
  void on_step(const recorded_step& recorded);
  void check_common(const recorded_step& recorded);
  void on_call(const recorded_step& recorded);
  void on_queue(const recorded_step& recorded);
  void on_agent(const recorded_step& recorded);
  void check_call(const calls::call_state& before, const calls::call_state& after, const calls::call_event& event);
  void check_cdr(const calls::call_state& before, const calls::call_closed& closed);
  void check_attempts(const calls::call_state& changed);
  void check_queue(const queue_state& before, const queue_event& event);
  void check_left(const queue_state& before, const call_left& left);
  void check_order(const queue_state& before, const reservation_made& made);
  void check_missed_again(const queue_state& before, const queue_entry& entry, const reservation_made& made);
  void check_totals(const queue_state& q);
  void check_agent(const agent_state& before, const agent_state& after, const agent_event& event);
  void check_busy(const agent_state& after);
  bool is_free(agent_id agent) const;
  bool may_serve(const tenant_config& config, const queue_state& q, const queue_entry& entry, const agent_config& agent) const;
  void note_idle(const tenant_config& config, const queue_state& q, const queue_entry& entry, time_point now,
                 std::map<std::pair<call_id, agent_id>, time_point>& pairs);
  /// False for an entity whose beginning the log no longer has.
  bool knows(const recorded_step& recorded, bool is_first_of_call);
  template <class Rules>
  typename Rules::state from_rows(std::uint64_t id);
  template <class Rules>
  void check_timer(const recorded_step& recorded);

  const config_source& configs_;
  const journal& log_;
  const lane_id lane_;
  const audit_options options_;
  time_point now_{};
  std::uint64_t first_ = 0;  ///< sequence of the oldest step kept
  std::uint64_t last_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t talks_ = 0;
  std::uint64_t closed_ = 0;
  time_point restarted_at_{};
  time_point lost_at_{};
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
  std::set<entity_ref> skipped_{};
  std::array<std::uint64_t, static_cast<std::size_t>(invariant::count)> checked_{};
  std::array<std::uint64_t, static_cast<std::size_t>(invariant::count)> violated_{};
  std::vector<std::string> texts_{};
};

}  // namespace seatgrid::audit
