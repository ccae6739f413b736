#pragma once

#include <array>
#include <atomic>
#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/input.hpp"
#include "actors/timers.hpp"
#include "base/time.hpp"
#include "domain/effect.hpp"
#include "storage/journal.hpp"

namespace seatgrid::actors {

class engine;

/// One ownership of a lane: from a claim until it is lost. Whoever holds one of an older claim does nothing any more.
struct lane_life {
  lane_epoch at{};
  time_point recorded{};  ///< the log's last time at the claim: what waits have used up is measured against it
  std::atomic<bool> over{false};
  std::atomic<bool> resumed{false};
};
using life_ptr = std::shared_ptr<lane_life>;

/// What directory, actor and the journal's callbacks share of one entity in memory.
struct entity_slot {
  std::atomic<std::uint32_t> pending{0};   ///< inputs sent and not yet handled
  std::atomic<std::uint32_t> unsynced{0};  ///< steps that do not count yet: rows on disk are older than the state
  std::atomic<bool> wants_idle{false};     ///< tell the actor when `unsynced` is 0
  caf::actor_addr me{};
};
using slot_ptr = std::shared_ptr<entity_slot>;

/// Answers to re-INVITEs that leave when their step counts, or without it when the journal takes too long (DESIGN section 3).
struct early_answers {
  std::atomic<bool> left{false};
  effects what{};
};

/// A call that the rules began while the journal was about to stall: its caller hears nothing but 100 until the step counts.
struct begun_call {
  std::atomic<bool> is_settled{false};  ///< it counts, or the caller was refused
  leg_id leg{};
};

/// Effects of one step that may leave only when it counts, and what must be known then.
struct promise {
  entity_ref from{};
  std::string tenant{};
  time_point at{};
  std::chrono::steady_clock::time_point decided{};  ///< of what waits for its step
  effects what{};
  std::vector<outbox_event> published{};
  std::shared_ptr<early_answers> early{};  ///< none: nothing of it may leave before
  std::shared_ptr<begun_call> begins{};    ///< of the step that begins a call
};

/// Tells how a claim or a rest that was ordered ended.
using on_order_done = std::function<void(bool)>;
struct rest_order {
  milliseconds patience{};
  on_order_done done{};
};
using rest_order_ptr = std::shared_ptr<const rest_order>;
using on_order_done_ptr = std::shared_ptr<const on_order_done>;

using resume_atom = caf::atom_constant<caf::atom("resume")>;
using resumed_atom = caf::atom_constant<caf::atom("resumed")>;
using claim_atom = caf::atom_constant<caf::atom("claim")>;
using lost_atom = caf::atom_constant<caf::atom("lost")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using arm_atom = caf::atom_constant<caf::atom("arm")>;
using idle_atom = caf::atom_constant<caf::atom("idle")>;
using rest_atom = caf::atom_constant<caf::atom("rest")>;

struct held_input {
  input_ptr in{};
  timer_table::moment since{};
};

/// One lane of this node: which entities are in memory, its time and chance, its waits, and whose claim it is. Everything here
/// may be called by any thread; the keeper (an actor) claims, restores and fires waits.
class lane {
 public:
  lane(engine& owner, lane_id id, std::uint64_t seed);
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  lane_id id() const { return id_; }
  engine& owner() { return owner_; }

  /// Spawns the keeper, which claims the lane (in a cluster: when told) and restores what lives.
  void start();
  /// In a cluster: claim the lane now; `done` hears whether this process owns it.
  void claim(on_order_done done);
  /// In a cluster: inputs are held from here on, and `done` hears whether all that ran counted within `patience`. The lane then
  /// stays at rest until another process claims it, at most `rest_max`.
  void bring_to_rest(milliseconds patience, on_order_done done);
  /// In a cluster: who owns lanes changed; what is held may go on.
  void owner_changed() { release_held(); }
  /// Everything that stands at a slot which another process holds from here on is made anew.
  void resume_calls_at(slot_number slot, const std::unordered_set<entity_ref>& others);
  /// Ends every actor of the lane. Inputs from here on are dropped.
  void stop();

  /// From outside: a leg, a media session, the API. Held while the lane is away.
  void deliver(input_ptr in);
  /// From an entity of this lane; dropped when that life is over (its cause may never count).
  void deliver(input_ptr in, const life_ptr& from);
  /// Keeps an input until the lane is owned again and its journal moves. @error (counted) more than `held_max`: dropped.
  void hold(input_ptr in);
  /// True while a new call of this entity is held: what comes for it stands behind.
  bool holds(entity_ref entity) const;
  /// The journal takes its time: answers that may not wait leave without their step, new calls that waited too long are refused,
  /// what is held goes on when the journal moves again. Call it every 50 ms or so.
  void serve_stall();
  /// The actor leaves memory, unless an input is on its way to it.
  bool retire(entity_ref entity, const slot_ptr& slot);
  void handled(const slot_ptr& slot);

  turn next_turn();
  time_point now();
  /// `left` leaves when the step counts; else the lane is claimed again and nothing leaves.
  void append(const life_ptr& life, const slot_ptr& slot, step done, std::shared_ptr<promise> left);
  /// A step of the lane's own: nothing waits for it but its public events. False: the lane is not owned, or not under that claim.
  bool append_own(step done, const std::optional<lane_epoch>& under = std::nullopt);
  void start_timer(entity_ref entity, const seatgrid::start_timer& wait);
  void stop_timer(entity_ref entity, const seatgrid::stop_timer& wait);
  std::optional<timer_table::moment> next_deadline() { return timers_.next(); }
  void resumed_one();
  void lost(const life_ptr& life, errc why);

  bool ready() const;
  /// Owned, or claimed at this moment.
  bool is_wanted() const { return wanted_; }
  std::uint64_t backlog() const { return backlog_.load(std::memory_order_relaxed); }
  std::uint64_t unsynced() const { return unsynced_.load(std::memory_order_relaxed); }
  /// How long the oldest uncounted step has waited at least; 0 when all count.
  std::chrono::microseconds stalled_for() const;
  std::optional<lane_epoch> epoch() const;
  std::size_t timers_running() const { return timers_.running(); }

 private:
  friend class lane_keeper;
  using moment = timer_table::moment;
  static constexpr std::size_t part_count = 16;
  static constexpr std::size_t ended_calls_max = 500;
  struct part {
    std::mutex mutex{};
    life_ptr life{};
    std::unordered_map<entity_ref, std::pair<caf::actor, slot_ptr>> entities{};
  };
  part& part_of(entity_ref entity) { return parts_[std::hash<entity_ref>{}(entity) >> 60]; }
  void post(part& in_part, input_ptr in);
  std::vector<caf::actor> end_life();
  void begin_life(const life_ptr& life);
  void release_held();
  bool is_quiet() const { return backlog() == 0 && unsynced() == 0; }
  void give_away(std::deque<held_input>& batch);
  bool is_slow() const;
  bool is_open() const;  ///< under held_mutex_
  void release_early();
  void refuse_held();
  void refuse_begun();
  std::vector<entity_ref> live_entities() const;
  /// Calls that closed after this: their phones may not have heard it. Newest first, at most `ended_calls_max`.
  std::vector<entity_ref> ended_calls(time_point since) const;

  engine& owner_;
  const lane_id id_;
  const std::uint64_t seed_;
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<std::int64_t> last_us_{0};
  std::atomic<std::uint64_t> backlog_{0};
  std::atomic<std::uint64_t> unsynced_{0};
  std::atomic<std::int64_t> waiting_since_us_{0};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> wanted_{false};
  std::atomic<bool> resting_{false};
  std::array<part, part_count> parts_{};
  timer_table timers_{};
  struct late_answer {
    std::weak_ptr<promise> of{};
    life_ptr life{};
    moment due{};
  };
  mutable std::mutex held_mutex_;
  std::deque<held_input> held_{};
  std::unordered_set<entity_ref> held_calls_{};  ///< whose leg_incoming is in held_, or on its way out of it
  bool releases_ = false;
  std::atomic<bool> has_held_{false};
  std::mutex late_mutex_;
  std::deque<late_answer> late_{};
  struct late_call {
    std::weak_ptr<begun_call> call{};  ///< gone: its step counts, or did not
    moment due{};
  };
  std::deque<late_call> begun_{};  ///< under late_mutex_
  life_ptr current_{};             ///< under held_mutex_
  caf::actor keeper_{};
};

}  // namespace seatgrid::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(seatgrid::actors::input_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(seatgrid::actors::life_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(seatgrid::actors::rest_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(seatgrid::actors::on_order_done_ptr)
