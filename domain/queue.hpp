#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/entity.hpp"
#include "domain/matcher.hpp"
#include "domain/matcher_order.hpp"
#include "domain/queue_events.hpp"
#include "domain/timer.hpp"

/// A queue keeps the order of its waiting calls and matches them with agents it believes to be free (DESIGN section 2). It never
/// decides that an agent is free or a call taken: it asks (`reserve`), then offers, and then only the call's word counts.
namespace seatgrid {

/// A supervisor takes a waiting call out; the call goes on as after a time-out. @error not_found, wrong_state while it is offered
struct queue_remove {
  static constexpr std::uint32_t tag = 110;
  static constexpr std::string_view type = "queue_remove";
  std::uint64_t request = 0;
  call_id call{};
  bool operator==(const queue_remove&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &queue_remove::request}, field{2, "call", &queue_remove::call}};
  }
};
/// Another priority, or the head of the queue; the arrival time stays (I4). @error not_found
struct queue_prioritise {
  static constexpr std::uint32_t tag = 111;
  static constexpr std::string_view type = "queue_prioritise";
  std::uint64_t request = 0;
  call_id call{};
  std::int32_t priority = 0;
  bool at_head = false;
  bool operator==(const queue_prioritise&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &queue_prioritise::request}, field{2, "call", &queue_prioritise::call},
                   field{3, "priority", &queue_prioritise::priority}, field{4, "at_head", &queue_prioritise::at_head}};
  }
};
/// A supervisor gives a waiting call to one free agent, whatever the order. @error not_found, wrong_state call or agent not free
struct queue_pull {
  static constexpr std::uint32_t tag = 112;
  static constexpr std::string_view type = "queue_pull";
  std::uint64_t request = 0;
  call_id call{};
  agent_id agent{};
  bool operator==(const queue_pull&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &queue_pull::request}, field{2, "call", &queue_pull::call},
                   field{3, "agent", &queue_pull::agent}};
  }
};

using queue_command =
    std::variant<agent_available, agent_unavailable, agent_reserved, agent_refused, enqueue, leave_queue, connected, failed,
                 ask_place, timer_fired, config_changed, queue_remove, queue_prioritise, queue_pull>;

/// The waits of a queue.
enum class queue_timer : std::uint32_t {
  due = 1,      ///< the earliest moment at which some entry wants something
  members = 2,  ///< the next part of the roll-call, or the next look round
};

namespace queue_limits {
inline constexpr milliseconds reserve_repeat_first{200};  ///< then doubling
inline constexpr milliseconds reserve_repeat_max{2'000};
inline constexpr milliseconds reservation_give_up{2'000};
/// An offer cannot be lost inside a lane, and a takeover repeats it at once: repeating it serves only what crosses lanes.
inline constexpr milliseconds offer_repeat{2'000};
inline constexpr std::size_t tried_max = 16;              ///< agents remembered per call, the newest
inline constexpr std::size_t due_max = 256;               ///< entries served by one firing; the rest follows at once
inline constexpr std::size_t rollcall_max = 500;          ///< members, or calls that wait, asked in one step
inline constexpr std::size_t rollcall_looks_max = 5'000;  ///< agents looked at in one step
/// While anybody waits, members and waiting calls are asked so often: what a link lost without the death of either side
/// (`agent_available`, `leave_queue`) holds an agent or a place no longer than this.
inline constexpr milliseconds look_round{30'000};
inline constexpr milliseconds view_settles{1'000};  ///< after the roll-call, before "nobody is logged in" is believed
}  // namespace queue_limits

/// What the queue has heard of a member.
struct agent_view {
  generation_no spent = 0;   ///< what it says of this generation or an older one is stale
  generation_no listed = 0;  ///< the generation under which it is in the index
  bool logged_in = false;
};

struct queue_state {
  queue_id id{};
  // stored
  std::unordered_map<call_id, queue_entry> entries{};
  queue_totals totals{};
  // rebuilt
  std::uint64_t next_sequence = 1;
  std::uint64_t config_version = 0;
  std::string name{};
  matcher index{};
  std::unordered_map<agent_id, agent_view> agents{};
  std::uint32_t logged_in = 0;
  sorted_runs<call_order> order{};
  std::set<std::pair<time_point, call_id>> dues{};
  time_point timer_due{};  ///< zero = the timer does not run
  std::uint64_t timer_generation = 0;
  bool rollcall_begun = false;
  std::string rollcall_next{};   ///< the first name not yet asked; empty = all were asked
  std::uint64_t looks = 0;       ///< looks round that began
  time_point view_settles_at{};  ///< zero while the roll-call runs
};

/// The place of a call, 1 = next; 0 = not here.
std::uint32_t place_of(const queue_state& s, call_id call);
/// The order key of an entry.
call_order order_of(const queue_entry& entry);
/// Asterisk's rule for a smoothed time, (3 * old + new) / 4, the first sample as it is.
constexpr std::int64_t smoothed(std::int64_t old, std::int64_t sample, bool is_first) {
  return is_first ? sample : (3 * old + sample) >> 2;
}

struct queue_rules {
  using state = queue_state;
  using command = queue_command;
  using event = queue_event;
  static constexpr entity_kind kind = entity_kind::queue;

  static result<std::vector<queue_event>> decide(const queue_state& s, const queue_command& c, turn t,
                                                 const tenant_config& config);
  /// What a command is answered with when it changes nothing (places, repeated words).
  static void answer(const queue_state& s, const queue_command& c, turn t, const tenant_config& config, effects& out);
  static void apply(queue_state& s, const queue_event& e);
  static void derive(const queue_state& s, const queue_event& e, effects& out);
  static void resume(const queue_state& s, turn t, effects& out);
  static void rows(const queue_state& s, const std::vector<queue_event>& events, entity_rows& out);
  static result<queue_state> load(std::uint64_t id, const entity_rows& stored);
  static std::string encode(const queue_command& c);
  static result<queue_command> decode_command(std::string_view bytes);
  static std::string encode(const queue_event& e);
  static result<queue_event> decode_event(std::string_view bytes);
  static std::string describe(const queue_event& e);
  /// JSON: totals, expected wait, and the first `most` waiting calls in order.
  static std::string show(const queue_state& s, std::size_t most = 1'000);
  static bool finished(const queue_state&) { return false; }
};
static_assert(entity_rules<queue_rules>);

}  // namespace seatgrid
