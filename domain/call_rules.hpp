#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/call_events.hpp"
#include "domain/call_state.hpp"
#include "domain/entity.hpp"
#include "domain/timer.hpp"

/// The rules of one call (entity.hpp says what each function promises). Everything that a SIP edge, a media engine, a queue, an
/// agent, a clock or the API tells a call is a command; what follows is a list of facts.
namespace seatgrid {

/// The API, the CLI or a supervisor ends the call. Answered by effect `reply`.
/// @error wrong_state it has ended.
struct call_hangup {
  static constexpr std::uint32_t tag = 110;
  static constexpr std::string_view type = "call_hangup";
  std::uint64_t request = 0;
  release_cause cause{};
  bool operator==(const call_hangup&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "request", &call_hangup::request}, field{2, "cause", &call_hangup::cause}};
  }
};
/// Blind transfer of the caller who talks: `target` is a queue, an agent or a phone number. Answered by effect `reply` when the
/// transfer is under way. @error wrong_state nobody talks; @error not_found, denied as the target says.
struct call_transfer {
  static constexpr std::uint32_t tag = 111;
  static constexpr std::string_view type = "call_transfer";
  std::uint64_t request = 0;
  std::string target{};
  bool operator==(const call_transfer&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "request", &call_transfer::request}, field{2, "target", &call_transfer::target}};
  }
};

using call_command =
    std::variant<leg_incoming, leg_progress, leg_answered, leg_failed, leg_confirmed, leg_ended, leg_offered, leg_offer_done,
                 leg_refer, leg_digit, leg_probed, leg_dialog_changed, media_opened, media_open_failed, media_played, media_digit,
                 media_silent, media_recorded, media_record_failed, media_closed, queued, queue_refused, offer, queue_place,
                 agent_query, agent_release, timer_fired, call_hangup, call_transfer>;

call_command to_call_command(leg_event e);
call_command to_call_command(media_event e);
call_command to_call_command(call_message m);

struct call_rules {
  static constexpr auto kind = entity_kind::call;
  using state = calls::call_state;
  using command = call_command;
  using event = calls::call_event;

  /// `config` is the version that the call pinned at leg_incoming (state.config_version). An empty list: the command means
  /// nothing here (late, repeated or stale) and makes no step.
  static result<std::vector<event>> decide(const state& before, const command& order, turn now, const tenant_config& config);
  static void apply(state& call, const event& happened);
  static void derive(const state& after, const event& happened, effects& out);
  static void resume(const state& now, turn at, effects& out);
  /// Rows: "" is the call, "cdr" its record once closed. The first goes when the tombstone's hour is over.
  static void rows(const state& after, const std::vector<event>& happened, entity_rows& out);
  static result<state> load(std::uint64_t id, const entity_rows& stored);
  static std::string encode(const command& order);
  /// As above, but keys pressed for a sensitive collect node are masked: what journals keep.
  static std::string encode(const command& order, const state& before);
  static result<command> decode_command(std::string_view bytes);
  static std::string encode(const event& happened);
  static result<event> decode_event(std::string_view bytes);
  static std::string describe(const event& happened);
  /// The whole call as JSON, for `call show`.
  static std::string describe(const state& now);
  static bool finished(const state& now);
};

/// The CDR in row "cdr" of a closed call. @error corrupt
result<session_cdr> decode_cdr(std::string_view bytes);
std::string encode(const session_cdr& cdr);
/// The CDR as JSON, as event call.cdr carries it.
std::string describe(const session_cdr& cdr);

}  // namespace seatgrid
