#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "actors/gateway.hpp"
#include "actors/input.hpp"
#include "actors/router_messages.hpp"
#include "cluster/links.hpp"
#include "domain/effect.hpp"

/// Where inputs of entities and commands for legs and media go in a cluster: to the owner of the lane, to the holder of the slot,
/// to this process or over a link. Free of CAF, thread-safe, never blocks. ADR 0016.
namespace seatgrid::actors {

/// What the router asks of the cluster.
struct router_world {
  cluster::lane_owner me{};
  /// The process that owns the lane and lives, this one included; none = nobody just now.
  std::function<std::optional<cluster::lane_owner>(lane_id)> owner_of{};
  std::function<std::optional<cluster::lane_owner>(slot_number)> holder_of{};
  std::function<result<void>(const cluster::lane_owner& to, cluster::envelope)> send{};
  std::function<std::chrono::steady_clock::time_point()> now{};  ///< empty = the operating system's
};

struct router_options {
  std::uint16_t lanes = 1;            ///< of entities, 1 .. lanes
  std::uint8_t hops_max = 4;          ///< processes that may hand an input on; beyond: dropped and counted
  std::size_t waiting_max = 200'000;  ///< commands for a slot that is being opened; beyond: dropped and counted
  /// New calls that were handed to another process, until their first command comes; beyond: not repeated.
  std::size_t unanswered_max = 20'000;
  milliseconds unanswered_patience{32'000};  ///< then the caller gets 503
  /// Commands for a slot that, as far as this process has read the roster, another holds: their sender may have read on. Then
  /// dropped and counted.
  milliseconds early_patience{5'000};
  /// Legs that were ended elsewhere than at their call's home, so long: the holder of that slot may be out before it says so.
  milliseconds ended_kept{30'000};
  std::size_t ended_max = 20'000;
  std::size_t questions_max = 10'000;     ///< of this process, without an answer
  milliseconds question_patience{5'000};  ///< then timed_out
};

/// Edge and media engine of a slot that this process holds.
struct slot_door {
  std::function<void(leg_command)> to_leg{};
  std::function<void(media_command)> to_media{};
  std::function<void(register_reply)> to_register{};
  std::function<void(const std::string& path)> remove_recording{};
};

struct router_counters {
  std::atomic<std::uint64_t> inputs_sent{0}, inputs_taken{0}, calls_repeated{0}, commands_sent{0}, commands_taken{0};
  std::atomic<std::uint64_t> without_holder{0}, too_many_hops{0}, dropped{0}, malformed{0}, questions{0};
};

class router {
 public:
  using take_input = std::function<void(input_ptr)>;
  using answerer = std::function<void(std::string payload, gateway::answer done)>;

  router(router_options options, router_world world, take_input take);

  // From actors.
  void to_leg(leg_command what);
  void to_media(media_command what);
  void to_register(register_reply what);
  /// A file of a call whose files lie at its home. False = nobody holds that slot now: try again later.
  bool remove_recording(call_id of, const std::string& path);
  /// As node_ports::forward.
  bool forward(lane_id lane, const entity_input& in);

  // From the slots of this process.
  void on_leg(slot_number at, leg_event what);
  void on_media(media_event what);
  void on_register(slot_number at, register_request what);

  /// This process holds the slot: commands for it wait until its door opens.
  void expect(slot_number at);
  void open(slot_number at, slot_door door);
  void close(slot_number at);
  /// Calls with a leg, not their media, at this slot, as far as their commands went through here.
  std::unordered_set<entity_ref> calls_with_legs_at(slot_number at) const;

  /// Kinds to_entity, to_slot, asked, answered; false = of another kind.
  bool on_message(const cluster::lane_owner& from, const cluster::envelope& what);

  /// Asks the process `to` (this one too). `done` runs once. @error timed_out, unavailable, full, unsupported (nobody there
  /// answers it)
  void ask(const cluster::lane_owner& to, const std::string& whom, std::string payload, gateway::answer done);
  /// Asks the owner of the lane. @error unavailable  nobody owns it just now
  void ask_owner(lane_id lane, const std::string& whom, std::string payload, gateway::answer done);
  void serve(const std::string& name, answerer how);
  /// Lanes have other owners: new calls that a dead one may have taken with it are handed to the next. Their rules begin a call
  /// once.
  void repeat_new_calls();
  /// Runs `what` at the next tick(). False = `questions_max` wait already.
  bool later(std::function<void()> what);
  /// Questions, what came early, and calls that nobody began time out; call it every 50 ms or so.
  void tick();

  const router_counters& count() const { return counters_; }
  lane_id lane_of(entity_ref entity) const { return static_cast<lane_id>(1 + entity.shard() % options_.lanes); }
  bool owns(lane_id lane) const;
  /// Another process that lives owns it.
  bool is_elsewhere(lane_id lane) const;

 private:
  struct slot_place {
    std::optional<slot_door> door{};
    std::deque<slot_order> waiting{};
  };
  struct early_order {
    slot_order what{};
    std::chrono::steady_clock::time_point until{};
  };
  struct asked_question {
    gateway::answer done{};
    std::chrono::steady_clock::time_point until{};
  };

  bool carry(slot_order&& what);
  bool carry_here(slot_order& what);
  void keep_early(slot_order&& what);
  void drop_late_early(std::chrono::steady_clock::time_point now);
  slot_place& expected(slot_number at);
  std::chrono::steady_clock::time_point now() const { return world_.now ? world_.now() : std::chrono::steady_clock::now(); }
  static void hand_over(const slot_door& door, slot_order&& what);
  slot_number edge_of(const leg_command& what);
  void remember(leg_id leg, slot_number at);
  void note_where(const entity_input& in);
  void keep_new_call(const entity_input& in, cluster::process_id sent_to);
  void first_word(leg_id leg);
  void refuse_old_calls();
  void forget_legs_of_lost_lanes();
  void forget_ended_legs(std::chrono::steady_clock::time_point now);
  void take_entity(const std::string& bytes);
  void take_slot(const std::string& bytes);
  void take_question(const cluster::lane_owner& from, const std::string& bytes);
  void take_answer(const std::string& bytes);
  void answer(std::uint64_t id, result<std::string> outcome);
  void serve_question(const std::string& name, std::string payload, gateway::answer done);

  const router_options options_;
  const router_world world_;
  const take_input take_;
  router_counters counters_{};

  mutable std::shared_mutex places_mutex_;
  std::map<slot_number, slot_place> places_{};
  std::map<slot_number, std::deque<early_order>> early_{};  ///< of slots that are not in places_

  mutable std::mutex away_mutex_;
  std::atomic<std::size_t> away_count_{0};
  std::unordered_map<leg_id, slot_number> away_{};  ///< legs that are not at their call's home
  struct ended_leg {
    call_id call{};
    slot_number at = 0;
    std::chrono::steady_clock::time_point until{};
  };
  std::deque<ended_leg> ended_{};

  struct unanswered_call {
    entity_input in{};
    cluster::process_id sent_to{};
    std::chrono::steady_clock::time_point since{};
  };
  std::mutex unanswered_mutex_;
  std::atomic<std::size_t> unanswered_count_{0};
  std::unordered_map<leg_id, unanswered_call> unanswered_{};

  std::mutex questions_mutex_;
  std::uint64_t last_question_ = 0;
  std::unordered_map<std::uint64_t, asked_question> questions_{};
  std::vector<std::function<void()>> later_{};
  mutable std::shared_mutex servers_mutex_;
  std::map<std::string, answerer> servers_{};
};

}  // namespace seatgrid::actors
