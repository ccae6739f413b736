#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/effect.hpp"

/// The call's side of reserve-confirm-release (DESIGN section 2, steps 5 and 6): which attempt rings or talks, and the floor
/// below which no attempt of this call will ever ring again. The call's rules embed it; tests/model/acd runs them with queue and
/// agent through every interleaving of losses, repetitions and takeovers, sim/ through long runs.
///
/// An agent is freed when its phone is known to be quiet, and only then (I1): a CANCEL may be lost, and the INVITE of a process
/// that died rings on. The queue hears `failed` at once and goes on with other agents; the agent hears it when every INVITE of
/// the attempt has had its final response, or has expired. Until then the attempt is fading.
namespace seatgrid {

enum class attempt_state : std::uint8_t {
  waiting = 0,  ///< no agent; an offer at or above the floor rings
  ringing = 1,
  talking = 2,
  gone = 3,  ///< the tombstone: the call ended, and says so to whoever asks
};
std::string_view to_string(attempt_state state) noexcept;

/// What the call knows of the phones that an attempt rang, when the attempt ends.
enum class phone_is : std::uint8_t {
  quiet = 0,
  ringing = 1,  ///< or perhaps so: no final response yet
};

/// An attempt that is over for the call and its queue while a phone of its agent may still ring.
struct fading_attempt {
  attempt_no attempt = 0;
  agent_id agent{};
  attempt_failure why = attempt_failure::none;
  time_point at{};  ///< when the attempt ended: wrap-up begins here
  bool operator==(const fading_attempt&) const = default;
  static constexpr auto fields() {
    return members{field{1, "attempt", &fading_attempt::attempt}, field{2, "agent", &fading_attempt::agent},
                   field{3, "why", &fading_attempt::why}, field{4, "at", &fading_attempt::at}};
  }
};

/// Part of the call's row. `attempt`, `agent` and `queue` mean something while ringing or talking.
struct call_attempt {
  attempt_state state = attempt_state::waiting;
  attempt_no floor = 1;  ///< the lowest attempt that may ring; only grows
  attempt_no attempt = 0;
  agent_id agent{};
  queue_id queue{};
  std::vector<fading_attempt> fading{};  ///< bounded by the call's legs: each has one that is being cancelled
  bool operator==(const call_attempt&) const = default;
  bool is_active() const { return state == attempt_state::ringing || state == attempt_state::talking; }
  /// Numbers alone do not tell: a late `enqueue` lets another queue, or the same, count from the same number with another agent.
  bool is_on(attempt_no which, agent_id whose) const { return is_active() && attempt == which && agent == whose; }
  bool is_fading(attempt_no which, agent_id whose) const;
  static constexpr auto fields() {
    return members{field{1, "state", &call_attempt::state},     field{2, "floor", &call_attempt::floor},
                   field{3, "attempt", &call_attempt::attempt}, field{4, "agent", &call_attempt::agent},
                   field{5, "queue", &call_attempt::queue},     field{6, "fading", &call_attempt::fading}};
  }
};

/// What one message or happening does to a call_attempt. The new state must be durable before any word of it leaves: put `after`
/// in an event, then `say` the word from it. A step with `word == nothing` and `after == before` needs no event.
struct attempt_step {
  enum class word_kind : std::uint8_t { nothing = 0, ring = 1, connected = 2, failed = 3 };
  call_attempt after{};
  word_kind word = word_kind::nothing;  ///< `ring`: invite the offer's contacts
  attempt_no attempt = 0;               ///< the attempt, agent and queue that the word is about
  agent_id agent{};
  queue_id queue{};
  attempt_failure why = attempt_failure::none;
  bool agent_waits = false;  ///< the attempt fades: only the queue hears this `failed`
  bool operator==(const attempt_step&) const = default;
  static constexpr auto fields() {
    return members{field{1, "after", &attempt_step::after},
                   field{2, "word", &attempt_step::word},
                   field{3, "attempt", &attempt_step::attempt},
                   field{4, "agent", &attempt_step::agent},
                   field{5, "queue", &attempt_step::queue},
                   field{6, "why", &attempt_step::why},
                   field{7, "agent_waits", &attempt_step::agent_waits}};
  }
};

/// A queue offers an agent. Waiting and at or above the floor: rings. Already on this attempt of this queue: nothing while it
/// rings, `connected` again once it talks (the first may be lost). Anything else: refuse_offer.
attempt_step on_offer(const call_attempt& before, const offer& message);
/// This attempt never rings for that queue: `failed`, why = not_waiting or ended, and the floor above it. Only the queue hears
/// it while the agent has this attempt from another queue, or its phone may still ring.
attempt_step refuse_offer(const call_attempt& before, const offer& message);
/// The ringing attempt has an answer and two-way audio. Not ringing: nothing.
attempt_step on_answered(const call_attempt& before);
/// The attempt that rings or talks is over at `at` and the call goes on without an agent (no answer, busy, rejected, agent hung
/// up, back to the queue): floor above it, `failed` to the queue, and to the agent unless a phone may still ring: then the
/// attempt fades. No attempt: nothing.
attempt_step on_attempt_over(const call_attempt& before, attempt_failure why, phone_is phone, time_point at);
/// The call is over whatever it was doing: tombstone, and `failed` as above if an attempt was on. `why` is caller_gone while
/// ringing and `ended` after talk; other reasons stand as given.
attempt_step on_gone(const call_attempt& before, phone_is phone, time_point at, attempt_failure why = attempt_failure::ended);
/// No phone rings for this attempt any more: `failed` to the agent. Not fading: nothing.
attempt_step on_quiet(const call_attempt& before, attempt_no attempt);
/// An agent asks about an attempt. On that very attempt: nothing while it rings, `connected` again while it talks. Nothing while
/// it fades. Otherwise the floor rises above it first, then `failed`.
attempt_step on_query(const call_attempt& before, const agent_query& message);

/// The tombstone that answers for a call nobody knows (DESIGN: the lane's owner records it and answers `failed`).
call_attempt unknown_call_attempt();

/// The messages of `step.word` to queue and agent, when durable. `ring` and `nothing` say nothing here. A `queue` of none is left
/// out (the agent asked; the queue learns from its own offer).
void say(const attempt_step& step, call_id call, time_point at, effects& out);

}  // namespace seatgrid
