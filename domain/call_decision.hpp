#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "domain/call_rules.hpp"
#include "domain/release_causes.hpp"

/// Inside of the call's rules: one decision under way. Each fact is folded into a working copy at once, so that what follows in
/// the same decision sees it. The functions below are grouped by the file that holds them.
namespace seatgrid::calls {

struct decision {
  call_state call{};
  std::vector<call_event> events{};
  turn now{};
  const tenant_config& config;
  std::uint32_t nodes = 0;  ///< entered in this decision

  /// Folds the fact and keeps it. Instantiated once for every event in call_decision.cpp: a variant of 60 is dear to compile.
  template <class Event>
  void emit(Event happened);
  time_point at() const { return now.at; }
};

// --- call_decision.cpp: the small moves that all phases share ---------------------------------------------------
void set_timer(decision& d, call_timer timer, milliseconds length);
void clear_timer(decision& d, call_timer timer);
void drop_leg(decision& d, std::uint32_t leg, release_cause cause, bool patient = false);
/// Plays to the leg in place of what plays there; without prompts only stops that. False = nothing to play.
bool play(decision& d, std::uint32_t leg, std::vector<prompt_ref> list, bool loop);
void stop_play(decision& d, std::uint32_t leg);
void bridge(decision& d, std::uint32_t a, std::uint32_t b);
void unbridge(decision& d);
/// Starts a leg of ours: its RTP port first, because the offer names it. Returns its index.
std::uint32_t add_leg(decision& d, leg_role role, std::string name, agent_id agent, destination to);
void answer_caller(decision& d, const std::string& why);
/// What our INVITE on this leg is called on the wire: unguessable, and the same for whoever must CANCEL it.
dialog names_of_invite(const decision& d, const call_leg& leg);
std::uint64_t sdp_session_id(const call_state& call, std::uint32_t leg);
/// Who the far end sees: the true caller, or `wanted`; never a 400 number or an access number of the tenant (N16).
caller_identity presented_caller(const decision& d, const std::string& wanted);

// --- call_decide_incoming.cpp -----------------------------------------------------------------------------------
void on_incoming(decision& d, const leg_incoming& c);
void on_endpoint_open(decision& d, const media_opened& c);
void on_endpoint_failed(decision& d, const media_open_failed& c);
void on_acknowledged(decision& d, const leg_confirmed& c);

// --- flow.cpp ---------------------------------------------------------------------------------------------------
void enter_node(decision& d, std::string name, std::string rule, std::string input);
void start_flow(decision& d);
void on_flow_played(decision& d);
void on_flow_digit(decision& d, char digit);
void on_flow_digit_timeout(decision& d);

// --- call_decide_queue.cpp --------------------------------------------------------------------------------------
struct queue_request {
  std::string name{};
  std::int32_t priority = 0;
  std::vector<skill_level> skills{};
  std::string on_timeout{}, on_full{}, on_key{};
  agent_id preferred{};
  bool at_head = false;
  time_point enqueued_at{};  ///< zero = now
};
/// The request of the flow's present node, when it is a queue; else an empty one.
queue_request request_of_flow(const decision& d);
void join_queue(decision& d, const queue_request& request, const std::string& rule, const std::string& input);
/// The phone of the agent who talked is lost, and nobody hung up: the caller waits again, before all others (DESIGN 5).
/// False: there is no queue to go back to.
bool wait_again(decision& d);
/// Ends the wait and its ring; the caller goes on elsewhere.
void end_wait(decision& d, const std::string& outcome, const std::string& rule, const std::string& input, bool say = true);
void leave_for_timeout(decision& d, const std::string& rule);
void on_queue_word(decision& d, const queued& m);
void on_queue_word(decision& d, const queue_refused& m);
void on_queue_word(decision& d, const queue_place& m);
void on_queue_digit(decision& d, char digit);
void on_queue_timer(decision& d, call_timer timer);

// --- call_decide_offer.cpp --------------------------------------------------------------------------------------
void on_offer_made(decision& d, const offer& m);
void on_agent_query(decision& d, const agent_query& m);
void on_agent_release(decision& d, const agent_release& m);
void send_invite(decision& d, std::uint32_t leg);
void on_progress(decision& d, const leg_progress& c);
void on_answer(decision& d, const leg_answered& c);
void fail_attempt(decision& d, attempt_failure why, const std::string& rule, const std::string& input);
/// The attempt's agent is free of this call; the caller stays.
void end_attempt(decision& d, attempt_failure why, const std::string& rule, const std::string& input);
void on_agent_leg_gone(decision& d, std::uint32_t leg);

// --- call_decide_quiet.cpp --------------------------------------------------------------------------------------
/// Whether a phone of this attempt may still ring.
phone_is phone_of(const call_state& call, attempt_no attempt);
/// The wait for the first INVITE to expire is over.
void on_rings_expired(decision& d);
/// The end of every decision: agents whose phones have become quiet are freed, the next expiry is watched.
void settle_phones(decision& d);

// --- call_decide_talk.cpp ---------------------------------------------------------------------------------------
void on_their_offer(decision& d, const leg_offered& c);
void on_our_offer_done(decision& d, const leg_offer_done& c);
void on_digit(decision& d, leg_id leg, char digit, bool by_info, std::uint16_t length_ms);
void on_silence(decision& d, const media_silent& c);
void on_silence_timer(decision& d);
void on_probed(decision& d, const leg_probed& c);
/// Bridges the talk, or plays music to whoever is held.
void refresh_audio(decision& d);

// --- call_decide_transfer.cpp -----------------------------------------------------------------------------------
void start_bridge(decision& d, const bridge_node& node);
void on_phone_progress(decision& d, std::uint32_t leg, const leg_progress& c);
void on_phone_answer(decision& d, std::uint32_t leg);
void on_phone_gone(decision& d, std::uint32_t leg);
void on_dial_timeout(decision& d);
void redial(decision& d);
void on_refer(decision& d, const leg_refer& c);
result<void> transfer(decision& d, std::uint32_t by, const std::string& target, std::uint32_t refer_id, bool by_refer);
void on_transferor_gone(decision& d, std::uint32_t leg);

// --- call_decide_record.cpp -------------------------------------------------------------------------------------
void start_recording(decision& d, recording_kind kind, std::uint32_t right);
void stop_recordings(decision& d);
void start_voicemail(decision& d, voicemail_plan plan, std::vector<prompt_ref> greeting);
void on_voicemail_played(decision& d);
void on_voicemail_digit(decision& d, char digit);
void on_voicemail_timer(decision& d);
void on_recorded(decision& d, const media_recorded& c);
void on_record_failed(decision& d, const media_record_failed& c);
void on_recording_timer(decision& d);
void resume_recordings(decision& d);

// --- call_decide_release.cpp ------------------------------------------------------------------------------------
void release(decision& d, call_side by, const release_cause& cause, const std::string& why, std::uint64_t request = 0);
void try_close(decision& d);
void on_endpoint_closed(decision& d, const media_closed& c);
void on_closing_timer(decision& d);
void on_leg_gone(decision& d, leg_id leg, time_point at, bool cancelled, const release_cause& cause);
void on_recovered(decision& d);

}  // namespace seatgrid::calls
