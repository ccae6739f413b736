#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/leg_port.hpp"
#include "sim/plan.hpp"
#include "sim/stage.hpp"

namespace seatgrid::sim {

/// The far ends and the SIP edge between them and the node. What a phone knows outlives a kill; what the edge knows does not.
enum class phone_state : std::uint8_t { calling = 0, early = 1, ringing = 2, talking = 3, ended = 4 };

/// Our INVITE or theirs, from both ends. The phone's half outlives a kill, the edge's half is of one life.
struct phone_leg {
  leg_id leg{};
  slot_number slot = 0;  ///< whose edge has the dialog
  std::string device{};  ///< agent's name, or "caller-N"
  bool incoming = false;
  phone_state state = phone_state::calling;  ///< of ours: `calling` until the INVITE arrives
  bool is_mute = false;                      ///< says nothing to INVITE and CANCEL, and rings until Expires
  bool acknowledged = false;                 ///< our ACK has come
  bool edge_knows = true;                    ///< this life's edge has the dialog
  bool edge_heard = false;                   ///< a response to our INVITE: CANCEL may leave (RFC 3261 9.1)
  bool edge_cancels = false;
  bool edge_answered = false;  ///< it told leg_answered, or the dialog was restored
  bool edge_acks = false;      ///< it may ACK, now and again
  bool left = false;           ///< something of ours is on the wire
  dialog names{};              ///< of our INVITE
  bool end_untold = false;     ///< the far end ended; the edge repeats it until `forget`
  bool released = false;       ///< we ended it
  bool cancelled = false;
  bool was_early = false;  ///< a promise reached the caller: the call must not be lost
  time_point ended_at{};
  std::optional<time_point> end_ordered{};  ///< of ours: the rules ended it then
  bool end_delayed = false;                 ///< its edge was silent, or died, before the word for that left
  std::uint32_t offers = 0;
  destination asked{};
  std::optional<time_point> unknown_since{};  ///< the edge that knew it died then, and no other knows it yet
};

inline constexpr milliseconds wire{5};  ///< one way; the same for all, so that order is kept
/// "12345/2", for messages.
std::string name_of(leg_id leg);

class phones {
 public:
  phones(stage& on, const run_plan& plan, const run_options& options);

  /// A command for the edge at this slot.
  void hear(slot_number at, const leg_command& command);
  /// The process behind the slot dies, or closes it.
  void kill(slot_number at = 0);
  void restarted(slot_number at = 0);
  /// Of a cluster, now and then: callers whose INVITE nobody knows any more give up. Whoever was promised something must be known
  /// to an edge again `patience` after the edge died and the last trouble was over.
  void look_for_lost(time_point last_trouble, milliseconds patience);
  /// A phone without power says and hears nothing, and its calls end without a word.
  void power(const std::string& device, bool on);
  void begin();

  bool is_over() const;
  const std::map<leg_id, phone_leg>& legs() const { return legs_; }
  /// What is wrong with what phones see (I1, lost calls); empty = nothing.
  const std::string& wrong() const { return wrong_; }
  void complain(const std::string& what);
  bool is_alive(leg_id leg) const;
  std::uint64_t calls_made() const { return calls_made_; }
  std::uint64_t promises_kept() const { return promises_kept_; }
  std::function<void(call_id, char)> press{};  ///< keys go through media

 private:
  struct caller {
    std::string name{};
    leg_id leg{};
    slot_number slot = 0;
    bool done = false;
    bool scheduled_keys = false;
  };
  void invite(std::size_t which);
  void plan_caller(std::size_t which);
  void hang_up(leg_id leg, bool by_cancel);
  void repeat_end(leg_id leg, std::uint32_t times);
  void to_node(leg_event event);
  void tell(const leg_event& event);
  void tell_again(phone_leg& phone, const leg_restore& order);
  slot_number slot_of(leg_id leg) const;
  const tenant_place& tenant_of(call_id call) const;
  // phones_agent.cpp: an INVITE of ours between edge and phone
  void to_phone(leg_id leg, bool may_be_lost, std::function<void(phone_leg&)> arrives);
  void to_edge(leg_id leg, std::function<void(phone_leg&)> arrives);
  void invite_agent(slot_number at, const leg_invite& order);
  void ring_agent(phone_leg& phone, milliseconds expires);
  void agent_answers(leg_id leg, std::int64_t talk_ms);
  void repeat_answer(leg_id leg, milliseconds wait);
  void on_answer(phone_leg& phone);
  void acknowledge(phone_leg& phone);
  void end_answered(phone_leg& phone);
  void fail(phone_leg& phone, std::uint16_t status);
  void give_up(phone_leg& phone);
  void cancel_old(phone_leg& phone, const leg_restore& order);
  void agent_refuses(leg_id leg, std::uint16_t status);
  void send_cancel(phone_leg& phone);
  void on_cancel(phone_leg& phone);
  void no_final_response(leg_id leg, milliseconds wait, std::uint16_t status);
  void agent_ends(phone_leg& phone);
  void hold_and_retrieve(leg_id leg);
  void transfer(leg_id leg);
  void on_release(leg_id leg, const release_cause& cause);
  void on_restore(slot_number at, const leg_restore& order);
  phone_leg* find(leg_id leg);
  dialog dialog_of(const phone_leg& phone) const;
  session_description sdp_of(leg_id leg, direction way = direction::sendrecv) const;

  stage& stage_;
  const run_plan& plan_;
  const run_options& options_;
  std::map<leg_id, phone_leg> legs_{};
  std::vector<caller> callers_{};
  std::map<std::string, leg_id> active_{};  ///< device -> the leg it rings or talks on
  std::set<std::string> off_{};             ///< devices without power
  std::uint32_t transfers_ = 0;
  std::uint64_t calls_made_ = 0;
  std::uint64_t promises_kept_ = 0;
  std::map<slot_number, time_point> started_at_{};  ///< this life of a slot's edge
  std::string wrong_{};
};

}  // namespace seatgrid::sim
